"""A file of subtitles is read in its encoding, however short it is: by its letters, its name, and what it declares."""

import gettext
import random
import re
import unicodedata
from functools import cache
from pathlib import Path

import django
import pytest

from tests.counts import at_full_count
from tests.media.subtitle_files import subrip, substation, ttml, words_of
from videos.media.subtitles.webvtt import to_webvtt

WESTERN, CENTRAL = ("cp1252", "iso8859_15"), ("cp1250", "iso8859_2")
ENCODINGS = {
    **dict.fromkeys(("fr", "de", "es", "pt", "pt_BR", "it", "nl", "sv", "fi", "da"), WESTERN),
    **dict.fromkeys(("nb", "nn", "is", "ca", "gl"), WESTERN),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl", "bs", "sr_Latn"), CENTRAL),
    "ro": ("cp1250",), "tr": ("cp1254", "iso8859_9"), "lt": ("cp1257",), "lv": ("cp1257",), "et": ("cp1257",),
    "ru": ("cp1251", "koi8_r", "iso8859_5", "cp866"), "uk": ("cp1251", "koi8_u"), "bg": ("cp1251",), "sr": ("cp1251",),
    "mk": ("cp1251",), "be": ("cp1251",), "el": ("cp1253", "iso8859_7"), "he": ("cp1255", "iso8859_8"),
    "ar": ("cp1256", "iso8859_6"), "fa": ("cp1256",), "th": ("cp874",), "vi": ("cp1258",),
    "ja": ("cp932", "euc_jp", "iso2022_jp"), "zh_Hans": ("gb18030", "gbk", "hz"), "zh_Hant": ("big5",),
    "ko": ("cp949", "euc_kr", "iso2022_kr"),
}  # fmt: skip
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


@cache
def sentences(language: str) -> list[str]:
    """Return what Django's own pages say in the language: texts that the figures of the guess were not made from."""
    found: dict[str, None] = {}
    for path in sorted(Path(django.__file__).parent.rglob(f"locale/{language}/LC_MESSAGES/django.mo")):
        with open(path, "rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for text in catalog.values():
            plain = " ".join(re.sub(r"%\(\w+\)\w|%[sd]|\{[^}]*\}|<[^>]*>", "", text).split())
            if 8 <= len(plain) <= 80 and not plain.isascii() and not set("|&<>") & set(plain):
                found[plain] = None
    # Romanian's code page has a cedilla for the comma, Persian's the Arabic letters; the code pages of dots and quotes.
    swaps = str.maketrans("șțȘȚیک", "şţŞŢيك")
    return [unicodedata.normalize("NFC", text).translate(swaps) for text in found]


def vietnamese(text: str) -> bytes:
    """Return the text in cp1258, which writes a tone behind its letter."""
    encoded = b""
    for letter in text:
        tones = [mark for mark in unicodedata.normalize("NFD", letter) if mark in "\u0300\u0301\u0303\u0309\u0323"]
        bare = "".join(mark for mark in unicodedata.normalize("NFD", letter) if mark not in tones)
        encoded += (unicodedata.normalize("NFC", bare) + "".join(tones)).encode("cp1258")
    return encoded


def encoded(texts: list[str], encoding: str) -> bytes:
    text = subrip(*texts)
    return vietnamese(text) if encoding == "cp1258" else text.encode(encoding)


def files(count: int, repeat: int) -> list[tuple[str, str, list[str]]]:
    """Return (language, encoding, texts) of files of so many cues, the same at each run."""
    chance = random.Random(7)
    found = []
    for language, encodings in ENCODINGS.items():
        for encoding in encodings:
            for _ in range(repeat):
                texts = chance.sample(sentences(language), min(count, len(sentences(language))))
                try:
                    encoded(texts, encoding)
                except UnicodeEncodeError:
                    continue
                found.append((language, encoding, texts))
    return found


def is_read(language: str, encoding: str, texts: list[str], *, named: bool) -> bool:
    code = language.replace("_", "-").lower() if named else ""
    return words_of(to_webvtt(encoded(texts, encoding), "srt", language=code)) == texts


@pytest.mark.long("videos/media")
@pytest.mark.parametrize(
    ("count", "repeat", "named", "least_percent"),
    [
        (1, at_full_count(8, 3), False, 90), (3, at_full_count(6, 3), False, 98),
        (50, at_full_count(3, 2), False, 100),
        (1, at_full_count(8, 3), True, 99), (3, at_full_count(6, 3), True, 99.5), (50, at_full_count(3, 2), True, 100),
    ],
)  # fmt: skip
def test_so_many_files_of_so_many_cues_are_read_rightly(
    count: int, repeat: int, named: bool, least_percent: float
) -> None:
    made = files(count, repeat)
    wrong = [(language, encoding) for language, encoding, texts in made
             if not is_read(language, encoding, texts, named=named)]  # fmt: skip
    assert len(made) > 100
    assert 100 - 100 * len(wrong) / len(made) >= least_percent, sorted(wrong)


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("language", ["ja", "zh_Hans", "ko", "ru", "pl", "ar"])
def test_unicode_needs_no_guess_with_its_mark_or_without(language: str, encoding: str) -> None:
    for text in sentences(language)[:40]:
        assert is_read(language, encoding, [text], named=False)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("ありがとう", "shift_jis"),
        ("はい", "shift_jis"),
        ("何だって？", "shift_jis"),
        ("逃げろ！", "cp932"),
        ("テレビを見る", "euc_jp"),
        ("谢谢你", "gbk"),
        ("我不知道。", "gb18030"),
        ("謝謝你", "big5"),
        ("你在說什麼", "big5"),
        ("감사합니다", "euc_kr"),
        ("뭐라고?", "cp949"),
        ("Спасибо", "cp1251"),
        ("Спасибо, хорошо", "koi8_r"),
        ("Dziękuję bardzo, do widzenia", "cp1250"),
        ("Nie wiem, gdzie jesteś", "iso8859_2"),
        ("Où est-il ?", "cp1252"),
        ("The naïve café’s owner…", "cp1252"),
        ("Das wäre schön", "cp1252"),
        ("Evet, çok güzel. Teşekkür ederim", "cp1254"),
        ("Ευχαριστώ πολύ", "cp1253"),
        ("תודה רבה לך", "cp1255"),
        ("شكرا جزيلا لك", "cp1256"),
        ("ขอบคุณมาก", "tis_620"),
    ],
)
def test_a_few_words_are_enough(text: str, encoding: str) -> None:
    assert words_of(to_webvtt(subrip(text).encode(encoding), "srt")) == [text]


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        ("č", "cp1250", "cs"),
        ("è", "cp1252", "it"),
        ("нет", "koi8_r", "ru"),
        ("愛", "shift_jis", "ja"),
        ("爱", "gbk", "zh"),
        ("愛", "big5", "zh-tw"),
        ("愛", "big5", "zh-hant-hk"),
        ("사", "euc_kr", "ko"),
        ("ž", "cp1257", "lt"),
        ("ğ", "cp1254", "tr"),
        ("Đ", "cp1250", "hr"),
    ],
)
def test_the_language_of_the_name_decides_where_a_letter_alone_cannot(text: str, encoding: str, language: str) -> None:
    assert words_of(to_webvtt(subrip(text).encode(encoding), "srt", language=language)) == [text]


def test_a_wrong_language_in_the_name_does_not_outweigh_a_text() -> None:
    texts = sentences("ja")[:10]
    assert words_of(to_webvtt(subrip(*texts).encode("cp932"), "srt", language="ko")) == texts


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("iso8859_2", "ISO-8859-2"), ("koi8_r", "koi8-r"), ("shift_jis", "Shift_JIS"), ("cp1252", "")],
)
def test_an_encoding_that_a_file_declares_counts(encoding: str, name: str) -> None:
    letter = {"iso8859_2": "ž", "koi8_r": "ш", "shift_jis": "愛", "cp1252": "è"}[encoding]
    declared = f'encoding="{name}"' if name else 'encoding="x-none"'
    xml = ttml(f'<tt:p begin="1s" end="2s">{letter}</tt:p>').decode().replace('"1.0"', f'"1.0" {declared}')
    assert words_of(to_webvtt(xml.encode(encoding), "ttml")) == [letter]
    sami = f'<SAMI><HEAD><META charset="{name}"></HEAD><BODY><SYNC Start=1><P>{letter}'
    assert words_of(to_webvtt(sami.encode(encoding), "smi")) == [letter]


@pytest.mark.parametrize(
    ("number", "encoding", "letter"),
    [(128, "cp932", "愛"), (134, "gbk", "爱"), (204, "cp1251", "ш"), (238, "cp1250", "č")],
)
def test_the_character_set_of_a_style_counts(number: int, encoding: str, letter: str) -> None:
    head = f"[V4+ Styles]\nFormat: Name, Encoding\nStyle: Default,{number}"
    assert words_of(to_webvtt(substation(letter, head=head).encode(encoding), "ass")) == [letter]


def test_what_a_file_declares_wrongly_does_not_outweigh_its_text() -> None:
    texts = sentences("ru")[:5]
    paragraphs = "".join(f'<tt:p begin="{n}s" end="{n}.5s">{text}</tt:p>' for n, text in enumerate(texts))
    xml = ttml(paragraphs).decode().replace('"1.0"', '"1.0" encoding="Shift_JIS"')
    assert words_of(to_webvtt(xml.encode("cp1251"), "ttml")) == texts
    assert words_of(to_webvtt(xml.encode(), "ttml")) == texts


def test_lines_of_two_encodings_are_each_read_as_what_they_are() -> None:
    first, second = "Где ты был вчера? Я ждал тебя.", "Спасибо, хорошо. Пойдём домой."
    mixed = subrip(first).encode() + b"\r\n" + subrip(second).replace("00:00:01", "00:00:02").encode("cp1251")
    assert words_of(to_webvtt(mixed, "srt")) == [first, second]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp932", "big5", "cp949", "gb18030", "utf-16", "iso2022_jp"])
def test_bytes_that_are_cut_off_or_broken_cost_only_themselves(encoding: str) -> None:
    language = {"cp932": "ja", "big5": "zh_Hant", "cp949": "ko", "gb18030": "zh_Hans", "iso2022_jp": "ja"}.get(
        encoding, "ru"
    )
    texts = sentences(language)[:12]
    content = subrip(*texts).encode(encoding)
    words = words_of(to_webvtt(content[:-5], "srt"))
    assert words[:11] == texts[:11]
    part = texts[2].encode("utf-16-le" if encoding == "utf-16" else encoding)
    at = content.index(part) + len(part) // 2
    broken = words_of(to_webvtt(content[:at] + b"\xff" + content[at + 1 :], "srt"))
    assert len(broken) >= 11
    assert broken[-5:] == texts[-5:]


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"Rar!\x1a\x07", "RAR"), (b"\x1f\x8b\x08", "gzip"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"PK\3\4", "ZIP")],
)
def test_an_archive_is_refused_by_its_name_and_never_unpacked(content: bytes, kind: str) -> None:
    with pytest.raises(Exception, match=rf"it is an archive \({kind}\), which must be unpacked first"):
        to_webvtt(content + bytes(1000), "srt")
