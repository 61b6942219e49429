"""Why a file is no video: what its first bytes give away."""

import os

from videos.core.problems import Problem

HEAD_BYTES = 4096

NOT_MEDIA = Problem.UNKNOWN_FORMAT.sentence
EMPTY = Problem.EMPTY.sentence
ZEROS = Problem.ONLY_ZEROS.sentence
NO_INDEX = Problem.MOOV_MISSING.sentence
DAMAGED = Problem.DAMAGED.sentence
NO_VIDEO = Problem.NO_VIDEO.sentence
TEXT = Problem.TEXT.sentence
TRACKER_MUSIC = Problem.MUSIC.sentence
NO_PICTURES = Problem.NO_PICTURES.sentence
HOLE = Problem.BEGINS_WITH_ZEROS.sentence

# What a file is, too, while it is still being copied: without its end, or with zeros where something is to come.
_LIKE_HALF_A_COPY = frozenset({ZEROS, NO_INDEX, DAMAGED, NO_PICTURES, HOLE})

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

# Files that name other files. FFmpeg is never asked about them, whatever their extension says.
_PLAYLISTS = (
    (b"#extm3u", Problem.HLS_PLAYLIST.sentence),
    (b"ffconcat", Problem.FFCONCAT_LIST.sentence),
    (b"[playlist]", Problem.PLAYLIST.sentence),
    (b"[reference]", Problem.PLAYLIST.sentence),
    (b"<asx", Problem.PLAYLIST.sentence),
    (b"rtsptext", Problem.PLAYLIST.sentence),
    (b"v=0\r\n", Problem.SDP_DESCRIPTION.sentence),
    (b"v=0\n", Problem.SDP_DESCRIPTION.sentence),
)
_MARKUP = (
    (b"<mpd", Problem.DASH_MANIFEST.sentence),
    (b"<smoothstreamingmedia", Problem.SMOOTH_STREAMING_MANIFEST.sentence),
    (b"<!doctype html", Problem.WEB_PAGE.sentence),
    (b"<html", Problem.WEB_PAGE.sentence),
    (b"<svg", Problem.IMAGE.sentence),
)
_OTHERS = (
    (b"\xff\xd8\xff", Problem.IMAGE.sentence),
    (b"\x89PNG\r\n\x1a\n", Problem.IMAGE.sentence),
    (b"GIF8", Problem.IMAGE.sentence),
    (b"II*\x00", Problem.IMAGE.sentence),
    (b"MM\x00*", Problem.IMAGE.sentence),
    (b"PK\x03\x04", Problem.ZIP_ARCHIVE.sentence),
    (b"Rar!\x1a\x07", Problem.RAR_ARCHIVE.sentence),
    (b"7z\xbc\xaf\x27\x1c", Problem.SEVEN_ZIP_ARCHIVE.sentence),
    (b"\x1f\x8b\x08", Problem.GZIP_ARCHIVE.sentence),
    (b"%PDF-", Problem.PDF_DOCUMENT.sentence),
    (b"\x7fELF", Problem.PROGRAM.sentence),
    (b"MZ", Problem.PROGRAM.sentence),
    (b"fLaC", NO_VIDEO),
    (b"ID3", NO_VIDEO),
    (b"#!AMR", NO_VIDEO),
    (b"MThd", NO_VIDEO),
)
# The second word of RIFF and FORM files, and the brand of files of boxes.
_RIFF = {b"WEBP": Problem.IMAGE.sentence, b"WAVE": NO_VIDEO, b"AIFF": NO_VIDEO, b"AIFC": NO_VIDEO}
_IMAGE_BRANDS = {b"avif", b"heic", b"heix", b"mif1", b"jxl "}
_AUDIO_SYNC = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9", b"\x0b\x77")
_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"sidx", b"moof", b"uuid"}
_EBML = b"\x1a\x45\xdf\xa3"
_MAX_BOXES = 10_000
# Modules of Amiga trackers carry their kind behind a title, 31 instruments and the order of 128 patterns.
_TRACKER_AT = 1080
_TRACKERS = {b"M.K.", b"M!K!", b"M&K!", b"N.T.", b"FLT4", b"FLT8", b"OCTA", b"OKTA", b"CD81", b"2CHN", b"4CHN", b"6CHN",
             b"8CHN", b"10CH", b"12CH", b"14CH", b"16CH", b"24CH", b"32CH"}  # fmt: skip


def disguise(head: bytes) -> str:
    """Return what the file is where its first bytes say that it is no video, "" where they leave it open."""
    for bom in _BOMS:
        head = head.removeprefix(bom)
    text = head.replace(b"\0", b"").lstrip().lower()  # without the zeros, UTF-16 reads as ASCII
    for start, reason in _PLAYLISTS:
        if text.startswith(start):
            return reason
    if text.startswith(b"<"):
        return next((reason for tag, reason in _MARKUP if tag in text), TEXT)
    for start, reason in _OTHERS:
        if head.startswith(start):
            return reason
    if head[:4] in (b"RIFF", b"FORM"):
        return _RIFF.get(head[8:12], "")
    return Problem.IMAGE.sentence if head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS else ""


def other_than_video(head: bytes) -> str:
    """Return what a file surely is by its first bytes where that is no video, "" where it may be one.

    For extensions that others use, too: Amiga music and Go modules are called .mod, TypeScript .ts.
    """
    if reason := disguise(head):
        return reason
    if head[_TRACKER_AT : _TRACKER_AT + 4] in _TRACKERS:
        return TRACKER_MUSIC
    is_text = head.startswith(_BOMS) or (head != b"" and _is_text(head))
    return TEXT if is_text else ""


def reason_unreadable(descriptor: int) -> str:
    """Return why FFmpeg made nothing of a file: cut off, text, zeros, or not a video at all. Raises OSError."""
    head = os.pread(descriptor, HEAD_BYTES, 0)
    if not head:
        return EMPTY
    if not head.strip(b"\0"):
        return ZEROS if _is_all_zeros(descriptor) else HOLE
    if head[4:8] in _BOXES:
        return DAMAGED if {b"moov", b"moof"} & set(_top_boxes(descriptor)) else NO_INDEX
    if head.startswith((_EBML, b"OggS", b"FLV", b"RIFF", b"\x30\x26\xb2\x75")):
        return DAMAGED
    if head.startswith(_AUDIO_SYNC):
        return NO_VIDEO
    return TEXT if _is_text(head) else NOT_MEDIA


def is_like_half_a_copy(descriptor: int, problem: str) -> bool:
    """Tell whether a file, and why it could not be read, "" where it could, are as while it is copied. Raises OSError.

    In a file that begins with zeros FFmpeg finds pictures now and then, but no film.
    """
    return problem in _LIKE_HALF_A_COPY or not os.pread(descriptor, HEAD_BYTES, 0).strip(b"\0")


def is_boxes(head: bytes) -> bool:
    """Tell whether a file begins as MP4 and QuickTime do."""
    return head[4:8] in _BOXES


def is_matroska(head: bytes) -> bool:
    return head.startswith(_EBML)


def is_webm(head: bytes) -> bool:
    """Tell whether the EBML header names the document type webm."""
    return is_matroska(head) and b"\x42\x82\x84webm" in head[:100]


def _top_boxes(descriptor: int) -> list[bytes]:
    """Return the types of the boxes of the file, in order, as far as they can be followed."""
    types: list[bytes] = []
    offset = 0
    while len(types) < _MAX_BOXES and len(header := os.pread(descriptor, 16, offset)) >= 8:
        size = int.from_bytes(header[:4])
        if size == 1 and len(header) == 16:
            size = int.from_bytes(header[8:])
        types.append(header[4:8])
        if size < 8:  # 0: the box goes on to the end of the file
            break
        offset += size
        if offset >= 1 << 62:
            break
    return types


def _is_all_zeros(descriptor: int) -> bool:
    """Tell whether zeros stand wherever one looks: at the start and at a hundred places."""
    size = os.fstat(descriptor).st_size
    return not any(os.pread(descriptor, HEAD_BYTES, size * part // 100).strip(b"\0") for part in range(101))


def _is_text(head: bytes) -> bool:
    # The last character may be cut in two.
    text = head.decode("utf-8", "ignore")
    return len(text.encode()) >= len(head) - 3 and all(char.isprintable() or char in "\r\n\t\f" for char in text)
