"""What goes over the wire about surveys."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from surveys.plans.content import Content, Name, RewardPoints, Texts, Tongue
from surveys.plans.policy import EVERYBODY_BP, Policy, Purpose, Share, StoredPolicy
from surveys.plans.queries import SurveyFacts


class PolicyIn(Struct, forbid_unknown_fields=True):
    """What holds in all surveys: how often somebody is asked, how many in a day, and who never."""

    quarantine_days: Annotated[int, Meta(ge=0, le=3_650, description="Nobody is asked again sooner.")] = 90
    holdout_bp: Annotated[Share, Meta(description="Of 10,000 customers, so many are never asked.")] = 0
    daily_cap: Annotated[int, Meta(ge=1, le=10_000_000, description="Sent by mail in a local day.")] | None = None
    consent: (
        Annotated[Purpose, Meta(description="The name of the consent that mail needs; null: none is needed.")] | None
    ) = "surveys"

    def policy(self) -> Policy:
        """Hand it to the rules."""
        return Policy(self.quarantine_days, self.holdout_bp, self.daily_cap, self.consent)


class PolicyOut(Struct):
    """A programme's policy in force; `version` 0: it never had any, and nobody is asked."""

    version: int
    quarantine_days: int
    holdout_bp: int
    daily_cap: int | None
    consent: str | None


class SurveyIn(Struct, forbid_unknown_fields=True):
    """A survey: what it says, and whom it asks. What it does not say, the service says in its own words."""

    name: Name
    trigger: Annotated[
        dict[str, Any],
        Meta(
            description="`kind`, with that kind's settings; `docs/surveys.md` lists them.",
            examples=[{"kind": "after_purchase", "days": 7}],
        ),
    ]
    texts: dict[Tongue, Texts] = {}
    sample_bp: Annotated[Share, Meta(description="Of 10,000 occasions, so many are asked about.")] = EVERYBODY_BP
    reminder: bool = True
    send_at: Annotated[int, Meta(ge=0, le=23, description="The local hour.")] = 10
    case_days: Annotated[int, Meta(ge=0, le=90, description="Within so many days a detractor's case is due.")] = 3
    reward_points: Annotated[
        RewardPoints | None,
        Meta(description="For an answer of a member, whatever it says, and told before. Such answers are in no score."),
    ] = None

    def content(self) -> Content:
        """Hand it to the rules."""
        told = {name: getattr(self, name) for name in Content.__struct_fields__}
        return Content(**told)


class SurveyOut(Struct):
    """A survey with its draft. `edition`: the newest that was published; 0: none, and nobody is asked."""

    survey_id: UUID
    state: Literal["draft", "open", "closed"]
    edition: int
    version: int
    draft: Content
    made_at: datetime
    changed_at: datetime
    closed_at: datetime | None


class SurveyList(Struct):
    """All surveys, oldest first."""

    data: list[SurveyOut]


def policy_out(stored: StoredPolicy) -> PolicyOut:
    """Show the policy."""
    told = stored.policy
    return PolicyOut(stored.version, told.quarantine_days, told.holdout_bp, told.daily_cap, told.consent)


def survey_out(survey: SurveyFacts) -> SurveyOut:
    """Show a survey."""
    return SurveyOut(**{name: getattr(survey, name) for name in SurveyFacts.__struct_fields__})
