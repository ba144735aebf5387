"""The memory tool on a space of this machine."""

from collections.abc import Mapping
from importlib.metadata import version

from ..config.locate import Place
from ..config.settings import SettingsError
from ..memory import Author, Intent, Space, TokenspaceError
from ..memory.files import Files, Told
from ..memory.model import label_key
from .where import NAME, refused


class OnSpace:
    """Commands on a space; each opens it anew, so none is kept from others, and none is left open.

    Attributes:
        place: Where the space lies.
    """

    def __init__(self, place: Place, user: str, model: str) -> None:
        self.place = place
        author = Author(user, NAME, version("tokenspace"), model)
        self._intent = Intent(author=author, tool="memory")
        self._shown: dict[str, str] = {}  # by label: the version that the model was shown last

    async def do(self, command: Mapping[str, object]) -> str:
        """Carry out a command and return what to tell the model.

        Raises:
            RefusedError: it cannot be.
        """
        try:
            self.place.make_folder()
            space = await Space.open(self.place.path)
            try:
                files = Files(space, lambda label: self._shown.get(label_key(label)))
                told = await files.do(command, self._intent)
            finally:
                await space.close()
        except (TokenspaceError, SettingsError) as error:
            raise refused(error) from error
        self._note(told)
        return told.text

    def _note(self, told: Told) -> None:
        """Keep in mind what the model has seen."""
        if told.block is not None:
            self._shown[label_key(told.block.label)] = told.block.version
        for step in told.done.steps if told.done else ():
            if step.before is not None:
                self._shown.pop(label_key(step.before.label), None)
            if step.after is not None:
                self._shown[label_key(step.after.label)] = step.after.version
