"""Which names scans skip: hidden files and folders, system folders, and LVS_EXCLUDE.

Scan, watcher and cleanup all ask here. Only names below the video folder count, so the folder itself may be anywhere.
The settings import this module, so it reads settings only when it is called.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from videos.core.errors import LibraryError
from videos.core.problems import Problem

HIDDEN, SYSTEM = Problem.HIDDEN.sentence, Problem.SYSTEM_FOLDER.sentence
EXCLUDED = Problem.EXCLUDED.sentence

# System folders that are not hidden by a leading dot.
SYSTEM_FOLDERS = (
    # Synology
    "#recycle/", "#snapshot/", "@eaDir/", "@tmp/", "@sharesnap/",
    # QNAP
    "@Recycle/", "@Recently-Snapshot/", "@Transcode/", "@__thumb/",
    # Windows
    "$RECYCLE.BIN/", "RECYCLER/", "RECYCLED/", "System Volume Information/", "$Extend/", "FOUND.[0-9][0-9][0-9]/",
    # macOS and its file servers
    "Network Trash Folder/", "Temporary Items/", "TheVolumeSettingsFolder/",
    # Linux
    "lost+found/", ".Trash-*/",
)  # fmt: skip
MAX_PATTERN_LENGTH = 1000


class BadPattern(LibraryError, ValueError):
    """An invalid pattern; the message says what is wrong with it."""


@dataclass(frozen=True)
class Patterns:
    """Compiled globs: for names, for paths below the video folder, and for folders only."""

    names: re.Pattern[str] | None
    paths: re.Pattern[str] | None
    folder_names: re.Pattern[str] | None
    folder_paths: re.Pattern[str] | None

    def match(self, filename: str, is_folder: bool) -> bool:
        """Return whether a pattern matches this file or folder itself; folders above it are not checked."""
        path = _folded(filename)
        name = path.rpartition("/")[2]
        return (
            bool(self.names and self.names.fullmatch(name))
            or bool(self.paths and self.paths.fullmatch(path))
            or (is_folder and bool(self.folder_names and self.folder_names.fullmatch(name)))
            or (is_folder and bool(self.folder_paths and self.folder_paths.fullmatch(path)))
        )

    @property
    def concern_files(self) -> bool:
        return bool(self.names or self.paths)


def compile_patterns(patterns: Iterable[str]) -> Patterns:
    """Return the patterns compiled. Raises BadPattern."""
    kinds: dict[tuple[bool, bool], list[str]] = {(at, of): [] for at in (False, True) for of in (False, True)}
    for pattern in patterns:
        path, is_of_folders = pattern.removesuffix("/"), pattern.endswith("/")
        kinds["/" in path, is_of_folders].append(_expression(pattern))
    compiled = {kind: re.compile("|".join(parts), re.DOTALL) if parts else None for kind, parts in kinds.items()}
    return Patterns(compiled[False, False], compiled[True, False], compiled[False, True], compiled[True, True])


def why_passed_over(filename: str, *, is_folder: bool = False) -> str | None:
    """Return why scans skip a name, because of itself or of a folder above it, or None."""
    end = filename.find("/")
    while end >= 0:
        if reason := why_entry_passed_over(filename[:end], is_folder=True):
            return reason
        end = filename.find("/", end + 1)
    return why_entry_passed_over(filename, is_folder=is_folder)


def why_entry_passed_over(filename: str, *, is_folder: bool = False) -> str | None:
    """Return why scans skip this file or folder because of its own name, or None."""
    if is_hidden(filename[filename.rfind("/") + 1 :]):
        return HIDDEN
    if is_folder and _system().match(filename, is_folder=True):
        return SYSTEM
    own = _own(tuple(settings.EXCLUDE))
    if own is not None and (is_folder or own.concern_files) and own.match(filename, is_folder):
        return EXCLUDED
    return None


def is_hidden(name: str) -> bool:
    """Return whether a name starts with exactly one dot. Two or more may start a title: "...And Justice"."""
    return name.startswith(".") and not name.startswith("..")


@lru_cache(maxsize=1)
def _system() -> Patterns:
    return compile_patterns(SYSTEM_FOLDERS)


@lru_cache(maxsize=8)
def _own(patterns: Sequence[str]) -> Patterns | None:
    return compile_patterns(patterns) if patterns else None


# --- globs ----------------------------------------------------------------------------------------------------------


def _folded(text: str) -> str:
    """Return a name in the form that patterns compare: casefolded NFC."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _expression(pattern: str) -> str:
    """Return the regular expression of a glob. Raises BadPattern."""
    parts = pattern.removesuffix("/").removeprefix("/").split("/")
    if problem := _problem(pattern, parts):
        raise BadPattern(f"{pattern!r} {problem}")
    expression = ""
    for number, part in enumerate(map(_folded, parts)):
        is_last = number == len(parts) - 1
        if part == "**":
            expression += ".+" if is_last else "(?:.*/)?"
        else:
            expression += _part_expression(pattern, part) + ("" if is_last else "/")
    return f"(?:{expression})"


def _problem(pattern: str, parts: Sequence[str]) -> str | None:
    """Return what is wrong with a pattern as a whole, or None."""
    if len(pattern) > MAX_PATTERN_LENGTH:
        return f"is longer than {MAX_PATTERN_LENGTH} characters."
    if not pattern.isprintable():
        return "holds a character that cannot be printed."
    if pattern.startswith("!"):
        return "begins with !, but what is excluded cannot be taken back; ? stands for any character."
    if "\\" in pattern:
        return "holds a backslash; folders are divided by /."
    if not {"", ".", ".."}.isdisjoint(parts):
        return "is not a name or a path below the video folder."
    if any("**" in part and part != "**" for part in parts):
        return "holds ** beside other characters; ** stands for any folders, between two /."
    if not any(part.strip("*") for part in parts):
        return "excludes everything."
    return None


def _part_expression(pattern: str, part: str) -> str:
    """Return the regular expression of one part of a path. Raises BadPattern."""
    # The text between two stars is searched once, from the left (an atomic group): backtracking could not find another
    # match, but could take exponential time.
    first, *others = _between_stars(pattern, part)
    if not others:
        return first
    *middle, last = others
    return first + "".join(f"(?>[^/]*?{fixed})" for fixed in middle if fixed) + f"[^/]*{last}"


def _between_stars(pattern: str, part: str) -> list[str]:
    """Return the regular expressions of the texts before, between and after the stars. Raises BadPattern."""
    expressions, position = [""], 0
    while position < len(part):
        sign = part[position]
        position += 1
        if sign == "*":
            expressions.append("")
        elif sign == "?":
            expressions[-1] += "[^/]"
        elif sign == "[":
            end = part.find("]", position + (2 if part[position : position + 1] in ("!", "^") else 1))
            if end < 0:
                raise BadPattern(f"{pattern!r} holds a [ without its ].")
            expressions[-1] += _set_expression(pattern, part[position:end])
            position = end + 1
        else:
            expressions[-1] += re.escape(sign)
    return expressions


def _set_expression(pattern: str, signs: str) -> str:
    """Return the regular expression of "a-z" or "!0-9", the content of brackets. Raises BadPattern."""
    negation, signs = ("^", signs[1:]) if signs[:1] in ("!", "^") else ("", signs)
    escaped = "".join(sign if sign == "-" or sign.isalnum() else f"\\{sign}" for sign in signs)
    expression = f"(?!/)[{negation}{escaped}]"
    try:
        re.compile(expression)
    except re.error as error:
        raise BadPattern(f"{pattern!r} holds a set that makes no sense: [{signs}].") from error
    return expression
