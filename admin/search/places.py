"""The pages of the panel by name, in one language: for whoever types "keys" instead of looking at the side."""

from collections.abc import Collection
from dataclasses import dataclass

from admin.format import Format
from loyalty.programs.facts import ProgramFacts

_ALL = ("owner", "manager", "analyst", "support")
_READS = ("owner", "manager", "analyst")
_LEADS = ("owner", "manager")


@dataclass(frozen=True)
class Place:
    """A page: its address, its name, other words for it, and who may see it."""

    address: str
    name: str
    also: str
    roles: Collection[str]


def places(program: ProgramFacts, f: Format) -> list[Place]:
    """List the pages that have a name, in the order of the side."""
    words, base = f.words, f"/admin/p/{program.program_id}/"
    named = [
        ("impact", words.pgettext("page", "Impact"), words.gettext("home, start, is the programme working"), _READS),
        ("kpis", words.pgettext("page", "KPIs"), words.gettext("measures, figures, retention, cohorts"), _READS),
        ("kpis/costs", words.gettext("Costs"), words.gettext("spend, unit costs, cost of a point"), _READS),
        (
            "liability",
            words.pgettext("page", "Points & liability"),
            words.gettext("breakage, expired, outstanding"),
            _READS,
        ),
        ("members", words.pgettext("page", "Members"), words.gettext("customers, people, former members"), _ALL),
        ("purchases", words.pgettext("page", "Purchases"), words.gettext("orders, refunds, inbox"), _READS),
        ("purchases/refused", words.gettext("Refused calls"), words.gettext("errors, replay, inbox"), _READS),
        ("purchases/events", words.pgettext("page", "Events"), words.gettext("outbox, what happened"), _READS),
        ("rewards", words.pgettext("page", "Rewards"), words.gettext("catalogue, vouchers, stock"), _READS),
        ("referrals", words.pgettext("page", "Referrals"), words.gettext("friends, codes, review"), _READS),
        ("surveys", words.pgettext("page", "Surveys"), words.gettext("NPS, answers, opinions"), _READS),
        ("rules", words.pgettext("page", "Rules"), words.gettext("earning, drafts, back-test"), _READS),
        ("segments", words.pgettext("page", "Segments"), words.gettext("groups, RFM"), _READS),
        ("tiers", words.pgettext("page", "Tiers"), words.gettext("levels, status"), _READS),
        ("imports", words.gettext("Imports and exports"), words.gettext("files, CSV, download"), _READS),
        ("keys", words.pgettext("page", "Keys"), words.gettext("API, storefronts, tokens"), _READS),
        ("settings", words.pgettext("page", "Settings"), words.gettext("policies, expiry, refunds"), _READS),
        ("health", words.pgettext("page", "Health"), words.gettext("jobs, queue, ledger check"), _READS),
        ("team", words.pgettext("page", "Team"), words.gettext("users, roles, invite"), _LEADS),
        ("audit", words.pgettext("page", "Audit log"), words.gettext("journal, who did what"), _LEADS),
        ("account", words.pgettext("page", "Your way in"), words.gettext("password, codes, sessions"), _ALL),
    ]
    return [Place(f"{base}{path}", name, also, roles) for path, name, also, roles in named]
