"""Odd numbers and texts in addresses, fields and headers: an answer from every page, and never a failure."""

import importlib
import pkgutil
import re

import pytest
from django.contrib.auth.models import User
from django.forms import Form
from django.urls import get_resolver

from tests.counts import some_of
from videos.models import Tag
from videos.views import forms

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.long("videos/middleware", "videos/views"),
]

NUMBERS = [0, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**18, 10**19 - 1, 10**30, "9" * 5000]
TEXTS = [
    "%00",
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "%f4%90%80%80",
    "%0d%0a",
    "%e2%80%ae",
    "%5b",
    "..%2f..",
    "%25",
    "\U0001f600",
    "x" * 2000,
]
FORMS = {
    form
    for module in pkgutil.iter_modules(forms.__path__, f"{forms.__name__}.")
    for form in vars(importlib.import_module(module.name)).values()
    if isinstance(form, type) and issubclass(form, Form) and form is not Form
}
BAD_URLS = [
    "http://[",
    "http://[::1",
    "//",
    "http://testserver/%ff",
    "http://testserver/\xe4",
    "http://testserver:x/",
    "%00",
    "x:y",
    "",
]


def patterns():
    """Return the address of each page of ours, with its converters in it."""
    (ours,) = [each for each in get_resolver().url_patterns if "videos.urls" in str(getattr(each, "urlconf_name", ""))]
    found = [f"/{pattern.pattern}" for pattern in ours.url_patterns]
    # A stream closes the connection to the database, and with it the test's transaction.
    return [pattern for pattern in found if not pattern.endswith("/stream") and not pattern.startswith("/play/")]


@pytest.fixture(autouse=True)
def _a_failure_is_an_answer(client, make_video):
    client.raise_request_exception = False
    make_video("a.mp4").tags.add(Tag.objects.create(name="sea"))


@pytest.mark.parametrize("number", some_of(NUMBERS, 3), ids=lambda number: f"{str(number)[:20]}")
def test_no_number_in_an_address_makes_a_page_fail(client, number):
    for pattern in patterns():
        if "<id:" in pattern:
            address = re.sub(r"<id:\w+>", str(number), pattern)
            assert client.get(address).status_code < 500, address
            assert client.post(address).status_code < 500, address


def test_every_number_in_an_address_of_a_page_is_an_id():
    assert sum("<id:" in pattern for pattern in patterns()) > 20
    assert not [pattern for pattern in patterns() if "<int:" in pattern]


@pytest.mark.parametrize("text", some_of(TEXTS, 3))
def test_no_text_in_an_address_makes_a_page_fail(client, text):
    for pattern in patterns():
        address = re.sub(r"<\w+:\w+>", text, pattern.replace("<id:", "<str:"))
        asked = f"{address}?q={text}&tag={text}&list={text}&page={text}&next={text}&{text}={text}"
        assert client.get(asked).status_code < 500, asked
        assert client.post(address).status_code < 500, address


@pytest.mark.parametrize(
    "value",
    some_of([*NUMBERS, -1, -(2**63) - 1, "1e999", "nan", "-inf", "\u0661", "\x00", "\ud83d", "1_0", " 1 ", "0x1"], 4),
    ids=repr,
)
def test_no_value_of_a_field_makes_a_page_fail(client, value):
    fields = [name for form in FORMS for name in form.base_fields]
    fields += ["language", "next", "q", "o", "p", "username", "password"]
    sent = "&".join(f"{name}={value}" for name in fields).encode("utf-8", "surrogatepass")
    named = [
        re.sub(r"<id:\w+>", "1", re.sub(r"<\w+:(?:slug|name|key|folder|filename)>", "sea", pattern))
        for pattern in patterns()
    ]
    for address in (*named, "/login/", "/i18n/setlang/", "/admin/login/"):
        assert client.post(address, sent, "application/x-www-form-urlencoded").status_code < 500, address
        assert client.get(f"{address}?" + sent.decode("latin-1")[:4000]).status_code < 500, address


@pytest.mark.parametrize("address", some_of(["/", "/login/", "/videos/1/stars"], 1))
@pytest.mark.parametrize(
    "name",
    [
        "HX-Current-URL",
        "HX-Target",
        "HX-Trigger",
        "HX-Prompt",
        "Referer",
        "Origin",
        "Accept-Language",
        "Cookie",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "If-Modified-Since",
        "If-Range",
        "Range",
        "X-CSRFToken",
        "Accept",
        "Accept-Encoding",
        "X-Back",
    ],
)
def test_no_header_makes_a_page_fail(client, address, name):
    for text in (
        *BAD_URLS,
        "\xff\xfe",
        "a" * 5000,
        ";;=,",
        "sessionid=\xe4; csrftoken=;;",
        "en-" + "a-" * 300,
        "bytes=9" + "9" * 400 + "-",
        '"',
    ):
        htmx = {"HX-Request": "true", f"{name}-URI-AutoEncoded": "true", name: text}
        assert client.get(address, headers={name: text}).status_code < 500, text
        assert client.post(address, headers=htmx).status_code < 500, text


@pytest.mark.parametrize("address", BAD_URLS)
def test_a_login_after_an_odd_address_leads_somewhere(client, settings, address):
    settings.REQUIRE_LOGIN = True
    for headers in ({"HX-Request": "true", "HX-Current-URL": address}, {"Referer": address}):
        assert client.post("/videos/1/stars", {"stars": 3}, headers=headers).status_code in (302, 401)


@pytest.mark.parametrize("value", ["abc", "-1", "", "1,2", "9" * 40, "\u0661", "%00", "1.5", "0"])
def test_the_admins_forms_select_nothing_by_what_is_no_id(client, value):
    client.force_login(User.objects.create_superuser("anna"))
    for kind in ("rating", "view", "favorite"):
        assert client.get(f"/admin/videos/{kind}/add/?video={value}&viewer={value}").status_code == 200
        assert client.post(f"/admin/videos/{kind}/add/", {"video": value, "stars": value}).status_code == 200
    assert client.post("/admin/videos/video/1/change/", {"tags": value, "title": "x"}).status_code < 500
    assert client.get(f"/admin/videos/video/{value}/change/").status_code in (200, 302, 404)
