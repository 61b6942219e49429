"""What the worker is at is stored as a code; pages and terminals word it, each in its own way."""

import io

import pytest
from django.core.management.base import BaseCommand
from django.utils import translation

from videos.core.progress import Phase
from videos.management import progress_display
from videos.presentation.status_messages import translate_status

PRINTED = {
    "reading_folder": "Looking",
    "detecting_moves": "Recognising",
    "saving": "Saving",
    "thumbnails": "Pictures",
}
SHOWN = {
    "reading_folder": ("Scanning", "Scannen"),
    "detecting_moves": ("Matching", "Abgleichen"),
    "saving": ("Saving", "Speichern"),
    "thumbnails": ("Creating", "Erstellen"),
}


def test_every_phase_has_a_word_for_terminals_and_one_for_the_pages() -> None:
    assert {phase.value for phase in Phase} == set(PRINTED) == set(SHOWN)


@pytest.mark.parametrize("code", PRINTED)
def test_a_terminal_prints_the_word_and_no_code(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "_SECONDS_BETWEEN_LINES", 0)
    command = BaseCommand(stdout=io.StringIO())
    with progress_display.progress_of(command) as progress:
        progress(Phase(code), 1_200, 4_800)
        progress("Something else", 3, None)
    assert command.stdout.getvalue() == f"{PRINTED[code]}: 1,200 of 4,800\nSomething else: 3\n"


@pytest.mark.parametrize("code", SHOWN)
def test_a_page_says_it_in_its_language_also_of_a_row_that_an_earlier_version_stored(code: str) -> None:
    for stored in (code, PRINTED[code]):
        for language, word in zip(("en", "de"), SHOWN[code], strict=True):
            with translation.override(language):
                assert translate_status(stored) == word


def test_a_text_that_is_no_phase_is_shown_as_it_is() -> None:
    assert translate_status("what no version says") == "what no version says"
