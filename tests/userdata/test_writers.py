"""A mark is written by the video's id: whatever happens to the file's name meanwhile, it is kept."""

import threading

import pytest
from django.db import connection
from django.test import Client

from videos.db.transactions import write_transaction
from videos.models import Favorite, Rating, Tag, Video, View

SENT = {
    "stars": {"stars": "4"},
    "favorite": {"favorite": "1"},
    "tags": {"add": "sea"},
    "title": {"title": "New"},
    "watched": {"watched": "1"},
    "views": {},
    "position": {"seconds": "30", "duration": "100"},
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", SENT)
def test_a_mark_given_while_a_scan_renames_the_file_is_kept(what, viewer, make_video):
    video = make_video("old.mp4", duration=100)
    answers = []

    def give_it():
        answers.append(Client().post(f"/videos/{video.pk}/{what}", SENT[what]).status_code)
        connection.close()

    with write_transaction():
        # It is asked for while the scan holds the database, and written after the scan.
        asked = threading.Thread(target=give_it)
        asked.start()
        asked.join(0.5)
        assert not answers
        Video.objects.filter(pk=video.pk).update(filename="new.mp4")
    asked.join(20)
    assert answers in ([303], [204])
    kept = {
        "stars": Rating.objects.filter(stars=4),
        "favorite": Favorite.objects.all(),
        "tags": Tag.objects.filter(videos=video),
        "title": Video.objects.filter(title="New"),
        "watched": View.objects.filter(is_watched=True),
        "views": View.objects.filter(view_count=1),
        "position": View.objects.filter(position_seconds=30),
    }
    assert kept[what].count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("what", SENT)
def test_a_mark_for_a_video_that_is_gone_answers_404_and_leaves_nothing(what, viewer, client, make_video):
    video = make_video("gone.mp4")
    video.delete()
    assert client.post(f"/videos/{video.pk}/{what}", SENT[what]).status_code == 404
    assert not any(model.objects.exists() for model in (Rating, Favorite, View, Tag))
