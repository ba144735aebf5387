"""What is wrong with a file that is not edited, and where. Imports nothing."""


class BrokenError(Exception):
    """A text is not what its format says, or has something else where servers stand."""

    def __init__(self, why: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {why}")

    @classmethod
    def at(cls, text: str, position: int, why: str) -> "BrokenError":
        """Return the error for a place in `text`, counted in characters from its start."""
        before = text[:position]
        line = before.count("\n") + 1
        return cls(why, line, position - (before.rfind("\n") + 1) + 1)
