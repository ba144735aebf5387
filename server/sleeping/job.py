"""What is asked of a run, and how it went."""

from dataclasses import dataclass, field

CONSOLIDATE = "memory_consolidate"
"""The server's tool that ends a run."""

NAME = "tokenspace sleep"
"""What history calls us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a run is to do, and what it may cost.

    Attributes:
        model: Provider and name: `openai:gpt-5-mini`.
        label, focus: One block, and what to look at most; empty for all.
        budget: How many tokens all blocks may have together afterwards; None for any number.
        max_tokens: Most tokens, read and written, over all requests.
        max_seconds: Most time.
        max_requests: Most questions to the model.
        dry_run: Nothing is merged; what would be is shown.
        abandon: A run that does not finish is thrown away.
    """

    model: str
    label: str
    focus: str
    budget: int | None
    max_tokens: int
    max_seconds: int
    max_requests: int
    dry_run: bool
    abandon: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run took: questions to the model, calls of tools, tokens read and written."""

    requests: int
    calls: int
    tokens: int


@dataclass(slots=True)
class Outcome:
    """How a run went.

    Attributes:
        branch: What it works on; empty before one is opened.
        finished: It was merged; in a dry run: the model would have had it merged.
        abandoned: Its branch is gone, and with it what was not merged.
        said: What the server said to the merge, or refused it with.
        why: Why it is not finished, as a part of a sentence.
        later: Episodes that wait for the next run.
        missing: What the gate would still refuse, a sentence each, after a dry run.
    """

    branch: str = ""
    finished: bool = False
    abandoned: bool = False
    said: str = ""
    why: str = ""
    later: int = 0
    missing: tuple[str, ...] = ()
    cost: Cost = field(default_factory=lambda: Cost(requests=0, calls=0, tokens=0))
