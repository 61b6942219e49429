"""The short addresses lead to lists and videos, and keep what else is asked for."""

import pytest

from videos.models import Tag, Video


@pytest.mark.parametrize(
    ("address", "list_address"),
    [
        ("/favorites/", "/?favorites=1"),
        ("/popular/", "/?sort=views"),
        ("/best-of/", "/?rating=4&sort=rating"),
        ("/best-of/?rating=5&tag=sea", "/?rating=5&tag=sea&sort=rating"),
        ("/search/?q=a%26b&tag=sea&tag=sun", "/?q=a%26b&tag=sea&tag=sun"),
    ],
)
def test_a_short_address_leads_to_its_list(db, client, address, list_address):
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, list_address)
    assert client.get(answer["Location"]).status_code == 200


def test_a_tag_is_found_by_its_number_whatever_the_words_before_it(db, client):
    tag = Tag.objects.create(name="north & sea")
    for words in ("north-sea", "other"):
        assert client.get(f"/tags/{words}-{tag.pk}/")["Location"] == "/?tag=north+%26+sea"


@pytest.mark.parametrize("slug", ["sea", "sea-", "sea-x", "sea-²", f"sea-{10**30}", "sea-999999"])
def test_a_tag_that_there_is_not_answers_404(db, client, slug):
    assert client.get(f"/tags/{slug}/").status_code == 404


def test_random_leads_to_a_video_of_those_asked_for_and_to_each_in_time(db, client):
    videos = [Video.objects.create(filename=f"{number}.mp4") for number in range(3)]
    Video.objects.create(filename="gone.mp4", missing_since=videos[0].added_date)
    videos[0].tags.add(Tag.objects.create(name="sea"))
    assert {client.get("/random/")["Location"] for _ in range(60)} == {video.get_absolute_url() for video in videos}
    assert {client.get("/random/?tag=sea")["Location"] for _ in range(9)} == {videos[0].get_absolute_url()}
    assert client.get("/random/?tag=none")["Location"] == "/?tag=none"
