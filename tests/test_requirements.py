"""What `make run` installs is what requirements.txt names, down to the bytes, and from no index but the public one."""

import re

import pytest

from tests.conftest import PROJECT

PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.!+-]+)")
MARKER = re.compile(r"\s*;.*")


def normalized(name: str) -> str:
    """Return the name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(file: str) -> dict[str, str]:
    """Return the version of each package that a requirements file pins, by its normalized name."""
    lines = (PROJECT / file).read_text().splitlines()
    found = [PIN.fullmatch(MARKER.sub("", line.removesuffix(" \\"))) for line in lines if line[:1].isalpha()]
    return {normalized(match["name"]): match["version"] for match in found if match}


def locked_entries() -> dict[str, list[str]]:
    """Return the hashes of each package in the lock, by its normalized name."""
    entries: dict[str, list[str]] = {}
    name = ""
    for line in (PROJECT / "requirements.lock").read_text().splitlines():
        if line[:1].isalpha():
            name = normalized(line.partition("==")[0])
            entries[name] = []
        elif "--hash=" in line:
            entries[name].append(line.strip().removesuffix(" \\"))
    return entries


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_each_requirement_is_pinned_to_one_version(file: str) -> None:
    lines = (PROJECT / file).read_text().splitlines()
    assert [line for line in lines if line and not line.startswith(("#", "-r ")) and not PIN.fullmatch(line)] == []


def test_the_lock_has_each_requirement_at_its_version() -> None:
    lock = pinned("requirements.lock")
    assert {name: lock.get(name) for name in pinned("requirements.txt")} == pinned("requirements.txt")


def test_no_development_tool_wants_another_version_than_the_lock() -> None:
    lock = pinned("requirements.lock")
    tools = pinned("requirements-dev.txt")
    assert {name: version for name, version in tools.items() if lock.get(name, version) != version} == {}


def test_each_package_of_the_lock_has_hashes() -> None:
    entries = locked_entries()
    assert len(entries) >= len(pinned("requirements.txt"))
    assert [name for name, hashes in entries.items() if not hashes] == []
    assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for hashes in entries.values() for one in hashes)


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements.lock"])
def test_nothing_points_to_an_index_a_host_or_a_folder_of_a_machine(file: str) -> None:
    text = (PROJECT / file).read_text()
    assert re.findall(r"(?m)^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)\b.*", text) == []
    assert re.findall(r"\w+://\S*|\S+@\S+|(?<![\w.-])/\w\S*", text) == []


def test_make_run_installs_from_the_lock_and_checks_its_hashes() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    assert "--require-hashes -r requirements.lock" in makefile
    assert "pip install --require-hashes -r requirements.lock" in (PROJECT / "README.md").read_text()
