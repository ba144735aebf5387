"""A process that `tokenspace setup` starts to try a model: `… trial ORDERS`.

It downloads the model where the orders name no folder, loads it, and has it encode a sentence. It
answers with a line of JSON, the last on standard output. A process of its own, because it loads
libraries that the one which sets up may only just have installed.
"""

import json
import sys

from ..memory.embedding import EmbeddingError
from ..memory.embedding.engine import Engine
from ..memory.embedding.orders import Orders

_SENTENCE = "The quick brown fox jumps over the lazy dog."


def main(orders: str) -> None:
    """Try the model of these orders; the answer says how it is, or what is wrong."""
    try:
        engine = Engine(Orders.parse(orders))
        (vector,) = engine.queries([_SENTENCE])
        answer = {"name": engine.model.name, "dim": len(vector), "device": engine.model.device}
    except EmbeddingError as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
