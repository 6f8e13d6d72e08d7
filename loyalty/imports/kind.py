"""What an import kind is: the columns of its file, and the verb that records its rows.

A new kind is one file in `kinds/`, registered under the name by which the command line and stored imports call it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from msgspec import Struct

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import Column
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.registry import Registry


class Result(Protocol):
    """What a verb answers for one item that it did not refuse."""

    @property
    def replayed(self) -> bool:
        """Whether the item was recorded before, with the same facts."""
        ...


class ImportKind(Protocol):
    """One kind of file. The attributes are facts about the kind, not settings."""

    summary: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    # What names a row in the file of errors; the column by which rows are put in order.
    ids: ClassVar[tuple[str, ...]]
    happened: ClassVar[str]
    # Whether the rows belong to a storefront, and whether unknown columns are kept as metadata.
    of_storefront: ClassVar[bool]
    keeps_unknown: ClassVar[bool]
    # What a key must be allowed to do besides sending files: what the rows do.
    scope: ClassVar[str]
    # How many rows share a commit.
    batch_size: ClassVar[int]
    # What the verb takes; its fields are those of the columns.
    shape: ClassVar[type[Struct]]

    @staticmethod
    def told(values: dict[str, Any], program: ProgramFacts) -> dict[str, Any]:
        """Turn the cells of a row, by field, into the fields of `shape`; `BadValue` where they contradict."""
        ...

    @staticmethod
    async def record(
        tx: Tx, source: Source, rules: RulesCache, items: Sequence[Any]
    ) -> Sequence[Result | LoyaltyError]:
        """Record items of `shape`; one result each."""
        ...


KINDS: Registry[type[ImportKind]] = Registry("import kind", "loyalty.imports.kinds")
