"""A worker whose disk takes no writes says so once, waits, and goes on by itself."""

from pathlib import Path

import pytest

from tests.disks import Disk, ext4_disk, needs_loop, needs_mount, shell_on, small_disk
from tests.live_server import wait_for
from tests.worker import SECONDS, video, working

pytestmark = [pytest.mark.slow, needs_mount, needs_loop]

STATES = {
    "full": (small_disk, Disk.fill, Disk.make_room, "The disk is full"),
    "read-only": (small_disk, Disk.forbid_writing, Disk.allow_writing, "The disk is read-only"),
    "no permission": (ext4_disk, Disk.take_permission, Disk.give_permission, "There is no permission"),
}


@pytest.mark.parametrize("is_running", [False, True], ids=["at its start", "while it runs"])
@pytest.mark.parametrize("state", STATES)
def test_a_worker_waits_for_a_disk_that_takes_no_writes(state: str, is_running: bool, tmp_path: Path) -> None:
    on, begin, end, says = STATES[state]
    with on(tmp_path / "shell-data") as disk:
        shell = shell_on(tmp_path)
        (shell.videos / "first.mp4").write_bytes(b"film")
        if not is_running:
            begin(disk)
        with working(shell) as worker:
            if is_running:
                wait_for(lambda: video(shell, "first.mp4"), SECONDS, lambda: worker.log)
                # It writes the log back at the end of its first check of the database.
                wait_for((shell.data / ".integrity.json").exists, SECONDS, lambda: worker.log)
                begin(disk)
            (shell.videos / "second.mp4").write_bytes(b"another film")
            wait_for(lambda: says in worker.log, SECONDS, lambda: worker.log)
            end(disk)
            wait_for(lambda: video(shell, "second.mp4"), SECONDS, lambda: worker.log)
            assert worker.log.count("The worker waits") == 1, worker.log
            assert "Traceback" not in worker.log
            assert worker.process.poll() is None
