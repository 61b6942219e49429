"""Which long loops are run: each names what it covers, and is left out only where none of that has changed."""

import ast
from pathlib import Path

import pytest

from tests.counts import PROJECT, touches


def paths_covered() -> set[str]:
    """Return what is named by the `long` marks of all tests."""
    return {
        ast.literal_eval(argument)
        for source in Path(__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.long"
        for argument in node.args
    }


def test_every_long_loop_covers_files_that_there_are() -> None:
    assert paths_covered()
    assert [path for path in paths_covered() if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize("changed", ["videos/media/probe.py", "videos/locks.py"])
def test_a_change_of_a_file_or_below_a_folder_is_one_of_what_is_covered(changed: str) -> None:
    assert touches(["README.md", changed], ["videos/media", "videos/locks.py"])


@pytest.mark.parametrize("changed", ["videos/media_types.py", "videos/locks.pyi", "docs/videos/media/probe.py"])
def test_a_change_of_a_file_that_is_called_alike_is_none(changed: str) -> None:
    assert not touches([changed], ["videos/media", "videos/locks.py"])
    assert not touches([], ["videos/media"])
