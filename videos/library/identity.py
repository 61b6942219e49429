"""Which file is which video: what was moved or renamed keeps its row, and what cannot be told is never guessed."""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from videos.library.paths import OutsideLibrary, Presence, open_video, presence
from videos.library.walk import FileStatus, Scope, Walk, walk_library
from videos.library.written_names import FORMS, NameMatcher
from videos.media.fingerprint import fingerprint
from videos.models import Video

# SQLite takes this many values in one question with ease.
_CHUNK = 500
# What tells one file from another without opening it: device, inode, size in bytes, modified in ns.
_Identity = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What the library remembers of a video's file, wherever that is now."""

    video_id: int
    filename: str
    size_bytes: int
    modified_ns: int
    device: int | None
    inode: int | None
    content: str
    missing_since: datetime | None

    @property
    def identity(self) -> _Identity | None:
        if self.device is None or self.inode is None:
            return None
        return self.device, self.inode, self.size_bytes, self.modified_ns


def signed(number: int) -> int:
    """Return a system's unsigned 64-bit number as databases store it: with a sign."""
    return number - 2**64 if number >= 2**63 else number


def identity_of(status: FileStatus) -> _Identity:
    size_bytes, modified_ns, _arrived_ns, device, inode = status
    return signed(device), signed(inode), size_bytes, modified_ns


def find_moves(
    walk: Walk,
    new: Collection[str],
    changed: Sequence[tuple[int, str]],
    unseen: Collection[int],
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> dict[int, str]:
    """Return {video id: the file's new name} of the videos whose file is surely elsewhere now.

    `new` are names without a row; `changed` (id, name) pairs whose file is not what it was; `unseen` the ids of rows
    whose file the walk did not find. Evidence in order: device and inode with size and date; then the size and a
    fingerprint of the content. One file and one video must fit each other alone; with a copy beside it, none does.
    `on_file` hears (done, total) while contents are compared.
    """
    sizes = {walk.files[name][0] for name in (*new, *(name for _, name in changed))}
    if not sizes:
        return {}
    changed_names = dict(changed)
    lost = list(_lost(walk, sizes, unseen, changed_names))
    # The other end of a move may lie outside of what was looked at, or have been there still when it was.
    targets = {identity_of(walk.files[name]) for name in (*new, *changed_names.values())}
    lost += _lost_elsewhere(walk.root, sizes, targets, {known.video_id for known in lost} | changed_names.keys())
    moves = _by_identity(walk, new, changed_names, lost)
    taken = set(moves.values())
    rest = [known for known in lost if known.video_id not in moves and known.video_id not in changed_names]
    moves |= _by_content(walk, [name for name in new if name not in taken], rest, on_file)
    return moves


def names_changed_hands(walk: Walk, new: Iterable[str], changed: Iterable[tuple[int, str]]) -> bool:
    """Return whether a part of the library says too little of what moved, as some of many renumbered episodes do.

    It shows a video's file under the name of another video, or under a new name while its own has another file.
    """
    new_files = {identity_of(walk.files[name]) for name in new}
    taken = {identity_of(walk.files[name]) for _, name in changed}
    for known in _known(file_size__in={size_bytes for _, _, size_bytes, _ in new_files | taken}):
        if known.identity in taken:
            return True
        if known.identity in new_files:
            beside = walk_library(walk.root, Scope(frozenset([known.filename]))).files.get(known.filename)
            if beside is not None and identity_of(beside) != known.identity:
                return True
    return False


def _lost(walk: Walk, sizes: set[int], unseen: Collection[int], changed: dict[int, str]) -> Iterator[Known]:
    """Yield the videos whose file is not under its name, and was as large as one of the new files."""
    wanted = set(unseen) | changed.keys()
    for known in _known(pk__in=wanted):
        if known.size_bytes in sizes and (known.video_id in changed or walk.knows(known.filename)):
            yield known


def _lost_elsewhere(root: Path, sizes: set[int], targets: set[_Identity], seen: Collection[int]) -> Iterator[Known]:
    """Yield the missing videos as large as one of the new files, and those whose very file has a new name now."""
    for known in _known(file_size__in=sizes):
        may_be_it = known.video_id not in seen and (known.missing_since is not None or known.identity in targets)
        if may_be_it and presence(root, known.filename) is Presence.GONE:
            yield known


def _known(**condition: Collection[int]) -> Iterator[Known]:
    ((lookup, values),) = condition.items()
    fields = ("pk", "filename", "file_size", "modified_ns", "device", "inode", "fingerprint", "missing_since")
    for part in chunks(sorted(values)):
        wanted = {lookup: part, "file_size__isnull": False, "modified_ns__isnull": False}
        # Each of the two has an index of sizes or of its own; both in one would be a look at every row.
        for rows in (Video.objects.present(), Video.objects.missing()):
            for row in rows.filter(**wanted).values_list(*fields).iterator():
                yield Known(*row)


def chunks(items: Sequence[Any], size: int = _CHUNK) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _by_identity(walk: Walk, new: Iterable[str], changed: dict[int, str], lost: Iterable[Known]) -> dict[int, str]:
    videos: dict[_Identity, list[Known]] = defaultdict(list)
    for known in lost:
        if known.identity is not None:
            videos[known.identity].append(known)
    names: dict[_Identity, list[str]] = defaultdict(list)
    for name in (*new, *changed.values()):
        names[identity_of(walk.files[name])].append(name)
    fits = [(videos[key][0], found[0]) for key, found in names.items() if len(found) == len(videos[key]) == 1]
    return _without_better_copies({known.video_id: name for known, name in fits}, changed, lost)


def _without_better_copies(moves: dict[int, str], changed: dict[int, str], lost: Iterable[Known]) -> dict[int, str]:
    """Leave out the one kind of move that is none: a film is written over by its better copy.

    The copy has a row of its own where a scan saw it before it took the film's name, but nobody has told anything
    about it; so the film keeps its row. A video that somebody rated, or one of a series that is renumbered, moves all
    the same, and the one whose name it takes is missing then.
    """
    owner = {name: video_id for video_id, name in changed.items()}
    old_names = {known.video_id: known.filename for known in lost}
    taken = set(moves.values())
    alone = [
        pk for pk, name in moves.items() if name in owner and owner[name] not in moves and old_names[pk] not in taken
    ]
    bare = Video.objects.without_marks(alone)
    return {pk: name for pk, name in moves.items() if pk not in bare}


def _by_content(
    walk: Walk, new: Sequence[str], lost: Iterable[Known], on_file: Callable[[int, int], None]
) -> dict[int, str]:
    videos: dict[tuple[int, str], list[Known]] = defaultdict(list)
    for known in lost:
        if known.content and known.size_bytes:
            videos[known.size_bytes, known.content].append(known)
    sizes = {size_bytes for size_bytes, _ in videos}
    candidates = [name for name in new if walk.files[name][0] in sizes]
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    for done, name in enumerate(candidates, 1):
        if content := content_of(walk.root, name, walk.files[name][0]):
            names[walk.files[name][0], content].append(name)
        on_file(done, len(candidates))
    fits = {key: found[0] for key, found in names.items() if len(found) == len(videos.get(key, ())) == 1}
    copied = _contents_still_there(walk.root, fits, {known.video_id for found in videos.values() for known in found})
    return {videos[key][0].video_id: name for key, name in fits.items() if key not in copied}


def _contents_still_there(
    root: Path, contents: Collection[tuple[int, str]], lost: Collection[int]
) -> set[tuple[int, str]]:
    """Return those contents that another video's file has, too, or may have, as that cannot be read."""
    there: set[tuple[int, str]] = set()
    unread_sizes: set[int] = set()
    for part in chunks(sorted({size_bytes for size_bytes, _ in contents})):
        rows = Video.objects.present().filter(file_size__in=part)
        for video_id, filename, size_bytes, content in rows.values_list("pk", "filename", "file_size", "fingerprint"):
            if video_id in lost or size_bytes is None:
                continue
            if content := content or content_of(root, filename, size_bytes):
                there.add((size_bytes, content))
            elif presence(root, filename) is not Presence.GONE:
                unread_sizes.add(size_bytes)
    return {one for one in contents if one in there or one[0] in unread_sizes}


def content_of(root: Path, filename: str, size_bytes: int) -> str:
    """Return the fingerprint of a file of the library, or "" where it cannot be read."""
    try:
        descriptor = open_video(root, filename)
    except (OSError, OutsideLibrary):
        return ""
    try:
        return fingerprint(descriptor, size_bytes)
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def find_waiting(waiting: dict[str, int], walk: Walk, new: Iterable[str], *, by_bare_name: bool) -> dict[int, str]:
    """Return {video id: name} of the new files that rows made by an import wait for; `waiting` is {name: id}.

    A row whose file was never seen waits under the name that another system wrote. It gets the new file that this can
    mean (written_names.py); where two files could be meant, new or known, or two rows want one, neither. Files in other
    folders count only at a library's first scan: later, another IMG_0001.mp4 is just a new file.
    """
    left, found, new = dict(waiting), dict[int, str](), list(new)
    if not (left and new):
        return {}
    among_new, among_all = NameMatcher(new), NameMatcher(walk.files)
    for form in FORMS:
        _number, elsewhere = form
        if elsewhere and (not by_bare_name or walk.unread_folders):
            continue
        taken = set(found.values())
        wanted: dict[str, list[str]] = defaultdict(list)
        for written in left:
            for name in among_new.fitting(written, form):
                if name not in taken:
                    wanted[name].append(written)
        for name, names in wanted.items():
            if len(names) == 1 and names[0] in left and among_all.fitting(names[0], form) == [name]:
                found[left.pop(names[0])] = name
    return found
