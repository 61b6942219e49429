"""Subtitles stand where their file puts them: at the top, at a side, at a place on the picture."""

from pathlib import Path

import pytest

from tests.media.subtitle_files import cues_of, settings_of, subrip, substation, ttml, words_of
from videos.media.subtitles.webvtt import to_webvtt

LEFT, RIGHT = "position:5% align:left", "position:95% align:right"
MIDDLE = "line:46%"


def placed(text: str) -> str:
    """Return the settings of one line of SubRip."""
    (settings,) = settings_of(to_webvtt(subrip(text).encode(), "srt"))
    return settings


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        (1, LEFT), (2, ""), (3, RIGHT),
        (4, f"{MIDDLE} {LEFT}"), (5, MIDDLE), (6, f"{MIDDLE} {RIGHT}"),
        (7, f"line:0 {LEFT}"), (8, "line:0"), (9, f"line:0 {RIGHT}"),
    ],
)  # fmt: skip
def test_the_keys_of_a_number_pad_are_places(key: int, settings: str) -> None:
    assert placed(rf"{{\an{key}}}here") == settings
    ass = substation(rf"{{\an{key}}}here")
    assert settings_of(to_webvtt(ass.encode(), "ass")) == [settings]


@pytest.mark.parametrize(
    ("number", "key"), [(1, 1), (2, 2), (3, 3), (5, 7), (6, 8), (7, 9), (9, 4), (10, 5), (11, 6), (4, 2), (99, 2)]
)
def test_the_old_numbers_of_ssa_are_places(number: int, key: int) -> None:
    assert placed(rf"{{\a{number}}}here") == placed(rf"{{\an{key}}}here")


@pytest.mark.parametrize(
    ("codes", "settings"),
    [
        (r"{\an8}{\an2}", "line:0"),  # the first is meant
        (r"{\i1\an8\b1}", "line:0"),
        (r"{\alpha&HFF&}", ""),
        (r"{\an0}", ""),
        (r"{\an}", ""),
        (r"{\pos(192,270)}", ""),
        (r"{\an8\pos(192,20)}", "line:0"),
        (r"{\pos(96,144)}", "line:43% position:25%"),
        (r"{\an5\pos(96,144)}", "line:46% position:25%"),
        (r"{\an7\pos(96,144)}", "line:50% position:25% align:left"),
        (r"{\an9\pos(96.0, 144.5)}", "line:50% position:25% align:right"),
        (r"{\pos(10,144)\pos(300,20)}", "line:43% position:4%"),
        (r"{\an7\pos(-50,-50)}", "line:0 position:0% align:left"),
        (r"{\an7\pos(9999,144)}", "line:50% position:92% align:left"),
        (r"{\an7\move(96,144,300,200)}", "line:50% position:25% align:left"),
        (r"{\an7\move(96,144,300,200,0,500)}", "line:50% position:25% align:left"),
    ],
)
def test_a_place_on_the_picture_is_followed_and_kept_on_it(codes: str, settings: str) -> None:
    assert placed(f"{codes}here") == settings


def test_a_long_line_at_a_place_is_moved_to_where_it_fits() -> None:
    long = "a line that is much longer than what stands left of it"
    assert placed(rf"{{\pos(20,144)}}{long}") == "line:43% position:44%"
    assert placed(rf"{{\an7\pos(380,144)}}{long}") == "line:50% position:12% align:left"
    assert placed(r"{\pos(20,144)}" + "漢字" * 10) == "line:43% position:33%"


HEAD = "[V4+ Styles]\nFormat: Name, Alignment, MarginL, MarginR, MarginV\n"


@pytest.mark.parametrize(
    ("size", "position", "settings"),
    [
        ("", "96,144", "line:50% position:25% align:left"),
        ("PlayResX: 640\nPlayResY: 360", "160,180", "line:50% position:25% align:left"),
        ("PlayResX: 640", "160,240", "line:50% position:25% align:left"),
        ("PlayResY: 480", "160,240", "line:50% position:25% align:left"),
        ("PlayResY: 1024", "320,512", "line:50% position:25% align:left"),
        ("PlayResX: 1280", "320,512", "line:50% position:25% align:left"),
        ("PlayResX: 0\nPlayResY: 0", "96,144", "line:50% position:25% align:left"),
    ],
)
def test_places_are_measured_on_the_picture_that_the_file_names(size: str, position: str, settings: str) -> None:
    text = substation(rf"{{\an7\pos({position})}}here", head=size)
    assert settings_of(to_webvtt(text.encode(), "ass")) == [settings]


@pytest.mark.parametrize(
    ("style", "settings"),
    [
        ("8,0,0,10", "line:0"),
        ("2,10,10,10", ""),
        ("5,10,10,10", MIDDLE),
        ("7,96,0,0", "line:0 position:25% align:left"),
        ("3,0,96,0", "position:75% align:right"),
        ("2,0,0,144", "line:43%"),
        ("8,0,0,144", "line:50%"),
        ("2,192,0,0", "position:75%"),
        ("77,0,0,0", ""),
        ("x,0,0,0", ""),
    ],
)
def test_a_style_of_ass_says_where_its_lines_stand(style: str, settings: str) -> None:
    text = substation("here", head=f"{HEAD}Style: Default,{style}")
    assert settings_of(to_webvtt(text.encode(), "ass")) == [settings]


def test_a_style_without_a_format_line_has_the_usual_columns() -> None:
    columns = "Arial,20,&H00FFFFFF,&H0,&H0,&H0,0,0,0,0,100,100,0,0,1,2,2,8,10,10,10,1"
    text = substation("here", head=f"[V4+ Styles]\nStyle: Default,{columns}")
    assert settings_of(to_webvtt(text.encode(), "ass")) == ["line:0"]


def test_the_styles_of_ssa_count_their_places_in_the_old_way() -> None:
    head = "[V4 Styles]\nFormat: Name, Alignment\nStyle: Default,6\nStyle: Corner,5"
    assert settings_of(to_webvtt(substation("here", head=head).encode(), "ssa")) == ["line:0"]
    corner = substation("here", head=head, style="Corner")
    assert settings_of(to_webvtt(corner.encode(), "ssa")) == [f"line:0 {LEFT}"]


def test_a_line_of_an_unknown_style_has_the_default_one() -> None:
    text = substation("here", head=f"{HEAD}Style: Default,8,0,0,0", style="Gone")
    assert settings_of(to_webvtt(text.encode(), "ass")) == ["line:0"]


def test_the_margins_of_a_line_come_before_those_of_its_style() -> None:
    text = substation("here", head=f"{HEAD}Style: Default,2,0,0,144").replace(",0,0,0,,here", ",0,0,72,,here")
    assert settings_of(to_webvtt(text.encode(), "ass")) == ["line:68%"]


def test_the_samples_of_the_issue_stand_where_they_should(tmp_path: Path) -> None:
    srt = subrip(r"{\an8}At the top", "below").encode()
    assert settings_of(to_webvtt(srt, "srt")) == ["line:0", ""]
    head = f"PlayResX: 640\n{HEAD}Style: Default,2,10,10,10\nStyle: Top,8,10,10,10"
    ass = substation(r"{\pos(100,100)\an8}placed\Nnew line {\p1}m 0 0 l 10 10{\p0}done", head=head)
    assert cues_of(to_webvtt(ass.encode(), "ass"))[0][0].endswith("line:21% position:16%")
    assert words_of(to_webvtt(ass.encode(), "ass")) == ["placed\nnew line done"]


# Two at once


def test_two_lines_at_one_height_stand_one_below_the_other() -> None:
    line = "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,"
    later = "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,"
    text = f"[Events]\n{line}{{\\an5}}first\n{line}{{\\an5}}second\n{later}{{\\an5}}third\n"
    assert settings_of(to_webvtt(text.encode(), "ass")) == ["line:46%", "line:54%", "line:46%"]


def test_lines_side_by_side_keep_their_height() -> None:
    line = "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,"
    text = f"[Events]\n{line}{{\\an4}}left\n{line}{{\\an6}}right\n"
    assert settings_of(to_webvtt(text.encode(), "ass")) == [f"line:46% {LEFT}", f"line:46% {RIGHT}"]


def test_lines_at_the_edges_are_stacked_by_the_browser_in_the_order_of_the_file() -> None:
    line = "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,"
    text = f"[Events]\n{line}one\n{line}two\n{line}{{\\an8}}three\n{line}{{\\an8}}four\n"
    written = to_webvtt(text.encode(), "ass")
    assert settings_of(written) == ["", "", "line:0", "line:0"]
    assert words_of(written) == ["one", "two", "three", "four"]


# Other formats


@pytest.mark.parametrize(
    ("coordinates", "settings"),
    [
        ("X1:180 X2:180 Y1:240 Y2:240", "line:43% position:25% align:left"),
        ("X1:180 Y1:240", "line:43% position:25% align:left"),
        ("X1:160 X2:560 Y1:220 Y2:260", "line:46%"),
        ("X1:160 X2:560 Y1:010 Y2:040", "line:0"),
        ("X1:160 X2:560 Y1:430 Y2:470", ""),
        ("X1:0 X2:9", ""),
        ("X1:640 X2:1280 Y1:700 Y2:900", "line:71%"),
    ],
)
def test_coordinates_of_subrip_are_a_place(coordinates: str, settings: str) -> None:
    text = f"1\n00:00:01,000 --> 00:00:02,000  {coordinates}\nhere\n"
    assert settings_of(to_webvtt(text.encode(), "srt")) == [settings]


def test_microdvd_has_a_top_and_places() -> None:
    text = b"{1}{10}{P:0}top\n{20}{30}{o:96,144}here|there\n{40}{50}{P:1}below\n{60}{70}{y:b}{\\an8}up\n"
    assert settings_of(to_webvtt(text, "sub")) == ["line:0", "line:36% position:25%", "", "line:0"]


def test_webvtt_keeps_its_own_settings_and_gets_those_of_codes_that_came_with_the_text() -> None:
    own = "vertical:rl line:-3 position:10%,line-left align:start size:40% region:r"
    text = (
        f"WEBVTT\n\nREGION\nid:r\n\n00:01.000 --> 00:02.000 {own}\nas it is\n\n"
        "00:01.000 --> 00:02.000\n{\\an8}up\n\n00:01.000 --> 00:02.000 line:50%\n{\\an8}stays\n"
    )
    assert to_webvtt(text.encode(), "vtt") == text.replace(
        "00:02.000\n{\\an8}up", "00:02.000 line:0\nup"
    ).replace("{\\an8}stays", "stays")  # fmt: skip


REGION = '<tt:layout><tt:region xml:id="r" {}/></tt:layout>'


@pytest.mark.parametrize(
    ("region", "settings"),
    [
        ('tts:origin="10% 80%" tts:extent="80% 10%" tts:displayAlign="after" tts:textAlign="center"', ""),
        ('tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after"', ""),
        ('tts:origin="10% 5%" tts:extent="80% 80%" tts:displayAlign="before"', "line:0"),
        ('tts:origin="10% 30%" tts:extent="80% 10%" tts:displayAlign="before"', "line:30%"),
        ('tts:origin="20% 30%" tts:extent="80% 10%" tts:textAlign="left"', "line:30% position:20% align:left"),
        ('tts:origin="20% 30%" tts:extent="30% 10%" tts:textAlign="end"', "line:30% position:50% align:right"),
        ('tts:origin="256px 216px" tts:extent="512px 72px" tts:displayAlign="center"', "line:32% position:40%"),
        ('tts:origin="8c 6c" tts:extent="16c 3c" tts:displayAlign="before"', "line:40%"),
        ('tts:displayAlign="before"', "line:0"),
        ('tts:displayAlign="center" tts:textAlign="right"', f"line:46% {RIGHT}"),
        ('tts:textAlign="left"', LEFT),
        ('tts:writingMode="tbrl" tts:displayAlign="before"', "vertical:rl line:0"),
        ('tts:writingMode="tblr"', "vertical:lr"),
        ("", ""),
    ],
)
def test_a_region_of_ttml_is_a_place(region: str, settings: str) -> None:
    text = ttml('<tt:p region="r" begin="1s" end="2s">here</tt:p>', 'tts:extent="1280px 720px"', REGION.format(region))
    assert settings_of(to_webvtt(text, "ttml")) == [settings]


def test_a_region_may_have_its_style_inside_and_be_that_of_what_stands_around() -> None:
    head = (
        '<tt:layout><tt:region xml:id="r"><tt:style tts:displayAlign="before"/></tt:region></tt:layout>'
        '<tt:styling><tt:style xml:id="s" tts:textAlign="left"/></tt:styling>'
    )
    text = ttml('</tt:div><tt:div region="r" style="s"><tt:p begin="1s" end="2s">here</tt:p>', head=head)
    assert settings_of(to_webvtt(text, "ttml")) == [f"line:0 {LEFT}"]
