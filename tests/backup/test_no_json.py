"""In normal operation no JSON file is opened: an audit hook in a process of its own sees every opening."""

import json

import pytest

from tests.conftest import Shell

NAMES = ("ratings.json", "views.json", "tags.json", "favorites.json")

LISTEN = """
import os, sys
opened = set()
def listen(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
        path = os.fsdecode(arguments[0])
        names = ("ratings.json", "views.json", "tags.json", "favorites.json")
        if os.path.basename(path) in names or "backup_json" in path:
            opened.add(path)
sys.addaudithook(listen)
import django
django.setup()
from videos.cache import VideoCache
from videos.models import Video
cache = VideoCache()
def reads():
    return [cache.get_ratings(), cache.get_views(), cache.get_tags(), cache.get_favorites()]
"""
USE = """
reads()
video = Video.objects.create(filename="a.mp4", file_size=1)
cache.update_rating("a.mp4", 4)
cache.update_view("a.mp4")
cache.update_tags("a.mp4", ["sea"])
cache.add_tags("a.mp4", ["day"])
cache.remove_tags("a.mp4", ["day"])
cache.set_favorite("a.mp4", True)
cache.update_favorites(["a.mp4"])
cache.get_marks([video.pk])
print(cache.use_database, cache.db is not None, reads())
"""
PAGE = """
from django.test import Client
answer = Client(headers={"host": "localhost"}).get("/")
print(answer.status_code, b"a" in answer.content)
"""
TELL = "print('opened', sorted(opened))\n"


@pytest.fixture
def with_json(shell: Shell) -> Shell:
    """A library beside JSON files that say otherwise, and a backup of them."""
    for folder in (shell.data, shell.data / "backup_json" / "2024-01-01T00-00-00.000000Z"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            (folder / name).write_text(json.dumps({"favorites": ["b.mp4"]} if name == "favorites.json" else {}))
    # Hashed names of static files need collectstatic, which `serve` runs.
    shell.environment["LVS_DEBUG"] = "1"
    return shell


def test_no_json_file_is_opened_in_normal_operation(with_json: Shell) -> None:
    before = {path: path.read_bytes() for path in with_json.data.rglob("*.json")}
    printed = with_json.python(LISTEN + USE + PAGE + TELL)
    assert printed == ("True True [{'a.mp4': 4}, {'a.mp4': 1}, {'a.mp4': ['sea']}, ['a.mp4']]\n200 True\nopened []\n")
    assert {path: path.read_bytes() for path in with_json.data.rglob("*.json")} == before


def test_the_hook_sees_the_json_files_when_they_are_read(with_json: Shell) -> None:
    with_json.database.write_bytes(b"not a database " * 100)
    printed = with_json.python(LISTEN + "print(cache.use_database, reads()[3])\n" + TELL)
    assert printed.startswith("False ['b.mp4']\n")
    assert all(name in printed for name in NAMES)


def test_everything_works_without_the_json_files(shell: Shell) -> None:
    shell.environment["LVS_DEBUG"] = "1"
    assert "\n200 True\n" in shell.python(LISTEN + USE + PAGE)
    # The styles' and scripts' list of hashed names is no metadata.
    assert [path.name for path in shell.data.rglob("*.json")] in ([], ["staticfiles.json"])
    restarted = shell.python(LISTEN + "print(reads())")
    assert restarted == "[{'a.mp4': 4}, {'a.mp4': 1}, {'a.mp4': ['sea']}, ['a.mp4']]\n"
