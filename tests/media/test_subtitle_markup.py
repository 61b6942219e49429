r"""Of the markup in a text stays what WebVTT has; nothing else of it is shown, and what only looks like it is."""

import pytest

from tests.media.subtitle_files import subrip, substation, ttml, words_of
from videos.media.subtitles.webvtt import to_webvtt


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("3 < 5 and 6 > 2", "3 &lt; 5 and 6 &gt; 2"),
        ("a < b and c > d", "a &lt; b and c &gt; d"),
        ("<3 you", "&lt;3 you"),
        ("<- left", "&lt;- left"),
        ("<b class='x'>bold</b>", "<b>bold</b>"),
        ("<em>one</em> <strong>two</strong>", "<i>one</i> <b>two</b>"),
        ("<s>gone</s> <strike>too</strike>", "gone too"),
        ('<span style="x">plain</span>', "plain"),
        ("<v Ann>Hi</v> <c.loud>there</c> <lang en>you</lang>", "Hi there you"),
        ("<00:00:01.500>sung", "sung"),
        ("<ruby>漢字<rt>かんじ</rt></ruby>", "漢字(かんじ)"),
        ("one<br>two<br/>three<BR />four", "one\ntwo\nthree\nfour"),
        (r"one\Ntwo\nthree\hfour", "one\ntwo\nthree\u00a0four"),
        (r"C:\new", r"C:\new"),
        ("Tom &amp; Jerry &lt;3 &quot;x&quot;&nbsp;y &#233;", 'Tom &amp; Jerry &lt;3 "x"\u00a0y é'),
        ("Tom &amp;amp; Jerry &amp;nbsp;&amp;lt;i&amp;gt;", "Tom &amp; Jerry \u00a0&lt;i&gt;"),
        ("AT&T R&D &unknown; &#0;", "AT&amp;T R&amp;D &amp;unknown; \ufffd"),
        ("a --> b", "a --&gt; b"),
        ("<i><b>one</i> two</b> three", "<i><b>one</b></i> <b>two</b> three"),
        ("</i>one</font>", "one"),
        ("<i>one\n<i>two", "<i>one</i>\n<i>two</i>"),
        ("<font color='yellow'>one <font color=\"#00FFFF\">two</font> three</font> four",
         "<c.yellow>one</c> <c.cyan>two</c> <c.yellow>three</c> four"),
        ("<font color=#ffffff>white</font> <font color=black>black</font> <font face=Arial>x</font>", "white black x"),
        ("<font color=rgb(0,255,0)>green</font> <font color='#f00'>red</font>", "<c.lime>green</c> <c.red>red</c>"),
        ("{y:i}one {c:$0000ff}two", "<i>one</i> <c.red><i>two</i></c>"),
        ("<script src=x>alert(1)</script>", "&lt;script src=x&gt;alert(1)&lt;/script&gt;"),
        ("<i onclick=alert(1)>one</i>", "<i>one</i>"),
        ("<c.x onclick=alert(1)>one</c>", "one"),
        ("مرحبـــا \u200fabc\u200e 👩‍👩‍👧 é", "مرحبـــا \u200fabc\u200e 👩‍👩‍👧 é"),
    ],
)  # fmt: skip
def test_the_text_of_subrip(written: str, shown: str) -> None:
    assert words_of(to_webvtt(subrip(written, "next").encode(), "srt")) == [shown, "next"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"{\k20}ka{\k30}ra{\kf10}o{\K5}ke", "karaoke"),
        (r"{\p1}m 0 0 l 1 1{\p0}words{\p4}m 1 1", "words"),
        (r"{a comment}words{another one}", "words"),
        (r"{\c&H00FFFF&}one{\c} two {\1c&HFF0000&}three{\r} four", "<c.yellow>one</c> two <c.blue>three</c> four"),
        (r"{\c&HFFFFFF&}white", "white"),
        (r"{\2c&H0000FF&\3c&H00FF00&}plain", "plain"),
        (r"{\fnArial\fs20\fscx90\blur2\be1\t(0,500,\fs30)\fad(1,2)\org(1,2)\clip(m 0 0)}plain", "plain"),
        (r"3 < 5 & <b>", "3 &lt; 5 &amp; &lt;b&gt;"),
        (r"a\Nb\nc\hd", "a\nb c\u00a0d"),
        ("{\\i1}open", "<i>open</i>"),
    ],
)  # fmt: skip
def test_the_text_of_substation(written: str, shown: str) -> None:
    assert words_of(to_webvtt(substation(written).encode(), "ass")) == [shown]


def test_a_comment_with_a_code_in_it_is_followed_as_players_do_and_not_shown() -> None:
    assert words_of(to_webvtt(substation(r"{a comment \i1}words").encode(), "ass")) == ["<i>words</i>"]


def test_a_small_n_of_substation_ends_a_line_where_lines_are_not_wrapped() -> None:
    assert words_of(to_webvtt(substation(r"a\nb", head="WrapStyle: 2").encode(), "ass")) == ["a\nb"]


def test_the_colour_of_a_style_is_kept() -> None:
    head = "[V4+ Styles]\nFormat: Name, PrimaryColour\nStyle: Default,&H0000FFFF\nStyle: Sign,65535"
    assert words_of(to_webvtt(substation(r"one{\rSign} two", head=head).encode(), "ass")) == [
        "<c.yellow>one</c> <c.yellow>two</c>"
    ]


def test_layers_of_one_text_are_shown_once_wherever_they_stand() -> None:
    line = "Dialogue: {},0:00:01.00,0:00:02.00,Default,,0,0,0,,{}\n"
    layers = [r"{\pos(100,100)\bord3}sign", r"{\pos(102,102)\b1}sign", r"{\c&H0000FF&\pos(100,100)}sign"]
    text = "[Events]\n" + "".join(line.format(number, words) for number, words in enumerate(layers))
    assert words_of(to_webvtt(text.encode(), "ass")) == ["sign"]


def test_a_comment_line_of_ass_is_not_shown() -> None:
    text = substation("one") + "Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,hidden\n; Dialogue: 0,no\n"
    assert words_of(to_webvtt(text.encode(), "ass")) == ["one"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<v Ann>Hi</v> <c.loud>there</c> <i>you</i><00:01.500> <ruby>x<rt>y</rt></ruby>", None),
        ("I <3 you", "I &lt;3 you"),
        ("3 < 5", "3 &lt; 5"),
        ("<i", "&lt;i"),
        ("<font color='#ff0000'>red</font> one<br>two", "red one\ntwo"),
        ("<em>one</em> <strong>two</strong>", "<i>one</i> <b>two</b>"),
        (r"{\an8}{\i1}up", "up"),
        ("Tom &amp; Jerry &amp;amp; &amp;nbsp;x", "Tom &amp; Jerry &amp; &nbsp;x"),
        ("a --> b", "a --&gt; b"),
        ("<script>alert(1)</script><img src=x>", "&lt;script>alert(1)&lt;/script>&lt;img src=x>"),
    ],
)
def test_the_text_of_webvtt(written: str, shown: str | None) -> None:
    text = f"WEBVTT\n\n00:01.000 --> 00:02.000 line:1\n{written}\n"
    assert words_of(to_webvtt(text.encode(), "vtt")) == [written if shown is None else shown]


def test_the_text_of_sami_may_hold_signs_of_markup_and_entities_without_an_end() -> None:
    text = (
        "<SAMI><BODY><SYNC Start=1000><P Class=ENCC>I <3 you, 3 < 5<br>R&amp;D &amp;quot;x&amp;quot;"
        "<!-- <SYNC Start=1500><P>hidden --><SYNC Start=2000><P Class=ENCC>&nbsp"
        "<SYNC Start=3000><P Class=ENCC><font color=yellow>Ann</font>: hi"
    )
    assert words_of(to_webvtt(text.encode(), "smi")) == [
        'I &lt;3 you, 3 &lt; 5\nR&amp;D "x"', "<c.yellow>Ann</c>: hi",
    ]  # fmt: skip


def test_the_text_of_ttml_may_hold_sections_and_comments() -> None:
    text = ttml('<tt:p begin="1s" end="2s" tts:color="#ffff00"><!-- <b>no</b> -->a<![CDATA[ <b> & c]]></tt:p>')
    assert words_of(to_webvtt(text, "ttml")) == ["<c.yellow>a &lt;b&gt; &amp; c</c>"]
