"""Codes and counts in place of the English sentences that said what is wrong with a file, and what a scan did.

In the database itself, a statement for each sentence: no row is loaded, however many there are. A text that has no code
becomes the detail of "other", and on the way back is what it was.
"""

import json
import re

from django.db import migrations
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Left, Substr

LONGEST = 300
# As they were when this migration was written.
SENTENCES = {
    "unknown_format": "not a video in a known format",
    "empty": "the file is empty",
    "only_zeros": "nothing but zeros",
    "begins_with_zeros": "its beginning is nothing but zeros",
    "moov_missing": "cut off: the index (moov) is missing",
    "damaged": "damaged or cut off",
    "no_video": "no video in it",
    "encrypted": "encrypted",
    "unknown_codec": "a video codec that is not known",
    "no_pictures": "none of its pictures can be decoded",
    "no_size": "damaged: no size of the picture in it",
    "too_large": "too large a picture",
    "playlist": "a playlist, not a video",
    "hls_playlist": "an HLS playlist, not a video",
    "ffconcat_list": "an ffconcat list, not a video",
    "sdp_description": "an SDP description, not a video",
    "dash_manifest": "a DASH manifest, not a video",
    "smooth_streaming_manifest": "a Smooth Streaming manifest, not a video",
    "image": "an image, not a video",
    "web_page": "a web page, not a video",
    "text": "a text file, not a video",
    "zip_archive": "a ZIP archive, not a video",
    "rar_archive": "a RAR archive, not a video",
    "7z_archive": "a 7z archive, not a video",
    "gzip_archive": "a gzip archive, not a video",
    "pdf_document": "a PDF document, not a video",
    "program": "a program, not a video",
    "music": "music, not a video",
    "still_being_written": "still being written",
    "looks_incomplete": "looks incomplete: still being copied?",
    "decoder_crashed": "the decoder crashed on it",
    "decoder_nonsense": "the decoder answered nonsense",
    "decoder_failed": "the decoder failed on it",
    "decoder_stalled": "the decoder made no progress for",
    "decoding_too_slow": "decoding it takes more than",
    "unreadable": "cannot be read",
    "unreadable_inside": "it cannot be read",
    "folder_unreadable": "the folder cannot be read",
    "database_refused": "the database refused it",
    "hidden": "hidden",
    "system_folder": "a system folder",
    "excluded": "excluded by LVS_EXCLUDE",
    "unknown_extension": "not a known video extension",
    "name_not_utf8": "the name is not UTF-8",
    "folder_named_as_video": "a folder, not a video; the files in it are looked at",
    "fifo": "a FIFO, not a file",
    "socket": "a socket, not a file",
    "device": "a device, not a file",
    "dead_link": "a link to nothing",
    "link_out": "a link that leaves the video folder",
    "link_too_long": "a link that leads through too many others",
    "link_to_folder": "a link to a folder; its files are found where they are",
    "picture_subtitles": "subtitles that are pictures (VobSub); only text can be shown",
    "other_reasons": "other reasons",
}
# Their detail is a part of the sentence: "decoding it takes more than 300 s".
WITHIN_SENTENCE = {"decoder_stalled", "decoding_too_slow"}
OTHER = "other: "
KINDS = ("added", "changed", "moved", "missing", "back", "unchanged", "skipped")
COUNT = re.compile(rf"([0-9,]+) ({'|'.join(KINDS)}|files? looked into)")


def to_codes(apps, schema_editor):
    for rows, field in columns(apps):
        beginnings = [(f"{sentence}{between(code)}", f"{code}: ") for code, sentence in SENTENCES.items()]
        known = Q(**{f"{field}__in": [*SENTENCES.values(), ""]})
        for sentence, _ in beginnings:
            known |= Q(**{f"{field}__startswith": sentence})
        # First, while no text can be taken for a code.
        replace_beginning(rows.exclude(known), field, 0, OTHER)
        for code, sentence in SENTENCES.items():
            rows.filter(**{field: sentence}).update(**{field: code})
        for sentence, beginning in beginnings:
            replace_beginning(rows.filter(**{f"{field}__startswith": sentence}), field, len(sentence), beginning)
    for activity in apps.get_model("videos", "Activity").objects.all():
        activity.summary = counts_of(activity.summary)
        activity.save(update_fields=["summary"])


def to_sentences(apps, schema_editor):
    for rows, field in columns(apps):
        for code, sentence in SENTENCES.items():
            beginning = f"{code}: "
            with_detail = rows.filter(**{f"{field}__startswith": beginning})
            replace_beginning(with_detail, field, len(beginning), f"{sentence}{between(code)}")
            rows.filter(**{field: code}).update(**{field: sentence})
        replace_beginning(rows.filter(**{f"{field}__startswith": OTHER}), field, len(OTHER), "")
    for activity in apps.get_model("videos", "Activity").objects.all():
        activity.summary = sentence_of(activity.summary)
        activity.save(update_fields=["summary"])


def columns(apps):
    """Return (rows, field) of each column that holds a problem; most videos have none, and an index knows them."""
    return [
        (apps.get_model("videos", "Video").objects.exclude(problem=""), "problem"),
        (apps.get_model("videos", "SkippedFiles").objects.all(), "reason"),
    ]


def between(code):
    return " " if code in WITHIN_SENTENCE else ": "


def replace_beginning(rows, field, length, beginning):
    rest = Substr(field, length + 1) if length else F(field)
    rows.update(**{field: Left(Concat(Value(beginning), rest), LONGEST)})


def counts_of(summary):
    """Return {"added": 6} as JSON of "6 added"; of a text of another kind the text."""
    if summary == "nothing new":
        return "{}"
    found = [COUNT.fullmatch(part) for part in summary.split(", ")]
    if not all(found):
        return summary
    counts = {kind_of(each[2]): int(each[1].replace(",", "")) for each in found}
    return json.dumps(counts)


def kind_of(word):
    return word if word in KINDS else "analyzed"


def sentence_of(summary):
    try:
        counts = json.loads(summary)
    except ValueError:
        return summary
    return ", ".join(f"{number:,} {word_of(kind, number)}" for kind, number in counts.items()) or "nothing new"


def word_of(kind, number):
    if kind != "analyzed":
        return kind
    return "file looked into" if number == 1 else "files looked into"


class Migration(migrations.Migration):
    dependencies = [("videos", "0016_moved_modules")]
    operations = [migrations.RunPython(to_codes, to_sentences, elidable=False)]
