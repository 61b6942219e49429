"""A database that is busy, or that cannot be opened for a moment, is not taken for a broken one."""

import sqlite3
import subprocess
import sys

import pytest

from videos.backup.database_backup import newest_backup

HOLDER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA locking_mode=EXCLUSIVE")
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
database.execute("UPDATE videos_revision SET number = number + 7 WHERE kind = 'views'")
database.execute("COMMIT")
"""

# Descriptors run out, as with a thousand connections at a limit of 1,024, and are free again.
OUT_OF_DESCRIPTORS = """
import os, resource, time
from django.db import connection
from videos.db import health
from videos.cache import VideoCache
VideoCache().get_ratings()
connection.close()
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
cache = VideoCache()
cache.get_ratings()
print(cache.use_database)
for descriptor in taken:
    os.close(descriptor)
time.sleep(health._RECHECK_SECONDS + 0.1)
print(cache.use_database, cache.get_ratings())
"""


@pytest.fixture
def held(shell):
    """The shell's database, locked by another process until its standard input gets a line."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, shell.database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    yield holder
    holder.kill()
    holder.communicate()


def test_a_shortage_of_descriptors_is_over_when_it_is_over(shell):
    assert shell.python(OUT_OF_DESCRIPTORS).split() == ["False", "True", "{}"]


@pytest.mark.slow
def test_a_busy_database_is_no_broken_one(shell, held):
    code = "from pathlib import Path; from videos.db.sqlite_file import sqlite_condition as c; import sys\n"
    code += f"print(c(Path({str(shell.database)!r}))[0].value)"
    assert shell.python(code).strip() == "busy"


@pytest.mark.slow
def test_a_busy_database_is_not_renamed_away_under_its_writer(shell, request):
    shell.run("backup_database")
    held = request.getfixturevalue("held")
    said = shell.run("restore_database", newest_backup(shell.data), status=1)
    assert "in use" in said
    held.communicate("go on\n")
    with sqlite3.connect(shell.database) as database:
        number = database.execute("SELECT number FROM videos_revision WHERE kind = 'views'").fetchone()[0]
    assert number >= 7
    assert not list(shell.data.glob("*.replaced-*"))
