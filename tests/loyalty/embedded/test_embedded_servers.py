"""Starting, attaching, ending: what every command of the service relies on."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from arq.connections import RedisSettings

from loyalty.embedded import Servers, ServersDidNotStart, acquire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.loyalty.embedded.conftest import Household


def _ping(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        return bool(client.ping())


def _open_below(folder: Path, pid: int) -> set[str]:
    files = [file.readlink() for file in Path(f"/proc/{pid}/fd").iterdir()]
    return {file.name for file in files if file.parent == folder}


def test_a_cold_start_gives_postgresql_18_and_valkey(empty: Household) -> None:
    user = empty.start(fsync=True)
    assert user.query("show server_version").startswith("18.")
    assert user.query("select current_user || current_database()") == "postgres" * 2
    assert _ping(user.redis_url)
    assert len(empty.pids()) == 3
    assert user.said["imported"] == []  # the wheels' Python layers


def test_the_servers_are_set_up_as_the_design_says(household: Household) -> None:
    user = household.start(fsync=True)
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "timezone": "UTC",
        "jit": "off",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "shared_preload_libraries": "pg_stat_statements",
    }
    found = {name: user.query(f"show {name}") for name in expected}
    assert found == expected
    locale = "select datlocprovider::text || datlocale from pg_database where datname = 'postgres'"
    assert user.query(locale) == "bC.UTF-8"
    with redis.Redis.from_url(user.redis_url) as client:
        assert client.config_get("append*") | client.config_get("port") == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "appendfilename": "appendonly.aof",
            "appenddirname": "appendonlydir",
            "port": "0",
        }


def test_tests_may_give_up_durability(household: Household) -> None:
    user = household.start(fsync=False)
    assert {user.query(f"show {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")} == {"off"}


def test_arq_reads_the_same_address_as_redis_py(household: Household) -> None:
    user = household.start()
    path = RedisSettings.from_dsn(user.redis_url).unix_socket_path
    assert path is not None
    assert Path(path).is_socket()


def test_the_environment_of_the_user_does_not_reach_the_servers(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = household.start(PGPORT="6000", PGDATA="/nowhere", SECRET_KEY="s3cret")
    monkeypatch.setenv("PGPORT", "6000")
    assert user.query("select 1") == 1
    said = Path(f"/proc/{household.pid_of('postgres')}/environ").read_bytes()
    assert b"LC_ALL=C" in said
    assert b"s3cret" not in said


def test_a_second_process_attaches_to_the_same_servers(household: Household) -> None:
    first = household.start()
    assert "database_url" in first.said
    pids = household.pids()
    second = household.start()
    assert second.database_url == first.database_url
    assert household.pids() == pids
    assert second.said["seconds"] < first.said["seconds"]


def test_six_racing_starters_make_one_pair_of_servers(empty: Household) -> None:
    users = [empty.start() for _ in range(6)]
    assert len({user.database_url for user in users}) == 1
    assert len(empty.pids()) == 3
    log = (empty.home / "servers.log").read_text()
    assert log.count("running bootstrap script") == 1
    assert log.count("database system is ready to accept connections") == 1


def test_the_servers_end_with_their_last_user_and_not_before(household: Household) -> None:
    first, second = household.start(), household.start()
    assert first.database_url == second.database_url
    pids = household.pids()
    first.end()
    assert second.query("select 1") == 1
    assert household.pids() == pids
    second.end()
    assert household.running() == {}  # at once: the last one waits
    assert not household.place.sockets.exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_servers_end_when_their_last_user_is_killed(household: Household, how: signal.Signals) -> None:
    user = household.start()
    assert user.database_url
    assert len(household.pids()) == 3
    user.process.send_signal(how)
    household.wait_until_gone()


def test_children_of_a_killed_user_do_not_keep_the_servers(household: Household) -> None:
    user = household.start("fork")
    children = user.said["children"]
    try:
        assert len(children) == 2
        assert len(household.pids()) == 3
        user.process.kill()
        household.wait_until_gone()
        for child in children:
            os.kill(child, 0)  # fails when it is not there
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)


def test_one_process_may_acquire_twice_and_release_twice(household: Household, ask: Callable[..., Any]) -> None:
    with acquire(household.home, fsync=False) as outer:
        assert isinstance(outer, Servers)
        assert outer.home == household.home
        inner = acquire(household.home)
        assert inner == outer
        inner.release()
        inner.release()
        assert ask(outer.database_url, "select 1") == 1
        assert len(household.pids()) == 3
    assert household.running() == {}


def test_the_servers_hold_no_lock_but_their_own(household: Household) -> None:
    user = household.start()
    assert user.database_url
    owner, *servers = map(household.pid_of, ("owner", "postgres", "valkey"))
    locks = household.home / "locks"
    assert _open_below(locks, owner) == {"users", "owner", "servers"}
    assert [_open_below(locks, server) for server in servers] == [{"servers"}, {"servers"}]
    assert _open_below(locks, user.process.pid) == {"users"}


def test_no_user_process_keeps_a_zombie(household: Household) -> None:
    user = household.start()
    assert user.database_url
    pid = user.process.pid
    assert Path(f"/proc/{pid}/task/{pid}/children").read_text() == ""


@pytest.mark.parametrize("folder", ["long/" * 40, "50 % off, päpstlich & more?#"])
def test_a_long_or_odd_home_has_its_sockets_elsewhere(household: Household, folder: str, tmp_path: Path) -> None:
    home = tmp_path / folder / "home"
    home.parent.mkdir(parents=True)
    shutil.move(household.home, home)
    household.home = home
    users = household.start(), household.start()
    assert users[0].database_url == users[1].database_url
    assert str(tmp_path) not in users[0].database_url
    assert users[0].query("select 1") == 1
    assert _ping(users[1].redis_url)
    sockets = Path(users[0].redis_url.removeprefix("unix://")).parent
    assert sockets.stat().st_mode & 0o777 == 0o700
    for user in users:
        user.end()
    assert not sockets.exists()


def test_a_home_that_is_removed_meanwhile_can_still_be_left(empty: Household) -> None:
    servers = acquire(empty.home, fsync=False)
    assert len(empty.pids()) == 3
    empty.home.rename(empty.home.with_name("elsewhere"))
    servers.release()
    empty.wait_until_gone()


def test_a_long_log_begins_anew_at_the_next_start(household: Household) -> None:
    log = household.home / "servers.log"
    with log.open("r+b") as file:
        file.truncate(11 * 1024 * 1024)
    with acquire(household.home, fsync=False):
        assert 0 < log.stat().st_size < 1024 * 1024
        assert log.with_name("servers.log.1").stat().st_size == 11 * 1024 * 1024


def test_a_data_folder_of_another_major_version_is_refused(copied: Household) -> None:
    (copied.home / "data" / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServersDidNotStart, match=r"made by PostgreSQL 17, and this is 18.*HOME"):
        acquire(copied.home)
    assert copied.running() == {}
