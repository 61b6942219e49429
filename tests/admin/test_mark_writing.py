"""The admin saves marks as every page does: for the viewer of the row, one row for each viewer and video."""

import datetime

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone

from tests.admin.test_metadata import form_of
from tests.views.page import Page
from videos.models import Favorite, MonthlyViews, Rating, Tag, Video, View
from videos.userdata import bulk, favorites, ratings, tags, views
from videos.userdata.undo import undo

MODELS = {"rating": Rating, "view": View, "favorite": Favorite}
DATE = {"added_date_0": "2020-01-02", "added_date_1": "03:04:05"}
# What the form of each kind holds beside the viewer and the video, and what is then in the row.
FIELDS = {
    "rating": ({"stars": "4"}, {"stars": 4}),
    "view": (
        {"view_count": "7", "position_seconds": "1.5", "is_watched": "on", "last_viewed_0": "", "last_viewed_1": ""},
        {"view_count": 7, "position_seconds": 1.5, "is_watched": True, "last_viewed": None},
    ),
    "favorite": (DATE, {"added_date": datetime.datetime(2020, 1, 2, 3, 4, 5)}),
}


@pytest.fixture
def films(make_video):
    return [make_video(f"{name}.mp4", title=name) for name in ("alps", "beach")]


@pytest.fixture
def ann(db):
    return User.objects.create_user("ann")


@pytest.fixture(params=MODELS)
def kind(request):
    return request.param


@pytest.fixture
def mark(kind, viewer, films):
    """A mark of the household on the first film."""
    ratings.rate(viewer, films[0].pk, 2)
    views.count_play(viewer, films[0].pk)
    favorites.set_favorite(viewer, films[0].pk, True)
    return MODELS[kind].objects.get()


def send(client, address, kind, viewer, video, **more):
    return client.post(
        f"/admin/videos/{kind}/{address}", {"viewer": viewer.pk, "video": video.pk, **FIELDS[kind][0], **more}
    )


def holds(kind, viewer, video):
    """Return whether this viewer's mark of the video is what the form held."""
    expected = {
        name: timezone.make_aware(value) if isinstance(value, datetime.datetime) else value
        for name, value in FIELDS[kind][1].items()
    }
    return MODELS[kind].objects.filter(viewer=viewer, video=video, **expected).exists()


def test_a_new_mark_is_the_named_viewers_and_not_the_administrators(admin_client, kind, films, ann):
    assert send(admin_client, "add/", kind, ann, films[0]).status_code == 302
    assert holds(kind, ann, films[0])
    assert MODELS[kind].objects.count() == 1
    assert LogEntry.objects.get().object_id == str(MODELS[kind].objects.get().pk)


def test_a_corrected_mark_keeps_its_row(admin_client, kind, mark, viewer, films):
    assert send(admin_client, f"{mark.pk}/change/", kind, viewer, films[0]).status_code == 302
    assert holds(kind, viewer, films[0])
    assert MODELS[kind].objects.get().pk == mark.pk


@pytest.mark.parametrize("to", ["another video", "another viewer"])
def test_a_mark_that_is_moved_leaves_nothing_behind(admin_client, kind, mark, viewer, films, ann, to):
    place = (viewer, films[1]) if to == "another video" else (ann, films[0])
    response = send(admin_client, f"{mark.pk}/change/", kind, *place, _continue="1")
    assert holds(kind, *place)
    row = MODELS[kind].objects.get()
    # The form that is shown again is that of the row there, and so is what the log names.
    assert response.url == f"/admin/videos/{kind}/{row.pk}/change/"
    shown = Page(admin_client.get(response.url))
    assert response.url in shown.addresses
    assert LogEntry.objects.get().object_id == str(row.pk)


def test_a_second_mark_of_a_viewer_for_a_video_is_refused(admin_client, kind, mark, viewer, films, ann):
    before = list(MODELS[kind].objects.values())
    assert "already exists" in Page(send(admin_client, "add/", kind, viewer, films[0])).text
    assert list(MODELS[kind].objects.values()) == before


def test_a_mark_is_not_moved_onto_another(admin_client, kind, mark, viewer, films, ann):
    send(admin_client, "add/", kind, ann, films[0])
    before = list(MODELS[kind].objects.order_by("pk").values())
    assert "already exists" in Page(send(admin_client, f"{mark.pk}/change/", kind, ann, films[0])).text
    assert list(MODELS[kind].objects.order_by("pk").values()) == before


def test_one_mark_is_deleted(admin_client, kind, mark, films, ann):
    send(admin_client, "add/", kind, ann, films[0])
    admin_client.post(f"/admin/videos/{kind}/{mark.pk}/delete/", {"post": "yes"})
    assert [row.viewer for row in MODELS[kind].objects.all()] == [ann]


def test_the_chosen_marks_of_several_viewers_are_deleted(admin_client, kind, mark, films, ann):
    for film in films:
        send(admin_client, "add/", kind, ann, film)
    chosen = MODELS[kind].objects.filter(video=films[0])
    fields = {"action": "delete_selected", ACTION_CHECKBOX_NAME: [row.pk for row in chosen], "post": "yes"}
    admin_client.post(f"/admin/videos/{kind}/", fields)
    assert [(row.viewer, row.video) for row in MODELS[kind].objects.all()] == [(ann, films[1])]


def test_deleting_a_view_keeps_the_numbers_of_the_month(admin_client, viewer, films):
    views.count_play(viewer, films[0].pk)
    admin_client.post(f"/admin/videos/view/{View.objects.get().pk}/delete/", {"post": "yes"})
    assert not View.objects.exists()
    assert MonthlyViews.objects.get().views == 1


def test_a_favorite_that_was_moved_is_not_taken_away_by_an_undo(admin_client, viewer, films):
    action = bulk.set_favorite(viewer, [films[0].pk], True)
    send(admin_client, f"{Favorite.objects.get().pk}/change/", "favorite", viewer, films[1])
    undo(viewer, action.pk)
    assert [favorite.video for favorite in Favorite.objects.all()] == [films[1]]


# --- the page of a video ----------------------------------------------------------------------------------------------


def save(client, video, **fields):
    """Send the form of a video as it stands, but for these fields."""
    address = f"/admin/videos/video/{video.pk}/change/"
    response = client.post(address, {**form_of(Page(client.get(address))), **fields})
    assert response.status_code == 302, Page(response).texts("errorlist")


def test_an_emptied_title_becomes_the_one_made_from_the_filename(admin_client, make_video):
    video = make_video("trips/Day_one.mp4", title="Something else")
    save(admin_client, video, title="")
    video.refresh_from_db()
    assert video.title == Video(filename="trips/Day_one.mp4").display_title
    save(admin_client, video, title="Zebra")
    video.refresh_from_db()
    assert video.title == "Zebra"
    assert video.title_key.startswith("zebra")


def test_the_date_of_adding_is_saved(admin_client, films):
    save(admin_client, films[0], **DATE)
    films[0].refresh_from_db()
    assert timezone.localtime(films[0].added_date).date() == datetime.date(2020, 1, 2)


def test_tags_that_are_taken_and_given_leave_the_others_their_links(admin_client, films):
    tags.set_tags(films[0].pk, ["one", "two"])
    tags.set_tags(films[1].pk, ["three"])
    link = Video.tags.through.objects.get(tag__name="one")
    save(admin_client, films[0], tags=[Tag.objects.get(name=name).pk for name in ("one", "three")])
    assert {tag.name for tag in films[0].tags.all()} == {"one", "three"}
    assert Video.tags.through.objects.get(tag__name="one", video=films[0]) == link


def test_a_star_is_moved_to_another_viewer_and_another_is_removed_at_once(admin_client, viewer, films, ann):
    bob = User.objects.create_user("bob")
    for who, stars in ((viewer, 1), (ann, 2)):
        ratings.rate(who, films[0].pk, stars)
    rows = {rating.viewer_id: number for number, rating in enumerate(Rating.objects.order_by("pk"))}
    moved, removed = rows[viewer.pk], rows[ann.pk]
    save(admin_client, films[0], **{f"ratings-{moved}-viewer": bob.pk, f"ratings-{removed}-DELETE": "on"})
    assert [(rating.viewer, rating.stars) for rating in Rating.objects.all()] == [(bob, 1)]
    said = LogEntry.objects.get().get_change_message()
    assert "Changed" in said
    assert "Deleted" in said


def test_a_view_and_a_favorite_are_added_and_corrected_on_the_page_of_a_video(admin_client, viewer, films, ann):
    views.count_play(viewer, films[0].pk)
    added = {"viewer": ann.pk, "video": films[0].pk, "id": "", **DATE}
    hearts = {f"favorites-0-{name}": value for name, value in added.items()}
    save(admin_client, films[0], **{"favorites-TOTAL_FORMS": "1", "views-0-view_count": "9"}, **hearts)
    assert View.objects.get().view_count == 9
    assert [(favorite.viewer, favorite.video) for favorite in Favorite.objects.all()] == [(ann, films[0])]
