"""Files that are no snapshot at all: one clear line, and nothing read. And the encodings that are."""

import json
import os
import socket

import pytest

from tests.backup.four_files import read_from, write_files
from videos.backup.json_reader import BadSnapshot, read_json_files

KINDS = ["ratings", "views", "tags", "favorites"]
NAME = "Zoë 日本.mp4"
GOOD = {"ratings": {NAME: 5}, "views": {NAME: 1}, "tags": {NAME: []}, "favorites": [NAME]}

NO_JSON = {
    "empty": b"",
    "blank": b" \n",
    "words": b"five stars",
    "a comment": b'{"a.mp4": 5} // good',
    "truncated": b'{"a.mp4": 5, "b.mp',
    "truncated in a character": '{"é.mp4": 5}'.encode()[:3],
    "no UTF-8": b'{"\xff.mp4": 5}',
    "UTF-16, half a character": json.dumps({"a.mp4": 5}).encode("utf-16")[:-1],
    "pickle": b"\x80\x04\x95\x0c\x00",
    "zeros": bytes(4096),
    "100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 lists, not closed": b"[" * 100_000,
    "100,000 objects": b'{"a.mp4": ' * 100_000 + b"1" + b"}" * 100_000,
    "5,000 digits": b'{"a.mp4": ' + b"9" * 5_000 + b"}",
    "5,000 digits, negative": b'{"a.mp4": [-' + b"9" * 5_000 + b"]}",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", NO_JSON.values(), ids=NO_JSON.keys())
def test_what_is_not_json_is_refused_with_one_line_naming_the_file(tmp_path, kind, content):
    with pytest.raises(BadSnapshot) as refused:
        read_from(tmp_path, **{kind: content})
    line = str(refused.value)
    assert line.startswith(str(tmp_path / f"{kind}.json"))
    assert line.endswith("Nothing was read.")
    assert line.isprintable()
    assert len(line) < len(str(tmp_path)) + 200


@pytest.mark.parametrize("kind", ["ratings", "views", "tags"])
@pytest.mark.parametrize("content", ["[]", "5", '"text"', "null", "true", "NaN", '["a.mp4"]'])
def test_an_object_of_names_is_wanted(tmp_path, kind, content):
    with pytest.raises(BadSnapshot, match="not an object"):
        read_from(tmp_path, **{kind: content})


@pytest.mark.parametrize(
    "content", ["5", '"a.mp4"', "null", "{}", '{"favorites": 5}', '{"favorites": {"a.mp4": true}}', '{"a.mp4": true}',
                '{"favorites": ["a.mp4"], "favorites": []}', '{"favorites": [], "added_dates": []}'],
)  # fmt: skip
def test_a_list_of_favorites_is_wanted(tmp_path, content):
    with pytest.raises(BadSnapshot, match=r"favorites\.json .*Nothing was read"):
        read_from(tmp_path, favorites=content)


@pytest.mark.parametrize("kind", KINDS)
def test_one_unsound_file_spoils_the_sound_ones_beside_it(tmp_path, kind):
    write_files(tmp_path, **{**GOOD, kind: b'{"cut'})
    with pytest.raises(BadSnapshot):
        read_json_files(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fifo_of_that_name_is_refused_and_not_waited_for(tmp_path, kind):
    os.mkfifo(tmp_path / f"{kind}.json")
    with pytest.raises(BadSnapshot, match="not a regular file"):
        read_json_files(tmp_path)


def test_a_folder_a_device_and_a_socket_of_that_name_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in ("folder", "device", "socket"):
        (tmp_path / place).mkdir()
    (tmp_path / "folder" / "tags.json").mkdir()
    (tmp_path / "device" / "tags.json").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        # A socket's path has to be short.
        listening.bind("socket/tags.json")
    for place in ("folder", "device", "socket"):
        with pytest.raises(BadSnapshot, match="not a regular file"):
            read_json_files(tmp_path / place)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_utf_8_with_or_without_a_mark_and_utf_16_are_read_alike(tmp_path, encoding, ascii_only):
    files = {kind: json.dumps(content, ensure_ascii=ascii_only).encode(encoding) for kind, content in GOOD.items()}
    snapshot = read_from(tmp_path, **files)
    assert list(snapshot.names()) == [NAME]
    assert (snapshot.files, snapshot.bad) == (set(KINDS), [])


def test_utf_16_with_the_other_byte_order_mark_is_read_too(tmp_path):
    text = json.dumps(GOOD["ratings"], ensure_ascii=False)
    assert read_from(tmp_path, ratings=b"\xfe\xff" + text.encode("utf-16-be")).ratings == GOOD["ratings"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_surrogate_in_the_bytes_themselves_spoils_only_its_entry(tmp_path, encoding):
    snapshot = read_from(tmp_path, ratings='{"\ud800.mp4": 5, "a.mp4": 4}'.encode(encoding, "surrogatepass"))
    assert snapshot.ratings == {"a.mp4": 4}
    assert [entry.key for entry in snapshot.bad] == ["\ud800.mp4"]


@pytest.mark.parametrize("kind", KINDS)
def test_any_of_the_four_may_be_absent(tmp_path, kind):
    snapshot = read_from(tmp_path, **{name: content for name, content in GOOD.items() if name != kind})
    assert snapshot.files == set(KINDS) - {kind}
    assert not getattr(snapshot, kind)
    assert not snapshot.bad


def test_a_folder_without_any_of_them_is_an_empty_snapshot(tmp_path):
    assert read_json_files(tmp_path).files == read_json_files(tmp_path / "nowhere").files == set()
