"""The short addresses lead to lists and videos, and keep what else is asked for."""

from videos.models import Tag, Video


def test_search_leads_to_the_gallery_with_all_that_is_asked_for(db, client):
    assert client.get("/search/?q=a%26b&tag=sea&tag=sun")["Location"] == "/?q=a%26b&tag=sea&tag=sun"


def test_random_leads_to_a_video_of_those_asked_for_and_to_each_in_time(db, client):
    videos = [Video.objects.create(filename=f"{number}.mp4") for number in range(3)]
    Video.objects.create(filename="gone.mp4", missing_since=videos[0].added_date)
    videos[0].tags.add(Tag.objects.create(name="sea"))
    assert {client.get("/random/")["Location"] for _ in range(60)} == {video.get_absolute_url() for video in videos}
    assert {client.get("/random/?tag=sea")["Location"] for _ in range(9)} == {videos[0].get_absolute_url()}
    assert client.get("/random/?tag=none")["Location"] == "/?tag=none"


def test_random_leads_to_no_file_that_cannot_be_read_while_there_are_others(make_video, viewer, client):
    make_video("broken.mp4", problem="no video in it", width=None)
    good = {f"/videos/{make_video(f'{number}.mp4', width=640, height=360, duration=9).pk}/" for number in range(9)}
    assert {client.get("/random/")["Location"] for _ in range(40)} <= good
