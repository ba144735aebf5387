"""What a function says of a text, remembered while the text is short: a long one may be a block."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")

_SHORT = 400  # characters


def remembered(most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Remember what a function of a text says of so many short ones, the last that were asked."""

    def decorated(work: Callable[[str], T]) -> Callable[[str], T]:
        known = lru_cache(maxsize=most)(work)

        @wraps(work)
        def asked(text: str) -> T:
            return known(text) if len(text) <= _SHORT else work(text)

        return asked

    return decorated
