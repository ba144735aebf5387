"""Which space a start of this program would serve, said by a process with that start's environment.

`python -m tokenspace.server.doctor.where WORDS` answers with one line of JSON. Nothing is opened.
"""

import json
import sys
from typing import Any

from ...config.locate import locate
from ...config.settings import Settings, SettingsError, load, token
from ..install.starts import told
from ..remote.target import find


def where(words: tuple[str, ...]) -> dict[str, Any]:
    """Return the space that these words of `tokenspace serve` lead to, from here.

    A space of this machine has `name`, `how`, `path`, and whether it is `lost`: nothing pointed to
    a project. One behind a bridge `target` and `token`,
    whether there is one. Where there is none, `error` says why.
    """
    asked = told(words)
    try:
        others = {name: asked.others.get(name) for name in ("profile", "log_level")}
        settings = load(asked.flags | others)
        if asked.remote:
            target = find(asked.remote, settings)
            return {"target": str(target), "url": target.url, "token": _has_token(settings)}
        place = locate(settings)
    except SettingsError as error:
        return {"error": str(error)}
    lost = place.is_fallback
    return {"name": place.name, "how": place.how, "path": str(place.path), "lost": lost}


def _has_token(settings: Settings) -> bool:
    try:
        return bool(token(settings))
    except SettingsError:
        return False


if __name__ == "__main__":
    sys.stdout.write(json.dumps(where(tuple(sys.argv[1:]))) + "\n")
