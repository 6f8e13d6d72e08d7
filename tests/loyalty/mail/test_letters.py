"""The post, with a real mail server: letters are sent, tried again, given up, and forgotten."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import compat32, default
from email.utils import parseaddr
from uuid import UUID

import asyncpg
import msgspec
import pytest

from loyalty.database import Database, Tx
from loyalty.mail.actions import send
from loyalty.mail.facts import Letter
from loyalty.mail.rules import compose, wait_after
from loyalty.mail.server import mail_server
from loyalty.mail.tasks import work_off
from loyalty.programs.facts import ProgramFacts
from loyalty.settings import Settings
from tests.post_office import PostOffice, open_post_office

LETTER = Letter(kind="test", to="ann@example.org", sender="Maison Verger", subject="Été", text="Bonjour\n")
AT = datetime(2026, 6, 10, 8, tzinfo=UTC)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_post_office() as office:
        yield office


def settings(office: PostOffice) -> Settings:
    return Settings(SMTP_URL=office.address, mail_from="bonjour@verger.example")


async def write(database: Database, program: ProgramFacts, letter: Letter = LETTER) -> UUID:
    async with database.writer() as connection, connection.transaction():
        return await send(Tx(connection), program.program_id, letter)


async def states(owner: asyncpg.Connection) -> list[tuple[object, ...]]:
    rows = await owner.fetch("SELECT state, attempts, letter IS NULL, error FROM mail ORDER BY mail_id")
    return [tuple(row) for row in rows]


async def test_a_letter_is_sent_once_and_its_words_go(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection, office: PostOffice
) -> None:
    mail_id = await write(database, program)

    await work_off(database, program.program_id, settings(office))
    await work_off(database, program.program_id, settings(office))

    [mail] = office.mails
    assert mail["Subject"] == "Été"
    assert mail["Message-ID"] == f"<{mail_id}@verger.example>"
    assert await states(owner) == [("sent", 1, True, None)]


async def test_without_the_commit_there_is_no_letter(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    async def give_up() -> None:
        async with database.writer() as connection, connection.transaction():
            await send(Tx(connection), program.program_id, LETTER)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await give_up()

    assert await states(owner) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 no such mailbox", ("failed", 1, True, "SMTPDataError 550")),
        ("451 come back later", ("queued", 1, False, "SMTPDataError 451")),
    ],
)
async def test_a_refusal_is_for_good_or_for_now(
    database: Database,
    program: ProgramFacts,
    owner: asyncpg.Connection,
    office: PostOffice,
    answer: str,
    expected: tuple[object, ...],
) -> None:
    office.says = answer
    await write(database, program)

    await work_off(database, program.program_id, settings(office))

    assert await states(owner) == [expected]
    office.says = ""
    await owner.execute("UPDATE mail SET next_at = clock_timestamp() WHERE state = 'queued'")
    await work_off(database, program.program_id, settings(office))
    assert len(office.mails) == (expected[0] == "queued")


async def test_no_mail_is_handed_over_before_it_is_noted_that_the_one_before_went(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection, office: PostOffice, database_url: str
) -> None:
    for _ in range(4):
        await write(database, program)
    noted = []

    async def look(*_: object) -> str:
        # In the mail server's own thread and loop. Nothing can be noted for a moment.
        looking = await asyncpg.connect(database_url)
        noted.append(await looking.fetchval("SELECT count(*) FROM mail WHERE state = 'sent'"))
        await looking.execute("BEGIN; SELECT FROM mail FOR UPDATE")
        asyncio.get_running_loop().call_later(0.15, looking.terminate)
        return "550 no such mailbox" if len(noted) == 2 else "250 OK"

    office.handle_DATA = look  # type: ignore[method-assign]
    await work_off(database, program.program_id, settings(office))

    assert noted == [0, 1, 1, 2]
    assert [state[0] for state in await states(owner)] == ["sent", "failed", "sent", "sent"]


async def test_a_server_that_is_away_loses_no_letter(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection, office: PostOffice
) -> None:
    for _ in range(2):
        await write(database, program)
    gone = Settings(SMTP_URL="smtp://127.0.0.1:1", mail_from="bonjour@verger.example")

    await work_off(database, program.program_id, gone)

    assert [state[:3] for state in await states(owner)] == [("queued", 1, False)] * 2
    await owner.execute("UPDATE mail SET next_at = clock_timestamp()")
    await work_off(database, program.program_id, settings(office))
    assert len(office.mails) == 2


async def test_a_bad_address_holds_up_nobody_else(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection, office: PostOffice
) -> None:
    for to in ("a b@example.org", "ann@example.org"):
        await write(database, program, msgspec.structs.replace(LETTER, to=to))

    await work_off(database, program.program_id, settings(office))

    assert sorted(str(state[0]) for state in await states(owner)) == ["failed", "sent"]
    assert [mail["To"] for mail in office.mails] == ["ann@example.org"]


async def test_without_a_mail_server_letters_wait(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    await write(database, program)

    await work_off(database, program.program_id, Settings(SMTP_URL=None))

    assert await states(owner) == [("queued", 0, False, None)]
    assert await owner.fetchval("SELECT next_at > clock_timestamp() FROM mail")


def read(content: bytes) -> EmailMessage:
    mail = BytesParser(policy=default).parsebytes(content)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_letter_says_itself_twice_and_how_to_end_such_letters() -> None:
    address = f"https://verger.example/s/1.{'a' * 43}/unsubscribe"
    letter = msgspec.structs.replace(LETTER, html="<p>Bonjour</p>", reply_to="help@verger.example", unsubscribe=address)

    composed = compose(letter, "Post <bonjour@verger.example>", UUID(int=1), AT)
    mail = read(composed.content)

    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert (composed.sender, composed.to) == ("bonjour@verger.example", "ann@example.org")
    assert mail["From"] == "Maison Verger <bonjour@verger.example>"
    assert mail["Reply-To"] == "help@verger.example"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # In clear, and in one line: who looks for it decodes nothing.
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in composed.content


@pytest.mark.parametrize("html", [None, "<p>Été à 5 %</p>"], ids=["plain", "both"])
@pytest.mark.parametrize(
    "text",
    ["", "Bonjour", "Été ?\n\n.\n..\n-- \nEnd = 3\n", f"\n{'long ' * 300}\r\n\tÉté \n", "a\rb\n=_00000000"],
    ids=["empty", "short", "dots", "long", "ends"],
)
def test_what_was_written_is_read_whatever_it_holds_in_ascii_and_short_lines(text: str, html: str | None) -> None:
    names = ("Maison Verger", "Épicerie, « du \N{NO-BREAK SPACE}coin » (bio)" * 4, 'The "Shop", Ltd.')
    for name in names:
        letter = msgspec.structs.replace(
            LETTER, to="ann@exämple.org", sender=name, subject=f"{name} ?", text=text, html=html
        )
        content = compose(letter, "bonjour@verger.example", UUID(int=0), AT).content
        mail = read(content)
        assert content.isascii()
        assert max(len(line) for line in content.split(b"\r\n")) <= 78
        assert b"\n" not in content.replace(b"\r\n", b"")
        # The library's newer way puts spaces between the pieces of a long name.
        sender, _ = parseaddr(str(BytesParser(policy=compat32).parsebytes(content)["From"]))
        assert str(make_header(decode_header(sender))) == name
        assert mail["Subject"] == f"{name} ?"
        assert mail["To"] == "ann@xn--exmple-cua.org"
        assert not mail.defects
        parts = [part.get_content() for part in (mail.iter_parts() if html else [mail])]
        assert [in_lines(part) for part in parts] == [in_lines(one) for one in (text, html) if one is not None]


def in_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


@pytest.mark.parametrize("subject", ["a\nBcc: eve@example.org", "a\r\nBcc: eve@example.org"])
def test_no_name_can_add_a_header(subject: str) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|control"):
        compose(msgspec.structs.replace(LETTER, subject=subject), "bonjour@verger.example", UUID(int=1), AT)


def test_waits_grow_and_end_after_a_day() -> None:
    young = timedelta(hours=1)
    waits = [wait_after(attempt, young, refused=False) for attempt in (1, 2, 3, 8, 50)]

    assert waits == [timedelta(minutes=n) for n in (1, 2, 4, 120, 120)]
    assert wait_after(1, timedelta(days=1), refused=False) is None
    assert wait_after(1, young, refused=True) is None


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "start_tls"),
    [
        ("smtp://mail.example.org", 25, False, None),
        ("smtp://me:p%40ss@mail.example.org:587", 587, False, True),
        ("smtp://me:p%40ss@127.0.0.1?starttls=no", 25, False, False),
        ("smtps://me:p%40ss@mail.example.org", 465, True, False),
    ],
)
def test_passwords_go_encrypted(url: str, port: int, *, use_tls: bool, start_tls: bool | None) -> None:
    server = mail_server(url)

    assert (server.port, server.use_tls, server.start_tls) == (port, use_tls, start_tls)
    assert server.password in {None, "p@ss"}


def test_a_wrong_address_of_the_mail_server_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="smtp://"):
        Settings(SMTP_URL="mail.example.org")
