"""The library page says what the worker does and what waits for a decision, and its buttons decide it."""

import time
from datetime import timedelta
from itertools import count

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.views.page import Page
from videos.accounts.household import household
from videos.cache import VideoCache
from videos.jobs.worker_status import WorkerStart
from videos.library.scan import scan
from videos.models import Activity, MissingBatch, Rating, SkippedFiles, Video
from videos.views.library import library as views
from videos.views.library.library import MAX_DUPLICATES, MAX_FOUND_AGAIN, MAX_MISSING_BATCHES, PAGE_ROWS

HOSTILE = "<img src=x onerror=alert(1)>\"' {{ 7|add:7 }}"
# What another process does to be a worker.
WORKER = "slots = WorkerSlots()\nprint(slots.take(), flush=True)\n"
_contents = count(1)


@pytest.fixture
def page(library, viewer, client):
    """Ask for the library page, and return it as a person sees it."""
    return lambda query="": Page(client.get(f"/library/{query}"))


@pytest.fixture
def browser(library, viewer):
    """A client that is refused, as a browser is, where a form has no token."""
    return Client(enforce_csrf_checks=True)


def submit(client, button, page="/library/"):
    """Press the button with this text on the library page, or another, and return the page that follows."""
    elements = Page(client.get(page)).elements
    (pressed,) = [element for element in elements if element.tag == "button" and element.text == button]
    form = next(element for element in reversed(pressed.inside) if element.tag == "form")
    fields = {}
    for element in elements:
        if form in element.inside and element.tag == "input":
            fields.setdefault(element.attributes["name"], []).append(element.attributes["value"])
    if "name" in pressed.attributes:
        fields[pressed.attributes["name"]] = pressed.attributes["value"]
    response = client.post(form.attributes["action"], fields)
    assert response.status_code == 303
    return Page(client.get(response["Location"]))


def section(page, name):
    """Return the section with this id, or None."""
    return next((element for element in page.tags("section") if element.attributes.get("id") == name), None)


def gone_together(make_video, folder, files):
    missing_batch = MissingBatch.objects.create(folder=folder)
    for number in range(files):
        make_video(f"{folder}{number}.mp4", missing_since=timezone.now(), missing_batch=missing_batch)
    return missing_batch


def found_elsewhere(make_video, *others, missing="old/a.mp4"):
    """Make a missing video and others whose files have the same content; return the missing one."""
    content = f"content {next(_contents)}"
    for name in others:
        make_video(name, fingerprint=content)
    return make_video(missing, fingerprint=content, missing_since=timezone.now())


def asked():
    """Return the names of the tasks that wait for the worker."""
    return sorted(task.task_path.rpartition(".")[2] for task in DBTaskResult.objects.ready())


# --- what the worker does


def work(page, kind="scan"):
    (row,) = [element for element in page.of_class("work-row") if element.attributes.get("data-kind") == kind]
    return " ".join(row.text.split())


def test_an_empty_library_says_what_will_happen_and_lists_nothing(page):
    shown = page()
    assert "There are no videos yet" in shown.text
    assert "Not run yet" in work(shown)
    assert not shown.tags("section")
    assert "No worker is running" in shown.text


def test_running_work_shows_its_phase_its_share_its_rate_and_the_time_left(page):
    now = timezone.now()
    Activity.objects.create(
        kind="look", phase="thumbnails", done=1_200, total=4_800, started_at=now - timedelta(seconds=60), updated_at=now
    )
    shown = page()
    assert work(shown, "look") == "Thumbnails Creating 1,200 of 4,800 files 20 per second 3 minutes left"
    (bar,) = shown.tags("progress")
    assert (bar.attributes["value"], bar.attributes["max"]) == ("1200", "4800")


def test_work_of_unknown_length_shows_a_bar_without_a_share(page):
    now = timezone.now()
    Activity.objects.create(kind="scan", phase="reading_folder", done=1, started_at=now, updated_at=now)
    shown = page()
    assert work(shown) == "Video folder Scanning 1 file"
    assert not {"value", "max"} & shown.tags("progress")[0].attributes.keys()


def test_work_that_is_silent_for_over_a_minute_was_interrupted(page):
    earlier = timezone.now() - timedelta(minutes=5)
    Activity.objects.create(kind="look", phase="thumbnails", done=3, total=9, started_at=earlier, updated_at=earlier)
    shown = page()
    assert "Interrupted at 3 of 9 files, 5 minutes ago" in work(shown, "look")
    assert not shown.tags("progress")


def test_work_that_hangs_in_a_disk_is_told_from_work_that_was_interrupted(page, elsewhere):
    earlier = timezone.now() - timedelta(minutes=3)
    silent = {"phase": "reading_folder", "done": 1_204, "started_at": earlier, "updated_at": earlier}
    Activity.objects.create(kind="scan", **silent)
    assert "Interrupted at 1,204 files, 3 minutes ago" in work(page())
    other = elsewhere("lock = exclusive_lock('scan', '')\nlock.__enter__()\nprint('held', flush=True)\n")
    shown = page()
    assert "No progress for 3 minutes at “Scanning”, 1,204 files. Is the disk responding?" in work(shown)
    assert "Interrupted" not in work(shown)
    assert not shown.tags("progress")
    other.kill()
    other.wait()
    assert "Interrupted" in work(page())


def test_interrupted_work_says_who_takes_it_up(page, elsewhere):
    earlier = timezone.now() - timedelta(minutes=3)
    Activity.objects.create(kind="look", phase="thumbnails", done=3, total=9, started_at=earlier, updated_at=earlier)
    assert "It continues when a worker is running." in work(page(), "look")
    elsewhere(WORKER)
    assert "The worker will continue it." in work(page(), "look")


def test_a_worker_that_was_just_started_is_said_to_be_starting_and_soon_to_be_missing(page, elsewhere, monkeypatch):
    monkeypatch.setattr(WorkerStart, "since", time.monotonic() - 5)
    assert "The worker is starting" in page().text
    assert "No worker is running" not in page().text
    monkeypatch.setattr(WorkerStart, "since", time.monotonic() - 60)
    assert "No worker is running" in page().text
    elsewhere(WORKER)
    shown = page()
    assert "No worker is running" not in shown.text
    assert "The worker is starting" not in shown.text


def test_ended_work_shows_what_it_did_and_what_stopped_it(page):
    now = timezone.now()
    Activity.objects.create(kind="scan", ended_at=now - timedelta(hours=2), summary='{"added": 3, "unchanged": 1}')
    Activity.objects.create(kind="look", ended_at=now, error=f"Pictures cannot be written. {HOSTILE}")
    shown = page()
    assert "3 added, 1 unchanged" in work(shown)
    assert "2 hours ago" in work(shown)
    assert HOSTILE in shown.of_class("error")[0].text
    assert not shown.tags("img")[1:]


def test_the_fragment_is_the_very_part_of_the_page(page, client, make_video):
    make_video("a.mp4")
    Activity.objects.create(kind="scan", ended_at=timezone.now() - timedelta(days=2), summary='{"added": 1}')
    whole = client.get("/library/")
    fragment = client.get("/library/progress")
    assert fragment["Cache-Control"] == "no-store"
    assert fragment.content in whole.content
    assert not Page(fragment).tags("html")


def test_the_counts_say_how_many_of_each_there_are(page, make_video):
    for number in range(1_203):
        make_video(f"{number}.mp4")
    make_video("waits.mp4", analysis_due_at=timezone.now())
    make_video("bad.mp4", problem="no video")
    make_video("gone.mp4", missing_since=timezone.now())
    for name in ("x.mp4", "y.mp4"):
        make_video(name, fingerprint="same")
    shown = page()
    counts = dict(zip([e.text for e in shown.tags("dt")], [e.text for e in shown.tags("dd")], strict=True))
    assert counts == {
        "Videos": "1,207", "Waiting for thumbnails": "1", "Missing": "1", "Unreadable": "1", "Duplicates": "1",
    }  # fmt: skip
    assert "/?missing=1" in shown.addresses


def duplicates_counted(shown):
    (tile,) = [element for element in shown.tags("div") if element.text.split()[:1] == ["Duplicates"]]
    return tile.text.split()[1]


def test_the_progress_never_counts_duplicates_and_repeats_what_the_page_counted(page, client, make_video):
    for name in ("x.mp4", "y.mp4"):
        make_video(name, fingerprint="same")
    with CaptureQueriesContext(connection) as queries:
        assert duplicates_counted(Page(client.get("/library/progress"))) == "–"
    assert duplicates_counted(page()) == "1"
    make_video("z.mp4", fingerprint="same")
    with CaptureQueriesContext(connection) as more:
        assert duplicates_counted(Page(client.get("/library/progress"))) == "1"
    asked_for = " ".join(query["sql"] for query in (*queries, *more))
    assert "COUNT" in asked_for
    assert "fingerprint" not in asked_for


# --- what a person may do


def test_a_scan_is_asked_for_once_however_often_the_button_is_pressed(browser):
    for _ in range(3):
        shown = submit(browser, "Scan now")
    assert asked() == ["scan_folder"]
    assert DBTaskResult.objects.get().args_kwargs == {"args": [], "kwargs": {"full": False}}
    assert shown.texts("is-message") == ["The video folder will be scanned when a worker is running."]


def test_a_file_that_could_not_be_read_is_listed_with_its_reason_and_size(page, make_video):
    make_video(f"trips/{HOSTILE.replace('/', '')}.mp4", problem=f"cut off {HOSTILE}", file_size=1536)
    make_video("fine.mp4")
    (row,) = page().of_class("row")
    for text in (HOSTILE, f"cut off {HOSTILE}", "1.5", "Try again"):
        assert text in row.text
    assert "fine" not in row.text


def test_trying_again_makes_that_file_due_and_keeps_the_reason_until_it_is_read(browser, make_video):
    tried = make_video("a.mp4", problem="cut off")
    other = make_video("b.mp4", problem="cut off")
    shown = submit(browser, "Try again a.mp4")
    assert shown.texts("is-message") == ["1 file will be retried when a worker is running."]
    tried.refresh_from_db()
    other.refresh_from_db()
    assert tried.analysis_due_at <= timezone.now()
    assert (tried.problem, other.analysis_due_at) == ("cut off", None)
    assert asked() == ["analyze_files"]
    assert "Queued" in shown.text


def test_all_that_could_not_be_read_are_tried_again_by_one_button(browser, make_video):
    for number in range(3):
        make_video(f"{number}.mp4", problem="cut off")
    make_video("fine.mp4")
    gone = make_video("gone.mp4", problem="cut off", missing_since=timezone.now())
    shown = submit(browser, "Retry all")
    assert shown.texts("is-message") == ["3 files will be retried when a worker is running."]
    assert Video.objects.due(timezone.now()).count() == 3
    gone.refresh_from_db()
    assert gone.analysis_due_at is None


def test_trying_again_from_the_watch_page_leads_back_to_it(browser, make_video):
    video = make_video("a.mp4", problem="cut off")
    shown = submit(browser, "Try again", page=video.get_absolute_url())
    assert shown.texts("watch-title") == ["a"]
    assert Video.objects.due(timezone.now()).get() == video


def test_nothing_to_try_again_is_said(client, library, viewer, make_video):
    video = make_video("a.mp4")
    for number in (video.pk, 10**9):
        client.post("/library/retry", {"video": number})
        assert Page(client.get("/library/")).texts("is-message") == ["There is nothing to retry."]
    # No row can have such a number.
    assert client.post("/library/retry", {"video": 2**70}).status_code == 400
    assert not Video.objects.exclude(analysis_due_at=None).exists()


def test_fifty_unreadable_files_stand_on_a_page(page, make_video):
    for number in range(PAGE_ROWS + 1):
        make_video(f"{number}.mp4", problem="cut off")
    first = page()
    assert len(first.of_class("row")) == PAGE_ROWS
    (following,) = [e.attributes["href"] for e in first.tags("a") if e.attributes.get("rel") == "next"]
    assert following == "?page=2#unreadable"
    assert len(page("?page=2").of_class("row")) == 1
    for odd in ("?page=9", "?page=x", "?page=%00", "?page=-1"):
        assert page(odd).of_class("row")


def test_files_that_went_missing_together_stay_protected_until_a_person_confirms(browser, make_video):
    gone_together(make_video, "trips/", 3)
    gone_together(make_video, "one/", 1)
    shown = Page(browser.get("/library/"))
    assert "3 files" in section(shown, "gone").text
    assert "1 file" in section(shown, "gone").text
    shown = submit(browser, "Treat as deleted trips/")
    assert "3 files in trips/ are now treated as deleted." in shown.texts("is-message")[0]
    assert [one.folder for one in MissingBatch.objects.all()] == ["one/"]
    assert Video.objects.missing().count() == 4
    assert "trips/" not in section(shown, "gone").text


def test_a_disappearance_that_is_over_can_no_longer_be_confirmed(client, library, viewer):
    assert client.post("/library/gone/1").status_code == 404
    assert client.post(f"/library/gone/{2**70}").status_code == 404


def test_a_missing_video_is_relinked_to_the_file_that_a_person_chooses(browser, make_video):
    missing = found_elsewhere(make_video, "new/a.mp4", "new/b.mp4")
    VideoCache().update_rating(missing.filename, 5)
    shown = submit(browser, "Relink new/b.mp4")
    said = "“a” was relinked to “new/b.mp4”, with stars, tags and views."
    assert shown.texts("is-message") == [f"{said} Undo"]
    missing.refresh_from_db()
    assert (missing.filename, missing.missing_since) == ("new/b.mp4", None)
    assert Rating.objects.get().video == missing
    assert section(shown, "found") is None


def test_a_video_that_takes_the_files_title_is_told_of_by_the_one_that_it_had(client, library, viewer, make_video):
    missing = make_video("old/Dawn.mp4", title="Dawn", fingerprint="same", missing_since=timezone.now())
    present = make_video("new/Sunrise.mp4", title="Sunrise", fingerprint="same")
    client.post("/library/relink", {"pair": f"{missing.pk}-{present.pk}"})
    (said,) = Page(client.get("/library/")).texts("is-message")
    assert said.startswith("“Dawn” was relinked to “new/Sunrise.mp4”")
    missing.refresh_from_db()
    assert missing.title == "Sunrise"


def test_all_that_have_one_match_are_relinked_by_one_button(browser, make_video):
    ones = [found_elsewhere(make_video, f"new/{n}.mp4", missing=f"old/{n}.mp4") for n in range(3)]
    two = found_elsewhere(make_video, "new/x.mp4", "new/y.mp4", missing="old/x.mp4")
    # The same content missing twice: which of them the file is, only a person knows.
    content = f"content {next(_contents)}"
    make_video("new/z.mp4", fingerprint=content)
    for name in ("old/z.mp4", "old/zz.mp4"):
        make_video(name, fingerprint=content, missing_since=timezone.now())
    shown = submit(browser, "Relink 3 videos")
    assert shown.texts("is-message") == ["3 videos relinked, with stars, tags and views. Undo"]
    assert sorted(Video.objects.filter(pk__in=[video.pk for video in ones]).values_list("filename", flat=True)) == [
        "new/0.mp4", "new/1.mp4", "new/2.mp4",
    ]  # fmt: skip
    assert Video.objects.missing().count() == 3
    two.refresh_from_db()
    assert two.missing_since
    assert "Relink all" not in shown.text


def test_all_that_were_relinked_by_one_button_are_undone_by_one(browser, make_video):
    for number in range(3):
        found_elsewhere(make_video, f"new/{number}.mp4", missing=f"old/{number}.mp4")
    shown = submit(browser, "Relink 3 videos")
    (undo,) = [e for e in shown.tags("form") if e.attributes["action"].endswith("/undo")]
    inputs = [e.attributes for e in shown.tags("input") if undo in e.inside]
    # One of the old names is taken by another file by now.
    make_video("old/1.mp4")
    fields = {each["name"]: each["value"] for each in inputs}
    shown = Page(browser.post(undo.attributes["action"], fields, follow=True))
    said = "Undone: 2 videos relinked, with stars, tags and views. 1 could not be undone:"
    assert shown.texts("is-message") == [f"{said} A file with the old name exists again."]
    assert {"old/0.mp4", "old/2.mp4"} == set(Video.objects.missing().values_list("filename", flat=True))


def test_what_can_no_longer_be_relinked_is_said_and_the_others_are(client, library, viewer, make_video):
    missing = found_elsewhere(make_video, "new/a.mp4")
    present = Video.objects.present().get()
    other = make_video("other.mp4", fingerprint="another", missing_since=timezone.now())
    pairs = [f"{missing.pk}-{other.pk}", f"{missing.pk}-999999", f"{missing.pk}-{present.pk}"]
    client.post("/library/relink", {"pair": pairs})
    (said,) = Page(client.get("/library/")).texts("is-message")
    assert "was relinked" in said
    assert "2 could not be relinked" in said
    missing.refresh_from_db()
    assert missing.filename == "new/a.mp4"


def test_no_more_is_offered_at_a_time_than_a_person_decides(page, make_video):
    for number in range(MAX_FOUND_AGAIN):
        found_elsewhere(make_video, f"new/{number}.mp4", missing=f"old/{number}.mp4")
    assert "There are more" not in section(page(), "found").text
    found_elsewhere(make_video, "new/one more.mp4", missing="old/one more.mp4")
    shown = page()
    assert len([e for e in shown.tags("button") if e.text.startswith("Relink new/")]) == MAX_FOUND_AGAIN
    assert "There are more" in section(shown, "found").text


def test_of_many_files_that_a_video_may_be_ten_are_named_and_the_others_counted(page, make_video):
    found_elsewhere(make_video, *(f"new/{number:02}.mp4" for number in range(13)))
    shown = page()
    offered = [e.text for e in shown.tags("button") if e.text.startswith("Relink new/")]
    assert offered == [f"Relink new/{number:02}.mp4" for number in range(10)]
    assert "and 3 more" in section(shown, "found").text


def test_of_many_folders_that_went_missing_fifty_are_listed(page, make_video):
    for number in range(MAX_MISSING_BATCHES):
        gone_together(make_video, f"{number}/", 1)
    assert "There are more folders" not in section(page(), "gone").text
    gone_together(make_video, "one more/", 1)
    shown = page()
    assert len([e for e in shown.tags("button") if e.text.startswith("Treat as deleted")]) == MAX_MISSING_BATCHES
    assert "There are more folders" in section(shown, "gone").text


def test_of_many_duplicates_fifty_groups_of_ten_names_are_listed(page, make_video):
    for name in range(12):
        make_video(f"copies/{name:02}.mp4", fingerprint="same", file_size=5_000_000)
    for number in range(MAX_DUPLICATES - 1):
        for name in "ab":
            make_video(f"{number}{name}.mp4", fingerprint=f"twin {number}", file_size=number)
    shown = section_rows(page(), "duplicates")
    assert len(shown) == MAX_DUPLICATES
    assert "copies/09.mp4" in shown[0]
    assert "copies/10.mp4" not in shown[0]
    assert "and 2 more" in shown[0]
    assert "12 × 4.8" in shown[0]
    assert "There are more" not in section(page(), "duplicates").text
    for name in "ab":
        make_video(f"small {name}.mp4", fingerprint="small", file_size=0)
    assert len(section_rows(page(), "duplicates")) == MAX_DUPLICATES
    assert "There are more duplicates, of smaller files." in section(page(), "duplicates").text


def section_rows(shown, name):
    return [" ".join(e.text.split()) for e in shown.of_class("row") if section(shown, name) in e.inside]


def test_the_page_says_that_duplicates_are_not_compared_whole(page, make_video):
    for name in "ab":
        make_video(f"{name}.mp4", fingerprint="same")
    said = section(page(), "duplicates").text
    assert "the same content at the beginning, middle and end" in said
    assert "so check before you delete one." in said
    assert "Exact" not in said


def test_duplicates_stand_together_with_links_to_their_pages(page, make_video):
    videos = [make_video(f"{name}.mp4", fingerprint="same", file_size=2048) for name in "ab"]
    make_video("c.mp4", fingerprint="same", file_size=1)
    shown = page()
    (row,) = [element for element in shown.of_class("row") if section(shown, "duplicates") in element.inside]
    assert "a.mp4" in row.text
    assert "2 × 2.0" in row.text
    assert "c.mp4" not in row.text
    assert {video.get_absolute_url() for video in videos} <= set(shown.addresses)


def test_no_name_or_reason_becomes_markup(page, make_video):
    plain = [element.tag for element in page().tags("script") + page().tags("img")]
    name = HOSTILE.replace("/", "")
    gone_together(make_video, f"{name}/", 2)
    found_elsewhere(make_video, f"new {name}", missing=f"old {name}")
    for number in range(2):
        make_video(f"{number} {name}", fingerprint="same", problem=name)
    shown = page()
    assert [element.tag for element in shown.tags("script") + shown.tags("img")] == plain
    assert not any(attribute.startswith("on") for element in shown.elements for attribute in element.attributes)
    for part in ("gone", "found", "unreadable", "duplicates"):
        assert name in section(shown, part).text, part


WRONG = {
    "retry": [{"video": value} for value in ("x", "-1", "0", "1.5", "²")],
    "relink": [{}, *({"pair": value} for value in ("", "1", "1-", "1-x", "1-2-3", "-1-2", "9" * 30 + "-1", "1-²"))],
}


@pytest.mark.parametrize(
    ("action", "fields"), [(action, fields) for action, cases in WRONG.items() for fields in cases]
)
def test_a_wrong_value_answers_400_and_changes_nothing(client, library, viewer, make_video, action, fields):
    video = make_video("a.mp4", problem="cut off")
    response = client.post(f"/library/{action}", fields)
    assert response.status_code == 400
    assert "Nothing was changed." in Page(response).text
    video.refresh_from_db()
    assert video.analysis_due_at is None
    assert not asked()


ACTIONS = ("scan", "retry", "relink", "gone/1")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_get_of_a_button_answers_405_and_one_without_its_token_403(browser, action):
    assert browser.get(f"/library/{action}").status_code == 405
    response = browser.post(f"/library/{action}", {})
    assert response.status_code == 403
    assert "Nothing was changed" in Page(response).text
    assert not asked()


# --- who may


@pytest.fixture
def account(client, settings, django_user_model):
    """Require a login, and return a client that is logged in as an account with these permissions."""
    settings.REQUIRE_LOGIN = True

    def log_in(*permissions, is_staff=False):
        user = django_user_model.objects.create_user("ada", is_staff=is_staff)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def undecided(library, make_video):
    """A library in which every button has something to do; return the field that the button "Relink" sends."""
    gone_together(make_video, "trips/", 3)
    make_video("bad.mp4", problem="cut off")
    missing = found_elsewhere(make_video, "new/a.mp4")
    return {"pair": f"{missing.pk}-{Video.objects.get(filename='new/a.mp4').pk}"}


BUTTONS = {"Scan now", "Treat as deleted trips/", "Retry all", "Try again bad.mp4", "Relink new/a.mp4"}


def buttons(client, address="/library/"):
    return {element.text for element in Page(client.get(address)).tags("button")} - {
        "Log out",
        "Search tips",
        "Close",
        "Theme",
        "English",
        "Deutsch",
    }


@pytest.mark.parametrize("is_staff", [False, True])
def test_with_a_login_who_may_not_change_videos_decides_nothing_and_sees_no_button(account, undecided, is_staff):
    client = account("view_video", is_staff=is_staff)
    for action in ("scan", "retry", "relink", f"gone/{MissingBatch.objects.get().pk}"):
        response = client.post(f"/library/{action}", undecided)
        assert response.status_code == 403
        assert "You need permission to change videos" in Page(response).text
    assert not asked()
    assert MissingBatch.objects.exists()
    assert Video.objects.missing().count() == 4
    assert buttons(client) == set()
    shown = Page(client.get("/library/"))
    assert "trips/" in shown.text
    assert str(settings.VIDEO_DIR) not in shown.text
    missing = Video.objects.get(filename="old/a.mp4")
    for video in (missing, Video.objects.get(filename="bad.mp4")):
        assert not {"Relink new/a.mp4", "Try again"} & buttons(client, video.get_absolute_url())


def test_with_a_login_who_may_change_videos_decides_without_being_staff(account, undecided):
    client = account("change_video")
    assert buttons(client) == BUTTONS
    for action in ("scan", "retry", "relink", f"gone/{MissingBatch.objects.get().pk}"):
        assert client.post(f"/library/{action}", undecided).status_code == 303, action
    assert asked() == ["analyze_files", "scan_folder"]
    assert not MissingBatch.objects.exists()
    assert Video.objects.get(filename="new/a.mp4").missing_since is None
    # The way to the admin is for staff.
    assert "/admin/" not in Page(client.get("/library/")).addresses


def account_of(name):
    return get_user_model().objects.get(username=name)


def test_undoing_a_relink_needs_the_permission_to_relink(account, undecided):
    client = account("change_video")
    client.post("/library/relink", undecided)
    forms = [form.attributes.get("action", "") for form in Page(client.get("/library/")).tags("form")]
    (address,) = [action for action in forms if action.endswith("/undo")]
    video = Video.objects.get(filename="new/a.mp4")
    account_of("ada").user_permissions.clear()
    for sent_to in (address, f"/videos/{video.pk}/markers/undo"):
        response = client.post(sent_to, {"action": address.split("/")[-2]})
        assert response.status_code == 403, sent_to
        assert "You need permission to change videos" in Page(response).text
    assert Video.objects.get(pk=video.pk).filename == "new/a.mp4"
    # The gallery offers it to those who may.
    client.cookies["undoable"] = "1"
    assert "was relinked" not in Page(client.get("/")).text
    account_of("ada").user_permissions.set(Permission.objects.filter(codename="change_video"))
    assert "was relinked" in Page(client.get("/")).text
    assert client.post(address).status_code == 303
    assert Video.objects.get(pk=video.pk).filename == "old/a.mp4"


def test_without_a_login_the_household_decides(client, viewer, undecided):
    assert buttons(client) == BUTTONS
    assert client.post("/library/scan").status_code == 303
    assert asked() == ["scan_folder"]


def test_the_page_stands_in_the_navigation(page):
    (entry,) = [e for e in page().tags("a") if e.attributes.get("aria-current") == "page"]
    assert (entry.text, entry.attributes["href"]) == ("Library", "/library/")


# --- its price


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("address", "most"), [("/library/", 17), ("/library/progress", 7)])
def test_the_page_costs_the_same_few_queries_with_3_rows_and_with_30(
    library, client, make_video, query_count, address, most
):
    household()
    counts = []
    for rows in (3, 30):
        for number in range(rows):
            if not Video.objects.filter(filename=f"bad/{rows}/{number}").exists():
                make_video(f"bad/{rows}/{number}", problem="cut off")
                make_video(f"twin/{rows}/{number}", fingerprint=f"twin {number // 2}")
                found_elsewhere(make_video, f"new/{rows}/{number}", missing=f"old/{rows}/{number}")
                gone_together(make_video, f"gone/{rows}/{number}/", 3)
        cache.clear()
        counts.append(query_count(lambda: client.get(address)))
    assert counts[0] == counts[1] <= most


def group_queries(call):
    """Return how often the call looked for duplicates."""
    with CaptureQueriesContext(connection) as queries:
        call()
    return sum("GROUP BY" in query["sql"] and "HAVING" in query["sql"] for query in queries)


@pytest.mark.django_db(transaction=True)
def test_the_lists_are_read_again_when_videos_come_and_go_and_not_for_stars(library, client, make_video, monkeypatch):
    household()
    # However busy the machine is that runs this.
    monkeypatch.setattr(views, "_SLOW_SECONDS", 60)
    video = make_video("a.mp4", fingerprint="same")
    assert group_queries(lambda: client.get("/library/")) == 1
    VideoCache().update_rating("a.mp4", 5)
    assert group_queries(lambda: client.get("/library/")) == 0
    twin = make_video("b.mp4", fingerprint="same")
    assert "b.mp4" in section(Page(client.get("/library/")), "duplicates").text
    Video.objects.filter(pk__in=[video.pk, twin.pk]).update(missing_since=timezone.now())
    assert section(Page(client.get("/library/")), "duplicates") is None


@pytest.mark.django_db(transaction=True)
def test_where_the_lists_are_slow_to_read_they_are_kept_for_a_while_but_not_from_who_decides(
    library, client, make_video, monkeypatch
):
    household()
    # As if any reading took long.
    monkeypatch.setattr(views, "_SLOW_SECONDS", 0)
    monkeypatch.setattr(views, "_SHARE_OF_READING", 1e-9)
    assert group_queries(lambda: client.get("/library/")) == 1
    found_elsewhere(make_video, "new/a.mp4")
    shown = Page(client.get("/library/"))
    assert section(shown, "found") is None
    client.post("/library/scan")
    assert section(Page(client.get("/library/")), "found")


@pytest.mark.django_db(transaction=True)
def test_looking_at_the_page_changes_nothing(library, client, make_video):
    household()
    make_video("bad.mp4", problem="cut off")
    gone_together(make_video, "trips/", 3)
    found_elsewhere(make_video, "new/a.mp4")
    before = list(Video.objects.values_list()), MissingBatch.objects.count()
    for address in ("/library/", "/library/progress", "/"):
        for method in (client.get, client.head):
            assert method(address).status_code == 200
    assert (list(Video.objects.values_list()), MissingBatch.objects.count()) == before
    assert not DBTaskResult.objects.exists()


# --- any file, by its path --------------------------------------------------------------------------------------------


def test_a_person_may_name_any_file_for_a_missing_video(client, library, viewer, make_video):
    gone = make_video("old/film.avi", fingerprint="old", missing_since=timezone.now())
    make_video("new/É anew.mp4", fingerprint="new", file_size=7)
    assert "Choose another file" in Page(client.get(gone.get_absolute_url())).text
    response = client.post(f"/videos/{gone.pk}/file", {"file": " new/E\u0301 anew.mp4 "}, follow=True)
    assert "was relinked to “new/É anew.mp4”" in Page(response).text
    gone.refresh_from_db()
    assert (gone.filename, gone.missing_since, gone.fingerprint) == ("new/É anew.mp4", None, "new")


@pytest.mark.parametrize("name", ["nowhere.mp4", "../etc/passwd", "old/film.avi", "a\nb"])
def test_a_file_that_the_library_does_not_have_is_said(client, library, viewer, make_video, name):
    gone = make_video("old/film.avi", missing_since=timezone.now())
    page = Page(client.post(f"/videos/{gone.pk}/file", {"file": name}, follow=True))
    assert "The library has no file" in page.text
    assert Video.objects.get().missing_since is not None


def test_a_file_for_a_video_that_is_not_missing_is_refused(client, library, viewer, make_video):
    there = make_video("there.mp4")
    make_video("other.mp4")
    page = Page(client.post(f"/videos/{there.pk}/file", {"file": "other.mp4"}, follow=True))
    assert "Nothing was changed" in page.text
    assert client.post(f"/videos/{there.pk}/file", {"file": ""}).status_code == 400
    assert Video.objects.count() == 2


# --- what was skipped -----------------------------------------------------------------------------------------------


def test_the_page_names_what_the_last_scan_skipped_with_the_reason(page, library):
    (library / "a.mp4").touch()
    (library / ".hidden.mp4").touch()
    (library / f".{HOSTILE.replace('/', '')}.mp4").touch()
    with open(library / "recording.xyz", "wb") as file:
        file.truncate(60_000_000)
    scan(library)
    listed = section(page(), "skipped")
    assert listed is not None
    for text in ("hidden", ".hidden.mp4", "onerror", "not a known video extension", "recording.xyz", "LVS_EXTENSIONS"):
        assert text in listed.text


def test_of_many_skipped_files_the_page_counts_the_others(page):
    SkippedFiles.objects.create(reason="hidden", files=1234, names=[".a.mp4", ".b.mp4"])
    listed = section(page(), "skipped")
    assert listed is not None
    assert "1,234" in listed.text
    assert "and 1,232 more" in listed.text


def test_where_nothing_was_skipped_the_page_says_nothing_of_it(page, library):
    (library / "a.mp4").touch()
    scan(library)
    assert section(page(), "skipped") is None


def test_a_reason_with_what_the_system_said_is_told_in_the_pages_language(client, viewer, library):
    SkippedFiles.objects.create(reason="folder_unreadable: Input/output error", files=1, names=["sub/"])
    text = client.get("/library/", headers={"Accept-Language": "de"}).content.decode()
    assert "Input/output error" in text
