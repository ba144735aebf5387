"""`python3 config/release`: makes all that is published, in `dist/`: sdist, wheel and bundle.

The bundle (`.mcpb`, for Claude Desktop) holds the wheel. The host brings uv, which installs it with
its dependencies for the machine that it is on: so one small file serves every platform.
"""

import importlib.util
import runpy
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DIST = ROOT / "dist"

# Nothing is compiled on a person's machine: a version that has no wheel for it is passed over.
_PYPROJECT = """\
[project]
name = "tokenspace-bundle"
version = "{version}"
requires-python = "{python}"
dependencies = ["tokenspace"]

[tool.uv]
package = false
no-build = true

[tool.uv.sources]
tokenspace = {{ path = "{wheel}" }}
"""


def main() -> None:
    """Make them anew, and say where they lie."""
    if importlib.util.find_spec("build") is None:
        checkout = runpy.run_path(str(ROOT / "config" / "checkout.py"))
        checkout["reenter"]("dev", ["-P", str(HERE)])
    build = [sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)]
    subprocess.run(build, check=True, stdout=sys.stderr)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    name = f"{project['name']}-{project['version']}"
    wheel = DIST / f"{name}-py3-none-any.whl"
    bundle = bundled(wheel, project["version"], project["requires-python"])
    for made in (DIST / f"{name}.tar.gz", wheel, bundle):
        sys.stdout.write(f"{made}\n")


def bundled(wheel: Path, version: str, python: str) -> Path:
    """Make the bundle of a wheel beside it, and return where it lies."""
    made = wheel.with_name(f"tokenspace-{version}.mcpb")
    pyproject = _PYPROJECT.format(version=version, python=python, wheel=wheel.name)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (HERE / "manifest.json", HERE / "start.py", ROOT / "LICENSE", wheel):
            archive.write(path, path.name)
        archive.writestr("pyproject.toml", pyproject)
    return made


if __name__ == "__main__":
    main()
