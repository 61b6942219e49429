"""Where the pictures are kept: each whole or not at all, and with its video's id wherever the file goes."""

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from videos.analysis.artwork_store import (
    PicturesNotSaved,
    cover_path,
    remove_drafts,
    remove_pictures,
    save_pictures,
    sprite_path,
)
from videos.media.thumbnails import Pictures, Sprite


def pictures(content: bytes = b"cover", sprite: bytes | None = b"sprite") -> Pictures:
    """Return pictures that hold these bytes: the store does not look into them."""
    fields: dict[str, Any] = dict.fromkeys(Sprite.__dataclass_fields__, 0)
    return Pictures(cover=content, color="#102030", sprite=Sprite(**{**fields, "image": sprite}) if sprite else None)


def files(generated: Path) -> list[str]:
    return sorted(str(path.relative_to(generated)) for path in generated.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("video_id", "folder"), [(0, "0"), (1, "0"), (999, "0"), (1000, "1"), (1_234_567, "1234"), (2**63 - 1, None)]
)
def test_a_thousand_videos_share_a_folder(video_id: int, folder: str | None, tmp_path: Path) -> None:
    folder = folder or str((2**63 - 1) // 1000)
    save_pictures(tmp_path, video_id, pictures())
    assert files(tmp_path) == [
        f"pictures/{folder}/{video_id}.cover.webp",
        f"pictures/{folder}/{video_id}.sprite.webp",
    ]
    assert cover_path(tmp_path, video_id).read_bytes() == b"cover"
    assert sprite_path(tmp_path, video_id).read_bytes() == b"sprite"


def test_new_pictures_take_the_place_of_the_old(tmp_path: Path) -> None:
    save_pictures(tmp_path, 5, pictures())
    save_pictures(tmp_path, 5, pictures(b"new", b"new sprite"))
    assert (cover_path(tmp_path, 5).read_bytes(), sprite_path(tmp_path, 5).read_bytes()) == (b"new", b"new sprite")
    save_pictures(tmp_path, 5, pictures(b"short film", None))
    assert files(tmp_path) == ["pictures/0/5.cover.webp"]


def test_a_picture_can_be_read_by_the_web_server_of_another_account(tmp_path: Path) -> None:
    save_pictures(tmp_path, 5, pictures())
    umask = os.umask(0)
    os.umask(umask)
    assert cover_path(tmp_path, 5).stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
def test_where_the_disk_is_full_the_old_picture_stays_and_no_draft_is_left(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_pictures(tmp_path, 5, pictures())
    before = files(tmp_path)

    def no_room(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if fails == "write":
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full here")
        monkeypatch.setattr("builtins.open", lambda path, mode: os.fdopen(_full_disk(path), "wb"))
    else:
        monkeypatch.setattr(os, fails, no_room)
    with pytest.raises(PicturesNotSaved, match="No space left on device"):
        save_pictures(tmp_path, 5, pictures(b"new", b"new sprite"))
    monkeypatch.undo()
    assert files(tmp_path) == before
    assert (cover_path(tmp_path, 5).read_bytes(), sprite_path(tmp_path, 5).read_bytes()) == (b"cover", b"sprite")
    save_pictures(tmp_path, 5, pictures(b"new"))
    assert cover_path(tmp_path, 5).read_bytes() == b"new"


def _full_disk(path: Path) -> int:
    """Return a descriptor that takes nothing, after making the file as opening it does."""
    path.touch()
    return os.open("/dev/full", os.O_WRONLY)


def test_where_no_folder_can_be_made_it_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file where the folder should be")
    with pytest.raises(PicturesNotSaved, match="Pictures cannot be written to") as said:
        save_pictures(tmp_path, 5, pictures())
    assert "\n" not in str(said.value)


def test_who_reads_while_pictures_are_made_anew_sees_a_whole_one(tmp_path: Path) -> None:
    contents = {bytes([letter]) * 300_000 for letter in b"abc"}
    save_pictures(tmp_path, 5, pictures(b"a" * 300_000))
    ended = threading.Event()

    def write() -> None:
        for _ in range(10):
            for content in contents:
                save_pictures(tmp_path, 5, pictures(content))
        ended.set()

    thread = threading.Thread(target=write)
    thread.start()
    reads = 0
    while not ended.is_set():
        assert cover_path(tmp_path, 5).read_bytes() in contents
        reads += 1
    thread.join()
    assert reads


def test_several_that_save_the_pictures_of_one_video_do_no_harm(tmp_path: Path) -> None:
    letters = [bytes([letter]) * 50_000 for letter in b"abcdefgh"]
    threads = [threading.Thread(target=save_pictures, args=(tmp_path, 5, pictures(one, one))) for one in letters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files(tmp_path) == ["pictures/0/5.cover.webp", "pictures/0/5.sprite.webp"]
    assert cover_path(tmp_path, 5).read_bytes() in letters


def test_the_drafts_of_a_killed_worker_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for video_id in (5, 1005):
        save_pictures(tmp_path, video_id, pictures())
    before = files(tmp_path)
    for name in ("0/.5.cover.webp.0123abcd.part", "1/.1005.sprite.webp.ffff0000.part", "1/.1006.cover.webp.0.part"):
        (tmp_path / "pictures" / name).write_bytes(b"half a pict")
    beside = tmp_path / "pictures" / "somebody's.part"
    beside.touch()
    remove_drafts(tmp_path)
    assert files(tmp_path) == sorted([*before, "pictures/somebody's.part"])


def test_where_there_are_no_pictures_there_is_nothing_to_remove(tmp_path: Path) -> None:
    remove_drafts(tmp_path / "not there")
    remove_pictures(tmp_path / "not there", [1, 2, 3])
    assert files(tmp_path) == []


def test_of_removed_videos_no_picture_stays_and_of_others_all_do(tmp_path: Path) -> None:
    for video_id in (1, 2, 3, 1001):
        save_pictures(tmp_path, video_id, pictures())
    sprite_path(tmp_path, 1001).unlink()
    remove_pictures(tmp_path, [1, 3, 1001, 99])
    assert files(tmp_path) == ["pictures/0/2.cover.webp", "pictures/0/2.sprite.webp"]
