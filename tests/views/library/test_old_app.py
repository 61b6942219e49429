"""The first page of an empty library offers what the old app left in the data folder, and says what came."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from tests.backup.four_files import write_files
from tests.importers.old_app import usual_database
from tests.views.page import Page
from videos.models import OldAppImport, Rating, Video

pytestmark = pytest.mark.django_db
OFFER = "Import from the old app"


def leave_json(data: Path, videos: Path) -> None:
    write_files(data, ratings={"Sea.mp4": 5})


def leave_json_in_data(data: Path, videos: Path) -> None:
    write_files(data / "data", ratings={"Sea.mp4": 5})


def leave_database(data: Path, videos: Path) -> None:
    usual_database(data / "data" / "video_metadata.db")


def leave_tags(data: Path, videos: Path) -> None:
    (videos / "Sea.mp4.json").write_text('{"tags": ["#sea"]}')


def offers(client: Client) -> bool:
    return any(button.text.strip() == OFFER for button in Page(client.get("/")).tags("button"))


@pytest.mark.parametrize("leave", [leave_json, leave_json_in_data, leave_database, leave_tags])
def test_files_of_the_old_app_are_offered_and_come_over_by_a_click(leave, library, settings, viewer, client):
    assert not offers(client)
    leave(settings.DATA_DIR, library)
    assert offers(client)
    response = client.post("/library/import", follow=True)
    assert response.redirect_chain == [("/", 303)]
    (said,) = Page(response).texts("is-message")
    assert said.startswith("Imported from the old app: ")
    assert Video.objects.filter(filename="Sea.mp4").exists()
    assert not offers(client)


def test_a_click_notes_the_database_so_that_the_next_start_leaves_it_alone(library, settings, viewer, client):
    usual_database(settings.DATA_DIR / "data" / "video_metadata.db")
    client.post("/library/import")
    assert OldAppImport.objects.sources_done() == {"data/video_metadata.db"}
    assert Rating.objects.get(video__filename="Sea.mp4").stars == 5


def test_a_library_with_videos_offers_nothing(library, settings, viewer, make_video, client):
    leave_json(settings.DATA_DIR, library)
    make_video("a.mp4")
    assert not offers(client)


def test_a_click_when_nothing_is_left_says_so_and_changes_nothing(library, viewer, client):
    (said,) = Page(client.post("/library/import", follow=True)).texts("is-message")
    assert said == "There are no files of the old app in the data folder any more."


def test_a_file_that_is_none_is_said_and_changes_nothing(library, settings, viewer, client):
    write_files(settings.DATA_DIR, ratings=b"{cut")
    (said,) = Page(client.post("/library/import", follow=True)).texts("is-message")
    assert "ratings.json is not JSON" in said
    assert not Video.objects.exists()


def test_only_who_may_change_the_library_may_import_where_a_login_is_required(library, settings, client):
    settings.REQUIRE_LOGIN = True
    leave_json(settings.DATA_DIR, library)
    ann: Any = get_user_model().objects.create_user("ann", password="secret word")
    client.force_login(ann)
    page = Page(client.get("/"))
    assert not any(button.text.strip() == OFFER for button in page.tags("button"))
    assert "Ask the library's administrator to import them." in "".join(part.text for part in page.tags("section"))
    assert client.post("/library/import").status_code == 403
    assert not Video.objects.exists()
    ann.user_permissions.add(Permission.objects.get(codename="change_video"))
    assert offers(client)
    assert client.post("/library/import").status_code == 303
    assert Rating.objects.get().viewer == ann


def test_a_click_from_another_site_is_refused(library, settings, viewer):
    leave_json(settings.DATA_DIR, library)
    assert Client(enforce_csrf_checks=True).post("/library/import").status_code == 403
    assert not Video.objects.exists()
    assert Client().get("/library/import").status_code == 405


def test_the_empty_page_still_costs_few_queries(library, settings, viewer, client, query_count):
    leave_json(settings.DATA_DIR, library)
    client.get("/")
    assert query_count(lambda: client.get("/")) <= 10
