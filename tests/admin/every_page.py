"""Every page of the panel, by name, as the fake desk knows it: for what must hold on each, whichever it is."""

from tests.admin.fake_moving import REFUSED, RUNNING, TRIED
from tests.admin.fake_people import BARE, NORA
from tests.admin.fake_purchases import REFUSED as REFUSAL
from tests.admin.fake_purchases import TELLING
from tests.admin.fake_rewards import PAYMENT, VOUCHER
from tests.admin.fake_rules import DONE, DRAFT, FAILED, STOPPED
from tests.admin.fake_surveys import ASKING, CASE
from tests.admin.fake_surveys import DRAFT as DRAFTED

_BASE, _MAY = "/admin/p/1", "period=2017-05"
_DRAFT, _SURVEY = f"{_BASE}/rules/drafts/{DRAFT}", f"{_BASE}/survey-list/{ASKING.survey.survey_id}"
_BASKET = f"draft={DRAFT}&goods_minor=84&placed_at=&customer=&l0-sku=Pear+jam&l0-category=Jams&l0-amount_minor=84"
DOOR = "sign-in"
PAGES = {
    DOOR: "/admin/sign-in",
    "impact": f"{_BASE}/impact?{_MAY}",
    "gap": f"{_BASE}/impact/gap",
    "holdout": f"{_BASE}/impact/holdout",
    "objectives": f"{_BASE}/impact/objectives",
    "search": f"{_BASE}/search?q=keys",
    "kpis": f"{_BASE}/kpis?{_MAY}",
    "measure": f"{_BASE}/kpis/retention_rate?{_MAY}",
    "measure-money": f"{_BASE}/kpis/aov?{_MAY}",
    "behind": f"{_BASE}/kpis/retention_rate/customers?{_MAY}",
    "costs": f"{_BASE}/kpis/costs",
    "liability": f"{_BASE}/liability?{_MAY}",
    "members": f"{_BASE}/members",
    "member": f"{_BASE}/members/{NORA}",
    "member-erase": f"{_BASE}/members/{NORA}/erase",
    "member-bare": f"{_BASE}/members/{BARE}",
    "purchases": f"{_BASE}/purchases",
    "purchase": f"{_BASE}/purchases/{TELLING}",
    "refused": f"{_BASE}/purchases/refused",
    "refusal": f"{_BASE}/purchases/refused/{REFUSAL}",
    "events": f"{_BASE}/purchases/events",
    "rewards": f"{_BASE}/rewards",
    "reward": f"{_BASE}/rewards/{VOUCHER}",
    "reward-retired": f"{_BASE}/rewards/{PAYMENT}",
    "reward-edit": f"{_BASE}/rewards/{VOUCHER}/edit",
    "reward-kinds": f"{_BASE}/new-reward",
    "reward-new": f"{_BASE}/new-reward?kind=points_payment",
    "referrals": f"{_BASE}/referrals",
    "referral-terms": f"{_BASE}/new-referral-terms",
    "rules": f"{_BASE}/rules",
    "rules-version": f"{_BASE}/rules/versions/3",
    "draft": _DRAFT,
    "rule-kinds": f"{_DRAFT}/new-rule",
    "rule-new": f"{_DRAFT}/new-rule?kind=fixed_bonus",
    "rule": f"{_DRAFT}/rules/double",
    "rules-tried": f"{_BASE}/rules/try?{_BASKET}",
    "publish": f"{_DRAFT}/publish",
    "backtests": f"{_DRAFT}/backtest",
    "backtest": f"{_BASE}/rules/backtests/{DONE}",
    "backtest-failed": f"{_BASE}/rules/backtests/{FAILED}",
    "backtest-stopped": f"{_BASE}/rules/backtests/{STOPPED}",
    "segments": f"{_BASE}/segments",
    "segment": f"{_BASE}/segments/at-risk",
    "segment-edit": f"{_BASE}/segments/at-risk/edit",
    "segment-new": f"{_BASE}/new-segment",
    "surveys": f"{_BASE}/surveys",
    "survey-list": f"{_BASE}/survey-list",
    "survey": _SURVEY,
    "survey-edit": f"{_SURVEY}/edit",
    "survey-publish": f"{_BASE}/survey-list/{DRAFTED.survey.survey_id}/publish",
    "survey-kinds": f"{_BASE}/new-survey",
    "survey-new": f"{_BASE}/new-survey?kind=tier_change",
    "survey-policy": f"{_BASE}/survey-policy",
    "survey-cases": f"{_BASE}/survey-cases",
    "survey-case": f"{_BASE}/survey-cases/{CASE.case_id}",
    "survey-voices": f"{_BASE}/survey-voices",
    "tiers": f"{_BASE}/tiers",
    "tiers-new": f"{_BASE}/new-tiers",
    "keys": f"{_BASE}/keys",
    "new-key": f"{_BASE}/new-key",
    "imports": f"{_BASE}/imports",
    "import": f"{_BASE}/imports/{REFUSED}",
    "import-tried": f"{_BASE}/imports/{TRIED}",
    "import-running": f"{_BASE}/imports/{RUNNING}",
    "exports": f"{_BASE}/exports",
    "settings": f"{_BASE}/settings",
    "health": f"{_BASE}/health",
    "team": f"{_BASE}/team",
    "audit": f"{_BASE}/audit",
    "account": f"{_BASE}/account",
    "nowhere": "/admin/nowhere",
}
# What there is no page of: files, a picture, what a customer will see, a part of a page, and what only leads elsewhere.
NO_PAGES = (
    "/adjust/try",
    "/account/codes.svg",
    "/exports/{number:str}/file",
    "/surveys/{file:str}",
    "/preview/{view:str}",
    "/{rest:path}",
)
