"""A file while it is sent: what it holds and whose it is, as the form was filled in, and what is wrong with that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from admin.format import Format
from admin.forms import Said
from loyalty.imports.facts import Format as FileFormat
from loyalty.imports.kind import KINDS
from loyalty.imports.sending import MAX_BYTES, NewSending
from loyalty.programs.staff import StorefrontFacts

# What a browser sends around the file.
MAX_FORM = MAX_BYTES + (1 << 16)
_LONGEST_NAME = 128
_OBJECTS = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")


@dataclass(frozen=True)
class Draft:
    """The fields as they were filled in; a file has to be chosen anew. `errors` by field, `""` for the whole.

    `dry_run` is the first choice: who sends a file for the first time sees what is wrong before anything is recorded.
    """

    kind: str = "members"
    storefront: str = ""
    dry_run: bool = True
    dated_now: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)


def draft_from(said: Said, storefronts: Sequence[StorefrontFacts], file_name: str, f: Format) -> Draft:
    """Read the form, and tell what is wrong with it."""
    words, errors = f.words, dict[str, str]()
    kind = KINDS.find(_last(said, "kind"))
    chosen = next((one.name for one in storefronts if one.name == _last(said, "storefront")), "")
    if kind is None:
        errors["kind"] = words.gettext("Choose what is offered.")
    elif kind.of_storefront and not chosen:
        errors["storefront"] = words.gettext("Choose the storefront of these rows.")
    if not file_name:
        errors["file"] = words.gettext("Choose a file.")
    return Draft(
        kind=_last(said, "kind") if kind else "",
        storefront=chosen,
        dry_run=_last(said, "run") != "record",
        dated_now=_last(said, "points_date") == "import",
        errors=errors,
    )


def sending_of(draft: Draft, file_name: str) -> NewSending:
    """Say what is about to come; the ending of a file's name tells its format."""
    name = "".join(c for c in file_name if c.isprintable())[-_LONGEST_NAME:]
    form: FileFormat = "ndjson" if file_name.lower().endswith(_OBJECTS) else "csv"
    return NewSending(draft.kind, form, draft.dry_run, name)


def _last(said: Said, name: str) -> str:
    return (said.get(name) or [""])[-1]
