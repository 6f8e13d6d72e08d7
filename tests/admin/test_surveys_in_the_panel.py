"""Surveys in the panel over HTTP: who sees and changes, what a score may say, forms, cases, and what is simulated."""

import csv
import io
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import structs

from admin.format import Format
from admin.surveys.results import TABLES
from admin.surveys.words import crowd_said, outcome_said, reason_said
from loyalty.intervals import Answers
from surveys.answers.tables import OUTCOMES
from surveys.invitations.rules import REASONS
from surveys.plans.policy import Policy
from surveys.plans.trigger import TRIGGERS
from surveys.results.coming_back import CROWDS
from surveys.staff.preview import VIEWS
from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import NORA
from tests.admin.fake_surveys import ANGRY, ASKING, CASE, CONTENT, DRAFT, HAPPY, MADE_UP, few, made_up, nothing

BASE = "/admin/p/1"
RESULTS, LIST, NEW, POLICY = f"{BASE}/surveys", f"{BASE}/survey-list", f"{BASE}/new-survey", f"{BASE}/survey-policy"
CASES, VOICES = f"{BASE}/survey-cases", f"{BASE}/survey-voices"
ONE, ONE_CASE = f"{LIST}/{ASKING.survey.survey_id}", f"{CASES}/{CASE.case_id}"
LEAVE_OUT = f"{BASE}/survey-answers/{HAPPY.invitation_id}/leave-out"
GOOD = {
    "kind": "tier_change",
    "key": "0190aaaa-0000-7000-8000-000000000001",
    "version": "4",
    "plan-name": "After a step up",
    "plan-sample": "25.5",
    "plan-reminder": "on",
    "plan-send_at": "9",
    "plan-case_days": "2",
    "plan-reward_points": "",
    "trigger-direction": "up",
    "trigger-days": "1",
    "fr-question": "Nous recommanderiez-vous ?",
}
GOOD_POLICY = {"quarantine_days": "60", "daily_cap": "", "holdout": "2.5", "consent": ""}


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [("owner", 200, 303), ("manager", 200, 303), ("analyst", 200, 403), ("support", 403, 403)],
)
def test_who_sees_and_who_changes(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, changes: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    reads = (
        RESULTS, f"{RESULTS}/rolling.csv", LIST, f"{LIST}.csv", ONE, f"{ONE}/preview/mail?in=fr", POLICY, CASES,
        f"{CASES}.csv", ONE_CASE, VOICES,
    )  # fmt: skip
    assert {path: inside.get(path).status_code for path in reads} == dict.fromkeys(reads, sees)
    for path in (NEW, f"{ONE}/edit"):
        assert inside.get(path).status_code == (200 if changes == 303 else 403)
    writes: list[tuple[str, dict[str, str]]] = [
        (NEW, GOOD), (f"{ONE}/edit", GOOD), (f"{ONE}/publish", {}), (f"{ONE}/close", {}), (POLICY, GOOD_POLICY),
        (ONE_CASE, {"do": "keep"}), (ONE_CASE, {"do": "close", "outcome": "solved"}),
        (ONE_CASE, {"do": "gesture", "points": "1", "reason": "Sorry"}), (LEAVE_OUT, {"because": "staff"}),
    ]  # fmt: skip
    assert [post(inside, path, **fields).status_code for path, fields in writes] == [changes] * len(writes)
    done = [one for one in desk.surveys.done if one[0] != "cases"]
    assert (len(done), len(desk.surveys.drafted)) == ((8, 1) if changes == 303 else (0, 0))
    if sees == 200:
        may = changes == 303
        assert [text in inside.get(path).text for path, text in ((ONE, "/publish"), (ONE_CASE, "gesture"))] == [
            False,
            may,
        ]
        assert ("/leave-out" in inside.get(RESULTS).text) is may


def test_the_page_says_the_score_and_how_sure_it_is(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(inside.get(RESULTS))
    assert "Net promoter score 24 Aug 2026 to 21 Nov 2026 37 95% interval 24 to 48" in said
    assert "Change +10 −7 to +27 against the 90 days before: within noise" in said
    assert "82 promoters, 41 passives, 27 detractors Response rate 21.4% 150 of 700 Open cases 1 1 overdue" in said
    assert "Difference +25 −1 to +51 z 1.89, p 0.059 No proven difference" in said
    assert "Asked too lately (quarantine)" in said
    assert "Simulated" not in said
    desk.surveys.before = Answers(40, 20, 90)
    assert "against the 90 days before: real" in text_of(inside.get(RESULTS))


@pytest.mark.parametrize(
    ("n", "number", "word"),
    [
        (0, "–", "No answers in these days."),
        (9, "–", "Too few data"),
        (10, "100", "Indicative"),
        (29, "100", "Indicative"),
    ],
)
def test_few_answers_are_not_made_to_say_more_than_they_do(
    inside: TestClient[Litestar], desk: FakeDesk, n: int, number: str, word: str
) -> None:
    desk.surveys = few(n)
    said = text_of(inside.get(RESULTS)).partition("How many gave")[0]
    assert f"2026 {number}" in said
    assert word in said
    assert "they are compared from 30." in said
    assert ("95% interval" in said) is (n >= 10)


def test_who_never_asked_is_told_how_to_begin(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.surveys = nothing()
    assert "No survey has asked anybody yet" in text_of(inside.get(RESULTS))
    assert "No policy was published yet, so nobody is asked. Publish the policy" in text_of(inside.get(LIST))
    assert "No cases" in text_of(inside.get(CASES))
    assert "No testimonials yet" in text_of(inside.get(VOICES))


def test_filters_are_in_the_address_and_lead_to_those_answers(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    html = inside.get(f"{RESULTS}?days=30&until=2026-10-31&survey={ASKING.survey.survey_id}").text
    kept = f"until=2026-10-31&amp;days=30&amp;survey={ASKING.survey.survey_id}"
    assert f'href="{RESULTS}?{kept}&amp;score=2#answers"' in html
    inside.get(f"{RESULTS}?score=2&who=member&said=1&case=1&published=1&class=detractor&after={ANGRY.invitation_id}")
    asked = desk.surveys.asked[-1]
    assert (asked.score, asked.nps_class, asked.member, asked.after) == (2, "detractor", True, ANGRY.invitation_id)
    assert (asked.commented, asked.open_case, asked.published) == (True, True, True)
    inside.get(f"{RESULTS}?score=11&who=nobody&days=7&until=yesterday&survey=x&after=y")
    asked = desk.surveys.asked[-1]
    assert (asked.score, asked.member, asked.survey_id, asked.after) == (None, None, None, None)
    assert (asked.end - asked.start).days == 90


def test_every_table_is_a_file(inside: TestClient[Litestar]) -> None:
    for table in TABLES:
        answer = inside.get(f"{RESULTS}/{table}.csv?days=30")
        assert answer.headers["content-disposition"] == f'attachment; filename="survey-{table}.csv"'
        header, *rows = csv.reader(io.StringIO(answer.content.decode()[1:]))
        assert rows
        assert {len(row) for row in rows} == {len(header)}
    assert inside.get(f"{RESULTS}/other.csv").status_code == 404


def test_what_is_simulated_says_so_everywhere_and_stays_alone(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.surveys = made_up()
    case = f"{CASES}/{CASE.case_id}"
    for path in (RESULTS, LIST, f"{LIST}/{MADE_UP.survey.survey_id}", CASES, case, VOICES):
        assert "Simulated" in text_of(inside.get(path)), path
    assert inside.get(RESULTS).text.count(">Simulated</span>") == 10
    assert desk.surveys.asked[-1].simulated
    assert "simulated-answers.csv" in inside.get(f"{RESULTS}/answers.csv").headers["content-disposition"]
    assert "Survey answered: 2 out of 10 Too slow, <b>and</b> too dear. Simulated" in text_of(
        inside.get(f"{BASE}/members/{NORA}")
    )
    for path, fields in ((f"{LIST}/{MADE_UP.survey.survey_id}/publish", {}), (case, {"do": "keep"})):
        assert post(inside, path, **fields).status_code == 404
    desk.surveys.surveys = [ASKING, MADE_UP]
    assert "Simulated:" not in text_of(inside.get(RESULTS))
    assert not desk.surveys.asked[-1].simulated
    inside.get(f"{RESULTS}?answers=simulated")
    assert desk.surveys.asked[-1].simulated


def test_a_survey_is_drafted_once_and_edited_from_where_it_was(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    for _ in range(2):
        assert post(inside, NEW, **GOOD).headers["location"] == ONE
    [content] = desk.surveys.drafted.values()
    assert (content.trigger, content.sample_bp) == ({"kind": "tier_change", "direction": "up", "days": 1}, 2_550)
    assert content.texts_in("fr").question == GOOD["fr-question"]
    assert content.texts_in("en").question is None
    assert (content.reminder, content.send_at, content.case_days, content.reward_points) == (True, 9, 2, None)
    post(inside, f"{ONE}/edit", **GOOD | {"plan-reward_points": "50"})
    [(verb, _, version, edited)] = desk.surveys.done
    assert (verb, version, edited) == ("edit", 4, structs.replace(content, reward_points=50))
    desk.surveys.refusal = "edited_meanwhile"
    refused = post(inside, f"{ONE}/edit", **GOOD)
    assert refused.status_code == 409
    assert "Somebody changed this survey meanwhile." in text_of(refused)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"plan-name": ""}, "This is needed."),
        ({"plan-sample": "0"}, "A sample of 0 asks nobody."),
        ({"plan-sample": "101"}, "Write a percentage from 0 to 100."),
        ({"plan-send_at": "24"}, "Write a whole number from 0 to 23."),
        ({"trigger-days": "soon"}, "Write a whole number from 0 to 365."),
        ({"en-question": "x" * 301}, "Write"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    inside: TestClient[Litestar], desk: FakeDesk, wrong: dict[str, str], said: str
) -> None:
    answer = post(inside, NEW, **GOOD | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert answer.text.count('aria-invalid="true"') == 1
    assert not desk.surveys.drafted


def test_each_trigger_has_its_form_and_a_draft_may_take_another(inside: TestClient[Litestar]) -> None:
    for kind, trigger in TRIGGERS.all().items():
        html = inside.get(f"{NEW}?kind={kind}").text
        assert f'name="kind" value="{kind}"' in html
        for name in trigger.__struct_fields__:
            assert f'name="trigger-{name}"' in html
    assert 'value="7"' in inside.get(f"{ONE}/edit").text
    assert 'name="trigger-direction"' in inside.get(f"{ONE}/edit?kind=tier_change").text


def test_customers_pages_and_mail_are_previewed_and_send_nothing(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.surveys.surveys = [structs.replace(ASKING, survey=structs.replace(ASKING.survey, draft=CONTENT))]
    for view in VIEWS:
        for language, question in (("fr", "Nous recommanderiez-vous"), ("en", "How likely are you to recommend")):
            answer = inside.get(f"{ONE}/preview/{view}?in={language}")
            assert answer.status_code == 200
            assert "form-action 'none'" in answer.headers["content-security-policy"]
            if view in {"score", "mail", "text"}:
                assert question in answer.text
    assert inside.get(f"{ONE}/preview/other?in=fr").status_code == 404
    assert inside.get(f"{ONE}/preview/mail?in=de").status_code == 404


def test_a_survey_is_published_and_closed(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    page = f"{LIST}/{DRAFT.survey.survey_id}"
    assert "/publish" in inside.get(page).text
    assert "/close" not in inside.get(page).text
    asks = inside.get(f"{page}/publish")
    assert desk.surveys.done == []
    for told in (
        "Nobody is asked about what happened before.", "What happens now is asked about on 28 Nov 2026, 04:42",
        "At most 200 a day are sent by mail", "there were 1,420 occasions", "it would have asked 310 customers.",
        "No consent to be written to: 1,000", "It becomes edition 1, which never changes",
        "Closing the survey stops what was not sent yet.",
    ):  # fmt: skip
        assert told in text_of(asks)
    assert "planned already" not in text_of(asks)
    assert 'name="version" value="1"' in asks.text
    french = text_of(inside.get(f"{page}/publish?lang=fr"))
    assert "fera l’objet d’une question le 28 nov. 2026 à 04:42, si rien ne l’annule d’ici là." in french
    # An edition before planned some, who are asked about what happened before.
    desk.surveys.planned = 6
    again = text_of(inside.get(f"{page}/publish?lang=en"))
    assert "6 customers are planned already" in again
    assert "Nobody is asked about what happened before." not in again
    assert post(inside, f"{page}/publish").headers["location"] == page
    assert post(inside, f"{ONE}/close").headers["location"] == ONE
    assert [one[:2] for one in desk.surveys.done] == [
        ("publish", DRAFT.survey.survey_id),
        ("close", ASKING.survey.survey_id),
    ]
    assert inside.get(f"{LIST}/{UUID(int=99)}").status_code == 404


def test_the_policy_is_said_and_published(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(inside.get(POLICY))
    assert "Nobody is asked twice within 90 days. At most 200 a day are sent by mail. 5% are never asked" in said
    assert "Published" in text_of(inside.get(post(inside, POLICY, **GOOD_POLICY).headers["location"]))
    assert desk.surveys.done == [("policy", desk.person.user_id, Policy(60, 250, None, None))]
    wrong = post(inside, POLICY, **GOOD_POLICY | {"holdout": "200"})
    assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 1)


def test_a_case_is_taken_noted_and_closed(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert "Nora Weber 2 Too slow," in text_of(inside.get(CASES))
    assert "20 Nov 2026 overdue" in text_of(inside.get(CASES))
    me = desk.person.user_id
    post(inside, ONE_CASE, do="keep", owner=str(me), note="called her")
    post(inside, ONE_CASE, do="keep", owner=str(UUID(int=77)), note="")
    post(inside, ONE_CASE, do="close", outcome="solved")
    post(inside, ONE_CASE, do="gesture", points="1 000", reason="Sorry")
    done = [one for one in desk.surveys.done if one[0] != "cases"]
    assert done == [
        ("take", CASE.case_id, me, "called her"),
        ("take", CASE.case_id, None, None),
        ("close case", CASE.case_id, me, "solved"),
        ("gesture", CASE.case_id, me, 1000, "Sorry"),
    ]
    for fields in ({"do": "close", "outcome": "gesture"}, {"do": "gesture", "points": "0", "reason": "x"}):
        wrong = post(inside, ONE_CASE, **fields)
        assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 1)
    desk.surveys.refusal = "case_closed"
    location = post(inside, ONE_CASE, do="close", outcome="solved").headers["location"]
    refused = inside.get(location)
    assert "This case was closed meanwhile." in text_of(refused)
    assert 'class="notice" role="alert"' in refused.text


def test_everything_has_words_of_its_own_in_both_languages() -> None:
    for language in ("en", "fr"):
        f = Format(language, "EUR")
        words = [*(reason_said(one, f) for one in REASONS), *(outcome_said(one, f) for one in OUTCOMES)]
        words += [crowd_said(one, f) for one in CROWDS]
        assert len(set(words)) == len(words)
        assert not set(words) & {*REASONS, *OUTCOMES, *CROWDS}
