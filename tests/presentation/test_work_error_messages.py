"""Why the worker stopped is stored as a code with values; pages word it, terminals print the English sentence."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.views.page import Page
from videos.core.errors import LibraryError
from videos.core.work_errors import Failure, WorkFailed, failure_in, stored_failure
from videos.jobs import tasks
from videos.models import Activity
from videos.presentation.work_error_messages import TRANSLATED, translate_error


def values_of(failure: Failure) -> dict[str, str | int]:
    """Return a value for each name in the sentence."""
    names = re.findall(r"%\((\w+)\)s", failure.sentence)
    return {name: 1_204 if name == "known" else f"<{name} 100 %s>" for name in names}


@pytest.mark.parametrize("failure", Failure)
def test_a_failure_is_stored_with_its_values_and_read_as_it_was_printed(failure: Failure) -> None:
    error = WorkFailed.because(failure, **values_of(failure))
    assert failure_in(stored_failure(error)) == (failure, values_of(failure))
    with translation.override("en"):
        assert translate_error(stored_failure(error)) == str(error)
    with translation.override("de"):
        german = translate_error(stored_failure(error))
    assert german != str(error)
    for name, value in values_of(failure).items():
        assert ("1.204" if name == "known" else str(value)) in german


def test_the_pages_know_every_failure_by_its_sentence() -> None:
    assert {failure: failure.sentence for failure in Failure} == TRANSLATED


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "The video folder /videos is empty. Is its disk connected?",
        "Stopped by KeyError('x').",
        "[1]",
        "7",
        '{"code": "what a later version says"}',
        '{"code": "folder_empty"}',
        '{"code": ["folder_empty"], "folder": "x"}',
    ],
)
def test_a_text_without_a_known_code_is_shown_as_it_is(stored: str) -> None:
    assert translate_error(stored) == stored


def test_an_error_without_a_code_is_stored_as_its_message() -> None:
    assert stored_failure(LibraryError("A sentence.")) == "A sentence."
    assert stored_failure(WorkFailed("A sentence.")) == "A sentence."


def test_a_folder_that_is_gone_is_named_on_the_pages_in_their_language(
    library: Path, admin_client: Client, make_video: object
) -> None:
    library.rmdir()
    tasks.scan_folder.call()
    assert Activity.objects.get(kind="scan").error == f'{{"code": "folder_missing", "folder": "{library}"}}'
    said = {
        "en": f"The video folder {library} does not exist. Is its disk connected?",
        "de": f"Der Videoordner {library} existiert nicht. Ist sein Laufwerk verbunden?",
    }
    for language, sentence in said.items():
        for address in ("/library/", "/", "/admin/videos/activity/"):
            shown = Page(admin_client.get(address, headers={"accept-language": language}))
            assert sentence in " ".join(shown.text.split()), (language, address)
    # While it runs again, the page still says why it stopped.
    Activity.objects.update(ended_at=None, updated_at=timezone.now())
    assert said["en"] in " ".join(Page(admin_client.get("/library/")).text.split())
