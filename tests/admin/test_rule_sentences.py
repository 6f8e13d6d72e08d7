"""Every kind of rule is a sentence made of its settings, in both languages, with the programme's numbers and dates."""

from typing import Any

import pytest

from admin.format import Format
from admin.rules.sentences import Names, Speaker, of_any_kind
from loyalty.earning.kind import KINDS
from tests.admin.fake_desk import a_program

AMOUNT = {"kind": "points_per_amount", "points_per_step": 1, "step_minor": 100}
TIMES = {"kind": "multiplier", "factor": "2"}
BONUS = {"kind": "fixed_bonus", "points": 100}
SAID: list[tuple[dict[str, Any], str, str]] = [
    (AMOUNT, "1 point per €1", "1 point par 1 €"),
    ({**AMOUNT, "points_per_step": 5, "step_minor": 1050}, "5 points per €10.50", "5 points par 10,50 €"),
    ({**AMOUNT, "whole_steps": False}, "1 point per €1, in proportion", "1 point par 1 €, au prorata"),
    (
        {**TIMES, "weekdays": [5], "tiers": ["gold"], "ends_on": "2026-11-30"},
        "×2 on Fridays for Gold, until 30 Nov 2026",
        "×2 le vendredi pour Gold, jusqu’au 30 nov. 2026",
    ),
    ({**TIMES, "factor": "1.50"}, "×1.5", "×1,5"),
    (
        {**TIMES, "weekdays": [6, 7], "from_time": "17:00:00", "until_time": "19:00:00"},
        "×2 on Saturdays and Sundays from 17:00 to 19:00",
        "×2 le samedi et le dimanche de 17:00 à 19:00",
    ),
    ({**TIMES, "weekdays": [1, 2, 3, 4, 5, 6, 7]}, "×2", "×2"),
    (
        {**BONUS, "categories": ["Jams"], "except_skus": ["P-1"], "minimum_minor": 5000},
        "+100 points for the purchase on Jams except on P-1, for at least €50",
        "+100 points pour l’achat sur Jams sauf sur P-1, dès 50 €",
    ),
    (
        {**BONUS, "skus": ["A", "B", "C", "D", "E"], "segments": ["vip"]},
        "+100 points for the purchase on A, B, C and 2 others for those in “Very important”",
        "+100 points pour l’achat sur A, B, C et 2 autres pour ceux de « Very important »",
    ),
    (
        {**BONUS, "exclusive": True, "starts_on": "2026-12-01", "ends_on": "2026-12-24"},
        "+100 points for the purchase, from 1 Dec 2026 until 24 Dec 2026, instead of every other rule",
        "+100 points pour l’achat, du 1er déc. 2026 au 24 déc. 2026, à la place de toute autre règle",
    ),
    (
        {**BONUS, "available_after_days": 0, "expires_after_months": 6},
        "+100 points for the purchase, to spend at once, for 6 months",
        "+100 points pour l’achat, utilisables aussitôt, pendant 6 mois",
    ),
    (
        {**BONUS, "available_after_days": 1, "expires_after_days": 30},
        "+100 points for the purchase, to spend after 1 day, for 30 days",
        "+100 points pour l’achat, utilisables après 1 jour, pendant 30 jours",
    ),
    (
        {"kind": "first_purchase", "points": 200},
        "+200 points for the first purchase",
        "+200 points pour le premier achat",
    ),
    ({"kind": "joining", "points": 1}, "1 point for joining", "1 point pour l’adhésion"),
    ({"kind": "birthday", "points": 50}, "50 points for the birthday", "50 points pour l’anniversaire"),
    (
        {"kind": "custom_action", "action": "review", "points": 20, "once_per": "month"},
        "20 points for “review”, once per month",
        "20 points pour « review », une fois par mois",
    ),
    (
        {"kind": "custom_action", "action": "app", "points": 20, "once_per": "ever"},
        "20 points for “app”, once only",
        "20 points pour « app », une seule fois",
    ),
    (
        {"kind": "cap", "points": 1000, "per": "purchase"},
        "At most 1,000 points per purchase",
        "Au plus 1 000 points par achat",
    ),
    (
        {"kind": "cap", "points": 100, "per": "ever", "rules": ["base"]},
        "At most 100 points in all of “Everything”",
        "Au plus 100 points en tout de « Everything »",
    ),
]


@pytest.mark.parametrize(("rule", "english", "french"), SAID)
def test_a_rule_is_said_in_a_sentence(rule: dict[str, Any], english: str, french: str) -> None:
    names = Names(segments={"vip": "Very important"}, tiers={"gold": "Gold"}, rules={"base": "Everything"})
    program = a_program(currency="EUR", timezone="Europe/Paris")
    said = [
        Speaker(Format(language, "EUR"), program, names).sentence(rule).replace("\xa0", " ")
        for language in ("en", "fr")
    ]
    assert said == [english, french]


def test_every_kind_has_a_sentence_here() -> None:
    assert {rule["kind"] for rule, _, _ in SAID} == set(KINDS.all())


def test_a_rule_with_a_name_is_called_by_it() -> None:
    speaker = Speaker(Format("en", "EUR"), a_program())
    assert (speaker.title({**TIMES, "name": "Friday"}), speaker.title(TIMES)) == ("Friday", "×2")


def test_a_kind_that_nobody_wrote_a_sentence_for_is_said_by_its_form() -> None:
    """A new kind is one file: it is readable before anybody adds to the panel."""
    speaker = Speaker(Format("en", "EUR"), a_program(currency="EUR"))
    assert of_any_kind(speaker, BONUS) == "Extra points for a purchase (Points: 100)"
