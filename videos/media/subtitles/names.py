"""Names: trips/Sea.pt-BR.forced.srt lies beside trips/Sea.mp4."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from videos.core.filenames import folder_of
from videos.media.subtitles.cues import EXTENSIONS
from videos.media.subtitles.name_words import Said, label_of, phrase, understand


@dataclass(frozen=True)
class Sidecar:
    """What a subtitle file's name says: "Sea.pt-BR.forced.srt" is ("Sea", "pt-br", "Portuguese (Brazil, forced)").

    The stem is spelled as in the stems that were given. The language is a lower-case code (BCP 47), "" when it is not
    said; the label is what a player's menu shows.
    """

    stem: str
    language: str
    label: str
    is_forced: bool
    is_for_the_deaf: bool


# What the folders are called that players look into, in the languages in which people name them.
_FOLDER_WORDS = frozenset(
    [
        "subs", "sub", "subtitles", "subtitle", "captions", "srt", "srts", "ass", "ssa", "vtt", "vobsub", "vobsubs",
        "untertitel", "sous-titres", "subtitulos", "subtítulos", "legendas", "legenda", "napisy", "titulky",
        "sottotitoli", "ondertitels", "undertexter", "tekstitykset", "feliratok", "altyazi", "altyazı", "субтитры",
        "字幕", "자막",
    ]
)  # fmt: skip


class Stems:
    """Names of videos without their extensions, each found however its letters are written.

    `aliases` are found, too, and are no videos of their own: their whole names, as in "Sea.mkv.srt".
    """

    def __init__(self, stems: Iterable[str], aliases: Iterable[str] = ()) -> None:
        self._stems = frozenset(stems)
        self._names = self._stems.union(aliases)
        self._folded: dict[str, set[str]] = {}
        self._in_folder: dict[str, set[str]] = {}
        for name in self._names:
            self._folded.setdefault(_folded(name), set()).add(name)
        for stem in self._stems:
            if not _EXTRA.search(stem):
                self._in_folder.setdefault(folder_of(stem), set()).add(stem)

    def find(self, name: str) -> str | None:
        """Return the stem of that name, or the only one that differs by its Unicode form and by capitals alone."""
        if name in self._names:
            return name
        folded = self._folded.get(_folded(name), set())
        same = {stem for stem in folded if unicodedata.normalize("NFC", stem) == unicodedata.normalize("NFC", name)}
        found = same or folded
        return next(iter(found)) if len(found) == 1 else None

    def only_one_in(self, folder: str) -> str | None:
        stems = self._in_folder.get(folder, set())
        return next(iter(stems)) if len(stems) == 1 else None


# Not what somebody means by the film of a folder.
_EXTRA = re.compile(r"(?:^|[/._ -])(?:sample|trailer)\d*$", re.IGNORECASE)


def _folded(name: str) -> str:
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


@lru_cache(maxsize=4096)
def language_of_folder(name: str) -> str | None:
    """Return the language of a folder of subtitles: "en" of "English subs", "" of "Subs", None of any other folder."""
    words = phrase(name).split("-")
    candidates = ["-".join(words[:2]), words[0], "-".join(words[-2:]), words[-1]]
    found = next((words for words in candidates if words in _FOLDER_WORDS), None)
    if found is None:
        return None
    said = Said()
    others = phrase(name).replace(found, "", 1).strip("-")
    if others and (not understand(others, said) or said.numbers):
        return None
    return said.languages[0] if said.languages else ""


def home_of(filename: str) -> str:
    """Return the folder of the videos that subtitles may belong to: of those in "Sea/Subs/" and below it, "Sea/"."""
    *folders, _ = filename.split("/")
    for depth in (1, 2):
        if len(folders) >= depth and language_of_folder(folders[-depth]) is not None:
            return "".join(f"{folder}/" for folder in folders[:-depth])
    return folder_of(filename)


def match(subtitle_filename: str, stems: Stems | Iterable[str]) -> Sidecar | None:
    """Return which video's stem the file belongs to and what its name says, or None when it belongs to none.

    A stem is a video's filename without its extension, its folder included. The longest one that fits is taken. A stem
    may be spelled in any Unicode form, so that it is found although one of the two files came from another system.
    Besides those beside the video, files in a folder for subtitles are found: by the video's name, in a folder of its
    name, or whatever they are called where there is one video alone.
    """
    name, _, extension = subtitle_filename.rpartition(".")
    if extension.lower() not in EXTENSIONS:
        return None
    stems = stems if isinstance(stems, Stems) else Stems(stems)
    return _match_beside(name, stems) or _match_in_folder(name, stems)


_SEPARATORS = "._- (["


def _match_beside(name: str, stems: Stems) -> Sidecar | None:
    start = name.rfind("/") + 1
    for end in range(len(name), start, -1):
        if end < len(name) and name[end] not in _SEPARATORS:
            continue
        stem = stems.find(name[:end])
        if stem is None:
            continue
        if end == len(name) or name[end] == ".":
            return _sidecar(stem, name[end + 1 :].split(".") if end < len(name) else [])
        if sidecar := _sidecar_of_words(stem, name[end], name[end:].lstrip(" -_")):
            return sidecar
    return None


def _sidecar_of_words(stem: str, separator: str, rest: str) -> Sidecar | None:
    """Return what "Sea_en", "Sea (English)" and "Sea - English" say: a language or a kind, or it is another film."""
    first, *others = rest.split(".")
    said = Said()
    if not first or first[0].isdigit() or not understand(first, said) or not (said.languages or any(said.flags)):
        return None
    # "Doctor No" is no Norwegian doctor: a code stands in brackets or behind a dash.
    is_code = all(len(word) < 4 for word in phrase(first).split("-"))
    if separator == " " and is_code and first[0] not in "([":
        return None
    return _sidecar(stem, [first, *others])


def _match_in_folder(name: str, stems: Stems) -> Sidecar | None:
    home = home_of(name)
    inside, _, base = name[len(home) :].rpartition("/")
    if not inside:
        return None
    folder, _, own = inside.partition("/")
    language = language_of_folder(folder) or ""
    if own and (stem := stems.find(f"{home}{own}")):
        return _match_beside(f"{home}{base}", Stems([stem])) or _loose(stem, base, language)
    if own:
        said = Said()
        if not (understand(own, said) and said.languages):
            return None
        language = said.languages[0]
    if sidecar := _match_beside(f"{home}{base}", stems):
        return _in_language(sidecar, language)
    stem = stems.only_one_in(home)
    return _loose(stem, base, language) if stem else None


def _loose(stem: str, name: str, language: str) -> Sidecar:
    """Return what a name says that does not begin with the video's: "2_English", or "Sea.1998.BluRay.English"."""
    parts = name.split(".")
    for at in range(len(parts)):
        said = Said()
        if all(understand(part, said) for part in parts[at:]) and (said.languages or any(said.flags)):
            # A number in front counts the tracks of the disc.
            said.numbers.clear()
            return _in_language(_said_sidecar(stem, said), language)
    if not language:
        words = name.replace("_", " ").strip()
        return Sidecar(stem, "", unicodedata.normalize("NFC", words)[:_LONGEST_LABEL] or "Subtitles", False, False)
    return _in_language(_said_sidecar(stem, Said()), language)


_LONGEST_LABEL = 60


def _in_language(sidecar: Sidecar, language: str) -> Sidecar:
    """Return the sidecar with the language of its folder, where its own name says none."""
    if sidecar.language or not language:
        return sidecar
    flags = [flag for flag, is_on in (("forced", sidecar.is_forced), ("SDH", sidecar.is_for_the_deaf)) if is_on]
    return _said_sidecar(sidecar.stem, Said(languages=[language], flags=flags))


def _sidecar(stem: str, parts: list[str]) -> Sidecar | None:
    said = Said()
    for part in parts:
        if understand(part, said):
            continue
        # A digit tells of another episode or release ("Show.S01E02.srt" beside "Show.mkv"), not of a label.
        if said.free or not part.strip() or any(character.isdigit() for character in part):
            return None
        said.free = unicodedata.normalize("NFC", part.strip())
    return _said_sidecar(stem, said)


def _said_sidecar(stem: str, said: Said) -> Sidecar:
    if len(said.languages) > 1 and "hi" in said.languages:
        said.languages.remove("hi")
        said.flags.append("SDH")
    language = said.languages[0] if said.languages else ""
    return Sidecar(stem, language, label_of(said), "forced" in said.flags, "SDH" in said.flags)
