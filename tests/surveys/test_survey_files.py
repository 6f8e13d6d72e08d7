"""Whom a file names, and what was said as a file."""

from pathlib import Path

from loyalty.database import Database
from loyalty.exports.actions import start
from loyalty.exports.facts import NewExport
from loyalty.exports.tasks import work_off
from loyalty.imports.actions import import_file
from loyalty.imports.facts import NewImport
from loyalty.programs.facts import ProgramFacts, Source
from surveys.answers import actions as answers
from surveys.plans.policy import Policy
from tests.surveys.conftest import Poll

HEADER = "customer_id,survey_id,ask_at,consent,email,name"


async def test_a_file_names_whom_to_ask_once_and_the_rules_hold_for_them_too(
    poll: Poll, database: Database, program: ProgramFacts, tmp_path: Path
) -> None:
    survey = await poll.publishes({"kind": "by_file"})
    other = await poll.publishes({"kind": "on_request"}, Policy())
    await poll.buys("o1", "bob", customer={"consent": {"surveys": False, "ads": True}})
    await poll.buys("o2", "eve")
    await poll.call("POST", "customers/eve/erase")
    at, old = "2026-03-03T12:00:00+01:00", "2026-02-20T12:00:00+01:00"
    path = tmp_path / "ask.csv"
    rows = [
        f"ann,{survey},{at},true,ann@example.org,Ann Long",
        f"ann,{survey},{at},true,ann@example.org,Ann Long",
        f"bob,{survey},{at},true,,",
        f"cat,{survey},{at},,cat@example.org,",
        f"dan,{survey},{old},true,dan@example.org,",
        f"eve,{survey},{at},true,eve@example.org,",
        f"fay,{other},{at},true,fay@example.org,",
    ]
    path.write_text("\n".join([HEADER, *rows]))
    new = NewImport(program, "survey_invitations", path)
    told = await import_file(database, new)
    assert (told.recorded, told.unchanged, told.errors) == (4, 1, 2)
    assert await poll.sends() == []
    await poll.at("2026-03-03T12:00:01")
    assert sorted(await poll.sends()) == ["ann@example.org", "bob@example.org"]
    assert sorted(await poll.asked(), key=str) == [
        ("sent", None), ("sent", None), ("skipped", "no_consent"), ("skipped", "too_late"),
    ]  # fmt: skip
    consent = await poll.owner.fetchval("SELECT consent::text FROM customer WHERE email = 'bob@example.org'")
    assert consent == '{"ads": true, "surveys": true}'
    again = await import_file(database, new)
    assert (again.recorded, again.unchanged, again.errors) == (0, 5, 2)
    assert await poll.works() == []


async def test_an_export_tells_answers_without_links_and_without_who_was_forgotten(poll: Poll, source: Source) -> None:
    await poll.publishes({"kind": "after_purchase", "days": 0})
    for who in ("ann", "bob"):
        await poll.buys(f"o-{who}", who)
    await poll.works()
    for which, value in ((0, 9), (1, 2)):
        link = poll.link(which)
        await poll.verb(lambda tx, link=link, value=value: answers.score(tx, link, value, "fr"))
        await poll.verb(lambda tx, link=link: answers.comment(tx, link, '=Pears, "ripe"', publish=False))
    whose = [one.person.email for one in poll.box.letters]
    await poll.call("POST", f"customers/{str(whose[1]).partition('@')[0]}/erase")
    await poll.verb(lambda tx: start(tx.connection, source, NewExport("survey_answers", "csv")))
    await work_off(poll.desk)
    [export] = (await poll.call("GET", "exports"))["data"]
    told = (await poll.api.get(f"/v1/exports/{export['export_id']}/file")).text
    lines = told.lstrip("\ufeff").splitlines()
    assert len(lines) == 3
    assert ",9,promoter," in lines[1]
    assert "Pears" in lines[1]
    assert ",2,detractor,," in lines[2]
    assert not any(poll.link(which).partition(".")[2] in told for which in (0, 1))
