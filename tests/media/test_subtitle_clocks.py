"""Times are understood as people and tools write them, and no text goes unseen for a fault in its times."""

import pytest

from tests.media.subtitle_files import times_of, ttml, words_of
from videos.media.subtitles.cues import UnreadableSubtitles
from videos.media.subtitles.webvtt import to_webvtt


def read(text: str, extension: str = "srt") -> str:
    return to_webvtt(text.encode(), extension)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("00:00:01.000 --> 00:00:02.000", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01:500 --> 00:00:02:500", "00:00:01.500 --> 00:00:02.500"),
        ("00:01:500 --> 00:02:500", "00:00:01.500 --> 00:00:02.500"),
        ("00:01,500 --> 00:02,500", "00:00:01.500 --> 00:00:02.500"),
        ("0:0:1,5 --> 0:0:2", "00:00:01.500 --> 00:00:02.000"),
        ("00: 00: 01, 500 --> 00:00 :02 ,500", "00:00:01.500 --> 00:00:02.500"),
        ("100:00:00,000 --> 100:00:01,000", "100:00:00.000 --> 100:00:01.000"),
        ("-00:00:01,000 --> 00:00:02,000", "00:00:00.000 --> 00:00:02.000"),
        ("00:00:01,000 -> 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01,000 –> 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01,000 - -> 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01,000 → 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01,000 --&gt; 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("1 00:00:01,000 --> 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("\ufeff00:00:01,000 --> 00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("٠٠:٠٠:٠١,٥٠٠ --> ٠٠:٠٠:٠٢,٥٠٠", "00:00:01.500 --> 00:00:02.500"),
        ("00:00:01,000\t-->\t00:00:02,000   ", "00:00:01.000 --> 00:00:02.000"),
    ],
)  # fmt: skip
def test_a_time_of_subrip_is_understood(times: str, expected: str) -> None:
    written = read(f"1\n{times}\nhi\n")
    assert (times_of(written), words_of(written)) == ([expected], ["hi"])


@pytest.mark.parametrize(
    ("end", "following", "shown_until"),
    [
        ("00:00:04,000", "00:00:08,000", "00:00:08.000"),  # before it begins
        ("00:00:05,000", "00:00:08,000", "00:00:08.000"),  # as it begins
        ("", "00:00:08,000", "00:00:08.000"),
        ("", "00:00:05,000", "00:00:12.000"),  # the next begins together with it
        ("", "00:01:00,000", "00:00:12.000"),  # nobody reads for a minute
    ],
)
def test_a_cue_without_a_sound_end_stands_until_the_next(end: str, following: str, shown_until: str) -> None:
    written = read(f"1\n00:00:05,000 --> {end}\nfirst\n\n2\n{following} --> 00:02:00,000\nnext\n")
    assert (f"00:00:05.000 --> {shown_until}" in times_of(written), sorted(words_of(written))) == (
        True, ["first", "next"],
    )  # fmt: skip


def test_what_was_over_before_the_film_began_is_not_shown() -> None:
    assert words_of(read("-00:00:05,000 --> -00:00:01,000\nbefore\n\n00:00:01,000 --> 00:00:02,000\nhi\n")) == ["hi"]


TWO = ["00:00:01.000 --> 00:00:02.000", "00:00:03.000 --> 00:00:04.000"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("00:00:01,000 --> 00:00:02,000\none\n\n00:00:03,000 --> 00:00:04,000\ntwo\n", ["one", "two"]),
        ("00:00:01,000 --> 00:00:02,000\none\n00:00:03,000 --> 00:00:04,000\ntwo", ["one", "two"]),
        ("1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo", ["one", "two"]),
        ("1\n00:00:01,000 --> 00:00:02,000\n\none\n\n\n2\n\n00:00:03,000 --> 00:00:04,000\ntwo", ["one", "two"]),
        ("1\n00:00:01,000 --> 00:00:02,000\none\n\nmo\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo", ["one\nmo", "two"]),
        ("00:00:01,000 --> 00:00:02,000\n1984\n00:00:03,000 --> 00:00:04,000\ntwo", ["1984", "two"]),
        ("1\n00:00:01,000 --> 00:00:02,000\n1984\n\n2\n00:00:03,000 --> 00:00:04,000\n2001\n", ["1984", "2001"]),
        ("7\n00:00:03,000 --> 00:00:04,000\ntwo\n\n7\n00:00:01,000 --> 00:00:02,000\none\n", ["one", "two"]),
        ("1\r00:00:01,000 --> 00:00:02,000\rone\r\r2\r00:00:03,000 --> 00:00:04,000\rtwo\r", ["one", "two"]),
        ("1\r\n00:00:01,000 --> 00:00:02,000\none\r\r\n\n2\n00:00:03,000 --> 00:00:04,000\rtwo\x1a", ["one", "two"]),
        ("\n\n1\n00:00:01,000 --> 00:00:02,000\none\n\n\ufeff2\n00:00:03,000 --> 00:00:04,000\ntwo\n", ["one", "two"]),
        ("a title\n\n1\n00:00:01,000 --> 00:00:02,000\none\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n", ["one", "two"]),
    ],
)  # fmt: skip
def test_lines_that_are_missing_or_too_many_change_nothing(text: str, words: list[str]) -> None:
    written = read(text)
    assert (times_of(written), words_of(written)) == (TWO, words)


def test_frames_are_those_of_the_film_where_the_file_does_not_say() -> None:
    text = b"{240}{480}hi\n"
    assert times_of(to_webvtt(text, "sub", frame_rate=24.0)) == ["00:00:10.000 --> 00:00:20.000"]
    assert times_of(to_webvtt(b"{1}{1}48.0\n" + text, "sub", frame_rate=24.0)) == ["00:00:05.000 --> 00:00:10.000"]
    assert times_of(to_webvtt(b"{0}{0}48,000 fps\n" + text, "sub")) == ["00:00:05.000 --> 00:00:10.000"]
    assert times_of(to_webvtt(text, "sub", frame_rate=0.0)) == ["00:00:09.600 --> 00:00:19.200"]


def test_microdvd_without_an_end_stands_until_the_next() -> None:
    written = read("{0}{}one\n{50}{100}two\n{DEFAULT}{}{C:$0000ff}\n", "sub")
    assert (times_of(written), words_of(written)) == (
        ["00:00:00.000 --> 00:00:02.000", "00:00:02.000 --> 00:00:04.000"], ["one", "two"],
    )  # fmt: skip


def test_mpl2_has_tenths_of_a_second_and_signs_for_its_tags() -> None:
    written = read("[10][25]/one|\\two|_three\n[30][45]/_both\n", "mpl2")
    assert times_of(written) == ["00:00:01.000 --> 00:00:02.500", "00:00:03.000 --> 00:00:04.500"]
    assert words_of(written) == ["<i>one</i>\n<b>two</b>\n<u>three</u>", "<u><i>both</i></u>"]


@pytest.mark.parametrize("form", ["{}:one|two\n{}:next\n", "{}=one|two\n{}=next\n", "{},1=one\n{next},2=next\n"])
def test_tmplayer_is_read(form: str) -> None:
    text = form.format("00:00:01", "00:00:03", next="00:00:03") if "{next}" not in form else (
        "00:00:01,1=one\n00:00:01,2=two\n00:00:03,1=next\n"
    )  # fmt: skip
    written = read(text, "sub")
    assert times_of(written) == ["00:00:01.000 --> 00:00:03.000", "00:00:03.000 --> 00:00:10.000"]
    assert words_of(written) == ["one\ntwo", "next"]


def test_subviewer_1_and_sbv_are_read() -> None:
    old = "[TITLE]\nX\n[BEGIN]\n*** START ***\n[00:00:01]\none|two\n[00:00:03]\n\n[00:00:05]\nlast\n[end]\n"
    written = read(old, "sub")
    assert (times_of(written)[0], words_of(written)[0]) == ("00:00:01.000 --> 00:00:03.000", "one\ntwo")
    sbv = "0:00:01.000,0:00:02.500\none\ntwo\n\n0:00:03.000,0:00:04.000\nthree\n"
    written = read(sbv, "sbv")
    assert times_of(written) == ["00:00:01.000 --> 00:00:02.500", "00:00:03.000 --> 00:00:04.000"]
    assert words_of(written) == ["one\ntwo", "three"]


def test_the_lines_of_a_song_are_read() -> None:
    text = "[ar:Somebody]\n[offset:+500]\n[00:01.50]one\n[00:05.50][00:03.50]<00:03.50>again <00:04.00>and\n[01:00.5]\n"
    written = read(text, "lrc")
    assert times_of(written) == [
        "00:00:01.000 --> 00:00:03.000", "00:00:03.000 --> 00:00:05.000", "00:00:05.000 --> 00:00:12.000",
    ]  # fmt: skip
    assert words_of(written) == ["one", "again and", "again and"]


@pytest.mark.parametrize(
    ("times", "rates"),
    [
        ('begin="00:00:01:12" end="00:00:02:00"', 'ttp:frameRate="24"'),
        ('begin="36f" end="48f"', 'ttp:frameRate="24"'),
        ('begin="45f" end="60f"', 'ttp:frameRate="60" ttp:frameRateMultiplier="1 2"'),
        ('begin="15000000t" end="20000000t"', 'ttp:tickRate="10000000"'),
        ('begin="1.5s" end="2s"', ""),
        ('begin="1500ms" dur="0.5s"', ""),
        ('begin="0.025m" end="2s"', ""),
        ('begin="00:00:01,500" end="00:00:02"', ""),
        ('begin=" 1.5s " end="2s"', ""),
    ],
)
def test_a_time_of_ttml_is_understood(times: str, rates: str) -> None:
    written = to_webvtt(ttml(f"<tt:p {times}>hi</tt:p>", rates), "ttml")
    assert times_of(written) == ["00:00:01.500 --> 00:00:02.000"]


def test_times_of_ttml_may_stand_on_a_part_of_a_paragraph_or_around_it() -> None:
    inside = (
        '<tt:p begin="1s"><tt:span begin="1s" end="2s">one</tt:span> <tt:span begin="2s" dur="1s">two</tt:span></tt:p>'
    )
    assert times_of(to_webvtt(ttml(inside), "ttml")) == [
        "00:00:02.000 --> 00:00:03.000",
        "00:00:03.000 --> 00:00:04.000",
    ]
    around = '</tt:div><tt:div begin="2s" end="3s"><tt:p>one</tt:p>'
    assert times_of(to_webvtt(ttml(around), "ttml")) == ["00:00:02.000 --> 00:00:03.000"]


def test_a_paragraph_of_ttml_without_an_end_stands_until_the_next() -> None:
    text = '<tt:p begin="1s">one</tt:p><tt:p begin="3s" end="4s">two</tt:p>'
    assert times_of(to_webvtt(ttml(text), "ttml")) == ["00:00:01.000 --> 00:00:03.000", "00:00:03.000 --> 00:00:04.000"]


def test_the_timer_of_ass_is_passed_over_and_a_line_without_a_length_is_not_shown() -> None:
    line = "Dialogue: 0,{},{},Default,,0,0,0,,{}\n"
    text = "[Script Info]\nTimer: 200.0000\n[Events]\n" + "".join([
        line.format("0:00:01.00", "0:00:02.00", "hi"),
        line.format("0:00:03.00", "0:00:03.00", "an effect's leftover"),
        line.format("0:00:05.00", "0:00:04.00", "backwards"),
    ])  # fmt: skip
    written = read(text, "ass")
    assert (times_of(written), words_of(written)) == (["00:00:01.000 --> 00:00:02.000"], ["hi"])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("0:01.000 --> 0:02.000", "00:00:01.000 --> 00:00:02.000"),
        ("0:00:01.5 --> 0:00:02", "00:00:01.500 --> 00:00:02.000"),
        ("00:00:01,000-->00:00:02,000", "00:00:01.000 --> 00:00:02.000"),
        ("00:00:01.000 -> 00:00:02.000 line:0", "00:00:01.000 --> 00:00:02.000 line:0"),
        ("00:00:02.000 --> 00:00:01.000", "00:00:02.000 --> 00:00:05.000"),
        ("00:01.000 --> 00:02.000 align:start", "00:01.000 --> 00:02.000 align:start"),
        ("100:00:01.000 --> 100:00:02.000", "100:00:01.000 --> 100:00:02.000"),
    ],
)
def test_a_time_of_webvtt_is_written_as_browsers_want_it(times: str, expected: str) -> None:
    assert read(f"WEBVTT\n\n{times}\nhi\n", "vtt") == f"WEBVTT\n\n{expected}\nhi\n"


def test_the_parts_of_a_stream_are_one_webvtt() -> None:
    head = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n"
    text = f"{head}00:01.000 --> 00:02.000\none\n\n\ufeff{head}00:03.000 --> 00:04.000\ntwo\n"
    assert words_of(read(text, "vtt")) == ["one", "two"]
    assert "\ufeff" not in read(text, "vtt")


def test_more_cues_than_a_film_has_are_refused_in_webvtt_too() -> None:
    with pytest.raises(UnreadableSubtitles, match="more than 50,000 subtitles"):
        read("WEBVTT\n\n" + "00:01.000 --> 00:02.000\nx\n\n" * 50_001, "vtt")
