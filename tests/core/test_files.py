"""Files that are replaced whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from videos.core.files import atomic_write, fsync_folder, replacing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_made_or_replaced_and_no_draft_is_left(tmp_path: Path) -> None:
    for content in (b"old", b"new and longer", b""):
        atomic_write(tmp_path / "a.json", content)
        assert ((tmp_path / "a.json").read_bytes(), names(tmp_path)) == (content, ["a.json"])


def test_a_file_has_the_rights_that_any_new_file_has(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_where_the_disk_refuses_the_old_content_stays(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    atomic_write(tmp_path / "a", b"old")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, fails, refuse)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(tmp_path / "a", b"new")
    assert ((tmp_path / "a").read_bytes(), names(tmp_path)) == (b"old", ["a"])


def test_an_interrupted_block_leaves_the_old_content_and_no_draft(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a", b"old")

    def write_half() -> None:
        with replacing(tmp_path / "a") as draft:
            draft.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert ((tmp_path / "a").read_bytes(), names(tmp_path)) == (b"old", ["a"])


def test_content_is_synced_before_the_name_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", lambda *paths: (steps.append("name"), replace(*paths)))
    atomic_write(tmp_path / "a", b"x")
    atomic_write(tmp_path / "a", b"y", syncs_folder=False)
    assert steps == ["file", "name", "folder", "file", "name"]


def test_the_draft_of_a_killed_process_names_it(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.json") as draft:
        draft.touch()
        assert draft.name.startswith(".a.json.")
        assert draft.name.endswith(f".{os.getpid()}.part")


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EIO])
def test_a_folder_that_its_file_system_cannot_sync_is_no_error_but_a_broken_disk_is(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    if code == errno.EINVAL:
        fsync_folder(tmp_path)
    else:
        with pytest.raises(OSError, match="error"):
            fsync_folder(tmp_path)
