"""Why a file could not be read, or was skipped: the codes that the database holds, each with its English sentence.

A stored problem is a code, such as "empty", or a code and what the system said, such as "unreadable: Permission
denied". Commands and logs print the English sentence; pages translate it (presentation/problem_messages.py). This
module imports nothing of Django, since the settings and the decoder process use it.
"""

from videos.core.coded_sentences import CodedSentence


class Problem(CodedSentence):
    """Why a file could not be read, or was skipped."""

    # What the content of a file is.
    UNKNOWN_FORMAT = "unknown_format", "not a video in a known format"
    EMPTY = "empty", "the file is empty"
    ONLY_ZEROS = "only_zeros", "nothing but zeros"
    BEGINS_WITH_ZEROS = "begins_with_zeros", "its beginning is nothing but zeros"
    MOOV_MISSING = "moov_missing", "cut off: the index (moov) is missing"
    DAMAGED = "damaged", "damaged or cut off"
    NO_VIDEO = "no_video", "no video in it"
    ENCRYPTED = "encrypted", "encrypted"
    UNKNOWN_CODEC = "unknown_codec", "a video codec that is not known"
    NO_PICTURES = "no_pictures", "none of its pictures can be decoded"
    NO_SIZE = "no_size", "damaged: no size of the picture in it"
    TOO_LARGE = "too_large", "too large a picture"
    PLAYLIST = "playlist", "a playlist, not a video"
    HLS_PLAYLIST = "hls_playlist", "an HLS playlist, not a video"
    FFCONCAT_LIST = "ffconcat_list", "an ffconcat list, not a video"
    SDP_DESCRIPTION = "sdp_description", "an SDP description, not a video"
    DASH_MANIFEST = "dash_manifest", "a DASH manifest, not a video"
    SMOOTH_STREAMING_MANIFEST = "smooth_streaming_manifest", "a Smooth Streaming manifest, not a video"
    IMAGE = "image", "an image, not a video"
    WEB_PAGE = "web_page", "a web page, not a video"
    TEXT = "text", "a text file, not a video"
    ZIP_ARCHIVE = "zip_archive", "a ZIP archive, not a video"
    RAR_ARCHIVE = "rar_archive", "a RAR archive, not a video"
    SEVEN_ZIP_ARCHIVE = "7z_archive", "a 7z archive, not a video"
    GZIP_ARCHIVE = "gzip_archive", "a gzip archive, not a video"
    PDF_DOCUMENT = "pdf_document", "a PDF document, not a video"
    PROGRAM = "program", "a program, not a video"
    MUSIC = "music", "music, not a video"
    # The two that go by themselves.
    STILL_BEING_WRITTEN = "still_being_written", "still being written"
    LOOKS_INCOMPLETE = "looks_incomplete", "looks incomplete: still being copied?"
    # What the decoder met.
    DECODER_CRASHED = "decoder_crashed", "the decoder crashed on it"
    DECODER_NONSENSE = "decoder_nonsense", "the decoder answered nonsense"
    DECODER_FAILED = "decoder_failed", "the decoder failed on it"
    DECODER_STALLED = "decoder_stalled", "the decoder made no progress for"
    DECODING_TOO_SLOW = "decoding_too_slow", "decoding it takes more than"
    # Of these what the system said follows.
    UNREADABLE = "unreadable", "cannot be read"
    UNREADABLE_INSIDE = "unreadable_inside", "it cannot be read"
    FOLDER_UNREADABLE = "folder_unreadable", "the folder cannot be read"
    DATABASE_REFUSED = "database_refused", "the database refused it"
    # Why a scan passed a file or folder over.
    HIDDEN = "hidden", "hidden"
    SYSTEM_FOLDER = "system_folder", "a system folder"
    EXCLUDED = "excluded", "excluded by LVS_EXCLUDE"
    UNKNOWN_EXTENSION = "unknown_extension", "not a known video extension"
    NAME_NOT_UTF8 = "name_not_utf8", "the name is not UTF-8"
    FOLDER_NAMED_AS_VIDEO = (
        "folder_named_as_video",
        "a folder, not a video; the files in it are looked at",
    )
    FIFO = "fifo", "a FIFO, not a file"
    SOCKET = "socket", "a socket, not a file"
    DEVICE = "device", "a device, not a file"
    DEAD_LINK = "dead_link", "a link to nothing"
    LINK_OUT = "link_out", "a link that leaves the video folder"
    LINK_TOO_LONG = "link_too_long", "a link that leads through too many others"
    LINK_TO_FOLDER = "link_to_folder", "a link to a folder; its files are found where they are"
    PICTURE_SUBTITLES = "picture_subtitles", "subtitles that are pictures (VobSub); only text can be shown"
    OTHER_REASONS = "other_reasons", "other reasons"
    # The detail is the whole of it: a text that has no code.
    OTHER = "other", ""


# Their detail is a part of the sentence: "decoding it takes more than 300 s".
_WITHIN_SENTENCE = (Problem.DECODER_STALLED, Problem.DECODING_TOO_SLOW)
_BY_CODE = {problem.code: problem for problem in Problem}
_BY_SENTENCE = {problem.sentence: problem for problem in Problem if problem.sentence}


def stored_problem(said: str, longest: int) -> str:
    """Return what is stored of a reason that was said in English: "empty", "unreadable: Permission denied", "other: …".

    At most so many characters. A code that is stored already stays, and so does "", no problem at all.
    """
    if not said or said in _BY_CODE:
        return said
    return _stored(said)[:longest]


def split_problem(stored: str) -> tuple[Problem, str]:
    """Return (problem, detail) of what is stored; a text of no known code is the detail of OTHER."""
    code, _, detail = stored.partition(": ")
    return (_BY_CODE[code], detail) if code in _BY_CODE else (Problem.OTHER, stored)


def joined(problem: Problem, sentence: str, detail: str) -> str:
    """Return the sentence of a problem, in whatever language, with its detail: "cannot be read: Permission denied"."""
    if not (sentence and detail):
        return sentence or detail
    return f"{sentence} {detail}" if problem in _WITHIN_SENTENCE else f"{sentence}: {detail}"


def _stored(said: str) -> str:
    if said in _BY_SENTENCE:
        return _BY_SENTENCE[said].code
    sentence, colon, detail = said.partition(": ")
    if colon and sentence in _BY_SENTENCE:
        return f"{_BY_SENTENCE[sentence].code}: {detail}"
    for problem in _WITHIN_SENTENCE:
        if said.startswith(f"{problem.sentence} "):
            return f"{problem.code}: {said.removeprefix(problem.sentence).strip()}"
    return f"{Problem.OTHER.code}: {said}"
