"""The admin's pages of the library: what the worker is at, what went missing together, and what was found again."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.views.page import Page
from videos.accounts.household import household
from videos.analysis.artwork_store import cover_path
from videos.cache import VideoCache
from videos.models import Activity, MissingBatch, Video

ACTIVITY = "/admin/videos/activity/"
SCAN = f"{ACTIVITY}scan/"
TOGETHER = "/admin/videos/missingbatch/"
FOUND = "/admin/videos/video/found-again/"
VIDEOS = "/admin/videos/video/"
MARKUP = '<img src=x onerror="alert(1)">&amp;'


def said(response):
    """Return what the admin says after something was done."""
    kinds = {"success", "error", "warning"}
    return " ".join(item.text for item in Page(response).tags("li") if set(item.classes) & kinds)


def cells(response, name):
    """Return the texts of a column of a list."""
    return Page(response).texts(f"field-{name}")


def queued():
    """Return the tasks that wait, by their names."""
    return [path.rpartition(".")[2] for path in DBTaskResult.objects.values_list("task_path", flat=True)]


@pytest.fixture
def staff(client, django_user_model):
    """Return a browser of somebody who may see all of this and change nothing."""
    user = django_user_model.objects.create_user("guest", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


@pytest.fixture
def lost(make_video):
    """Make files that went missing together, as many of each of these folders."""

    def make(**folders):
        for name, count in folders.items():
            missing_batch = MissingBatch.objects.create(folder=f"{name}/")
            for number in range(count):
                make_video(f"{name}/{number}.mp4", missing_since=timezone.now(), missing_batch=missing_batch)

    return make


@pytest.fixture
def pair(make_video):
    """Make a missing video and a file of the same content."""

    def make(missing="old.mp4", there="new.mp4", content="same"):
        gone = make_video(missing, fingerprint=content, missing_since=timezone.now())
        return gone, make_video(there, fingerprint=content)

    return make


@pytest.mark.parametrize("address", [ACTIVITY, TOGETHER, FOUND])
def test_these_pages_are_for_staff_alone(client, db, address):
    for _ in range(2):
        response = client.get(address)
        assert response.status_code == 302
        assert "login" in response.url
        client.force_login(household())


@pytest.mark.parametrize("address", [SCAN, TOGETHER, FOUND])
def test_nobody_else_does_anything_here(client, lost, pair, address):
    lost(trips=3)
    missing, there = pair()
    for _ in range(2):
        sent = {"pair": f"{missing.pk}-{there.pk}", "action": "confirm", ACTION_CHECKBOX_NAME: [1]}
        assert "login" in client.post(address, sent).url
        client.force_login(household())
    assert (Video.objects.count(), MissingBatch.objects.count(), queued()) == (5, 1, [])


# --- what the worker is at --------------------------------------------------------------------------------------------


def test_the_running_work_is_shown_with_rate_and_time_left(admin_client):
    now = timezone.now()
    Activity.objects.create(
        kind="look", phase="thumbnails", done=1500, total=4500, started_at=now - timedelta(minutes=5), updated_at=now
    )
    page = admin_client.get(ACTIVITY)
    assert [cells(page, name) for name in ("work", "state", "progress", "rate", "time_left", "result")] == [
        ["Thumbnails"], ["running"], ["Creating: 1,500 of 4,500"], ["5.0"], ["10 minutes"], ["–"],
    ]  # fmt: skip


def test_work_that_ended_stopped_or_was_interrupted_is_shown_as_that(admin_client):
    now, long_ago = timezone.now(), timezone.now() - timedelta(hours=1)
    Activity.objects.create(kind="a", done=7, started_at=long_ago, updated_at=now, ended_at=now, summary='{"added": 3}')
    Activity.objects.create(kind="b", started_at=long_ago, updated_at=now, ended_at=now, error="Is its disk connected?")
    Activity.objects.create(kind="c", done=5, total=9, started_at=long_ago, updated_at=long_ago)
    page = admin_client.get(ACTIVITY)
    assert cells(page, "state") == ["ended", "stopped", "interrupted"]
    assert cells(page, "result") == ["3 added", "Is its disk connected?", "–"]
    # What has ended says what it did, and no longer how far it was.
    assert cells(page, "progress") == ["–", "–", "5 of 9"]
    assert cells(page, "time_left") == ["–", "–", "–"]


def test_work_that_hangs_in_a_disk_asks_for_it(admin_client, elsewhere):
    long_ago = timezone.now() - timedelta(minutes=3)
    Activity.objects.create(kind="scan", phase="reading_folder", done=1_204, started_at=long_ago, updated_at=long_ago)
    assert cells(admin_client.get(ACTIVITY), "state") == ["interrupted"]
    elsewhere("lock = exclusive_lock('scan', '')\nlock.__enter__()\nprint('held', flush=True)\n")
    page = admin_client.get(ACTIVITY)
    assert cells(page, "state") == ["stuck"]
    assert cells(page, "result") == ["No progress for 3 minutes at “Scanning”, 1,204 files. Is the disk responding?"]


def test_the_list_says_whether_a_worker_runs(admin_client, elsewhere):
    assert "No worker is running" in Page(admin_client.get(ACTIVITY)).text
    elsewhere("slots = WorkerSlots()\nprint(slots.take(), flush=True)\n")
    assert "The worker is running." in Page(admin_client.get(ACTIVITY)).text


def test_a_click_asks_for_one_scan_however_often(admin_client):
    (form,) = [form for form in Page(admin_client.get(ACTIVITY)).tags("form") if form.attributes.get("action") == SCAN]
    assert form.attributes["method"] == "post"
    for _ in range(3):
        response = admin_client.post(SCAN, follow=True)
        assert response.redirect_chain == [(ACTIVITY, 302)]
        assert "The worker is scanning the video folder" in said(response)
    assert queued() == ["scan_folder"]
    assert DBTaskResult.objects.get().args_kwargs == {"args": [], "kwargs": {"full": False}}


def test_while_a_scan_runs_another_can_be_asked_for(admin_client):
    admin_client.post(SCAN)
    DBTaskResult.objects.update(status="RUNNING")
    admin_client.post(SCAN)
    assert queued() == ["scan_folder", "scan_folder"]


def test_looking_asks_for_nothing(admin_client):
    assert admin_client.get(SCAN).status_code == 405
    admin_client.get(ACTIVITY)
    assert queued() == []


def test_who_may_only_look_cannot_ask_for_a_scan(staff):
    page = Page(staff.get(ACTIVITY))
    assert SCAN not in [form.attributes.get("action") for form in page.tags("form")]
    assert staff.post(SCAN).status_code == 403
    assert queued() == []


@pytest.mark.parametrize("address", [f"{ACTIVITY}add/", f"{ACTIVITY}look/delete/", f"{TOGETHER}add/"])
def test_what_the_worker_writes_is_neither_added_nor_deleted(admin_client, address):
    Activity.objects.create(kind="look")
    assert admin_client.get(address).status_code == admin_client.post(address, {"post": "yes"}).status_code == 403
    assert Activity.objects.count() == 1


# --- what went missing together ---------------------------------------------------------------------------------------


def test_folders_are_listed_with_the_number_of_their_files(admin_client, lost):
    lost(trips=4, home=3)
    page = admin_client.get(TOGETHER)
    assert (cells(page, "where"), cells(page, "files")) == (["home/", "trips/"], ["3", "4"])


def test_a_person_confirms_that_they_are_gone(admin_client, lost):
    lost(trips=4, home=3, attic=5)
    chosen = list(MissingBatch.objects.filter(folder__in=["trips/", "attic/"]).values_list("pk", flat=True))
    response = admin_client.post(TOGETHER, {"action": "confirm", ACTION_CHECKBOX_NAME: chosen}, follow=True)
    assert "9 files are now treated as deleted" in said(response)
    assert [one.folder for one in MissingBatch.objects.all()] == ["home/"]
    assert Video.objects.missing().filter(missing_batch=None).count() == 9
    assert Video.objects.missing().count() == 12


def test_who_may_only_look_confirms_nothing(staff, lost):
    lost(trips=4)
    assert cells(staff.get(TOGETHER), "where") == ["trips/"]
    chosen = [MissingBatch.objects.get().pk]
    assert staff.post(TOGETHER, {"action": "confirm", ACTION_CHECKBOX_NAME: chosen}).status_code == 403
    assert Video.objects.filter(missing_batch__isnull=False).count() == 4


# --- what was found again ---------------------------------------------------------------------------------------------


def test_a_missing_video_and_the_files_that_hold_the_same_are_side_by_side(admin_client, pair, make_video):
    missing, there = pair("old/film.mp4", "new/Sea.mkv")
    copy = make_video("copy.mp4", fingerprint="same")
    page = Page(admin_client.get(FOUND))
    (row,) = [row for row in page.tags("tr") if "old/film.mp4" in row.text]
    assert "new/Sea.mkv" in row.text
    assert "copy.mp4" in row.text
    pairs = [button.attributes["value"] for button in page.tags("button") if button.attributes.get("name") == "pair"]
    assert sorted(pairs) == sorted([f"{missing.pk}-{there.pk}", f"{missing.pk}-{copy.pk}"])
    assert FOUND in Page(admin_client.get(VIDEOS)).addresses


def test_of_many_files_that_it_may_be_ten_are_offered(admin_client, make_video):
    make_video("old.mp4", fingerprint="same", missing_since=timezone.now())
    for number in range(12):
        make_video(f"new {number:02}.mp4", fingerprint="same")
    page = Page(admin_client.get(FOUND))
    assert len([button for button in page.tags("button") if button.attributes.get("name") == "pair"]) == 10
    assert "and 2 more" in page.text


def test_with_nothing_found_again_the_page_says_so(admin_client, make_video):
    make_video("gone.mp4", fingerprint="of its own", missing_since=timezone.now())
    assert "There are no matches for missing videos" in Page(admin_client.get(FOUND)).text


def test_a_click_makes_the_two_one(admin_client, pair, library, settings):
    missing, there = pair()
    VideoCache().update_rating("old.mp4", 5)
    cover = cover_path(settings.GENERATED_DIR, there.pk)
    cover.parent.mkdir(parents=True)
    cover.write_bytes(b"x")
    response = admin_client.post(FOUND, {"pair": f"{missing.pk}-{there.pk}"}, follow=True)
    assert response.redirect_chain == [(FOUND, 302)]
    assert said(response) == "“old” was relinked to “new.mp4”, with stars, tags and views."
    assert (Video.objects.get().pk, VideoCache().get_ratings()) == (missing.pk, {"new.mp4": 5})
    assert not cover.exists()
    # The button of a page that is out of date.
    response = admin_client.post(FOUND, {"pair": f"{missing.pk}-{there.pk}"}, follow=True)
    assert "has changed since the page was loaded" in said(response)


def test_what_was_relinked_by_a_click_can_be_undone_in_the_gallery(admin_client, pair):
    missing, there = pair()
    admin_client.post(FOUND, {"pair": f"{missing.pk}-{there.pk}"})
    page = Page(admin_client.get("/"))
    assert "“old” was relinked to “new.mp4”" in page.text
    (undo,) = [form.attributes["action"] for form in page.tags("form") if "data-undo" in form.attributes]
    admin_client.post(undo)
    assert set(Video.objects.values_list("pk", "filename")) == {(missing.pk, "old.mp4"), (there.pk, "new.mp4")}


def test_a_click_that_relinks_nothing_offers_no_undo(admin_client, pair):
    pair()
    admin_client.post(FOUND, {"pair": "1-2-3"})
    assert "undoable" not in admin_client.cookies


@pytest.mark.parametrize(
    "sent", ["", "-", "1", "1-", "1-2-3", "a-b", "-1--2", "9" * 5000 + "-1", "9" * 400 + "-1", "²-1"]
)
def test_what_no_button_sends_changes_nothing(admin_client, pair, sent):
    pair()
    response = admin_client.post(FOUND, {"pair": sent} if sent else {}, follow=True)
    assert response.status_code == 200
    assert said(response)
    assert Video.objects.count() == 2


def test_the_earlier_address_of_files_that_went_missing_together_leads_to_them(staff):
    assert staff.get("/admin/videos/disappearance/?o=1").headers["Location"] == f"{TOGETHER}?o=1"


def test_who_may_only_look_at_videos_sees_no_such_page(staff, pair):
    missing, there = pair()
    assert staff.get(FOUND).status_code == 403
    assert staff.post(FOUND, {"pair": f"{missing.pk}-{there.pk}"}).status_code == 403
    assert Video.objects.count() == 2
    assert FOUND not in Page(staff.get(VIDEOS)).addresses


# --- the list of videos -----------------------------------------------------------------------------------------------


@pytest.fixture
def analyzed(make_video):
    """One video that could not be read, one that is due, one of which all is known, and a missing one of each kind."""
    fields = {
        "bad": {"problem": "empty"},
        "due": {"analysis_due_at": timezone.now()},
        "good": {"duration": 61.0},
    }
    videos = {name: make_video(f"{name}.mp4", title=name, **fields[name]) for name in fields}
    for name in ("bad", "due"):
        make_video(f"gone {name}.mp4", title=f"gone {name}", missing_since=timezone.now(), **fields[name])
    return videos


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?content=problem", {"bad"}),
        ("?content=due", {"due"}),
        ("?content=nothing", {"bad", "due", "good", "gone bad (missing)", "gone due (missing)"}),
        ("?content=problem&missing=1", set()),
    ],
)
def test_videos_are_filtered_by_what_an_analysis_found(admin_client, analyzed, query, expected):
    assert set(cells(admin_client.get(f"{VIDEOS}{query}"), "title_column")) == expected


def test_files_are_analyzed_again_on_demand(admin_client, analyzed):
    Video.objects.update(analysis_due_at=None)
    chosen = {"action": "look_again", ACTION_CHECKBOX_NAME: list(Video.objects.values_list("pk", flat=True))}
    for _ in range(2):
        assert "3 files again" in said(admin_client.post(VIDEOS, chosen, follow=True))
    due = Video.objects.filter(analysis_due_at__lte=timezone.now())
    assert sorted(due.values_list("title", flat=True)) == ["bad", "due", "good"]
    assert queued() == ["analyze_files"]


def test_who_may_only_view_has_no_file_analyzed(staff, analyzed):
    before = list(Video.objects.order_by("pk").values())
    staff.post(VIDEOS, {"action": "look_again", ACTION_CHECKBOX_NAME: [analyzed["bad"].pk]})
    assert list(Video.objects.order_by("pk").values()) == before
    assert queued() == []


def test_the_page_of_a_video_names_its_facts_its_problem_and_its_copies(admin_client, make_video):
    video = make_video("a.mp4", fingerprint="same", width=1920, height=1080, problem="cut off", cover_version=7)
    copy = make_video("b.mp4", fingerprint="same")
    page = Page(admin_client.get(f"{VIDEOS}{video.pk}/change/"))
    assert "1920 × 1080" in page.text
    assert "cut off" in page.text
    assert copy.get_absolute_url() in page.addresses
    assert f"/videos/{video.pk}/cover.webp?v=7" in [image.attributes.get("src") for image in page.tags("img")]


def test_the_facts_of_a_file_are_written_for_people(admin_client, make_video):
    facts = {"modified_ns": 1_600_000_000_123_456_789, "frame_rate": 24000 / 1001, "bit_rate": 5_200_000}
    video = make_video("a.mp4", missing_since=timezone.now(), **facts)
    values = " ".join(" ".join(Page(admin_client.get(f"{VIDEOS}{video.pk}/change/")).texts("readonly")).split())
    assert re.search(r"\b1[2-4] September 2020, \d\d:26:40 ", values)
    assert "23.98 fps" in values
    assert "5.2 Mbit/s" in values
    assert "123456" not in values


def test_of_many_copies_ten_are_linked_and_the_others_counted(admin_client, make_video):
    video = make_video("a.mp4", fingerprint="same")
    for number in range(12):
        make_video(f"copy {number:02}.mp4", fingerprint="same")
    text = Page(admin_client.get(f"{VIDEOS}{video.pk}/change/")).text
    assert "copy 09.mp4 and 2 more" in text
    assert "copy 10.mp4" not in text


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ACTIVITY, TOGETHER, FOUND, f"{VIDEOS}?content=problem", f"{VIDEOS}?content=due"])
def test_a_list_costs_the_same_with_3_and_with_30(admin_client, query_count, lost, pair, address):
    costs = []
    for numbers in (range(3), range(3, 30)):
        for number in numbers:
            Activity.objects.create(kind=f"work {number}")
            lost(**{f"folder {number}": 3})
            _, there = pair(f"old {number}.mp4", f"new {number}.mp4", f"content {number}")
            Video.objects.filter(pk=there.pk).update(problem="cut off", analysis_due_at=timezone.now(), cover_version=1)
        costs.append(query_count(lambda: admin_client.get(address)))
    assert costs[0] == costs[1]


def test_names_and_messages_are_text_and_never_markup(admin_client, lost, pair, make_video):
    Activity.objects.create(kind="scan", phase=MARKUP[:40], error=MARKUP, summary=MARKUP, ended_at=timezone.now())
    lost(**{MARKUP: 3})
    missing, there = pair(f"{MARKUP} old.mp4", f"{MARKUP} new.mp4")
    Video.objects.filter(pk=there.pk).update(problem=MARKUP)
    make_video(f"{MARKUP} copy.mp4", fingerprint="same")
    relinked = {"pair": f"{missing.pk}-{there.pk}"}
    for response in (
        admin_client.get(ACTIVITY),
        admin_client.get(TOGETHER),
        admin_client.get(FOUND),
        admin_client.get(f"{VIDEOS}?content=problem"),
        admin_client.get(f"{VIDEOS}{there.pk}/change/"),
        admin_client.post(FOUND, relinked, follow=True),
    ):
        page = Page(response)
        assert response.status_code == 200
        assert MARKUP in page.text
        assert "x" not in [image.attributes.get("src") for image in page.tags("img")]
