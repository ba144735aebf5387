"""The models that settings describe; none is started here."""

from ..config.settings import Settings
from ..memory.embedders import Embedders
from ..memory.embedding import Absent, Options, Source, WorkerEmbedder, find


def make_embedders(settings: Settings) -> Embedders:
    """Return the models that these settings describe; none is started yet."""

    def look(spec: str) -> Source | Absent:
        return find(
            spec,
            hub=settings.hub,
            query_prefix=settings.query_prefix or None,
            passage_prefix=settings.passage_prefix or None,
            download=settings.download == "yes",
        )

    options = Options(device=settings.device)
    return Embedders(
        settings.model,
        lambda spec: WorkerEmbedder(lambda: look(spec), settings.runtime_dir, options),
    )
