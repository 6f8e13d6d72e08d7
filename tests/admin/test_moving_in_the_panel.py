"""The pages of imports and exports: sending a file, watching it, repairing what was refused, and taking data out."""

import re
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from admin.exports import listing as exports_listing
from admin.format import Format
from admin.imports import listing as imports_listing
from admin.imports.failures import failure
from admin.imports.reasons import reason
from kpi.inputs import kinds as kpi_kinds
from loyalty import imports
from loyalty.exports.kind import KINDS as WRITTEN_KINDS
from loyalty.imports.facts import Refused
from loyalty.imports.files import Row
from loyalty.imports.header import BadHeader, layout_of
from loyalty.imports.kind import KINDS as READ_KINDS
from tests.admin.asking import post, text_of
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_moving import EXPIRED, FAILED, REFUSED, RUNNING, TRIED, WRITING, WRITTEN

IMPORTS, EXPORTS = "/admin/p/1/imports", "/admin/p/1/exports"
ROWS = b"customer_id,joined_at\r\nc-1,2026-01-05\r\n"
GOOD = {"kind": "purchases", "storefront": "Web shop", "run": "record", "points_date": "import"}


def send(client: TestClient[Litestar], content: bytes = ROWS, name: str = "orders.csv", **fields: str) -> Response:
    """Send a file, as the form does."""
    files = {"file": (name, content, "text/csv")} if name else None
    return client.post(IMPORTS, data={"csrf": "a-token", **GOOD, **fields}, files=files, headers={"origin": SITE})


def test_a_file_is_sent_under_the_storefronts_ids_and_by_its_sender(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    answer = send(inside)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{IMPORTS}/{RUNNING}")
    [(source, new, content)] = desk.imports.sent
    assert content == ROWS
    assert (source.storefront_id, source.actor, source.origin) == (2, f"user:{desk.person.user_id}", "import")
    assert source.dated_now
    assert (new.kind, new.format, new.dry_run, new.file_name) == ("purchases", "csv", False, "orders.csv")


def test_a_dry_run_is_the_first_choice_and_the_ending_tells_the_format(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    assert 'name="run" value="dry" checked' in " ".join(inside.get(IMPORTS).text.split())
    send(inside, name="Orders.NDJSON.gz", run="", points_date="")
    [(source, new, _)] = desk.imports.sent
    assert (new.format, new.dry_run, source.dated_now) == ("ndjson", True, False)


def test_a_file_of_many_pieces_arrives_whole(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    whole = ROWS + b"c-2,2026-01-06\r\n" * 100_000
    assert send(inside, whole).status_code == 303
    assert desk.imports.sent[0][2] == whole


@pytest.mark.parametrize(
    ("content", "name", "changed", "said"),
    [
        (ROWS, "", {}, "Choose a file."),
        (b"", "empty.csv", {}, "This file is empty."),
        (b"\x89PNG....", "picture.csv", {}, "This is no table and no NDJSON"),
        (ROWS, "a.csv", {"kind": "wishes"}, "Choose what is offered."),
        (ROWS, "a.csv", {"storefront": ""}, "Choose the storefront of these rows."),
    ],
    ids=["no file", "empty", "picture", "no such kind", "no storefront"],
)
def test_what_is_wrong_is_said_beside_the_field(
    inside: TestClient[Litestar], desk: FakeDesk, content: bytes, name: str, changed: dict[str, str], said: str
) -> None:
    answer = send(inside, content, name, **changed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'aria-invalid="true"' in answer.text
    assert desk.imports.sent == []


def test_the_list_says_how_far_each_import_is(inside: TestClient[Litestar]) -> None:
    said = text_of(inside.get(IMPORTS))
    assert "orders-2025.csv Purchases Running 55%" in said
    assert "members.csv Members Done 2" in said
    assert "balances.csv Opening balances of points, dry run Done" in said
    assert "Which columns a file has" in said


def test_a_running_import_is_asked_for_again_and_can_be_cancelled(inside: TestClient[Litestar]) -> None:
    address = f"{IMPORTS}/{RUNNING}"
    shown = inside.get(address)
    assert f'hx-get="{address}"' in shown.text
    assert "6,000 of 12,000 rows, 33 a second." in text_of(shown)
    piece = inside.get(address, headers={"hx-request": "true"}).text
    assert piece.lstrip().startswith('<div id="state"')
    assert post(inside, f"{address}/cancel").headers["location"] == address
    ended = inside.get(address)
    assert "What it had recorded stays recorded." in text_of(ended)
    assert "hx-get" not in ended.text


def test_refused_rows_say_why_and_come_as_a_file_to_repair(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    address = f"{IMPORTS}/{REFUSED}"
    desk.imports.more = 9
    shown = inside.get(address)
    said = text_of(shown)
    assert "7 c-5 joined_at 'soon' is no instant bad_instant" in said
    assert "Columns that came to nothing: shoe_size" in said
    # What a shop wrote stays text.
    assert "<script>alert(1)" not in shown.text
    assert f'href="{address}?after=9"' in shown.text
    inside.get(f"{address}?after=9")
    inside.get(f"{address}?after=nonsense")
    assert desk.imports.asked_after == [0, 9, 0]
    file = inside.get(f"{address}/errors.csv")
    assert file.text.splitlines()[1] == "7,bad_instant,'soon' is no instant,c-5,soon"
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]


def test_the_reasons_of_refused_rows_are_said_in_french(inside: TestClient[Litestar]) -> None:
    said = text_of(inside.get(f"{IMPORTS}/{REFUSED}?lang=fr"))
    assert "Ce n’est pas un instant avec son décalage, comme 2026-03-31T23:59:59Z. Trouvé : « soon »." in said
    assert "is no instant" not in said


def test_every_code_of_a_cell_has_a_reason_in_french() -> None:
    homes = [*Path(imports.__file__).parent.rglob("*.py"), *Path(kpi_kinds.__file__).parent.glob("*.py")]
    source = "".join(home.read_text(encoding="utf-8") for home in homes)
    codes = set(re.findall(r'(?:BadValue|_text)\((?:\w+, )?\s*"([a-z_]+)"', source))
    assert len(codes) > 20
    f = Format("fr", "EUR")
    assert {code for code in codes if reason(Refused(1, "x", None, code, "as told"), f) == "as told"} == set()


def test_a_dry_run_says_that_nothing_is_recorded_and_a_failure_why(inside: TestClient[Litestar]) -> None:
    assert "Nothing is recorded yet." in text_of(inside.get(f"{IMPORTS}/{TRIED}"))
    assert "Would be recorded 11,990" in text_of(inside.get(f"{IMPORTS}/{TRIED}"))
    assert "The import failed: It is no UTF-8." in text_of(inside.get(f"{IMPORTS}/{FAILED}"))


def test_exports_say_how_far_they_are_and_give_their_files(inside: TestClient[Litestar]) -> None:
    shown = inside.get(EXPORTS)
    said = text_of(shown)
    assert "Members CSV, segment at-risk Running" in said
    assert "Purchases CSV, 1 Jan 2017 to 31 Dec 2017 Done" in said
    assert "Every movement of points CSV, from 1 Jan 2017 The file is gone" in said
    assert f'hx-get="{EXPORTS}"' in shown.text
    assert inside.get(EXPORTS, headers={"hx-request": "true"}).text.lstrip().startswith('<div id="state"')
    file = inside.get(f"{EXPORTS}/{WRITTEN}/file")
    assert file.content == b"order_id,total\r\n1000,19.99\r\n"
    assert f'filename="purchases-2017-12-31-{str(WRITTEN)[:8]}.csv"' in file.headers["content-disposition"]
    assert inside.get(f"{EXPORTS}/{EXPIRED}/file").status_code == 404
    assert f"{EXPIRED}/file" not in shown.text


def test_an_export_is_asked_for_and_cancelled(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    asked = {"kind": "purchases", "storefront": "Web shop", "from_on": "2026-01-01", "segment": "at-risk"}
    answer = post(inside, EXPORTS, **asked, to_on="", form="ndjson")
    assert (answer.status_code, answer.headers["location"]) == (303, EXPORTS)
    [(source, new)] = desk.exports.asked
    assert (source.storefront_id, source.actor) == (2, f"user:{desk.person.user_id}")
    assert (new.kind, new.format, new.from_on, new.to_on) == ("purchases", "ndjson", date(2026, 1, 1), None)
    assert new.segment == "at-risk"
    assert post(inside, f"{EXPORTS}/{WRITING}/cancel").status_code == 303
    assert desk.exports.kept[WRITING].state == "cancelled"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "wishes"}, "Choose what is offered."),
        ({"storefront": "Elsewhere"}, "Choose the storefront of these rows."),
        ({"from_on": "soon"}, "Choose a day."),
        ({"from_on": "2026-02-01", "to_on": "2026-01-01"}, "This day lies before the first one."),
        ({"to_on": "9999-12-31"}, "Choose a day."),
    ],
    ids=["kind", "storefront", "no day", "backwards", "end of time"],
)
def test_what_is_wrong_with_an_export_is_said_beside_the_field(
    inside: TestClient[Litestar], desk: FakeDesk, changed: dict[str, str], said: str
) -> None:
    answer = post(inside, EXPORTS, **{"kind": "purchases", "storefront": "Web shop", **changed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert desk.exports.asked == []


def test_too_many_exports_are_refused_in_words(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.exports.full = True
    answer = post(inside, EXPORTS, kind="members")
    assert (answer.status_code, "Too many exports are waiting." in text_of(answer)) == (422, True)


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [("owner", 200, 303), ("manager", 200, 303), ("analyst", 200, 403), ("support", 403, 403)],
)
def test_each_role_sees_and_moves_what_it_may(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, changes: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    for path in (IMPORTS, f"{IMPORTS}/{REFUSED}", f"{IMPORTS}/{REFUSED}/errors.csv", f"{EXPORTS}/{WRITTEN}/file"):
        assert inside.get(path).status_code == sees
    assert ('enctype="multipart/form-data"' in inside.get(IMPORTS).text) == (changes == 303)
    assert ("Have it written" in inside.get(EXPORTS).text) == (changes == 303)
    assert send(inside).status_code == changes
    assert post(inside, EXPORTS, kind="members").status_code == changes
    assert post(inside, f"{IMPORTS}/{RUNNING}/cancel").status_code == changes
    assert post(inside, f"{EXPORTS}/{WRITING}/cancel").status_code == changes
    assert len(desk.imports.sent) == len(desk.exports.asked) == (changes == 303)


def test_a_form_from_elsewhere_moves_nothing(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert send(inside, csrf="wrong").status_code == 403
    assert inside.post(EXPORTS, data={"csrf": "a-token"}, headers={"origin": "https://x.test"}).status_code == 403
    assert (desk.imports.sent, desk.exports.asked) == ([], [])


@pytest.mark.parametrize("number", ["nonsense", str(UUID(int=5))])
def test_what_is_not_there_is_not_found(inside: TestClient[Litestar], number: str) -> None:
    for path in (f"{IMPORTS}/{number}", f"{IMPORTS}/{number}/errors.csv", f"{EXPORTS}/{number}/file"):
        assert inside.get(path).status_code == 404
    assert post(inside, f"{IMPORTS}/{number}/cancel").status_code == 404
    assert post(inside, f"{EXPORTS}/{number}/cancel").status_code == 404


def test_every_kind_of_file_has_a_name_in_words() -> None:
    for home in ("kpi.inputs.kinds", "surveys.invitations.kinds"):
        READ_KINDS.add_home(home)
    WRITTEN_KINDS.add_home("surveys.results.kinds")
    f = Format("en", "EUR")
    assert len(READ_KINDS.all()) > 7
    assert {kind for kind in READ_KINDS.all() if imports_listing.kind_name(kind, f) == kind} == set()
    assert {kind for kind in WRITTEN_KINDS.all() if exports_listing.kind_name(kind, f) == kind} == set()


def test_a_file_that_failed_as_a_whole_says_why_in_the_readers_language() -> None:
    """Whatever sentence the service has for it: read from its own source, so that none is forgotten."""
    kind, header = READ_KINDS.all()["purchases"], Path(imports.__file__).parent / "header.py"
    told = []
    for fields in (None, ["a\x07"], ["order_id", "order_id"], ["goods", "net_cents", "order_id"], ["x"], ["a;b"]):
        with pytest.raises(BadHeader) as refused:
            layout_of(None if fields is None else Row(1, 1, fields), kind)
        told.append(str(refused.value.detail))
    assert len(told) == header.read_text().count("raise BadHeader(msg)") + 1
    told.append("orders.xlsx is an Excel or zip file; save it as CSV in UTF-8.")
    told.append("The file unpacks to more than 8 GB; send it in parts.")
    french, english = Format("fr", "EUR"), Format("en", "EUR")
    for error in told:
        assert failure(error, english) == (error, "")
        said, quoted = failure(error, french)
        assert quoted == "", error
        assert said != error
    said, quoted = failure("ValueError: odd", french)
    assert quoted == "ValueError: odd"
    assert said.startswith("le service")
