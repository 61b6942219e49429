"""What a request carries, in whatever form a stranger sends it: a form that is read, or 400 or 413 and no failure."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.views.page import Page
from videos.middleware.application import get_application
from videos.middleware.form_bodies import is_readable, without_charset

pytestmark = pytest.mark.django_db

FORM = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nanna\r\n--x--\r\n'
CHARSETS = [
    "hex",
    "rot13",
    "rot_13",
    "base64",
    "bz2",
    "zip",
    "zlib",
    "uu",
    "quopri",
    "undefined",
    "idna",
    "punycode",
    "utf-7",
    "utf-16",
    "utf-32",
    "unicode_escape",
    "raw_unicode_escape",
    "charmap",
    "mbcs",
    "oem",
    "unknown",
    "latin-1",
    "cp037",
    "utf-8\\",
    "",
    '"hex"',
    "'hex'",
    "x" * 3000,
    "\xe4",
    "utf-8-sig",
]
TYPES = ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", "application/json"]


@pytest.fixture(autouse=True)
def _a_failure_is_an_answer(client):
    client.raise_request_exception = False


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("content_type", TYPES)
def test_a_body_in_another_charset_answers_400(client, charset, content_type):
    for address in ("/login/", "/", "/i18n/setlang/", "/admin/login/", "/videos/1/stars"):
        response = client.generic("POST", address, FORM, f"{content_type}; charset={charset}")
        assert response.status_code == 400, address
        assert "Nothing was changed" in Page(response).text


def status_of(method, address, content_type, body=b""):
    """Return the status with which the application answers what any WSGI server gives it."""
    said = []
    path, _, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    response = get_application()(environ, lambda status, headers: said.append(int(status[:3])))
    response.close()
    return said[0]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_the_charset_of_an_address_is_not_the_strangers_to_choose(method):
    assert status_of(method, "/?q=sea", "text/plain; charset=hex") == 400
    assert status_of(method, "/login/?q=sea", "text/plain; charset=utf-8") in (200, 403, 405)


def test_an_address_with_too_many_fields_answers_400_whatever_charset_is_told():
    many = "&".join(f"a{number}=" for number in range(1500))
    assert status_of("POST", f"/login/?{many}", "application/x-www-form-urlencoded; charset=utf-8") == 400


def test_a_charset_is_taken_away_and_nothing_else():
    for readable, left in {
        'multipart/form-data; charset=utf-8; boundary="a; charset=x"': 'multipart/form-data; boundary="a; charset=x"',
        "text/plain;CHARSET=UTF-8": "text/plain",
        "": "",
    }.items():
        assert without_charset(readable) == left


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8", "US-ASCII"])
def test_a_form_in_utf_8_is_read(client, charset):
    content_type = f"multipart/form-data; charset={charset}; boundary=x"
    assert client.generic("POST", "/login/", FORM, content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "multipart/form-data; boundary=----WebKitFormBoundaryabc123",
        'multipart/form-data; boundary="=_a b;c"',
        "multipart/form-data;boundary=a=b/c:d",
        "multipart/form-data; boundary=x;",
        "multipart/form-data ; boundary=x",
        "application/vnd.api+json; version=1.0",
    ],
)
def test_what_browsers_and_programs_send_is_readable(content_type):
    assert is_readable(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=x; charset*=hex''utf-8",
        "multipart/form-data; boundary*=hex''78",
        "multipart/form-data; boundary*0*=idna''x; boundary*1=y",
        "multipart/form-data; charset*=utf-8''%00",
        "multipart/form-data; charset=\x00",
        "multipart/form-data; charset=utf\x008",
        "multipart",
        "multipart/",
        "/",
        "?",
        ";",
        "a/b; c",
        "a/b; =c",
        'a/b; c="d',
        "a/b, c/d",
        "multipart/form-data; boundary=\xe4",
        "text/html; charset=utf-8\r\nX: y",
    ],
)
def test_a_type_that_python_stumbles_over_comes_to_no_page(content_type):
    assert not is_readable(content_type)
    assert status_of("POST", "/login/", content_type, FORM) == 400


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Disposition: form-data; name*=hex''61",
        b"Content-Disposition: form-data; name*=idna''%ff",
        b"Content-Disposition: form-data; name*=undefined''a",
        b"Content-Disposition: form-data; name*=utf-16''%00",
        b"Content-Disposition: form-data; name*0*=hex''61; name*1*=b",
        b"Content-Disposition: form-data; name=\xff\xfe",
        b'Content-Disposition: form-data; name="a',
        b"Content-Disposition: form-data",
        b"Content-Disposition: ;;;=",
        b"",
        b"\x00",
        b":",
        b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64',
        b"X" * 2000,
        b'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=hex',
        b"Content-Disposition: form-data; name*=\x00''a",
        b"Content-Disposition: form-data; name*1*=a; name*9999999999*=b",
    ],
)
def test_a_part_of_a_form_that_is_badly_written_is_no_failure(client, part):
    body = b"--x\r\n" + part + b"\r\n\r\n\xff\x00abc\r\n--x--\r\n"
    for address in ("/login/", "/i18n/setlang/", "/admin/login/"):
        response = client.generic("POST", address, body, "multipart/form-data; boundary=x")
        assert response.status_code < 500, address


@pytest.mark.parametrize("boundary", ["", "y", '""', "x" * 300, "--x", "\\", "x y", "a\tb"])
def test_a_boundary_that_fits_nothing_is_no_failure(client, boundary):
    for body in (FORM, b"", b"--", b"--x--", FORM[:40]):
        response = client.generic("POST", "/login/", body, f"multipart/form-data; boundary={boundary}")
        assert response.status_code < 500


def test_more_fields_than_a_form_has_answer_400_in_addresses_and_forms(client):
    many = "&".join(f"a{number}=" for number in range(1500))
    assert client.get(f"/?{many}").status_code == 400
    assert client.get(f"/login/?{many}").status_code == 400
    assert client.get(f"/nowhere?{many}").status_code == 400
    response = client.generic("POST", "/login/", many.encode(), "application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert "more than a form can hold" in Page(response).text


@pytest.mark.parametrize(
    "address", ["/login/", "/admin/login/", "/i18n/setlang/", "/bulk/", "/videos/1/stars", "/", "/nowhere"]
)
@pytest.mark.parametrize("size_bytes", [10, 300_000])
def test_a_file_is_refused(client, address, size_bytes, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "there is none"
    file = SimpleUploadedFile("film.mp4", b"x" * size_bytes)
    response = client.post(address, {"username": "a", "file": file})
    assert response.status_code == 413
    assert "no files are accepted, and at most 512 KB" in Page(response).text


def test_a_file_field_that_was_left_empty_is_no_file(client):
    body = FORM.replace(b"--x--", b'--x\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\n\r\n--x--')
    assert client.generic("POST", "/login/", body, "multipart/form-data; boundary=x").status_code == 200


@pytest.mark.parametrize("content_type", [*TYPES, "application/octet-stream", ""])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "GET"])
def test_more_than_a_form_holds_is_refused_from_its_length_before_it_is_read(client, content_type, method):
    class Unread:
        def read(self, *arguments):
            raise AssertionError("the body was read")

        readline = read

    declared = {"CONTENT_LENGTH": str(300 * 1024**2), "CONTENT_TYPE": content_type, "wsgi.input": Unread()}
    response = client.generic(method, "/login/", **declared)
    assert response.status_code == 413


def test_the_largest_selection_is_taken(make_video):
    video = make_video("a.mp4")
    ids = ",".join(str(number) for number in range(9_000_000, 9_050_000))
    form = {"action": "favorite", "videos": f"{video.pk},{ids}"}
    response = Client().post(
        "/bulk/", "&".join(f"{n}={t}" for n, t in form.items()), "application/x-www-form-urlencoded"
    )
    assert response.status_code == 303
    assert video.favorites.count() == 1


def test_a_script_is_told_in_a_sentence_that_it_sent_too_much(client):
    response = client.post("/bulk/", b"x" * 600_000, "text/plain", headers={"HX-Request": "true"})
    assert (response.status_code, response["Content-Type"]) == (413, "text/plain; charset=utf-8")
    assert "no files" in response.content.decode()
