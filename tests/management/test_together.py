"""Commands that begin at the same moment on a new data folder: one makes the tables, the others wait for it."""

import sqlite3
from contextlib import closing

import pytest

from tests.conftest import Shell
from tests.counts import IS_LONG, at_full_count
from tests.live_server import free_port, running

pytestmark = pytest.mark.slow

ROUNDS = at_full_count(4, 1)
# It encodes for ten seconds, and has no tables of its own to make.
MORE = [("make_demo",)] if IS_LONG else []


@pytest.mark.long("videos/db", "videos/management", "videos/migrations")
@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_commands_on_a_new_folder_at_once_make_the_tables_once(round_number, tmp_path):
    shell = Shell(tmp_path)
    (shell.videos / "clip.mp4").write_bytes(b"film")
    commands = [
        ("migrate", "--verbosity", "0"), ("scan_library",), ("migrate", "--verbosity", "0"), *MORE,
        ("worker", "--once"), ("migrate", "--verbosity", "0"), ("export_json",),
    ]  # fmt: skip
    started = [(command, shell.start(*command)) for command in commands]
    with running(shell, "--no-worker", port=free_port()) as server:
        for command, process in started:
            out, err = process.communicate(timeout=120)
            assert "Traceback" not in err, (command, err)
            assert "already exists" not in err, (command, err)
            if command[0] in ("migrate", "make_demo"):
                assert process.returncode == 0, (command, out, err)
            elif process.returncode:
                # It was first, and found no tables: it says what makes them. Or it was the second of two scans.
                assert "manage.py migrate" in err or "Another scan of this library is running." in err, (command, err)
        assert server.get("/healthz").body == b"ok\n"
    with closing(sqlite3.connect(shell.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM auth_user").fetchone() == (1,)
    assert "All migrations applied" in shell.run("verify_backend")


def test_a_migration_that_is_killed_lets_the_next_one_in(tmp_path, kill):
    shell = Shell(tmp_path)
    first = shell.start("migrate", "--verbosity", "1")
    # It has the lock once it says what it does.
    assert first.stdout.readline()
    kill(first)
    shell.run("migrate", "--verbosity", "0")
    assert "[OK] All migrations applied" in shell.run("verify_backend")
