"""A command that a disk does not let do its work ends with one line that says what and what to do, and status 1."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PROJECT, Shell, migrated_shell
from tests.disks import Disk, ext4_disk, needs_loop, needs_mount, shell_on, small_disk

pytestmark = [pytest.mark.slow, needs_mount, needs_loop]

STATES = {
    "full": (ext4_disk, Disk.fill, "make room"),
    "read-only": (small_disk, Disk.forbid_writing, "writable"),
    "no permission": (ext4_disk, Disk.take_permission, "permission"),
}
SET_UP = """
from django.utils import timezone
from videos.models import Video
from videos.accounts.household import household
Video.objects.create(pk=1, filename="gone.mp4", file_size=1, missing_since=timezone.now())
Video.objects.create(pk=2, filename="there.mp4", file_size=1)
"""
# All of ours but those that have a test of their own, and `worker` without --once, which waits; and those of Django's
# that the documents name.
COMMANDS = {
    "backup_database": (),
    "cleanup_orphans": ("--force",),
    "collectstatic": ("--noinput", "--clear"),
    "createsuperuser": ("--noinput", "--username", "ann", "--email", "ann@example.org"),
    "export_json": (),
    "loaddata": ("demo",),
    "migrate_json": (),
    "restore_database": ("{backup}",),
    "scan_library": (),
    "verify_backend": (),
    "worker": ("--once",),
}
OTHERS = {"serve", "migrate", "migrate_flask", "make_demo"}


@pytest.fixture(params=STATES)
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Shell, Disk, str, str]]:
    """Give a library, its disk, how the disk is to be made unfit (named by the test's parameter), and what is said."""
    on, _begin, says = STATES[request.param]
    with on(tmp_path / "shell-data") as disk:
        shell = shell_on(tmp_path)
        (shell.videos / "there.mp4").write_bytes(b"film")
        (shell.videos / "new.mp4").write_bytes(b"another film")
        (shell.data / "ratings.json").write_text(json.dumps({"there.mp4": 5}))
        (shell.data / "generated").mkdir(exist_ok=True)
        shell.python(SET_UP)
        yield shell, disk, request.param, says


def test_every_command_of_ours_is_tried() -> None:
    ours = {path.stem for path in (PROJECT / "videos/management/commands").glob("*.py")} - {"__init__"}
    assert ours <= COMMANDS.keys() | OTHERS


def test_each_command_says_in_one_line_what_is_wrong_and_leaves_nothing_half_written(
    library: tuple[Shell, Disk, str, str], tmp_path: Path
) -> None:
    shell, disk, state, says = library
    backup = re.search(r"\S+\.db", shell.run("backup_database", "--to", tmp_path / "copies"))
    assert backup
    shell.environment["DJANGO_SUPERUSER_PASSWORD"] = "a long password"
    STATES[state][1](disk)
    before = contents_of(shell.data)
    for command, arguments in COMMANDS.items():
        process = shell.start(command, *(word.format(backup=backup[0]) for word in arguments))
        out, err = process.communicate(timeout=120)
        assert process.returncode == 1, (command, out, err)
        assert "Traceback" not in err, (command, err)
        assert len(err.strip().splitlines()) == 1, (command, err)
        assert says in err, (command, err)
        assert contents_of(shell.data) == before, command


def contents_of(folder: Path) -> dict[str, int]:
    """Return {name: size} of what holds something: locks and logs that are empty come and go."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size > 3 and not path.name.endswith("-shm")
    }


def test_a_disk_that_takes_nothing_can_be_saved_to_another_and_looked_at(
    library: tuple[Shell, Disk, str, str], tmp_path: Path
) -> None:
    shell, disk, state, _says = library
    STATES[state][1](disk)
    assert "verified" in shell.run("backup_database", "--to", tmp_path / "elsewhere")
    shell.run("export_json", "--to", tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "ratings.json").exists()
    assert "Would remove gone.mp4" in shell.run("cleanup_orphans", "--dry-run", "--force")
    # There is nothing to migrate, and nothing is written.
    shell.run("migrate", "--verbosity", "0")
    assert "Nothing written" in shell.run("migrate_json", "--dry-run")


@pytest.mark.parametrize("command", ["serve", "migrate", "make_demo"])
def test_a_new_library_on_a_disk_that_takes_nothing_is_refused_in_one_line(
    command: str, library: tuple[Shell, Disk, str, str], tmp_path: Path
) -> None:
    shell, disk, state, says = library
    for path in shell.data.glob("video_metadata.db*"):
        path.unlink()
    STATES[state][1](disk)
    said = shell.run(command, *(["--bind", "127.0.0.1:0"] if command == "serve" else []), status=1)
    assert "Traceback" not in said
    assert says in said.splitlines()[-1]
    assert "restore_database" not in said


@pytest.mark.parametrize("command", ["backup_database", "export_json"])
@pytest.mark.parametrize("state", STATES)
def test_a_folder_named_by_to_that_takes_nothing_is_said_in_one_line(command: str, state: str, tmp_path: Path) -> None:
    shell = migrated_shell(tmp_path)
    on, begin, says = STATES[state]
    with on(tmp_path / "target") as disk:
        (tmp_path / "target" / "sub").mkdir()
        begin(disk)
        for folder in (tmp_path / "target", tmp_path / "target" / "sub", tmp_path / "target" / "new"):
            said = shell.run(command, "--to", folder, status=1)
            assert "Traceback" not in said
            assert says in said
            assert str(folder) in said
            assert len(said.strip().splitlines()) == 1
        assert not contents_of(tmp_path / "target").keys() - {".filling"}


@pytest.mark.parametrize("state", STATES)
def test_demo_clips_that_find_no_room_are_said_in_one_line(state: str, tmp_path: Path) -> None:
    shell = migrated_shell(tmp_path)
    on, begin, says = STATES[state]
    with on(tmp_path / "clips") as disk:
        shell.environment["LVS_VIDEO_DIR"] = str(tmp_path / "clips")
        begin(disk)
        said = shell.run("make_demo", status=1)
        assert "Traceback" not in said
        assert says in said
        assert not contents_of(tmp_path / "clips").keys() - {".filling"}
