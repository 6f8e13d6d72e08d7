"""Plants small wrong changes in a copy of the tree, one at a time, and looks which test catches each.

`python -m tests.faults.run [NN …]`; `--write` notes who caught what, in the patches and in README.md. A patch begins
with what is wrong and who is to catch it. That test is asked first, then those on paper, then all that are about
points; so a run is quick, and a test that was renamed is found again.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import cache_from_source
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import pytest

from loyalty.embedded import acquire

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
README = HERE / "README.md"
LEAST = 30
LEAST_CAUGHT = 0.95
_CAUGHT_BY = "Caught by: "
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)
_TOUCHED = re.compile(r"^\+\+\+ b/(.+)$", re.MULTILINE)
_PATIENCE_SECONDS = 900
_OURS = {"loyalty", "kpi", "surveys", "admin", "migrations", "tests"}
_THIRD_PARTIES = (
    "alembic.command", "arq", "asyncpg", "babel.numbers", "httpx", "jinja2", "litestar.openapi", "numpy",
    "redis.asyncio", "scipy.optimize", "scipy.stats", "sqlalchemy.ext.asyncio", "sqlmodel.ext.asyncio.session",
    "structlog",
)  # fmt: skip
# Where the ledger's promises are shown, the quickest first.
_SUITES = ("points", "purchases", "members", "rewards", "idempotency", "outbox")
_MORE = (
    "tests/loyalty/test_verify_histories.py",
    "tests/loyalty/test_tampering.py",
    "tests/journeys",
    "tests/together",
)


@dataclass(frozen=True)
class Fault:
    """One planted fault."""

    number: str
    name: str
    patch: Path
    wrong: str
    caught_by: str


def faults() -> list[Fault]:
    """Read every fault there is."""
    return [_read(path) for path in sorted(HERE.glob("*.patch"))]


def _read(path: Path) -> Fault:
    number, _, name = path.stem.partition("-")
    wrong, _, rest = path.read_text().partition("\n\n")
    caught_by, _, _ = rest.partition("\n")
    return Fault(number, name, path, wrong.replace("\n", " "), caught_by.removeprefix(_CAUGHT_BY))


def table(found: Sequence[Fault]) -> str:
    """Draw the list of README.md."""
    lines = [f"| [{f.number}]({f.patch.name}) | {f.wrong} | `{f.caught_by}` |" for f in found]
    return "\n".join(["| | what is wrong | which test catches it |", "|---|---|---|", *lines, ""])


def does_apply(patch: Path, tree: Path = ROOT) -> bool:
    """Tell whether a patch fits the tree as it is."""
    done = subprocess.run(["git", "apply", "--check", patch], cwd=tree, check=False, capture_output=True)
    return done.returncode == 0


@contextmanager
def copied_tree() -> Iterator[Path]:
    """Lend a copy of what git knows of the tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    with TemporaryDirectory(prefix="faults-") as folder:
        tree = Path(folder) / "tree"
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, tree / name)
        yield tree


@contextmanager
def planted(fault: Fault, tree: Path) -> Iterator[None]:
    """Have a fault in the tree for a while."""
    touched = [tree / name for name in _TOUCHED.findall(fault.patch.read_text())]
    before = {path: path.read_bytes() for path in touched}
    subprocess.run(["git", "apply", fault.patch], cwd=tree, check=True)
    _forget_compiled(touched)
    try:
        yield
    finally:
        for path, content in before.items():
            path.write_bytes(content)
        _forget_compiled(touched)


def _forget_compiled(paths: list[Path]) -> None:
    """Delete what Python compiled: of two changes in one second it would not see the second."""
    for path in paths:
        Path(cache_from_source(str(path))).unlink(missing_ok=True)


def first_failure(tree: Path, home: Path, tests: Sequence[str]) -> str | None:
    """Run tests until one fails; gives its name without parameters."""
    with TemporaryFile("w+") as said:
        # A child of this process: what third parties have is loaded already, and that is most of a short run.
        running = get_context("fork").Process(target=_run, args=(tree, home, tests, said.fileno()))
        running.start()
        running.join(_PATIENCE_SECONDS)
        if running.is_alive():
            running.kill()
            running.join()
        said.seek(0)
        told = said.read()
    failed = _FAILED.search(told)
    if running.exitcode and not failed:
        raise RuntimeError(told[-2000:])
    return failed[1] if failed else None


def _run(tree: Path, home: Path, tests: Sequence[str], said: int) -> None:
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(tree)
    os.environ |= {"PYTHONPATH": str(tree), "LOYALTY_TEST_HOME": str(home)}
    # Of ours nothing is kept: it is the tree's own that is imported.
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    sys.path[:] = [str(tree), *(path for path in sys.path if path not in {"", str(ROOT)})]
    quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:cacheprovider"]
    sys.exit(pytest.main(["-x", "-q", "--tb=no", "-rfE", *quiet, "-m", "not long", *tests]))


def catch(fault: Fault, tree: Path, home: Path) -> str | None:
    """Give the first test that catches a fault."""
    with planted(fault, tree):
        for tests in _candidates(fault, tree):
            if caught := first_failure(tree, home, tests):
                return caught
    return None


def _candidates(fault: Fault, tree: Path) -> Iterator[list[str]]:
    if _knows(tree, fault.caught_by):
        yield [fault.caught_by]
    modules = sorted((tree / "tests/loyalty").rglob("test_*.py"))
    yield [str(path.relative_to(tree)) for path in modules if "from tests.paper" in path.read_text()]
    for suite in _SUITES:
        yield [f"tests/loyalty/{suite}"]
    yield [name for name in _MORE if (tree / name).exists()]


def _knows(tree: Path, test: str) -> bool:
    path, _, name = test.partition("::")
    return (tree / path).is_file() and (not name or f"def {name}(" in (tree / path).read_text())


def check(wanted: Sequence[Fault], *, write: bool = False, first: bool = True) -> list[Fault]:
    """Plant each fault; gives those that nobody caught. `first`: see that without any fault nothing fails."""
    escaped = []
    for name in _THIRD_PARTIES:
        import_module(name)
    with copied_tree() as tree, acquire(tree.parent / "servers", fsync=False) as _:
        home = tree.parent / "servers"
        named = sorted(
            {fault.caught_by for fault in wanted if "::" in fault.caught_by and _knows(tree, fault.caught_by)}
        )
        # A test that fails anyway catches nothing.
        if first and named and (failed := first_failure(tree, home, named)):
            msg = f"{failed} fails without any fault"
            raise RuntimeError(msg)
        for fault in wanted:
            caught = catch(fault, tree, home)
            sys.stdout.write(f"{fault.number} {fault.wrong}\n   {caught or 'NOBODY CAUGHT IT'}\n")
            sys.stdout.flush()
            if caught is None:
                escaped.append(fault)
            elif write and caught != fault.caught_by:
                _note(replace(fault, caught_by=caught))
    if write:
        before, _, _ = README.read_text().partition("| | what")
        README.write_text(before + table(faults()))
    return escaped


def _note(fault: Fault) -> None:
    lines = fault.patch.read_text().split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith(_CAUGHT_BY))
    lines[place] = _CAUGHT_BY + fault.caught_by
    fault.patch.write_text("\n".join(lines))


def main(args: Sequence[str]) -> int:
    """Check the faults of these numbers, or all."""
    numbers = {arg for arg in args if arg != "--write"}
    wanted = [fault for fault in faults() if not numbers or fault.number in numbers]
    escaped = check(wanted, write="--write" in args, first=not numbers)
    sys.stdout.write(f"{len(wanted) - len(escaped)} of {len(wanted)} planted faults were caught\n")
    return int(bool(escaped))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
