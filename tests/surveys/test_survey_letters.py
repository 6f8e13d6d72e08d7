"""The mail as a mail server gets it and a mail program reads it: parts, links, headers, and mail that comes back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from loyalty.mail.tasks import work_off as deliver
from loyalty.settings import Settings
from surveys.invitations import tasks
from surveys.invitations.keys import keyring
from surveys.invitations.letters import survey_letter, survey_letters
from tests.post_office import PostOffice, open_post_office
from tests.surveys.conftest import Poll

AT_ONCE = {"kind": "after_purchase", "days": 0}
BASE = "https://loyalty.verger.example"
KEY = "k" * 32


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """Give a mail server."""
    with open_post_office() as office:
        yield office


@pytest.fixture
def settings(post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give the settings of an installation that can send mail, as the worker reads them."""
    for name, value in {
        "SMTP_URL": post_office.address,
        "LOYALTY_MAIL_FROM": "bonjour@verger.example",
        "LOYALTY_PUBLIC_URL": BASE,
        "LOYALTY_LINK_KEYS": KEY,
    }.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
async def asked(poll: Poll) -> Poll:
    """Have Ann's purchase noted, and a survey of it due."""
    await poll.owner.execute("UPDATE program SET name = 'Maison Verger'")
    await poll.publishes(AT_ONCE)
    await poll.buys("o1", customer={"language": "fr"})
    await poll.hears()
    return poll


async def posts(poll: Poll, settings: Settings) -> None:
    """Let the worker send what is due, and the post deliver it."""
    await tasks.send_due(poll.desk)
    await deliver(poll.database, poll.program, settings)


async def test_the_mail_has_eleven_links_one_in_plain_text_and_ends_by_one_post(
    asked: Poll, settings: Settings, post_office: PostOffice
) -> None:
    await posts(asked, settings)
    [mail] = post_office.mails
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert mail["Subject"] == "Recommanderiez-vous Maison Verger ?".replace(" ?", "\u00a0?")
    assert mail["From"] == "Maison Verger <bonjour@verger.example>"
    [link] = set(re.findall(rf"{BASE}/s/(1\.[\w-]{{43}})\s", plain.get_content()))
    assert mail["List-Unsubscribe"] == f"<{BASE}/s/{link}/unsubscribe>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = rich.get_content()
    assert re.findall(rf'href="{BASE}/s/{re.escape(link)}\?score=(\d+)"', html) == [str(n) for n in range(11)]
    assert "<img" not in html
    assert '<html lang="fr">' in html
    assert "Recommanderiez-vous" in plain.get_content()
    # Once it is sent, no row holds its words.
    assert await asked.owner.fetchval("SELECT count(letter) FROM mail") == 0


async def test_the_reminder_carries_the_same_link_and_says_that_it_is_the_only_one(
    asked: Poll, settings: Settings, post_office: PostOffice
) -> None:
    await posts(asked, settings)
    await asked.at("2026-03-08T12:00")
    await posts(asked, settings)
    first, again = post_office.mails
    assert first["List-Unsubscribe"] == again["List-Unsubscribe"]
    assert "Petit rappel" in again["Subject"]


async def test_an_address_that_the_mail_server_refuses_is_written_to_no_more(
    asked: Poll, settings: Settings, post_office: PostOffice
) -> None:
    await tasks.send_due(asked.desk)
    await asked.owner.execute(
        "UPDATE mail SET state = 'failed', letter = NULL, ended_at = now(), error = 'SMTPRecipientsRefused 550'"
    )
    await tasks.send_due(asked.desk)
    assert await asked.owner.fetchval("SELECT count(bounced_at) FROM survey_invitation") == 1
    await asked.at("2026-03-08T12:00")
    await posts(asked, settings)
    assert post_office.mails == []


@pytest.mark.parametrize("lacking", ["SMTP_URL", "LOYALTY_LINK_KEYS"])
async def test_without_a_mail_server_or_a_key_nothing_is_sent_and_no_quarantine_begins(
    asked: Poll, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lacking: str
) -> None:
    assert settings.smtp_url
    monkeypatch.delenv(lacking)
    monkeypatch.setenv("LOYALTY_HOME", str(tmp_path / "nowhere"))
    await tasks.send_due(asked.desk)
    assert await asked.asked() == [("planned", None)]
    assert await asked.owner.fetchval("SELECT count(*) FROM survey_clock") == 0
    due = "SELECT count(*) FROM survey_invitation, program WHERE next_at <= clock_timestamp() + clock_offset"
    assert await asked.owner.fetchval(due) == 0


async def test_an_operator_is_told_each_time_what_is_lacking_and_who_looks_at_a_sample_once(
    asked: Poll, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.smtp_url
    monkeypatch.delenv("SMTP_URL")
    said = []
    for origin in (None, '{"en": "A sample"}'):
        await asked.owner.execute("UPDATE program SET data_origin = $1", origin)
        with capture_logs() as logs:
            for _ in range(2):
                await tasks.send_due(asked.desk)
        said.append([(one["log_level"], one["lacking"]) for one in logs])
    assert said == [[("warning", "SMTP_URL")] * 2, [("info", "SMTP_URL")]]


def test_the_key_is_the_operators_or_one_that_is_kept_beside_the_servers(tmp_path: Path) -> None:
    first = keyring(Settings(home=tmp_path)).newest
    assert first is not None
    assert keyring(Settings(home=tmp_path)).newest == first
    assert (tmp_path / "link.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["link.key"]
    assert keyring(Settings(home=tmp_path / "nowhere")).newest is None
    told = keyring(Settings(home=tmp_path, link_keys=[KEY]))  # type: ignore[list-item]
    assert told.newest not in {None, first}


async def test_letters_of_a_batch_are_as_if_each_was_written_alone(poll: Poll) -> None:
    await poll.publishes(AT_ONCE, reward_points=50)
    await poll.joins("cat", language="en")
    for n, (who, language) in enumerate((("ann", "fr"), ("ben", "en"), ("cat", "en"), ("dan", "fr"))):
        await poll.buys(f"o{n}", who, customer={"language": language})
    await poll.works()
    await poll.at("2026-03-09T12:00")
    await poll.sends()
    askings = poll.box.letters
    assert len(askings) == 8
    alone = [survey_letter(one, one.person.email or "", BASE) for one in askings]
    assert survey_letters(askings, BASE) == alone
    assert len({letter.text for letter in alone}) == 8
