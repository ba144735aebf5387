"""What can go wrong, as the caller tells it apart: one class a situation.

A message is one or two plain sentences for the model or person who reads it: what is wrong, the
nearest candidate where there is one, and what to do. It never holds a path or text that the
caller may not see.
"""


class TokenspaceError(Exception):
    """Base of the family; never raised itself."""


class InvalidError(TokenspaceError):
    """The request cannot be meant: a bad label, an empty insert, a malformed patch."""


class NotFoundError(TokenspaceError):
    """No block, version or change of that name."""


class DeletedError(NotFoundError):
    """It was there, and has been deleted."""


class LetGoError(NotFoundError):
    """It was there, and its text is no longer kept."""


class ExistsError(TokenspaceError):
    """The label is taken."""


class NoMatchError(TokenspaceError):
    """The text to replace does not occur in the block."""


class SeveralMatchesError(TokenspaceError):
    """The text to replace occurs more than once."""


class ConflictError(TokenspaceError):
    """The block moved on, and this edit overlaps with what changed."""


class ReadOnlyError(TokenspaceError):
    """The block is read-only, or the file or folder is."""


class DeniedError(TokenspaceError):
    """The caller may not do this here."""


class TooLargeError(TokenspaceError):
    """A value above the hard ceiling."""


class LockedError(TokenspaceError):
    """Another process holds the file's write lock for too long; the same call may be retried."""


class StorageFullError(TokenspaceError):
    """The disk is full (or cannot be written); nothing of this edit was kept."""


class CorruptError(TokenspaceError):
    """The file is damaged or foreign; it was left untouched."""


class NewerError(CorruptError):
    """The file is whole, and made by a newer program."""
