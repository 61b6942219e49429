"""The pages' texts in German: complete, and in step with the code; and what a machine reads stays as it is."""

import gettext
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import override

from tests.programs import missing
from tests.views.page import Page
from videos.models import Rating, Tag, Video, View
from videos.presentation.formatting import ago, bit_rate, exactly, frame_rate, whole

PROJECT = Path(__file__).resolve().parent.parent
CATALOG = PROJECT / "locale" / "de" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?[a-z][^<>]*>|%%")
GERMAN = {"Accept-Language": "de"}
needs_gettext = pytest.mark.usefixtures("gettext_programs")


@pytest.fixture(scope="module")
def gettext_programs() -> None:
    if not shutil.which("msgfmt"):
        missing("msgfmt: apt install gettext")


def messages(compiled: Path) -> dict[Any, str]:
    """Return {text in English, with its context, or (it, number of the plural): text in German}."""
    with compiled.open("rb") as file:
        catalog: dict[Any, str] = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    catalog.pop("")
    return catalog


def compiled(source: Path, to: Path) -> Path:
    subprocess.run(["msgfmt", "--check-format", "-o", to, source], check=True)
    return to


def texts(source: Path) -> set[str]:
    """Return what the file has to translate, each with its context, in one form."""
    plain = subprocess.run(["msgcat", "--no-wrap", source], check=True, capture_output=True, text=True).stdout
    blocks = [re.sub(r"^(#|msgstr).*\n?", "", block, flags=re.MULTILINE) for block in plain.split("\n\n")]
    return {block.strip() for block in blocks} - {"", 'msgid ""'}


@pytest.fixture(scope="module")
def as_in_the_code(gettext_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog as makemessages would leave it."""
    copy = tmp_path_factory.mktemp("project")
    for folder in ("lvs_site", "videos", "templates", "locale"):
        shutil.copytree(PROJECT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "static"))
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--no-location", "--no-obsolete"]
    # Without settings it takes the folder as it is.
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)
    return copy / CATALOG.relative_to(PROJECT)


@needs_gettext
def test_every_text_of_the_code_is_in_the_catalog_and_no_other(as_in_the_code: Path) -> None:
    assert texts(CATALOG) == texts(as_in_the_code)


@needs_gettext
@pytest.mark.parametrize("kind", ["--untranslated", "--only-fuzzy"])
def test_no_text_is_left_to_be_translated(kind: str) -> None:
    left = subprocess.run(["msgattrib", kind, CATALOG], check=True, capture_output=True, text=True).stdout
    assert "msgid" not in left


@needs_gettext
def test_the_compiled_catalog_is_that_of_its_source(tmp_path: Path) -> None:
    assert messages(CATALOG.with_suffix(".mo")) == messages(compiled(CATALOG, tmp_path / "fresh.mo"))


def test_each_german_text_has_the_placeholders_and_the_markup_of_the_english_one() -> None:
    for key, german in messages(CATALOG.with_suffix(".mo")).items():
        english = key[0] if isinstance(key, tuple) else key
        assert sorted(PLACEHOLDER.findall(german)) == sorted(PLACEHOLDER.findall(english)), english


# --- which language ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "cookie", "language"),
    [
        ({}, "", "en"),
        (GERMAN, "", "de"),
        ({"Accept-Language": "de-AT, en;q=0.5"}, "", "de"),
        ({"Accept-Language": "fr, en;q=0.5"}, "", "en"),
        ({"Accept-Language": "fr"}, "", "en"),
        ({}, "de", "de"),
        (GERMAN, "en", "en"),
        (GERMAN, "xx", "de"),
        ({}, "../../etc", "en"),
    ],
)
def test_the_cookie_chooses_the_language_and_without_one_the_browser(
    db: None, client: Any, headers: dict[str, str], cookie: str, language: str
) -> None:
    if cookie:
        client.cookies["django_language"] = cookie
    for address in ("/", "/library/", "/nowhere"):
        response = client.get(address, headers=headers)
        assert Page(response).tags("html")[0].attributes["lang"] == language, address
        assert response["Content-Language"] == language
        assert {"accept-language", "cookie"} <= set(response["Vary"].lower().split(", "))
    assert translation.get_language() == "en", "the thread has kept the language of a page"


def test_a_form_of_every_page_sets_the_cookie_and_leads_back(make_video: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    for address in ("/history/", "/?q=sea", make_video("sea.mp4").get_absolute_url()):
        page = Page(client.get(address, headers={"Accept-Language": "en"}))
        (form, *_others) = [each for each in page.tags("form") if "languages" in each.classes]
        buttons = [each for each in page.tags("button") if form in each.inside]
        assert [(each.attributes["value"], each.text) for each in buttons] == [("en", "English"), ("de", "Deutsch")]
        token = next(
            each.attributes["value"]
            for each in page.tags("input")
            if form in each.inside and each.attributes["name"] == "csrfmiddlewaretoken"
        )
        answer = client.post(
            form.attributes["action"],
            {"csrfmiddlewaretoken": token, "language": "de"},
            headers={"Referer": f"http://testserver{address}"},
        )
        assert (answer.status_code, answer["Location"]) == (302, f"http://testserver{address}")
        assert Page(client.get(address)).tags("html")[0].attributes["lang"] == "de"
        client.cookies.clear()


def test_the_language_is_not_set_by_a_get(client: Any) -> None:
    client.get("/i18n/setlang/?language=de")
    assert "django_language" not in client.cookies


def test_what_is_no_page_is_the_same_in_every_language(make_video: Any, library: Path, client: Any) -> None:
    (library / "a.mp4").write_bytes(b"film")
    response = client.get(f"/videos/{make_video('a.mp4').pk}/stream", headers=GERMAN)
    assert "Content-Language" not in response
    assert "Accept-Language" not in response.get("Vary", "")
    response.close()


# --- how values read --------------------------------------------------------------------------------------------------


def test_numbers_and_dates_read_as_in_german() -> None:
    now = timezone.now()
    with override("de"):
        assert (whole(12_345), bit_rate(5_234_567), frame_rate(29.97)) == ("12.345", "5,2 Mbit/s", "29,97 fps")
        assert exactly(datetime(2026, 3, 4, 18, 5)) == "4. März 2026, 18:05"
        assert [ago(now - timedelta(days=days)).replace("\N{NO-BREAK SPACE}", " ") for days in (1, 3, 15, 400)] == [
            "vor 1 Tag",
            "vor 3 Tagen",
            "vor 2 Wochen",
            "vor 1 Jahr",
        ]


# What a machine reads. Of these attributes, and no others, are words or numbers for people.
FOR_MACHINES = re.compile(
    r"data-.*|value|max|min|href|src|action|id|for|name|datetime|d|x|y|width|height|points|viewBox|hx-.*"
)
FOR_PEOPLE = {
    "data-none", "data-one", "data-many", "data-busy", "data-offline", "data-failed", "data-outdated", "data-retry",
    "data-unreadable-subtitles",
    "data-loop", "data-copied", "data-muted", "data-text", "data-waiting", "data-status", "data-title", "data-list",
    "data-system", "data-dark", "data-light",
}  # fmt: skip
PAGES = (
    "/", "/?page=2", "/?sort=size", "/?q=film+7&rating=2", "/facets/", "/favorites/", "/best-of/", "/popular/",
    "/history/", "/tags/", "/folders/", "/stats/", "/lists/", "/library/", "/library/progress",
)  # fmt: skip


@pytest.fixture
def large_library(viewer: Any, library: Path) -> Video:
    """More than a thousand videos, so that numbers have separators, and one with all that a page shows of it."""
    now = timezone.now()
    films = Video.objects.bulk_create(
        Video(
            filename=f"trips/film {number}.mp4", title=f"Film {number}", duration=3725.5 + number, frame_rate=23.976,
            file_size=1_503_238_553 + number, modified_ns=1_700_000_000_000_000_000, width=3840, height=2160,
            video_codec="h264", audio_codec="aac", container="mp4", bit_rate=5_234_567, cover_version=1_234_567,
            added_date=now - timedelta(hours=number),
        )
        for number in range(1_234)
    )  # fmt: skip
    (tag,) = Tag.objects.get_or_create_many(["sea"])
    Video.tags.through.objects.bulk_create(Video.tags.through(video=film, tag=tag) for film in films)
    Rating.objects.bulk_create(Rating(viewer=viewer, video=film, stars=4) for film in films[:1_100])
    View.objects.bulk_create(
        View(viewer=viewer, video=film, view_count=1_500, last_viewed=now, position_seconds=1_234.5) for film in films
    )
    return films[-1]


def machine_values(page: Page) -> list[tuple[str, str, str | None]]:
    return [
        (element.tag, name, value)
        for element in page.elements
        for name, value in element.attributes.items()
        if FOR_MACHINES.fullmatch(name)
        and name not in FOR_PEOPLE
        # What the player says in English is told only to pages in other languages.
        and "control-labels" not in {each.attributes.get("id") for each in (element, *element.inside)}
        # Each answer has a token of its own.
        and "csrfmiddlewaretoken" not in element.attributes.values()
    ]


def test_what_a_machine_reads_is_the_same_in_both_languages(large_library: Video, client: Any) -> None:
    pages = [*PAGES, large_library.get_absolute_url(), f"{large_library.get_absolute_url()}?list=sort%3Dtitle"]
    for address in pages:
        english, german = (Page(client.get(address, headers={"Accept-Language": code})) for code in ("en", "de"))
        assert machine_values(english) == machine_values(german), address


def test_a_large_library_reads_as_in_german(large_library: Video, client: Any) -> None:
    text = Page(client.get("/", headers=GERMAN)).text
    assert "1.234 Videos" in text
    assert "1.500 Aufrufe" in text
    assert "1,4\N{NO-BREAK SPACE}GB" in text
    watch = Page(client.get(large_library.get_absolute_url(), headers=GERMAN)).text
    assert "5,2 Mbit/s" in watch
    assert "vor 1\N{NO-BREAK SPACE}Monat" in watch


def test_a_page_costs_as_many_queries_in_german(large_library: Video, client: Any, query_count: Any) -> None:
    for address in ("/", "/nowhere", "/manifest.webmanifest"):
        costs = []
        for code in ("en", "de"):
            client.get(address, headers={"Accept-Language": code})
            costs.append(query_count(lambda a=address, c=code: client.get(a, headers={"Accept-Language": c})))
        assert costs[0] == costs[1], address


def test_facets_are_not_kept_for_the_other_language(large_library: Video, client: Any) -> None:
    for code, label in (("en", "In progress"), ("de", "Angefangen"), ("en", "In progress")):
        page = Page(client.get("/facets/", headers={"Accept-Language": code}))
        (facets,) = page.of_class("facets")
        assert label in facets.text
