"""The verbs of drafts: write one, edit it, throw it away, publish it. Each wants a transaction of its own."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from loyalty.clock import LAST_DAY
from loyalty.database import Connection
from loyalty.earning import queries
from loyalty.earning.checks import checked, refuse, unknown
from loyalty.earning.facts import DraftFacts, DraftTold, VersionFacts
from loyalty.errors import DraftEdited, Invalid, NotFound
from loyalty.i18n import mark
from loyalty.ids import new_id
from loyalty.programs.facts import Source
from loyalty.segments.actions import segment_user
from loyalty.segments.queries import segments

_LONGEST_NAME = 128
_MOST_SEGMENTS = 100_000
# Gives the keys that may be named in a field of a rule's frame.
Keys = Callable[[Connection, int], Awaitable[set[str]]]


async def _segments(connection: Connection, program_id: int) -> set[str]:
    return {segment.key for segment in await segments(connection, program_id, None, _MOST_SEGMENTS)}


# A room above registers its own.
_KEYS: dict[str, Keys] = {"segments": _segments}


def known_keys(field: str, keys: Keys) -> None:
    """Register who knows what a rule may name in a field of its frame."""
    _KEYS[field] = keys


async def create_draft(connection: Connection, source: Source, told: DraftTold) -> DraftFacts:
    """Write a draft; `Invalid` names what is wrong with its rules."""
    _check(told)
    draft_id = new_id()
    await queries.add_draft(connection, source.program.program_id, draft_id, told, source.actor)
    return await find_draft(connection, source.program.program_id, draft_id)


async def edit_draft(
    connection: Connection,
    source: Source,
    draft_id: UUID,
    told: DraftTold,
    version: int,
    check: Callable[[int], None] | None = None,
) -> DraftFacts:
    """Write a draft anew, seen as of its edit `version`; `DraftEdited` has the newer one where somebody was faster.

    `check` may refuse to replace the edit that it is told.
    """
    _check(told)
    if check is not None:
        await queries.lock_drafts(connection, source.program.program_id)
        check((await find_draft(connection, source.program.program_id, draft_id)).version)
    if not await queries.change_draft(connection, source.program.program_id, draft_id, told, source.actor, version):
        raise DraftEdited(newest=await find_draft(connection, source.program.program_id, draft_id))
    return await find_draft(connection, source.program.program_id, draft_id)


async def delete_draft(connection: Connection, program_id: int, draft_id: UUID) -> None:
    """Throw a draft away."""
    if not await queries.delete_draft(connection, program_id, draft_id):
        raise _no_draft(draft_id)


async def find_draft(connection: Connection, program_id: int, draft_id: UUID) -> DraftFacts:
    """Find a draft; raises `NotFound`."""
    found = await queries.drafts(connection, program_id, draft_id)
    if not found:
        raise _no_draft(draft_id)
    return found[0]


async def publish_draft(
    connection: Connection,
    source: Source,
    draft_id: UUID,
    *,
    version: int,
    in_force_from: datetime | None = None,
    allow_empty: bool = False,
) -> VersionFacts:
    """Publish a draft, seen as of its edit `version`: from then on nobody changes it.

    In force from `in_force_from`, else from when the draft says, else from now; never from the past.
    """
    program_id = source.program.program_id
    await queries.lock_drafts(connection, program_id)
    draft = await find_draft(connection, program_id, draft_id)
    if draft.version != version:
        raise DraftEdited(newest=draft)
    rules = checked(draft.rules)
    if not rules and not allow_empty:
        msg = "There is no rule, so nothing would be earned. Say `allow_empty` if that is meant."
        raise Invalid(msg, pointer="/rules")
    refuse([p for field, keys in _KEYS.items() for p in unknown(rules, field, await keys(connection, program_id))])
    now = await queries.now(connection, program_id)
    begins = in_force_from or draft.in_force_from or now
    if begins < now:
        msg = f"Rules cannot begin in the past; it is {now.isoformat()}."
        raise Invalid(msg, pointer="/in_force_from")
    _check_begins(begins)
    number = await queries.add_version(connection, program_id, draft, begins, now, source.actor)
    await queries.delete_draft(connection, program_id, draft_id)
    return await find_version(connection, program_id, number)


async def find_version(connection: Connection, program_id: int, version: int) -> VersionFacts:
    """Find a published version; raises `NotFound`."""
    found = next((v for v in await queries.published(connection, program_id) if v.version == version), None)
    if found is None:
        msg = f"There is no version {version} of the earning rules."
        raise NotFound(msg)
    return found


def _check(told: DraftTold) -> None:
    if not told.name.strip() or not told.name.isprintable() or len(told.name) > _LONGEST_NAME:
        msg = "A draft's name has 1 to 128 printable characters."
        raise Invalid(msg, pointer="/name")
    _check_begins(told.in_force_from)
    checked(told.rules)


def _check_begins(at: datetime | None) -> None:
    if at is not None and at.date() > LAST_DAY:
        msg = f"Rules begin on {LAST_DAY} at the latest."
        raise Invalid(msg, pointer="/in_force_from")


def _no_draft(draft_id: UUID) -> NotFound:
    msg = f"There is no draft {draft_id}; it may have been published or deleted."
    return NotFound(msg)


async def rules_naming(connection: Connection, program_id: int, field: str, key: str) -> list[tuple[str, str]]:
    """Tell which drafts, and versions in force or to come, name `key` in a field of their frame; as `InUse` has it."""
    versions = [v for v in await queries.published(connection, program_id) if v.state in {"in_force", "scheduled"}]
    told = [((mark("version %(name)s of the earning rules"), str(v.version)), v.rules) for v in versions]
    drafts = await queries.drafts(connection, program_id)
    told += [((mark("the draft of rules “%(name)s”"), draft.name), draft.rules) for draft in drafts]
    return [user for user, rules in told if any(key in (rule.get(field) or ()) for rule in rules)]


@segment_user
async def _naming_segment(connection: Connection, program_id: int, key: str) -> list[tuple[str, str]]:
    return await rules_naming(connection, program_id, "segments", key)
