"""The verbs of the demo: make its programme, load what is not loaded yet, keep its key."""

import os
from collections.abc import Callable
from pathlib import Path

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.auth.actions import MOST_LIVE, create_key
from loyalty.database import Database
from loyalty.demo import facts
from loyalty.demo.facts import Chapter, Demo
from loyalty.earning.actions import start_program
from loyalty.errors import Invalid
from loyalty.imports.actions import import_file, is_imported
from loyalty.imports.facts import Imported, NewImport, Progress
from loyalty.programs.actions import ensure_storefront, find_program
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.keys import list_keys, revoke_key
from loyalty.programs.queries import caller_of
from loyalty.programs.tables import Program

_KEY = "demo"


async def ensure_demo(database: Database) -> Demo:
    """Find the demo programme and its storefront, or make them."""
    async with database.session() as session:
        known = (await session.exec(select(Program.name).where(col(Program.name) == facts.PROGRAM))).first()
        program = await (find_program(session, facts.PROGRAM) if known else _new_program(session))
        storefront, _ = await ensure_storefront(session, program.program_id, facts.STOREFRONT)
        if storefront.storefront_id is None:  # pragma: no cover - it was flushed
            raise AssertionError
        return Demo(program, storefront.storefront_id, storefront.namespace)


async def _new_program(session: AsyncSession) -> ProgramFacts:
    program = await start_program(session, facts.PROGRAM, timezone=facts.TIMEZONE, currency=facts.CURRENCY)
    row = await session.get_one(Program, program.program_id)
    row.default_period, row.data_origin = facts.DEFAULT_PERIOD, facts.DATA_ORIGIN
    await session.flush()
    return await find_program(session, facts.PROGRAM)


async def load(database: Database, demo: Demo, chapter: Chapter, tell: Callable[[Progress], None]) -> Imported | None:
    """Load one file of the sample, or go on with it; None when it is loaded already."""
    new = NewImport(
        program=demo.program,
        kind=chapter.kind,
        path=chapter.path,
        storefront_id=demo.storefront_id if chapter.of_storefront else None,
        namespace=demo.namespace,
        actor="demo",
    )
    return None if await is_imported(database, new) else await import_file(database, new, tell)


async def ensure_key(database: Database, demo: Demo, home: Path) -> str:
    """Give the storefront's key from `HOME/demo.key` (mode 0600), or make one where it is of another database."""
    kept = home / "demo.key"
    key = kept.read_text(encoding="ascii", errors="replace").strip() if kept.is_file() else ""
    async with database.reader() as connection:
        caller = await caller_of(connection, key)
    if caller and (caller.program.program_id, caller.storefront_id) == (demo.program.program_id, demo.storefront_id):
        return key
    async with database.session() as session:
        # Two live at a time: of three homes that share a database, the one whose key is oldest gets another next time.
        known = [one for one in await list_keys(session, demo.program.program_id) if one.name == _KEY]
        for old in [one for one in known if one.state == "live"][MOST_LIVE - 1 :]:
            await revoke_key(session, demo.program.program_id, old.key_id)
        key = await create_key(
            session,
            program_id=demo.program.program_id,
            mode=demo.program.mode,
            storefront_id=demo.storefront_id,
            name=_KEY,
        )
        # Before the commit: a key that cannot be kept is none.
        _keep(kept, key)
    return key


def _keep(kept: Path, key: str) -> None:
    aside = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{key}\n")
        aside.replace(kept)
    except OSError as error:
        msg = f"Cannot keep the demo's key in {kept}: {error.strerror}. Set LOYALTY_HOME to a folder that is yours."
        raise Invalid(msg) from error
