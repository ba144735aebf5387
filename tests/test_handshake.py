"""The answers that are given before the SDK is imported are the SDK's own."""

import json
import os

from handshake_live import live_answers

from tokenspace.server.front import ANSWERS


async def test_the_front_answers_as_the_live_server_does() -> None:
    """What `surface/handshake.json` holds is what the server would say, in every era."""
    live = await live_answers()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        ANSWERS.write_text(json.dumps(live, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert json.loads(ANSWERS.read_text("utf-8")) == live
