"""Why a file was skipped or could not be read, in the page's language. A code is stored (core/problems.py)."""

from django.utils.translation import gettext, gettext_noop

from videos.core.problems import Problem, joined, split_problem

# The sentences of core/problems.py that have translations, where makemessages finds them.
TRANSLATED = {
    Problem.UNKNOWN_FORMAT: gettext_noop("not a video in a known format"),
    Problem.EMPTY: gettext_noop("the file is empty"),
    Problem.ONLY_ZEROS: gettext_noop("nothing but zeros"),
    Problem.BEGINS_WITH_ZEROS: gettext_noop("its beginning is nothing but zeros"),
    Problem.MOOV_MISSING: gettext_noop("cut off: the index (moov) is missing"),
    Problem.DAMAGED: gettext_noop("damaged or cut off"),
    Problem.NO_VIDEO: gettext_noop("no video in it"),
    Problem.ENCRYPTED: gettext_noop("encrypted"),
    Problem.UNKNOWN_CODEC: gettext_noop("a video codec that is not known"),
    Problem.NO_PICTURES: gettext_noop("none of its pictures can be decoded"),
    Problem.NO_SIZE: gettext_noop("damaged: no size of the picture in it"),
    Problem.TOO_LARGE: gettext_noop("too large a picture"),
    Problem.PLAYLIST: gettext_noop("a playlist, not a video"),
    Problem.IMAGE: gettext_noop("an image, not a video"),
    Problem.WEB_PAGE: gettext_noop("a web page, not a video"),
    Problem.TEXT: gettext_noop("a text file, not a video"),
    Problem.ZIP_ARCHIVE: gettext_noop("a ZIP archive, not a video"),
    Problem.PDF_DOCUMENT: gettext_noop("a PDF document, not a video"),
    Problem.PROGRAM: gettext_noop("a program, not a video"),
    Problem.MUSIC: gettext_noop("music, not a video"),
    Problem.STILL_BEING_WRITTEN: gettext_noop("still being written"),
    Problem.LOOKS_INCOMPLETE: gettext_noop("looks incomplete: still being copied?"),
    Problem.DECODER_CRASHED: gettext_noop("the decoder crashed on it"),
    Problem.DECODER_NONSENSE: gettext_noop("the decoder answered nonsense"),
    Problem.UNREADABLE: gettext_noop("cannot be read"),
    Problem.FOLDER_UNREADABLE: gettext_noop("the folder cannot be read"),
    Problem.DATABASE_REFUSED: gettext_noop("the database refused it"),
    Problem.HIDDEN: gettext_noop("hidden"),
    Problem.SYSTEM_FOLDER: gettext_noop("a system folder"),
    Problem.EXCLUDED: gettext_noop("excluded by LVS_EXCLUDE"),
    Problem.UNKNOWN_EXTENSION: gettext_noop("not a known video extension"),
    Problem.NAME_NOT_UTF8: gettext_noop("the name is not UTF-8"),
    Problem.FOLDER_NAMED_AS_VIDEO: gettext_noop("a folder, not a video; the files in it are looked at"),
    Problem.FIFO: gettext_noop("a FIFO, not a file"),
    Problem.SOCKET: gettext_noop("a socket, not a file"),
    Problem.DEVICE: gettext_noop("a device, not a file"),
    Problem.DEAD_LINK: gettext_noop("a link to nothing"),
    Problem.LINK_OUT: gettext_noop("a link that leaves the video folder"),
    Problem.LINK_TOO_LONG: gettext_noop("a link that leads through too many others"),
    Problem.LINK_TO_FOLDER: gettext_noop("a link to a folder; its files are found where they are"),
    Problem.OTHER_REASONS: gettext_noop("other reasons"),
}


def translate_problem(stored: str) -> str:
    """Return the reason in the page's language, or in English where there are no words for it; "" for none."""
    problem, detail = split_problem(stored)
    sentence = gettext(problem.sentence) if problem in TRANSLATED else problem.sentence
    return joined(problem, sentence, detail)


def in_english(stored: str) -> str:
    """Return the reason as commands and logs say it."""
    problem, detail = split_problem(stored)
    return joined(problem, problem.sentence, detail)
