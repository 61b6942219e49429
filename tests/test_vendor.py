"""The code of others is what its publishers released, is said to be so beside it, and can be collected and served."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.conftest import PROJECT, Shell

FOLDERS = (PROJECT / "videos/static/videos/vendor", PROJECT / "tests/browser/vendor")
ROW = re.compile(r"\| `([\w.-]+)` \| ([\d.]+) \| [\w.-]+ \(`([\w.-]+)`\) \| `([0-9a-f]{64})` \| (.+) \|")


def rows(folder: Path) -> dict[str, re.Match[str]]:
    return {found[1]: found for found in map(ROW.fullmatch, (folder / "README.md").read_text().splitlines()) if found}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-2])
def test_each_file_has_its_row_and_is_the_one_that_was_released(folder: Path) -> None:
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}
    assert files == {name: row[4] for name, row in rows(folder).items()}
    assert files


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-2])
def test_the_licence_lies_beside_each_file(folder: Path) -> None:
    for row in rows(folder).values():
        assert len((folder / row[3]).read_text()) > 500, row[1]


def test_media_chrome_is_the_released_file_but_for_its_last_line() -> None:
    folder = FOLDERS[0]
    whole = (folder / "media-chrome.js").read_bytes() + b"//# sourceMappingURL=index.js.map\n"
    assert hashlib.sha256(whole).hexdigest() in (folder / "README.md").read_text()


def test_modules_import_each_other_by_the_names_under_which_they_are_kept_for_ever(tmp_path: Path) -> None:
    """A module by its plain name could be an old one, from the browser's cache, beside a new one."""
    shell = Shell(tmp_path)
    shell.run("collectstatic", "--noinput")
    static = shell.data / "generated" / "static"
    collected = [path for path in static.glob("videos/**/*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)]
    imports = [
        (path, found)
        for path in collected
        if "vendor" not in path.parts
        for found in re.findall(r'\bimport\b[^"\n]*"(\.[^"]*)"', path.read_text())
    ]
    assert imports
    for path, found in imports:
        assert re.search(r"\.[0-9a-f]{12}\.js$", found), (path.name, found)
        assert (path.parent / found).is_file(), (path.name, found)
