"""The laws of the house, kept by reading the code: see ARCHITECTURE.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {  # folder -> the folders of ours it may import
    "client": {"client", "memory", "config"},
    "server": {"server", "memory", "prompts", "config"},
    "memory": {"memory"},
    "prompts": {"prompts"},
    "config": {"config"},
}
SOURCES = sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py"))
SQL = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA|CREATE TABLE)\b")


def imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Yield every module a file imports, relative ones made absolute from the root."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            yield module, node
            if node.level and not node.module:
                yield from ((f"{module}.{alias.name}", node) for alias in node.names)


def test_imports_point_one_way() -> None:
    """Transport, surface, service, store: nothing imports what stands above it."""
    for path in SOURCES:
        folder = path.relative_to(ROOT).parts[0]
        for module, node in imports(path):
            top = module.split(".")[0]
            assert top not in FOLDERS or top in FOLDERS[folder], f"{path}:{node.lineno}: {module}"
            assert top != "tokenspace", f"{path}:{node.lineno}: use a relative import"


def test_tests_import_what_ships() -> None:
    """`server` and `tokenspace.server` would be two modules with two sets of classes."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for module, node in imports(path):
            assert module.split(".")[0] not in FOLDERS, f"{path}:{node.lineno}: {module}"


def test_only_the_surface_and_the_transports_know_the_sdk() -> None:
    """One small package touches the MCP SDK."""
    for path in SOURCES:
        uses = any(module.split(".")[0] in ("mcp", "mcp_types") for module, _ in imports(path))
        place = path.relative_to(ROOT).as_posix()
        assert not uses or place.startswith(
            ("server/surface/", "server/session.py", "server/endpoint/", "client/endpoint.py")
        ), place


def test_only_the_client_knows_anthropics_package() -> None:
    """Who does not call Anthropic's API from Python does not need it."""
    for path in SOURCES:
        uses = any(module.split(".")[0] == "anthropic" for module, _ in imports(path))
        assert not uses or path == ROOT / "client" / "tools.py", path


def test_only_the_settings_read_the_environment() -> None:
    """Two exceptions: the bootstrap runs before anything of ours is installed."""
    for path in SOURCES:
        reads = re.search(r"os\.(environ|getenv|path\.expandvars)", path.read_text("utf-8"))
        assert not reads or path.name in ("settings.py", "checkout.py"), path


def test_sql_stands_only_in_the_store() -> None:
    """The rest asks the store for operations, not for rows; a hook has no time to import it."""
    for path in SOURCES:
        if path == ROOT / "server" / "hook" / "peek.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                inside = path.is_relative_to(ROOT / "memory" / "store")
                assert inside or not SQL.match(node.value), f"{path}:{node.lineno}"


def test_nothing_prints() -> None:
    """With the stdio transport, stdout belongs to the protocol."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                printed = node.func.id == "print"
                assert not printed or path.name == "checkout.py", f"{path}:{node.lineno}"


def test_no_file_is_above_300_lines() -> None:
    """A file has one job; past 300 lines it has two."""
    for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]:
        assert len(path.read_text("utf-8").splitlines()) <= 300, path
