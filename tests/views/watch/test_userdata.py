"""What a viewer says of a video: stars, heart, title, tags, that it was watched and how far. Each form works by itself,
and where htmx sends it, the answer is the part that changed."""

import re

import pytest

from tests.views.page import Page, marks, submit
from videos.cache import VideoCache
from videos.db.triggers.change_log import read_revisions
from videos.models import Details, Favorite, Marker, Rating, Tag, Video, View

HTMX = {"HX-Request": "true"}


@pytest.fixture
def video(make_video, viewer):
    return make_video("holidays/sea.mp4", title="sea", file_size=1_500_000, duration=75.0)


def test_stars_are_given_changed_and_taken_away_by_a_form(video, browser):
    for stars, kept in (("4", 4), ("2", 2), ("0", None)):
        response = submit(browser, video, stars=stars)
        assert (response.status_code, response["Location"]) == (303, video.get_absolute_url())
        assert marks(video).stars == kept
    assert not Rating.objects.exists()


def test_the_stars_given_are_the_ones_pressed_on_the_next_page(video, browser):
    submit(browser, video, stars="3")
    buttons = Page(browser.get(video.get_absolute_url())).of_class("star")
    assert [button.attributes["value"] for button in buttons] == ["1", "2", "3", "4", "5"]
    assert ["is-on" in button.classes for button in buttons] == [True, True, True, False, False]
    assert [button.attributes["aria-pressed"] for button in buttons] == ["false", "false", "true", "false", "false"]


def test_the_heart_is_set_and_taken_back_by_a_form(video, browser):
    for value, kept in (("1", True), ("1", True), ("0", False), ("0", False)):
        assert submit(browser, video, favorite=value).status_code == 303
        assert marks(video).is_favorite is kept
    assert not Favorite.objects.exists()


def test_the_heart_on_a_card_gets_a_heart_for_a_card_in_a_library_of_thousands(make_video, viewer, client):
    make_video("a.mp4", id=1_234_567)
    assert 'id="heart-1234567"' in client.get("/").content.decode()
    answer = client.post(
        "/videos/1234567/favorite", {"favorite": "1"}, headers={**HTMX, "HX-Target": "heart-1234567"}
    ).content.decode()
    assert 'class="card-heart is-on" id="heart-1234567"' in answer


def test_the_heart_button_offers_the_other_state(video, browser):
    offered = []
    for _ in range(2):
        (button,) = Page(browser.get(video.get_absolute_url())).of_class("heart-button")
        offered.append(button.attributes["value"])
        submit(browser, video, favorite=button.attributes["value"])
    assert offered == ["1", "0"]


def test_tags_are_added_with_commas_and_taken_off_one_by_one(video, browser):
    assert submit(browser, video, add=" #Sea, night ,sea,, ").status_code == 303
    assert marks(video).tags == ("night", "Sea")
    assert submit(browser, video, add="Straße").status_code == 303
    assert submit(browser, video, remove="SEA").status_code == 303
    assert marks(video).tags == ("night", "Straße")
    assert submit(browser, video, remove="night").status_code == 303
    assert marks(video).tags == ("Straße",)


def test_each_tag_has_a_button_that_takes_off_exactly_it(video, browser):
    names = ["a b", "100%", 'say "x"', "<b>", "été", "&amp;"]
    VideoCache().update_tags(video.filename, names)
    page = Page(browser.get(video.get_absolute_url()))
    offered = [e.attributes["value"] for e in page.tags("button") if e.attributes.get("name") == "remove"]
    assert sorted(offered) == sorted(names)
    for name in offered:
        submit(browser, video, remove=name)
    assert marks(video).tags == ()


def test_a_play_is_counted_by_post_and_each_post_counts_one(video, browser):
    (token,) = [
        f for f in Page(browser.get(video.get_absolute_url())).tags("form") if f.attributes.get("id") == "count-view"
    ]
    for count in (1, 2):
        cookie = browser.cookies["csrftoken"].value
        response = browser.post(token.attributes["action"], {"csrfmiddlewaretoken": cookie})
        assert (response.status_code, response.content) == (204, b"")
        assert marks(video).view_count == count
    assert marks(video).last_viewed is not None


def test_a_title_is_given_by_a_form_and_an_empty_one_gives_back_the_name_of_the_file(video, browser):
    for title, kept in (
        (" By  the\tsea ", "By the sea"),
        ("", "sea"),
        ("<b>{{ 7|add:7 }}</b>", "<b>{{ 7|add:7 }}</b>"),
    ):
        assert submit(browser, video, title=title).status_code == 303
        page = Page(browser.get(video.get_absolute_url()))
        assert page.of_class("watch-title")[0].text == kept
        assert not page.tags("b")


def test_the_list_that_one_came_from_stays_in_the_address(video, client):
    address = f"/videos/{video.pk}/stars?list=tag%3Dsea%26sort%3Dtitle"
    assert client.post(address, {"stars": 3})["Location"] == f"{video.get_absolute_url()}?list=tag%3Dsea%26sort%3Dtitle"
    page = Page(client.get(f"{video.get_absolute_url()}?list=tag%3Dsea%26sort%3Dtitle"))
    actions = [f.attributes["action"] for f in page.tags("form") if f.attributes.get("hx-post")]
    assert len(actions) >= 5
    assert all(action.endswith("?list=tag%3Dsea%26sort%3Dtitle") for action in actions)


# --- as htmx sends them

PARTS = {
    "stars": (
        {"stars": "4"},
        "stars",
        lambda page: [star for star in page.of_class("star") if "is-on" in star.classes][3],
    ),
    "favorite": ({"favorite": "1"}, "heart", lambda page: page.of_class("is-on")[0]),
    "title": ({"title": "Waves"}, "title", lambda page: page.texts("watch-title").index("Waves") == 0),
    "tags": ({"add": "sea, night"}, "tags", lambda page: page.texts("chip").index("sea")),
}


@pytest.mark.parametrize("action", PARTS)
def test_the_answer_to_htmx_is_the_part_of_the_page_that_changed(video, client, action):
    fields, part, shows = PARTS[action]
    response = client.post(f"/videos/{video.pk}/{action}", fields, headers=HTMX)
    assert response.status_code == 200
    page = Page(response)
    assert page.elements[0].attributes["id"] == part
    shows(page)
    assert not page.tags("body")
    whole = Page(client.get(video.get_absolute_url()))
    (in_page,) = [element for element in whole.elements if element.attributes.get("id") == part]
    assert in_page.text == page.elements[0].text
    assert {f.attributes["hx-post"] for f in page.tags("form")} <= {f"/videos/{video.pk}/{action}"}


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("stars", {"stars": "6"}, "Choose 1 to 5 stars, or 0 for none."),
        ("tags", {"add": "x" * 201}, f"“{'x' * 201}”: a tag can have at most 200 characters."),
        ("title", {"title": "x" * 501}, "A title can have at most 500 characters."),
        ("markers", {"at": "soon"}, "Enter a time like 1:23 or 1:02:03."),
    ],
)
def test_htmx_gets_the_sentence_alone_where_a_value_is_wrong(video, client, action, fields, said):
    response = client.post(f"/videos/{video.pk}/{action}", fields, headers=HTMX)
    assert (response.status_code, response.content.decode()) == (400, said)
    assert response["Content-Type"] == "text/plain; charset=utf-8"


# --- the position


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        ("30", 30.0),
        ("30.1234", 30.123),
        ("9.9", None),
        ("10", 10.0),
        ("67.49", 67.49),
        ("67.5", None),
        ("75", None),
        ("1e3", None),
    ],
)
def test_a_position_is_kept_from_where_a_video_counts_as_started_to_where_it_is_finished(video, client, seconds, kept):
    View.objects.create(viewer_id=VideoCache().viewer.pk, video=video, view_count=3, position_seconds=20)
    response = client.post(f"/videos/{video.pk}/position", {"seconds": seconds})
    assert (response.status_code, response.content) == (204, b"")
    view = View.objects.get()
    assert (view.position_seconds, view.view_count, view.last_viewed) == (kept, 3, None)


def test_without_a_known_duration_the_player_says_where_the_end_is(video, client):
    Video.objects.update(duration=None)
    client.post(f"/videos/{video.pk}/position", {"seconds": "74"})
    assert View.objects.get().position_seconds == 74
    client.post(f"/videos/{video.pk}/position", {"seconds": "74", "duration": "75"})
    assert View.objects.get().position_seconds is None


def watched_state():
    """Return (views, position, is watched) of the one video that was viewed."""
    return View.objects.values_list("view_count", "position_seconds", "is_watched").get()


def test_the_end_marks_a_video_as_watched_and_keeps_no_position(video, client):
    client.post(f"/videos/{video.pk}/position", {"seconds": "67.5"})
    assert watched_state() == (0, None, True)


def test_watching_again_never_takes_the_mark_away(video, client):
    for seconds, position in (("75", None), ("7", None), ("30", 30.0), ("0", None)):
        client.post(f"/videos/{video.pk}/position", {"seconds": seconds})
        assert watched_state() == (0, position, True)


def test_a_few_seconds_of_a_film_and_then_back_to_the_start_are_not_watched(make_video, client):
    film = make_video("film.mp4", duration=600.0)
    client.post(f"/videos/{film.pk}/views")
    for seconds in ("13", "0"):
        client.post(f"/videos/{film.pk}/position", {"seconds": seconds})
    assert watched_state() == (1, None, False)
    assert Page(client.get("/?watched=yes")).of_class("card") == []
    assert len(Page(client.get("/?watched=no")).of_class("card")) == 1


def test_the_credits_are_the_end_where_a_chapter_names_them(make_video, client):
    film = make_video("film.mp4", duration=6000.0)
    chapters = [{"start_seconds": 30.0, "title": "Opening Credits"}, {"start_seconds": 5000.0, "title": "End Credits"}]
    Details.objects.create(video=film, chapters=chapters)
    client.post(f"/videos/{film.pk}/position", {"seconds": "4999"})
    assert watched_state() == (0, 4999.0, False)
    client.post(f"/videos/{film.pk}/position", {"seconds": "5001"})
    assert watched_state() == (0, None, True)


def test_a_button_marks_a_video_as_watched_and_as_unwatched(video, client):
    offered = []
    for state in ((1, None, True), (1, None, False), (1, None, True)):
        (button,) = Page(client.get(video.get_absolute_url())).of_class("watched-button")
        offered.append(button.attributes["value"])
        client.post(f"/videos/{video.pk}/watched", {"watched": offered[-1]})
        assert watched_state() == state
    assert offered == ["1", "0", "1"]


def test_a_video_that_was_never_viewed_is_marked_as_unwatched_without_a_view(video, client):
    assert client.post(f"/videos/{video.pk}/watched", {"watched": "0"}).status_code == 303
    assert not View.objects.exists()
    assert client.post(f"/videos/{video.pk}/watched", {"watched": "2"}).status_code == 400


def restorable(response):
    """Return the tag that the page offers to add again."""
    return re.search(r'name="restore" value="([^"]*)"', response.content.decode())[1]


def test_removing_a_tag_offers_to_undo_it_with_and_without_htmx(video, client):
    VideoCache().update_tags(video.filename, ["a, b", "sea"])
    response = client.post(f"/videos/{video.pk}/tags", {"remove": "A, B"}, headers=HTMX)
    assert "undo-tag" in response.content.decode()
    assert restorable(response) == "A, B"
    client.post(f"/videos/{video.pk}/tags", {"restore": "A, B"}, headers=HTMX)
    assert marks(video).tags == ("a, b", "sea")
    place = client.post(f"/videos/{video.pk}/tags", {"remove": "sea"})["Location"]
    assert restorable(client.get(place)) == "sea"
    assert "undo-tag" not in client.get(f"{video.get_absolute_url()}?removed_tag=sea:forged").content.decode()


def test_each_viewer_has_a_position_of_their_own(video, client, settings, django_user_model):
    settings.REQUIRE_LOGIN = True
    for name, seconds in (("ada", 20), ("ben", 40)):
        client.force_login(django_user_model.objects.create_user(name))
        client.post(f"/videos/{video.pk}/position", {"seconds": seconds})
    found = View.objects.values_list("viewer__username", "position_seconds")
    assert dict(found) == {"ada": 20, "ben": 40}


@pytest.mark.django_db(transaction=True)
def test_a_position_costs_little_and_moves_no_number_once_there_is_one(video, client, query_count):
    client.post(f"/videos/{video.pk}/position", {"seconds": "20"})
    before = read_revisions()
    # The household, the video twice, the row, and the transaction around it.
    assert query_count(lambda: client.post(f"/videos/{video.pk}/position", {"seconds": "30"})) <= 6
    assert read_revisions() == before


def test_the_page_goes_on_where_the_viewer_stopped_unless_the_address_says_where(video, client):
    client.post(f"/videos/{video.pk}/position", {"seconds": "30.5"})
    address = video.get_absolute_url()

    def opened(query=""):
        page = Page(client.get(address + query))
        (note,) = [element for element in page.elements if element.attributes.get("id") == "resumed"]
        # The script fills in the note and shows it where a page was left a moment ago: hidden, it says nothing.
        said = "" if "hidden" in note.attributes else " ".join(note.text.split())
        return page.tags("video")[0].attributes["src"].removeprefix(f"{address}stream"), said

    assert opened() == ("#t=30.5", "Resumed at 0:30 Start over")
    for asked, seconds in (
        ("83", "83"),
        ("1m23s", "83"),
        ("1:23", "83"),
        ("1h2m3.5s", "3723.5"),
        ("83.1239", "83.124"),
    ):
        assert opened(f"?t={asked}") == (f"#t={seconds}", "")
    assert opened("?t=0") == ("", "")
    assert opened("?t=nonsense") == ("#t=30.5", "Resumed at 0:30 Start over")


# --- tags that complete what is typed


def suggested(client, video, text):
    page = Page(client.get(f"/videos/{video.pk}/tags/suggestions", {"add": text}))
    return [element.attributes["data-name"] for element in page.tags("li")]


def test_tags_are_suggested_that_begin_with_the_text_then_those_that_hold_it_and_a_new_one(video, client):
    Tag.objects.get_or_create_many(["Seaside", "sea", "north sea", "Überseehafen", "night"])
    assert suggested(client, video, "SEA") == ["sea", "Seaside", "north sea"]
    assert suggested(client, video, "seas") == ["Seaside", "seas"]
    assert suggested(client, video, "über") == ["Überseehafen", "über"]
    assert suggested(client, video, " #Sea") == ["sea", "Seaside", "north sea"]


def test_what_stands_before_a_comma_is_not_completed_any_more(video, client):
    Tag.objects.get_or_create_many(["sea", "night"])
    assert suggested(client, video, "sea, ni") == ["night", "ni"]
    assert suggested(client, video, "sea, ") == []


def test_tags_that_the_video_has_are_neither_suggested_nor_new(video, client):
    VideoCache().update_tags(video.filename, ["sea"])
    Tag.objects.get_or_create_many(["seal"])
    assert suggested(client, video, "sea") == ["seal"]


def test_at_most_eight_tags_are_suggested_and_any_text_will_do(video, client):
    Tag.objects.get_or_create_many([f"t{number}" for number in range(30)])
    assert len(suggested(client, video, "t")) == 9  # and the new one
    for text in ("", "%", "_", "a\0b", "'", "x" * 5000, "\u202e", "<b>", "\x07"):
        assert client.get(f"/videos/{video.pk}/tags/suggestions", {"add": text}).status_code == 200
    assert suggested(client, video, "<b>") == ["<b>"]
    assert suggested(client, video, "x" * 201) == []


# --- what is refused

ACTIONS = {
    "stars": {"stars": "3"}, "favorite": {"favorite": "1"}, "tags": {"add": "sea"}, "title": {"title": "x"},
    "views": {}, "position": {"seconds": "30"}, "markers": {"at": "0:30"},
}  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_a_get_of_a_form_answers_405_and_changes_nothing(video, client, action):
    before = everything()
    for method in (client.get, client.head, client.put, client.delete, client.options):
        response = method(f"/videos/{video.pk}/{action}?{next(iter(ACTIONS[action]), 'x')}=3")
        assert response.status_code == 405
        assert response["Allow"] == "POST"
    assert everything() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_without_its_token_is_refused_and_changes_nothing(video, browser, action):
    before = everything()
    for fields in ({}, {"csrfmiddlewaretoken": "x" * 64}):
        response = browser.post(f"/videos/{video.pk}/{action}", {**ACTIONS[action], **fields})
        assert response.status_code == 403
        assert "Nothing was changed" in Page(response).text
    assert everything() == before


WRONG = {
    "stars": [{"stars": value} for value in ("6", "-1", "4.5", "five", "NaN", "9" * 5000, "1_0", "3 stars", "²")],
    "favorite": [{}, *({"favorite": value} for value in ("", "2", "true", "yes", "-1", "٢"))],
    "tags": [
        {}, {"add": ""}, {"add": " , ,#"}, {"add": "a\0b"}, {"add": "a\x07b"}, {"add": "x" * 201}, {"add": "x," * 1500},
        {"add": "good," + "x" * 201}, {"add": "\u3000"}, {"remove": " "}, {"remove": "#"}, {"remove": "a\0b"},
        {"remove": "a\x07b"}, {"remove": "x" * 250}, {"remove": "x" * 5000},
    ],
    "title": [{"title": "a\0b"}, {"title": "x" * 501}],
    "position": [
        {}, *({"seconds": value} for value in ("", "-1", "nan", "inf", "1e9", "x", "1:23", "0x10", "9" * 400)),
        {"seconds": "1", "duration": "-1"}, {"seconds": "1", "duration": "nan"},
    ],
    "markers": [
        {}, *({"at": value} for value in ("", "-1", "x", "nan", "1:2:3:4", "9" * 29, "٣", "1:60x", "h", "s")),
        {"at": "1:00", "name": "x" * 201}, {"at": "1:00", "name": "a\0b"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("action", "fields"), [(action, fields) for action, cases in WRONG.items() for fields in cases]
)
def test_a_wrong_value_answers_400_with_one_sentence_and_changes_nothing(video, client, action, fields):
    VideoCache().update_rating(video.filename, 2)
    VideoCache().update_tags(video.filename, ["kept"])
    before = everything()
    response = client.post(f"/videos/{video.pk}/{action}", fields)
    assert response.status_code == 400
    (state,) = Page(response).of_class("state")
    assert "Nothing was changed." in state.text
    said = (
        state.text.replace("The server could not understand this request", "").split("Nothing was changed.")[0].strip()
    )
    assert said.endswith(".")
    assert said.count(". ") == 0
    assert 8 < len(said) < 300
    assert everything() == before


MODELS = (Video, Rating, View, Favorite, Marker, Tag)


def everything():
    kinds = [list(model.objects.order_by("pk").values_list()) for model in MODELS]
    return kinds, list(Video.tags.through.objects.values_list()), read_revisions()


def test_a_form_sent_twice_leaves_one_row(video, client):
    for _ in range(2):
        client.post(f"/videos/{video.pk}/stars", {"stars": "5"})
        client.post(f"/videos/{video.pk}/tags", {"add": "sea"})
    assert Rating.objects.count() == Tag.objects.count() == video.tags.count() == 1


@pytest.mark.parametrize("number", [10**9, 2**63])
def test_a_video_that_is_not_there_answers_404(db, client, number):
    for name, fields in ACTIONS.items():
        assert client.post(f"/videos/{number}/{name}", fields).status_code == 404, name
