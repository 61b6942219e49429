"""The tips beside the search say all that it understands, and nothing else."""

from typing import Any

import pytest
from django.urls import reverse

from tests.views.page import Page
from videos.search import query_parser
from videos.search.query_parser import parse
from videos.search.tips import FIELDS, WORDS

EXAMPLES = [example for tip in (*WORDS, *FIELDS) for example in tip.examples]


@pytest.mark.parametrize("field", query_parser.FIELDS)
def test_each_field_that_is_understood_has_an_example(field: str) -> None:
    assert any(f"{field}:" in example for example in EXAMPLES)


@pytest.mark.parametrize("state", query_parser.STATES)
def test_each_state_has_an_example(state: str) -> None:
    assert f"is:{state}" in EXAMPLES


@pytest.mark.parametrize("sign", [">", "<", ">=", "<="])
def test_each_comparison_has_an_example(sign: str) -> None:
    assert any(f":{sign}{digit}" in example for example in EXAMPLES for digit in "123456789")


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_is_understood(example: str) -> None:
    question = parse(example)
    assert question
    assert not question.problems
    fields = [word.lstrip("-").partition(":")[0] for word in example.split() if ":" in word]
    assert [{"stars": "rating"}.get(field, field) for field in fields] == [term.field for term in question.terms]


@pytest.mark.parametrize("name", ["gallery", "tags", "folders", "library", "history", "stats"])
def test_each_page_with_a_search_has_the_tips_and_their_examples_as_links(
    name: str, client: Any, make_video: Any
) -> None:
    make_video("a.mp4")
    page = Page(client.get(reverse(name)))
    (button,) = [each for each in page.tags("button") if "search-help" in each.classes]
    assert button.attributes["popovertarget"] == "search-tips"
    assert {"/?q=tag%3Asea", "/?q=rating%3A%3E%3D4", "/?q=%22new+york%22"} <= set(page.addresses)


def test_each_example_can_be_followed(client: Any, make_video: Any) -> None:
    make_video("a.mp4")
    page = Page(client.get("/"))
    links = [element.attributes["href"] for element in page.of_class("tip")]
    assert len(links) == len(EXAMPLES)
    for address in links:
        answer = client.get(address)
        assert answer.status_code == 200
        assert 'class="problem"' not in answer.content.decode()


def test_what_was_not_understood_is_said_with_the_way_to_the_tips(client: Any, make_video: Any) -> None:
    make_video("a.mp4")
    page = client.get("/?q=rating:abc").content.decode()
    assert "“rating:abc” is ignored: use 1 to 5 stars, as in rating:&gt;=4, or 0 for none." in page
    assert page.count('popovertarget="search-tips"') == 3
    nothing = client.get("/?q=nothing-like-it").content.decode()
    assert nothing.count('popovertarget="search-tips"') == 3
    assert client.get("/").content.decode().count('popovertarget="search-tips"') == 2
