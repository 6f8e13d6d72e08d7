"""As whom the servers run: root, an ordinary user, one without a name, `nobody`."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loyalty.embedded import ServersDidNotStart, acquire

if TYPE_CHECKING:
    from tests.loyalty.embedded.conftest import Household

_NAMELESS = 54321


def _real_uid(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Uid:")).split()[1])


def _nobody() -> int:
    return pwd.getpwnam("nobody").pw_uid


@pytest.mark.usefixtures("as_root")
def test_root_runs_them_below_a_closed_folder_and_the_files_stay_roots(household: Household, number: int) -> None:
    household.home.parent.chmod(0o700)
    user = household.start()
    user.write(number)
    for who in ("owner", "postgres", "valkey"):
        pid = household.pid_of(who)
        assert _real_uid(pid) == 0
        assert Path(f"/proc/{pid}/uid_map").read_text().split() == [str(_nobody()), "0", "1"]
    owners = {path.lstat().st_uid for path in household.home.rglob("*")}
    assert owners == {0}


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("name", ["nobody", "nameless"])
def test_an_ordinary_user_runs_them(reachable: Household, name: str) -> None:
    uid = _nobody() if name == "nobody" else _NAMELESS
    os.chown(reachable.home.parent, uid, uid)
    user = reachable.start(uid=uid)
    assert user.query("show server_version").startswith("18.")
    assert user.said["uid"] == uid
    assert {_real_uid(pid) for pid in reachable.pids()} == {uid}
    assert {path.lstat().st_uid for path in reachable.home.rglob("*")} == {uid}
    user.end()
    assert reachable.running() == {}


@pytest.mark.usefixtures("as_root")
def test_root_in_the_home_of_an_ordinary_user_leaves_everything_to_that_user(reachable: Household, number: int) -> None:
    uid = _nobody()
    reachable.home.mkdir()
    os.chown(reachable.home, uid, uid)
    by_root = reachable.start()
    by_root.write(number)
    assert by_root.said["uid"] == 0
    assert {_real_uid(pid) for pid in reachable.pids()} == {uid}
    by_root.end()
    assert {path.lstat().st_uid for path in reachable.home.rglob("*")} == {uid}
    by_user = reachable.start(uid=uid)
    assert by_user.read() == number
    assert by_user.said["uid"] == uid


@pytest.mark.usefixtures("as_root")
def test_root_follows_no_link_that_an_ordinary_user_has_laid(reachable: Household) -> None:
    elsewhere = reachable.home.parent / "elsewhere"
    elsewhere.mkdir()
    reachable.home.mkdir()
    (reachable.home / "locks").symlink_to(elsewhere)
    os.chown(reachable.home, _nobody(), _nobody())
    with pytest.raises(ServersDidNotStart, match=r"cannot use .*/locks"):
        acquire(reachable.home)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.usefixtures("as_root")
def test_an_ordinary_user_is_told_which_folder_is_closed_to_it(reachable: Household) -> None:
    reachable.home.mkdir(mode=0o700)
    user = reachable.start(uid=_nobody())
    assert f"cannot use {reachable.home}" in user.said["error"]
    assert "LOYALTY_HOME" in user.said["error"]


def test_a_home_that_cannot_be_made_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServersDidNotStart, match=r"cannot use .*/file/home.*LOYALTY_HOME"):
        acquire(tmp_path / "file" / "home")


@pytest.mark.usefixtures("as_root")
def test_without_namespaces_root_runs_them_as_nobody_and_finds_the_same_data(reachable: Household, number: int) -> None:
    first = reachable.start()  # the data is root's so far
    first.write(number)
    first.end()
    forced = reachable.start(LOYALTY_NO_USERNS="1")
    assert forced.read() == number
    assert {_real_uid(pid) for pid in reachable.pids()} == {_nobody()}
    data = reachable.home / "data"
    assert {path.lstat().st_uid for path in (data, *data.rglob("*"))} == {_nobody()}
    forced.end()
    allowed = reachable.start()  # and nothing changes hands again
    assert allowed.read() == number
    assert {_real_uid(pid) for pid in reachable.pids()} == {_nobody()}


@pytest.mark.usefixtures("as_root")
def test_without_namespaces_a_cold_start_works_as_well(reachable: Household) -> None:
    user = reachable.start(LOYALTY_NO_USERNS="1")
    assert user.query("show server_version").startswith("18.")
    assert {_real_uid(pid) for pid in reachable.pids()} == {_nobody()}


@pytest.mark.usefixtures("as_root")
def test_without_namespaces_a_closed_folder_on_the_way_is_named(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_NO_USERNS", "1")
    closed = household.home.parent
    closed.parent.chmod(0o755)
    closed.chmod(0o700)
    with pytest.raises(ServersDidNotStart, match="'nobody', who cannot get through") as caught:
        acquire(household.home)
    assert "LOYALTY_HOME" in str(caught.value)
    named = Path(str(caught.value).partition("through ")[2].split()[0])
    assert named in (closed, *closed.parents)
    assert not named.stat().st_mode & 0o001
    # And it has not given the data away: with namespaces, it is still there.
    assert {path.lstat().st_uid for path in household.home.rglob("*")} == {0}


@pytest.mark.usefixtures("as_root")
def test_a_socket_folder_of_somebody_else_is_refused(reachable: Household) -> None:
    deep = reachable.home.parent / ("deep" * 25) / "home"
    deep.parent.mkdir()
    os.chown(deep.parent, _nobody(), _nobody())
    reachable.home = deep
    name = hashlib.sha256(os.fsencode(deep)).hexdigest()[:16]
    trap = Path("/tmp", f"loyalty-{name}")  # noqa: S108
    trap.mkdir()
    try:
        os.chown(trap, _NAMELESS, _NAMELESS)
        trap.chmod(0o777)
        user = reachable.start(uid=_nobody())
        assert f"{trap} belongs to somebody else" in user.said["error"]
        assert "LOYALTY_HOME" in user.said["error"]
        reachable.wait_until_gone()
        assert list(trap.iterdir()) == []
    finally:
        shutil.rmtree(trap)
