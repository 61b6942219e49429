"""What a server acknowledged is on the disk, however it ends (the whole measure: benchmarks/killed_server.py)."""

import pytest

from benchmarks.killed_server import kill_while_writing
from tests.conftest import Shell
from tests.counts import at_full_count

pytestmark = [pytest.mark.slow, pytest.mark.long("videos/db", "videos/server", "videos/userdata")]

KILLS = at_full_count(6, 2)


def test_a_server_that_is_killed_while_four_clients_write_loses_nothing_that_it_acknowledged(shell: Shell) -> None:
    make = "from videos.models import Video\n[print(Video.objects.create(filename=f'{n}.mp4').pk) for n in range(5)]"
    ids = [int(line) for line in shell.python(make).split()]
    outcome = kill_while_writing(shell.environment, ids, KILLS)
    assert outcome.kills == KILLS
    assert outcome.acknowledged.total() >= 10 * KILLS
    assert outcome.lost(shell.database) == 0
    outcome.acknowledged[ids[0]] += outcome.sent[ids[0]]
    assert outcome.lost(shell.database) > 0
