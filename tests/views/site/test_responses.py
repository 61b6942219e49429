"""Names in sentences, whatever they hold."""

import pytest

from videos.views.site.responses import in_sentence


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Sea & sun", "Sea & sun"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u2068\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\u2069",
        ),
        ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
        ("\u202egpm.exe", "\\u202egpm.exe"),
        ("\u2069\u05d0", "\u2068\\u2069\u05d0\u2069"),
        ("two\nlines", "two\\nlines"),
        ("\udcff.mp4", "\\udcff.mp4"),
        ("", ""),
    ],
)
def test_a_name_turns_nothing_round_and_ends_no_line(name, shown):
    assert in_sentence(name) == shown
