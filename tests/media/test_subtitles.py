"""A subtitle file is found by its name and becomes WebVTT, whatever its encoding and format, and does no harm."""

import re
import time
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from tests.media.subtitle_files import subrip, substation, ttml, words_of
from videos.media.subtitles.cues import EXTENSIONS, MAX_BYTES, MAX_CUES, UnreadableSubtitles
from videos.media.subtitles.names import match
from videos.media.subtitles.webvtt import to_webvtt

STEMS = {"trips/Sea", "Show.S01E01.1080p", "Show.S01E01", "Sea", "Sea.2", "été/Café"}


# Names


@pytest.mark.parametrize(
    ("filename", "stem", "language", "label"),
    [
        ("trips/Sea.srt", "trips/Sea", "", "Subtitles"),
        ("trips/Sea.SRT", "trips/Sea", "", "Subtitles"),
        ("trips/Sea.en.vtt", "trips/Sea", "en", "English"),
        ("trips/Sea.EN.srt", "trips/Sea", "en", "English"),
        ("trips/Sea.eng.srt", "trips/Sea", "en", "English"),
        ("trips/Sea.ger.srt", "trips/Sea", "de", "German"),
        ("trips/Sea.deu.srt", "trips/Sea", "de", "German"),
        ("trips/Sea.English.srt", "trips/Sea", "en", "English"),
        ("trips/Sea.Deutsch.srt", "trips/Sea", "de", "German"),
        ("trips/Sea.РУССКИЙ.srt", "trips/Sea", "ru", "Russian"),
        ("trips/Sea.日本語.ass", "trips/Sea", "ja", "Japanese"),
        ("trips/Sea.haw.srt", "trips/Sea", "haw", "Hawaiian"),
        ("trips/Sea.en.forced.ass", "trips/Sea", "en", "English (forced)"),
        ("trips/Sea.forced.en.srt", "trips/Sea", "en", "English (forced)"),
        ("trips/Sea.forced.srt", "trips/Sea", "", "Subtitles (forced)"),
        ("trips/Sea.pt-BR.sdh.srt", "trips/Sea", "pt-br", "Portuguese (Brazil, SDH)"),
        ("trips/Sea.pt_br.srt", "trips/Sea", "pt-br", "Portuguese (Brazil)"),
        ("trips/Sea.pob.srt", "trips/Sea", "pt-br", "Portuguese (Brazil)"),
        ("trips/Sea.Português (Brasil).srt", "trips/Sea", "pt-br", "Portuguese (Brazil)"),
        ("trips/Sea.Português do Brasil.srt", "trips/Sea", "pt-br", "Portuguese (Brazil)"),
        ("trips/Sea.es-419.srt", "trips/Sea", "es-419", "Spanish (Latin America)"),
        ("trips/Sea.Spanish (Latin American).srt", "trips/Sea", "es-419", "Spanish (Latin America)"),
        ("trips/Sea.zh-Hant.srt", "trips/Sea", "zh-hant", "Chinese (Traditional)"),
        ("trips/Sea.zh-Hans-CN.srt", "trips/Sea", "zh-hans-cn", "Chinese (Simplified, China)"),
        ("trips/Sea.chs.srt", "trips/Sea", "zh-hans", "Chinese (Simplified)"),
        ("trips/Sea.English (SDH).srt", "trips/Sea", "en", "English (SDH)"),
        ("trips/Sea.2.en.srt", "trips/Sea", "en", "English (2)"),
        ("trips/Sea.02.srt", "trips/Sea", "", "Subtitles (2)"),
        ("trips/Sea.en.default.srt", "trips/Sea", "en", "English"),
        ("trips/Sea.en.signs.songs.ass", "trips/Sea", "en", "English (signs, songs)"),
        ("trips/Sea.en.Signs & Songs.ass", "trips/Sea", "en", "English (signs, songs)"),
        ("trips/Sea.en.commentary.srt", "trips/Sea", "en", "English (commentary)"),
        ("trips/Sea.en.fr.srt", "trips/Sea", "en", "English + French"),
        ("trips/Sea.hi.srt", "trips/Sea", "hi", "Hindi"),
        ("trips/Sea.hi.forced.srt", "trips/Sea", "hi", "Hindi (forced)"),
        ("trips/Sea.en.hi.srt", "trips/Sea", "en", "English (SDH)"),
        ("trips/Sea.hi.en.srt", "trips/Sea", "en", "English (SDH)"),
        ("trips/Sea.hi.hi.srt", "trips/Sea", "hi", "Hindi (SDH)"),
        ("trips/Sea.Director.srt", "trips/Sea", "", "Director"),
        ("trips/Sea.Director's cut.srt", "trips/Sea", "", "Director's cut"),
        ("trips/Sea.en.Director.srt", "trips/Sea", "en", "English (Director)"),
        ("Show.S01E01.1080p.en.srt", "Show.S01E01.1080p", "en", "English"),
        ("Show.S01E01.1080p.srt", "Show.S01E01.1080p", "", "Subtitles"),
        ("Show.S01E01.en.srt", "Show.S01E01", "en", "English"),
        ("Sea.2.srt", "Sea.2", "", "Subtitles"),
        ("Sea.3.srt", "Sea", "", "Subtitles (3)"),
    ],
)
def test_a_name_says_whose_subtitles_these_are(filename: str, stem: str, language: str, label: str) -> None:
    sidecar = match(filename, STEMS)
    assert sidecar is not None
    assert (sidecar.stem, sidecar.language, sidecar.label) == (stem, language, label)


@pytest.mark.parametrize(
    "filename",
    [
        "Show.S01E02.srt",  # its video is not here
        "Show.S01E01.720p.srt",  # another release
        "trips/Sea.Director.Extended.srt",
        "trips/Sea..srt",
        "trips/Sea.1999.srt",
        "trips/Seaside.srt",
        "other/Sea.srt",
        "Sea/trips.srt",
        "trips/Sea.txt",
        "trips/Sea.idx",
        "trips/Sea",
        "trips/.srt",
        "srt",
        "",
    ],
)
def test_a_name_that_tells_something_else_belongs_to_no_video(filename: str) -> None:
    assert match(filename, STEMS) is None


def test_an_episode_number_is_no_label() -> None:
    assert match("Show.S01E02.srt", {"Show"}) is None


@pytest.mark.parametrize(
    ("filename", "is_forced", "is_for_the_deaf"),
    [
        ("Sea.en.srt", False, False),
        ("Sea.en.forced.srt", True, False),
        ("Sea.en.foreign.srt", True, False),
        ("Sea.en.cc.srt", False, True),
        ("Sea.en.sdh.forced.srt", True, True),
        ("Sea.eng_hi.srt", False, True),
    ],
)
def test_the_flags_of_a_name_are_told(filename: str, is_forced: bool, is_for_the_deaf: bool) -> None:
    sidecar = match(filename, STEMS)
    assert sidecar is not None
    assert (sidecar.is_forced, sidecar.is_for_the_deaf) == (is_forced, is_for_the_deaf)


@pytest.mark.parametrize("form_on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("form_of_name", ["NFC", "NFD"])
def test_a_stem_in_another_unicode_form_is_found_and_told_as_it_is_spelled(
    form_on_disk: str, form_of_name: str
) -> None:
    stem = unicodedata.normalize(form_on_disk, "été/Café")  # type: ignore[arg-type]
    sidecar = match(unicodedata.normalize(form_of_name, "été/Café.Français.srt"), {stem})  # type: ignore[arg-type]
    assert sidecar is not None
    assert (sidecar.stem, sidecar.language) == (stem, "fr")


@given(st.text(), st.sampled_from(sorted(EXTENSIONS)))
def test_no_name_breaks_the_matching(name: str, extension: str) -> None:
    match(f"{name}.{extension}", {"Sea"})
    sidecar = match(f"Sea.{name}.{extension}", {"Sea"})
    assert sidecar is None or (sidecar.stem == "Sea" and sidecar.label.strip())


# Encodings

LINES = {
    "cp1252": "Où êtes-vous allé hier après-midi ?\nJe suis resté à la maison, ça va.",
    "cp1250": "Dzień dobry, jak się masz?\nProszę, zamknij drzwi. Źle się czuję.",
    "cp1251": "Привет, как дела?\nСпасибо, хорошо. Где ты был вчера?",
    "cp1253": "Καλημέρα, τι κάνεις;\nΕυχαριστώ, είμαι καλά. Πού ήσουν χθες;",
    "cp1254": "Günaydın, nasılsın?\nTeşekkür ederim, iyiyim. Dün neredeydin, çocuğum?",
    "cp1255": "שלום, מה שלומך?\nתודה, הכל בסדר. איפה היית אתמול?",
    "cp1256": "صباح الخير، كيف حالك؟\nشكرا، أنا بخير. أين كنت أمس؟",
    "cp1257": "Labas rytas, kaip sekasi?\nAčiū, gerai. Kur buvai vakar, žmogau? Šiandien mūsų eilė.",
    "cp874": "สวัสดีตอนเช้า คุณเป็นอย่างไรบ้าง\nขอบคุณ ฉันสบายดี",
    "iso8859_1": "¿Dónde está el niño?\nMañana será otro día.",
    "iso8859_2": "Příliš žluťoučký kůň úpěl ďábelské ódy.\nDěkuji, mám se dobře.",
    "iso8859_9": "Şimdi gidiyoruz, değil mi?\nEvet, çok güzel bir gün, sağ ol. Kızım nasıl?",
    "koi8_r": "Привет, как дела?\nСпасибо, хорошо. Где ты был вчера?",
    "shift_jis": "おはようございます。\n元気ですか。アイスクリームとテレビ。",
    "gbk": "早上好，你好吗？\n谢谢，我很好。你昨天在哪里？",
    "gb18030": "早上好，你好吗？\n谢谢，我很好。你昨天在哪里？",
    "big5": "早安，你好嗎？\n謝謝，我很好。你昨天在哪裡？",
    "euc_kr": "좋은 아침입니다. 어떻게 지내세요?\n감사합니다, 잘 지내요. 어제 어디에 있었어요?",
    "utf-8": "Ça va ? Привет. おはよう 👋",
    "utf-8-sig": "Ça va ? Привет. おはよう 👋",
    "utf-16": "Ça va ? Привет. おはよう 👋",
    "utf-16-le": "Ça va ? Привет. おはよう 👋",
    "utf-16-be": "Ça va ? Привет. おはよう 👋",
    "utf-32": "Ça va ? Привет. おはよう 👋",
}


@pytest.mark.parametrize("encoding", LINES)
def test_two_lines_are_enough_to_know_an_encoding(encoding: str) -> None:
    lines = LINES[encoding]
    assert words_of(to_webvtt(subrip(*lines.split("\n")).encode(encoding), "srt")) == lines.split("\n")


@pytest.mark.parametrize("encoding", ["cp1251", "cp1252", "shift_jis", "big5"])
def test_the_ascii_of_substation_does_not_hide_an_encoding(encoding: str) -> None:
    lines = LINES[encoding].split("\n")
    content = substation(*(rf"{{\an8\fnArial}}{line}\Nhello" for line in lines)).encode(encoding)
    assert words_of(to_webvtt(content, "ass")) == [f"{line}\nhello" for line in lines]


def test_a_byte_that_was_broken_does_not_cost_the_others() -> None:
    content = subrip("Привет, как дела? Спасибо, хорошо.").encode().replace("я".encode(), b"\xd1", 1) + b"\xd1"
    assert "Привет, как дела" in to_webvtt(content, "srt")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_every_line_end_is_understood(line_end: str) -> None:
    assert words_of(to_webvtt(subrip("one\ntwo", "three", line_end=line_end).encode(), "srt")) == ["one\ntwo", "three"]


def test_nuls_are_left_out() -> None:
    assert words_of(to_webvtt(subrip("on\0e").encode() + b"\0" * 5000, "srt")) == ["one"]


# Formats


def test_webvtt_keeps_its_styles_settings_and_notes() -> None:
    text = (
        "WEBVTT - a title\n\nSTYLE\n::cue(.loud) { color: red }\n\nNOTE a remark\n\n"
        "first\n00:01.000 --> 00:02.000 line:10% align:start\n<v Ann><c.loud>Hé</c> &amp; <i>ho</i><00:01.500> hi</v>\n"
    )
    assert to_webvtt(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "vtt") == text
    assert to_webvtt(text.encode("cp1252"), "vtt") == text


def test_webvtt_with_the_comma_of_subrip_is_mended() -> None:
    written = to_webvtt(b"WEBVTT\n\n00:00:01,000 --> 00:00:02,000 line:0\n1,000 --\n", "vtt")
    assert "00:00:01.000 --> 00:00:02.000 line:0\n1,000 --\n" in written


def test_subrip_becomes_webvtt() -> None:
    assert to_webvtt(subrip("one\ntwo", "three").encode(), "srt") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:01.500\none\ntwo\n\n00:00:02.000 --> 00:00:02.500\nthree\n"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<i>one</i> <B>two</B> < u >three</ u >", "<i>one</i> <b>two</b> <u>three</u>"),
        ("<b><i>both</b> one", "<i><b>both</b></i> <i>one</i>"),
        ("<i>never closed", "<i>never closed</i>"),
        ('<font color="#ff0000">red</font>', "<c.red>red</c>"),
        (r"{\an8}above {\i1}so{\i0}", "above <i>so</i>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("R&D &amp; a --> b", "R&amp;D &amp; a --&gt; b"),
        ("I <3 you {smile}", "I &lt;3 you {smile}"),
        ("one\n\n\ntwo", "one\ntwo"),
        ("1984", "1984"),
        ("♪ la\x07 la ♪", "♪ la la ♪"),
    ],
)
def test_the_text_of_subrip_keeps_its_simple_markup_and_shows_the_rest(written: str, shown: str) -> None:
    assert words_of(to_webvtt(subrip(written, "next").encode(), "srt")) == [shown, "next"]


@pytest.mark.parametrize(
    ("times", "written"),
    [
        ("123:00:00,000 --> 123:00:01,000", "123:00:00.000 --> 123:00:01.000"),
        ("0:00:01.5 -> 0:00:02", "00:00:01.500 --> 00:00:02.000"),
        ("00:00:01,000-->00:00:02,000 X1:0 X2:9", "00:00:01.000 --> 00:00:02.000"),
        ("00:01.000 --> 00:02.000 align:start", "00:00:01.000 --> 00:00:02.000"),
    ],
)
def test_times_are_understood_as_people_write_them(times: str, written: str) -> None:
    assert f"\n{written}\nhi\n" in to_webvtt(f"{times}\nhi\n".encode(), "srt")


def test_cues_that_overlap_are_kept() -> None:
    text = "00:02,000 --> 00:09,000\nlong\n\n00:03,000 --> 00:04,000\nin\n"
    assert words_of(to_webvtt(text.encode(), "srt")) == ["long", "in"]


def test_cues_are_written_in_the_order_of_their_times() -> None:
    text = "00:00:05,000 --> 00:00:06,000\nlater\n\n00:00:02,000 --> 00:00:03,000\nsooner\n"
    assert words_of(to_webvtt(text.encode(), "srt")) == ["sooner", "later"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"one\Ntwo\hthree\nfour", "one\ntwo\u00a0three four"),
        (r"{\i1}one{\i0} {\b1}two{\b0} {\u1}three{\r} four", "<i>one</i> <b>two</b> <u>three</u> four"),
        (r"{\b700}heavy{\b400} light", "<b>heavy</b> light"),
        (r"{\pos(10,20)\fad(1,2)\bord3\blur2\iclip(1)}plain", "plain"),
        (r"{\p1}m 0 0 l 9 9{\p0}words", "words"),
        ("a, b {comment}& <script>", "a, b &amp; &lt;script&gt;"),
        ("open { brace", "open { brace"),
        (r"{\rAlt}leaning", "<i>leaning</i>"),
    ],
)
def test_the_text_of_substation_keeps_its_simple_markup(written: str, shown: str) -> None:
    head = "[V4+ Styles]\nStyle: Alt,Arial,20,&H0,&H0,&H0,&H0,0,-1,0"
    assert words_of(to_webvtt(substation(written, head=head).encode(), "ass")) == [shown]


def test_the_style_of_a_substation_line_is_kept_and_its_columns_are_those_of_the_file() -> None:
    head = "[V4+ Styles]\nFormat: Name, Italic, Bold\nStyle: Thought,-1,0"
    assert words_of(to_webvtt(substation("hm", head=head, style="Thought").encode(), "ass")) == ["<i>hm</i>"]
    events = (
        "[Events]\nFormat: End, Start, Text\nDialogue: 0:00:02.00,0:00:01.00,a, b\nComment: 0:00:02.00,0:00:01.00,no\n"
    )
    assert to_webvtt(events.encode(), "ssa") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na, b\n"


def test_a_drawing_is_no_subtitle_and_the_same_words_twice_are_shown_once() -> None:
    line = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,"
    text = f"[Events]\n{line}{{\\p2}}m 0 0 l 1 1\n{line}{{\\blur3}}hi\n{line}hi\n"
    assert words_of(to_webvtt(text.encode(), "ass")) == ["hi"]


def test_a_broken_line_of_substation_costs_only_itself() -> None:
    text = substation("one").replace(
        "[Events]\n", "[Events]\nDialogue: 0,never,0:00:01.00,D,,0,0,0,,x\nDialogue: 0,1\n"
    )
    assert words_of(to_webvtt(text.encode(), "ass")) == ["one"]


def test_the_frames_of_microdvd_are_counted_by_its_first_line_or_by_25() -> None:
    assert "00:00:10.000 --> 00:00:20.000\nhi\n" in to_webvtt(b"{1}{1}10.0\n{100}{200}hi\n", "sub")
    assert "00:00:04.000 --> 00:00:08.000\nhi\n" in to_webvtt(b"{100}{200}hi\n", "sub")
    assert "00:00:04.000 --> 00:00:08.000\nhi\n" in to_webvtt(b"{1}{1}0\n{100}{200}hi\n", "sub")


def test_microdvd_keeps_lines_and_italics() -> None:
    assert words_of(to_webvtt(b"{0}{25}{y:i}one|two{c:$0000ff}\n{30}{50}{Y:i}one|two\n", "sub")) == [
        "<i>one</i>\ntwo",
        "<i>one</i>\n<i>two</i>",
    ]


def test_mpl2_and_subviewer_are_known_by_their_content() -> None:
    assert to_webvtt(b"[10][25]/one|two\n", "sub") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>one</i>\ntwo\n"
    subviewer = b"[INFORMATION]\n[END INFORMATION]\n00:00:01.00,00:00:02.50\none[br]two\n"
    assert to_webvtt(subviewer, "sub") == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\none\ntwo\n"


def test_sami_is_read_and_its_language_with_the_most_words_taken() -> None:
    text = """<SAMI><HEAD><STYLE TYPE="text/css"><!-- P {color:white} .KRCC {lang:ko-KR} --></STYLE></HEAD><BODY>
        <SYNC Start=1000><P Class=KRCC><i>안녕</i><br>A &amp; B<P Class=ENCC>Hi
        <SYNC Start=2500><P Class=KRCC>&nbsp;
        <SYNC Start=4000><P Class=KRCC>&lt;script&gt;</BODY></SAMI>"""
    assert to_webvtt(text.encode(), "smi") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>안녕</i>\nA &amp; B\n\n"
        "00:00:04.000 --> 00:00:09.000\n&lt;script&gt;\n"
    )


@pytest.mark.parametrize(
    ("times", "written"),
    [
        ('begin="00:00:01.500" end="00:00:02.000"', "00:00:01.500 --> 00:00:02.000"),
        ('begin="1.5s" dur="500ms"', "00:00:01.500 --> 00:00:02.000"),
        ('begin="00:00:01:05" end="20f"', "00:00:01.500 --> 00:00:02.000"),
        ('begin="15000t" end="20000t"', "00:00:01.500 --> 00:00:02.000"),
    ],
)
def test_the_times_of_ttml_are_clocks_lengths_frames_and_ticks(times: str, written: str) -> None:
    rates = 'ttp:frameRate="10" ttp:tickRate="10000"'
    assert to_webvtt(ttml(f"<tt:p {times}>hi</tt:p>", rates), "ttml") == f"WEBVTT\n\n{written}\nhi\n"


def test_ttml_keeps_lines_and_italics() -> None:
    head = '<tt:styling><tt:style xml:id="it" tts:fontStyle="italic"/></tt:styling>'
    text = '<tt:p begin="1s" end="2s">one\n  <tt:span style="it">two<tt:br/>three</tt:span> A &amp; &lt;b&gt;</tt:p>'
    assert words_of(to_webvtt(ttml(text, head=head), "dfxp")) == ["one <i>two</i>\n<i>three</i> A &amp; &lt;b&gt;"]


def test_the_times_of_ttml_count_from_what_they_stand_in() -> None:
    hi, ho = (f'<tt:p begin="1s" end="2s">{words}</tt:p>' for words in ("hi", "ho"))
    text = f'</tt:div><tt:div begin="10s">{hi}</tt:div><tt:div>{ho}'
    assert to_webvtt(ttml(text), "ttml") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nho\n\n00:00:11.000 --> 00:00:12.000\nhi\n"
    )


def test_an_xml_bomb_is_text_like_any_other() -> None:
    bomb = b'<!DOCTYPE tt [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    assert words_of(to_webvtt(bomb + ttml('<tt:p begin="1s" end="2s">&b;</tt:p>'), "ttml")) == ["&amp;b;"]


@pytest.mark.parametrize("extension", sorted(EXTENSIONS))
@pytest.mark.parametrize(
    "content",
    [
        subrip("hello").encode(),
        b"WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n",
        b"\n\nWEBVTT\n\n00:01.000 --> 00:02.000\nhello\n",
        substation("hello").encode(),
        b"{25}{50}hello\n",
        b"<SAMI><BODY><SYNC Start=1000><P>hello",
        ttml('<tt:p begin="1s" end="2s">hello</tt:p>'),
    ],
    ids=["srt", "vtt", "vtt later", "ass", "sub", "smi", "ttml"],
)
def test_a_format_is_known_by_its_content_whatever_the_name(content: bytes, extension: str) -> None:
    assert words_of(to_webvtt(content, extension)) == ["hello"]


def test_the_extension_may_be_written_in_capitals_and_with_its_dot() -> None:
    assert to_webvtt(subrip("hi").encode(), ".SRT") == to_webvtt(subrip("hi").encode(), "srt")


# What is refused


@pytest.mark.parametrize(
    ("content", "extension", "reason"),
    [
        (b"", "srt", "the file is empty"),
        (b"\0" * 100, "srt", "the file is empty"),
        (b" \r\n", "vtt", "the file is empty"),
        (
            b"\0\0\1\xba" + bytes(range(256)) * 9,
            "sub",
            "it holds pictures of text (VobSub), which cannot be made into text",
        ),
        (b"# VobSub index file, v7\n", "sub", "it holds pictures of text (VobSub), which cannot be made into text"),
        (b"PK\3\4" + bytes(range(256)) * 9, "srt", "it is an archive (ZIP), which must be unpacked first"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "srt", "it is not a text file"),
        (b"Dear diary,\nnothing happened.\n", "srt", "no subtitles were found in it"),
        (b"WEBVTT\n", "vtt", "no subtitles were found in it"),
        (b"WEBVTTwhat\n", "vtt", "no subtitles were found in it"),
        (b"x" * (MAX_BYTES + 1), "srt", "it is larger than 10 MiB, which no subtitles are"),
        (b"<i>" * 300_001, "srt", "it holds more markup than subtitles do"),
        (b"00:01,0 --> 00:02,0\nx\n" * (MAX_CUES + 1), "srt", "it holds more than 50,000 subtitles"),
        (b"hi", "exe", "subtitles of this kind cannot be read"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_reason(content: bytes, extension: str, reason: str) -> None:
    with pytest.raises(UnreadableSubtitles) as refusal:
        to_webvtt(content, extension)
    assert str(refusal.value) == reason


TIMING = re.compile(
    r"\d{2,}:[0-5]\d:[0-5]\d\.\d{3} --> \d{2,}:[0-5]\d:[0-5]\d\.\d{3}"
    r"( vertical:(rl|lr))?( line:\d+%?)?( position:\d+%)?( align:(left|right))?"
)
FRAGMENTS = [
    b"WEBVTT\n\n", b"1\n", b"\n\n", b"\r\n", b"00:00:01,000 --> 00:00:02,000\n", b"99999:99:99,9 --> 999999:0:0\n",
    b"-->", b"<script>", b"</script", b"<i>", b"</i>", b"<b\n>", b"&", b"&amp;", b"&#13;&#10;--&gt;",
    b"&#99999999999;", b"\0", b"{", b"}", b"{\\i1}", b"{\\p1}", b"\\N", b"[Script Info]\n[Events]\n",
    b"Format: Text\n", b"Format: Start,End,Text\n", b"Style: ,1\n",
    b"Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,", b"Dialogue: ,,,", b"\n{1}{1}0.0001\n", b"\n{1}{99}",
    b"{y:i}", b"|", b"{\\an8}", b"{\\pos(1,9999)}",
    b"<font color=red>", b"{c:$0000ff}", b" X1:1 X2:2 Y1:3 Y2:4\n", b"[00:01]",
    b"0:0:1:", b"<SAMI>", b"<SYNC Start=1>", b"<SYNC Start=9999999>", b"<SYNC>", b"<P Class=a>", b"<br>",
    b"<tt xmlns='ttml'>", b"</p>", b"<p begin='1s' end='2s'>", b"<p begin='999999999999h' end='2f'>",
    b"<div begin='1m'>", b"<span style='a'>", b"</span>", b"</div>", b"\xff\xfe", b"\xe9", b"\x82\xa0",
    "Привет".encode("cp1251"), "é\u2028\x85".encode(), b"[1][2]/", b"0:0:0.0,0:0:1.0\n[br]",
]  # fmt: skip
SOUND_SUBRIP = b"1\n00:00:00,000 --> 00:00:01,000\n"
SOUND_EVENT = b"\nDialogue: 0,0:00:00.00,0:00:01.00,D,,0,0,0,,x"
STARTS = [
    b"", SOUND_SUBRIP, b"[Events]" + SOUND_EVENT, b"{1}{5}", b"<SAMI><SYNC Start=1><P>",
    b"<tt xmlns='ttml'><p begin='1s' end='2s'>", b"WEBVTT\n\n00:01.000 --> 00:02.000\n", b"[00:01.00]", b"0:00:01:",
    b"[00:00:01]\n",
]  # fmt: skip
PIECES = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map(b"".join)
WILD = st.one_of(st.binary(max_size=300), PIECES, st.tuples(st.sampled_from(STARTS), PIECES).map(b"".join))


def check_cues(written: str) -> None:
    header, *blocks = written.split("\n\n")
    assert header == "WEBVTT"
    for block in blocks:
        timing, *lines = block.removesuffix("\n").split("\n")
        assert TIMING.fullmatch(timing)
        assert lines
        assert all(line.strip() and "-->" not in line for line in lines)
        bare = re.sub(r"</?[ibuc]>|<c\.[a-z]+>|&(?:amp|lt|gt);", "", "\n".join(lines))
        assert not re.search(r"[<>&\0\r]", bare)


@pytest.mark.long("videos/media")
@settings(max_examples=at_full_count(1500, 150))
@given(WILD, st.sampled_from(sorted(EXTENSIONS)))
@example(b"00:00:00,000 --> 00:00:01,000\n&#13;&#13;00:00:02.000 --> 00:00:03.000\n", "srt")
@example(b"<tt xmlns='ttml'><p begin='1s' end='2s'>a&#10;&#10;00:00.000 --&gt; 00:01.000&#13;b</p>", "ttml")
def test_wild_bytes_are_written_safely_or_refused(content: bytes, extension: str) -> None:
    try:
        written = to_webvtt(content, extension)
    except UnreadableSubtitles as refusal:
        event(str(refusal))
        return
    assert written.startswith("WEBVTT")
    assert "<script" not in written.lower()
    assert "\0" not in written
    assert "\r" not in written
    if not content.strip(b"\0\xff\xfe\r\n ").startswith(b"WEBVTT"):
        check_cues(written)


OWN_TAG = re.compile(r"</?(c|i|b|u|v|ruby|rt|lang)\b[^<>]*>|<[\d:.]+>")


@pytest.mark.long("videos/media")
@settings(max_examples=at_full_count(500, 100))
@given(PIECES)
@example(b"00:00:01,000 --> 00:00:02,000\n<script>{\\an8}<b\n><i onx=1> <c.a x> a --> b\n")
def test_nothing_but_its_own_tags_comes_out_of_webvtt(content: bytes) -> None:
    with suppress(UnreadableSubtitles):
        written = to_webvtt(b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + content, "vtt")
        for number, line in enumerate(written.split("\n")):
            assert "<" not in OWN_TAG.sub("", line), (number, line)
            assert "-->" not in line or re.match(r"(\d\d+:)?\d\d:\d\d\.\d{3} +--> +(\d\d+:)?\d\d:\d\d\.\d{3}", line)


UNITS = [
    b"\n", b" ", b"<", b"<a ", b"<i>", b"a=", b"a='", b"{", b"{\\", b"{\\i1", b"[", b"[a", b"&#1", b"1", b"1:", b"00:",
    b"a", b"\xe9", b"\xe9 ", b"\x82\xa0", b"\nStyle:a,b", b"\\pos(1", b"&amp;", b"<!--",
    b"<![CDATA[", b"{\\an8}", b"[00:01]", b"<font color=", b"\\c&H", SOUND_EVENT, b"\n{1}{2}|", SOUND_SUBRIP,
]  # fmt: skip


JUNK_BYTES = at_full_count(2_000_000, 200_000)


@pytest.mark.long("videos/media")
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("end", [b"", b"\n00:00:05,000 --> 00:00:06,000\nx"], ids=["open", "closed"])
def test_two_megabytes_of_junk_are_done_with_soon(start: bytes, unit: bytes, end: bytes) -> None:
    content = start + unit * (JUNK_BYTES // len(unit)) + end
    began = time.process_time()
    with suppress(UnreadableSubtitles):
        to_webvtt(content, "srt")
    # It takes a tenth of that; a reader whose time is not in proportion to the size would take hours.
    assert time.process_time() - began < max(2, 5 * JUNK_BYTES / 2_000_000)


def test_the_subtitles_of_a_film_are_converted_while_a_page_loads() -> None:
    content = subrip(*["<i>Où êtes-vous</i>\nallé hier & demain ?"] * 60).encode("cp1252") * 35
    to_webvtt(content, "srt")
    began = time.process_time()
    to_webvtt(content, "srt")
    assert time.process_time() - began < 0.5
