"""What `--json` gives of outcomes; it keeps what `shapes` promises.

What the answers are made of, and then those of each command:

    told        {name, task, score, shown (point), author, at}: name is that of its episode
    suspect     {change, others [change], confidence, before, after (means), trials_before,
                trials_after, until (change)}: changes are numbers
    model       {change, before, after (names), score_before, score_after, edits [change], fell}
    verdict     {suspects [suspect], model_change (model), trials, why}
    point       {change, count, mean, loss, cumulative}

    outcome     {outcome (told), change, verdict}
    outcomes    {outcomes [told], curves {name: [point]}, verdict, changes [change]}: changes are
                those of the suspects; without --by, the one curve's name is empty
"""

from dataclasses import asdict

from ..memory.curve import Point as Spot
from ..memory.learned import Outcome
from ..memory.model import passage_name
from ..memory.refs import Point
from ..memory.suspects import Verdict
from .shapes import Shape, author, moment, point


def told(outcome: Outcome) -> Shape:
    """Return how a task went."""
    return {
        "name": passage_name("episode", outcome.episode),
        "task": outcome.task,
        "score": outcome.score,
        "shown": point(Point(outcome.branch, outcome.shown)),
        "author": author(outcome.author),
        "at": moment(outcome.at),
    }


def verdict(found: Verdict) -> Shape:
    """Return what outcomes say of the edits."""
    return {
        "suspects": [asdict(suspect) for suspect in found.suspects],
        "model_change": asdict(found.model_change) if found.model_change else None,
        "trials": found.trials,
        "why": found.why or None,
    }


def curve(points: list[Spot]) -> list[Shape]:
    """Return the points of a curve."""
    return [asdict(at) for at in points]
