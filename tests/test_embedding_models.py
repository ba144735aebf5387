"""Which model a setting names, what is put before its texts, and what its vectors depend on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from embedding import NEEDS_MODEL, POSIX_ONLY, bare_python

from tokenspace.memory.embedding import DEFAULT, MEND, Absent, EmbeddingError, Source, find
from tokenspace.memory.embedding.identity import Prefixes, identity, prefixes
from tokenspace.memory.embedding.models import DEFAULT_WEIGHTS

REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
IMPORTS = """\
import sys
from tokenspace.memory.embedding import client, find, starting
find()
print(sorted({"numpy", "torch", "sentence_transformers", "huggingface_hub"} & set(sys.modules)))
"""


def model_in(folder: Path, prompts: dict[str, str] | None = None) -> Path:
    """Make the files of a model that nobody loads."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    if prompts is not None:
        said = json.dumps({"prompts": prompts})
        (folder / "config_sentence_transformers.json").write_text(said)
    return folder


def cached(hub: Path, name: str) -> Path:
    """Make a model in a Hugging Face cache."""
    place = hub / f"models--{name.replace('/', '--')}"
    model_in(place / "snapshots" / ("0" * 40))
    folder = model_in(place / "snapshots" / REVISION)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(REVISION)
    return folder


@NEEDS_MODEL
@pytest.mark.parametrize("spec", ["", "all-MiniLM-L6-v2", DEFAULT])
def test_the_default_is_the_packaged_model(spec: str) -> None:
    """Whatever it is called, and only with the weights that its authors published."""
    found = find(spec)
    assert isinstance(found, Source)
    assert (found.name, found.weights) == (DEFAULT, DEFAULT_WEIGHTS)
    assert found.folder is not None
    assert (found.folder / "model.safetensors").is_file()


@NEEDS_MODEL
@pytest.mark.parametrize("spec", ["intfloat/e5-base-v2", "my-model"])
def test_a_name_is_looked_up_in_the_cache(spec: str, tmp_path: Path) -> None:
    """Its main revision; one without an organisation is of sentence-transformers."""
    full = spec if "/" in spec else f"sentence-transformers/{spec}"
    folder = cached(tmp_path, full)
    found = find(spec, hub=tmp_path)
    assert isinstance(found, Source)
    assert (found.name, found.folder, found.weights) == (full, folder, "")
    assert find(str(folder)) == found


@NEEDS_MODEL
def test_a_folder_of_weights_is_a_model(tmp_path: Path) -> None:
    """And is called as the folder is."""
    found = find(str(model_in(tmp_path / "mine")))
    assert found == Source(name="mine", folder=tmp_path / "mine")


@pytest.mark.parametrize("spec", ["none", "no/such-model", "/no/such/folder", "{tmp}", "a b"])
def test_what_is_not_there_is_absent(spec: str, tmp_path: Path) -> None:
    """With a sentence that says what mends it."""
    found = find(spec.format(tmp=tmp_path), hub=tmp_path)
    assert isinstance(found, Absent)
    assert found.why.endswith((f"{MEND}.", 'the setting model = "none".'))


@NEEDS_MODEL
def test_a_model_may_be_downloaded_only_when_that_is_asked_for() -> None:
    """Then it has no folder yet."""
    assert isinstance(find("no/such-model"), Absent)
    assert find("no/such-model", download=True) == Source(name="no/such-model", folder=None)


@NEEDS_MODEL
def test_a_download_that_was_not_finished_is_no_model(tmp_path: Path) -> None:
    """The cache names weights that are not there."""
    folder = cached(tmp_path, "some/model")
    for weights in tmp_path.rglob("*.safetensors"):
        weights.unlink()
    (folder / "model.safetensors").symlink_to(tmp_path / "gone")
    assert isinstance(find("some/model", hub=tmp_path), Absent)


@POSIX_ONLY
def test_without_the_libraries_it_is_absent(tmp_path: Path) -> None:
    """An interpreter that has none of them says how to get them."""
    code = "from tokenspace.memory.embedding import find; print(find().why)"
    said = subprocess.run(
        [bare_python(tmp_path), "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert said.stdout == "semantic search is not installed; run `tokenspace setup`.\n"


def test_the_server_imports_no_model() -> None:
    """What the server's process loads is the standard library and our own."""
    argv = [sys.executable, "-P", "-c", IMPORTS]
    said = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        (DEFAULT, "", ""),
        ("intfloat/multilingual-e5-small", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large-instruct", "", ""),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("BAAI/bge-m3", "", ""),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("Snowflake/snowflake-arctic-embed-m-v2.0", "query: ", ""),
    ],
)
def test_families_bring_their_prefixes(name: str, query: str, passage: str, tmp_path: Path) -> None:
    """Those that were trained with them."""
    source = Source(name=name, folder=tmp_path)
    assert prefixes(source, tmp_path) == Prefixes(query, passage)


def test_a_models_own_prompts_win_over_its_family(tmp_path: Path) -> None:
    """Unless they are the empty ones that the library writes for every model."""
    own = model_in(tmp_path / "own", {"query": "ask: ", "passage": "tell: "})
    assert prefixes(Source(name="e5-own", folder=own), own) == Prefixes("ask: ", "tell: ")
    empty = model_in(tmp_path / "empty", {"query": "", "document": ""})
    assert prefixes(Source(name="e5-own", folder=empty), empty) == Prefixes("query: ", "passage: ")


def test_prefixes_that_were_asked_for_win(tmp_path: Path) -> None:
    """Also where nothing was asked for."""
    own = model_in(tmp_path / "own", {"query": "ask: ", "passage": "tell: "})
    asked = Source(name="own", folder=own, query_prefix="", passage_prefix="p: ")
    assert prefixes(asked, own) == Prefixes("", "p: ")


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
def test_what_decides_vectors_decides_the_hash(file: str, tmp_path: Path) -> None:
    """Weights, tokenizer, configuration; not what is merely beside them."""
    folder = model_in(tmp_path / "mine")
    source, none = Source(name="mine", folder=folder), Prefixes("", "")
    before = identity(source, folder, none)
    (folder / "README.md").write_text("about it")
    assert identity(source, folder, none) == before
    assert identity(source, folder, Prefixes("q: ", "")) != before
    (folder / file).write_bytes(b"other")
    assert identity(source, folder, none) != before


def test_damage_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    """Weights that are not those they must be, and weights that went away."""
    folder, none = model_in(tmp_path / "mine"), Prefixes("", "")
    source = Source(name="mine", folder=folder, weights="0" * 64)
    with pytest.raises(EmbeddingError, match=r"weights of the .* mine are damaged .*setup"):
        identity(source, folder, none)
    (folder / "model.safetensors").unlink()
    with pytest.raises(EmbeddingError, match=r"files of the .* mine are gone; run .*setup"):
        identity(source, folder, none)
