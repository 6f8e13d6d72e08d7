"""Shares as people write them, in percent, and as they are stored, of 10,000."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from admin.format import Format
from admin.forms import KindForm
from surveys.plans.policy import EVERYBODY_BP


def in_percent(share_bp: int) -> Decimal:
    """Write `25.5`, and `100` without a decimal."""
    return Decimal(share_bp // 100) if not share_bp % 100 else Decimal(share_bp) / 100


def share_of(form: KindForm, name: str, told: Mapping[str, object] | None, f: Format) -> tuple[KindForm, int | None]:
    """Read a percentage of a form; beside the field it is said when it can be none. None: something is wrong."""
    if told is None:
        return form, None
    share_bp = (Decimal(str(told[name])) * 100).quantize(Decimal(1), ROUND_HALF_UP)
    if 0 <= share_bp <= EVERYBODY_BP:
        return form, int(share_bp)
    return wrong_at(form, name, f.words.gettext("Write a percentage from 0 to 100.")), None


def wrong_at(form: KindForm, name: str, error: str) -> KindForm:
    """Say beside a field what is wrong with it."""
    inputs = [replace(one, error=error) if one.name == form.prefix + name else one for one in form.inputs]
    return replace(form, inputs=inputs)
