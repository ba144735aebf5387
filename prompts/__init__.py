"""Texts for models, as Markdown with front matter: one file a prompt, and the instructions."""

from dataclasses import dataclass, field
from importlib import resources


@dataclass(frozen=True, slots=True)
class PromptText:
    """One file.

    Attributes:
        title, description: From the front matter; what a person sees in a menu.
        arguments: Name and description of each argument; all are optional.
        body: The text, with `{name}` where `str.format` puts something in.
        parts: Sentences of which the server puts in those that fit the client.
    """

    title: str
    description: str
    body: str
    arguments: dict[str, str] = field(default_factory=dict[str, str])
    parts: dict[str, str] = field(default_factory=dict[str, str])


def names() -> list[str]:
    """Return the names of the prompts, without the instructions."""
    files = (f.name for f in resources.files("tokenspace.prompts").iterdir())
    found = sorted(name.removesuffix(".md") for name in files if name.endswith(".md"))
    return [name for name in found if name != "instructions"]


def load(name: str) -> PromptText:
    """Return the text `name`.

    Front matter is `key: value` lines between two `---`; `argument.x: …` describes argument x,
    `part.x: …` is part x.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    text = resources.files("tokenspace.prompts").joinpath(f"{name}.md").read_text("utf-8")
    _, head, body = text.split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    arguments, parts = (
        {key.removeprefix(kind): value for key, value in fields.items() if key.startswith(kind)}
        for kind in ("argument.", "part.")
    )
    return PromptText(fields["title"], fields["description"], body.strip() + "\n", arguments, parts)
