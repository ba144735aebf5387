"""What a file or folder from elsewhere holds for us, whatever its format."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..adopting import Arrival
from ..passages import PassageDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What is taken in.

    Attributes:
        format: Name of the format that it was read as.
        arrivals: Blocks.
        passages: Texts for the archive, episodes among them, in their order.
        left_out: Parts that are neither, with their count.
        secrets: Secrets that were kept out: names, or where they stood; never their values.
        notes: What had to be adapted, one sentence each.
        whole: It is all of a space of ours: a space without anything becomes exactly that.
    """

    format: str
    arrivals: tuple[Arrival, ...] = ()
    passages: tuple[PassageDraft, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    secrets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    whole: bool = False
