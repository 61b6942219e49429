"""A file's fingerprint: the same for the same content wherever it lies, another one for another content."""

import hashlib
import os
from pathlib import Path

import pytest

from videos.media.fingerprint import SAMPLE_BYTES, fingerprint

SIZES = [
    0, 1, SAMPLE_BYTES - 1, SAMPLE_BYTES, SAMPLE_BYTES + 1, 2 * SAMPLE_BYTES, 3 * SAMPLE_BYTES - 1, 3 * SAMPLE_BYTES,
    10 * SAMPLE_BYTES + 7,
]  # fmt: skip


def content_of(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


def print_of(path: Path, size: int | None = None) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return fingerprint(descriptor, path.stat().st_size if size is None else size)
    finally:
        os.close(descriptor)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_hash_of_the_size_and_of_head_middle_and_tail(size: int, tmp_path: Path) -> None:
    content = content_of(size)
    middle = max(size - SAMPLE_BYTES, 0) // 2
    samples = content[:SAMPLE_BYTES] + content[middle : middle + SAMPLE_BYTES] + content[-SAMPLE_BYTES:]
    expected = hashlib.blake2b(size.to_bytes(8, "big") + samples, digest_size=16).hexdigest()
    assert print_of(write(tmp_path / "a", content)) == expected
    assert len(expected) == 32


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_copy_has_the_same_and_where_the_file_was_read_to_is_no_matter(size: int, tmp_path: Path) -> None:
    original, copy = write(tmp_path / "a", content_of(size)), write(tmp_path / "b", content_of(size))
    descriptor = os.open(original, os.O_RDONLY)
    os.lseek(descriptor, 1, os.SEEK_SET)
    assert fingerprint(descriptor, size) == fingerprint(descriptor, size) == print_of(copy)
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 1
    os.close(descriptor)


@pytest.mark.parametrize("size", SIZES[1:-1])
def test_one_other_byte_anywhere_in_a_file_of_three_samples_makes_another(size: int, tmp_path: Path) -> None:
    content = content_of(size)
    before = print_of(write(tmp_path / "a", content))
    for position in {0, size // 4, size // 2, 3 * size // 4, size - 1}:
        changed = content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]
        assert print_of(write(tmp_path / "b", changed)) != before, position


def test_nothings_of_other_sizes_are_told_apart(tmp_path: Path) -> None:
    prints = {print_of(write(tmp_path / "a", bytes(size))) for size in SIZES}
    assert len(prints) == len(SIZES)


def test_of_a_large_file_three_samples_are_read(tmp_path: Path) -> None:
    path, size = tmp_path / "a", 1 << 40
    with open(path, "wb") as file:
        file.truncate(size)  # A terabyte of nothing, which takes no room.
    before = print_of(path)
    with open(path, "r+b") as file:
        file.seek(SAMPLE_BYTES)
        file.write(b"outside of the samples")
    assert print_of(path) == before
    with open(path, "r+b") as file:
        file.seek(size // 2)
        file.write(b"in the middle")
    assert print_of(path) != before


@pytest.mark.parametrize("size", [0, 10, SAMPLE_BYTES])
def test_a_file_that_became_shorter_has_none(size: int, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="became shorter"):
        print_of(write(tmp_path / "a", content_of(size)), size + 1)


def test_a_file_that_has_grown_is_taken_as_what_it_was(tmp_path: Path) -> None:
    before = print_of(write(tmp_path / "a", content_of(100)))
    assert print_of(write(tmp_path / "a", content_of(200)), 100) == before
