"""Random requests, as an attacker may write them, from a seed: odd values, odd heads, odd forms, or all at once."""

import random
import re
from collections.abc import Callable, Iterator

TOKEN = "t" * 32


def _words(text: str) -> list[str]:
    return text.split()


NUMBERS = [
    *_words("""
0 1 2 -1 +1 01 1.5 1e9 1e999 -1e999 nan inf -0 2147483648 9223372036854775807 9223372036854775808 18446744073709551616
999999999999999999 0x10 1_0 \u0661 \u00b2 \uff11 1,2 None true
"""),
    *["", " 1 ", "9" * 30, "9" * 4400],
]
TEXTS = _words("""
a film sea film.mp4 % %% %00 %zz %u0041 %c0%af %c0%80 %ed%a0%80 %ed%a0%80%ed%b0%80 %f4%90%80%80 %ff%fe %e4
%0d%0aX-Evil:%201 %0a .. ../../etc/passwd %2e%2e%2f ..%5c..%5c // //evil.example http://evil.example/ http://[
http://[::1 http://] mailto:a javascript:alert(1) \\ ' " ` <script> {{7*7}} %(x)s {0} $ * ( [ [a- : :: ; | + & = # ?
tag: tag:sea - "a rating:>=9 rating:>= duration:>1e99 size:>99999999999999999999gb added:<99999999d added:9999
added:0000 height:>=99999999999999999999 is: is:nothing folder:../ codec:%00 OR NOT NEAR(a a* ^a a:b:c 1:99:99
99999999:00 0- -0 999999999-0 7d 36500d 9999999999d 0d 1y ?list=a q=a&q=b
""")
TEXTS += [
    "",
    "a b",
    "\0",
    "\x1f",
    "\u202e",
    "\ufeff",
    "\ufffd",
    "\U0001f600",
    "\u0130",
    "\u00df",
    "\u0301",
    "\U0010ffff",
    "\ud800",
]
TEXTS += [
    "e\u0301" * 50,
    "a" * 300,
    "a" * 3000,
    "\u4e2d" * 900,
    "list=" * 40,
    "," * 200,
    "(" * 200,
    '"' * 99,
    "- " * 99,
]
VALUES = _words(f"""
added title rating views viewed size random asc desc up down stars add_tags remove_tags favorite unfavorite watched 1
0 5 on 4k 1080 yes no started de en xx merge add_tag remove_tag make_favorite look_again videos tag video name {TOKEN}
""")
NAMES = _words("""
q tag any_tag no_tag rating favorites missing watched duration resolution codec added folder sort order seed page list
next t from download at name stars favorite title add remove seconds video videos pair from_watch query replace way
action all tags into username password language csrfmiddlewaretoken answer gone o p e _popup _to_field app_label
model_name field_name term select_across index _selected_action id__exact id__in pk__gt viewer__password file_size__lt
""")
PATHS = [
    *_words("""
/ /facets/ /videos/{n}/ /videos/{n}/stream /videos/{n}/playlist.m3u /videos/{n}/stars /videos/{n}/favorite
/videos/{n}/title /videos/{n}/tags /videos/{n}/tags/suggestions /videos/{n}/views /videos/{n}/position
/videos/{n}/markers /videos/{n}/related /markers/{n}/name /markers/{n}/remove /play/{t} /videos/{n}/cover.webp
/videos/{n}/sprite.webp /videos/{n}/sprite.vtt /videos/{n}/chapters.vtt /videos/{n}/subtitles/{n}.vtt /bulk/
/bulk/dismiss /bulk/tags /bulk/{n}/undo /favorites/ /favorites/facets/ /popular/ /popular/facets/ /best-of/
/best-of/facets/ /history/ /search/ /random/ /tags/ /tags/{t}/ /tags/{t}/edit/ /tags/{t}/rename /tags/{t}/merge
/tags/{t}/delete /tags/{t}/facets/ /lists/ /lists/save /lists/{n}/edit/ /lists/{n}/rename /lists/{n}/update
/lists/{n}/move /lists/{n}/delete /folders/ /folders/{t}/ /stats/ /library/ /library/progress /library/scan
/library/retry /library/relink /library/gone/{n} /watch/{t} /video/{t} /tag/{t} /healthz /login/ /login/ /login/
/login/ /i18n/setlang/ /admin/ /admin/login/ /admin/videos/video/ /admin/videos/video/{n}/change/
/admin/videos/video/{t}/change/ /admin/videos/tag/ /admin/videos/tag/add/ /admin/videos/tag/{n}/change/
/admin/videos/rating/ /admin/videos/rating/add/ /admin/videos/view/ /admin/videos/favorite/ /admin/auth/user/
/admin/auth/user/add/ /admin/auth/user/{n}/password/ /admin/autocomplete/ /admin/jsi18n/ /admin/r/{n}/{n}/
/favicon.ico /manifest.webmanifest /static/{t} /{t} /{t}/{t}/{t} * http://localhost/{t}
/admin/videos/video/found-again/
"""),
    *["/a" * 900, "/" * 900],
]
# {end of the address: fields of the page's form}, the longest end first.
FIELDS = {
    end: names.split()
    for end, names in {
        "/autocomplete/": "app_label model_name field_name term page",
        "/tag/add/": "name _save",
        "/rating/add/": "viewer video stars _save",
        "/favorite": "favorite",
        "/position": "seconds duration",
        "/setlang/": "language next",
        "/markers": "at name",
        "/dismiss": "list page",
        "/change/": "title tags added_date_0 added_date_1 ratings-TOTAL_FORMS ratings-INITIAL_FORMS ratings-0-stars",
        "/relink": "pair from_watch",
        "/rename": "name replace",
        "/update": "query",
        "/video/": "action _selected_action tag q o p id__in missing stars content select_across index",
        "/login/": "username password next",
        "/stars": "stars",
        "/title": "title",
        "/merge": "name",
        "/retry": "video from_watch",
        "/bulk/": "action videos video tags stars list page all",
        "/tags": "add remove q",
        "/name": "name",
        "/save": "name query replace",
        "/move": "way",
        "/undo": "list page",
        "/tag/": "action _selected_action into q p o",
        "/": "q tag sort order page duration added rating folder seed list codec",
    }.items()
}
CHARSETS = [
    *_words("""
utf-8 hex rot13 base64 zip bz2 uu quopri idna punycode undefined utf-7 utf-16 utf-32 unknown mbcs unicode_escape
latin-1 "
"""),
    *["", "\u00e4", "utf-8;utf-16", "x" * 500],
]
HEADERS = _words("""
Accept-Language If-Range If-Modified-Since If-Unmodified-Since If-Match If-None-Match Range Cookie Referer Origin
X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host X-Forwarded-Port Forwarded Host HX-Request HX-Current-URL
HX-Current-URL-URI-AutoEncoded HX-Target HX-Trigger HX-Trigger-URI-AutoEncoded HX-Prompt HX-Boosted
HX-History-Restore-Request X-Back X-CSRFToken Accept Accept-Encoding Accept-Charset User-Agent Connection Upgrade TE
Content-Encoding Content-Language Authorization X-HTTP-Method-Override SCRIPT_NAME Script-Name PATH_INFO Remote-User
X-Accel-Redirect Sec-Fetch-Site Via Proxy
""")
HEADER_TEXTS = _words("""
true false bytes=0- bytes=0-0,1-1 bytes=-0 bytes=9-1 bytes=99999999999999999999- bytes=\u0661- items=0-1 "a" W/"a" * "
W/ de de-DE,de;q=0.9 *;q=1 de;q=nan de;q=1e999 zh-Hant-TW gzip;q=0 127.0.0.1 1.2.3.4,127.0.0.1 ::1 [::1]:80 999.1.1.1
fe80::1%eth0 localhost:99999 localhost:x localhost [ [:: a,b evil.example \x85 undoable=1 django_language=../../x
messages=[[]]:a:b ;;;=== messages=W1siX19qc29uX21lc3NhZ2UiLDAsMjUsImEiXV0 csrftoken=a;sessionid=b
http://localhost/?q=%00 http://localhost/%ff%c0%af http://localhost/\u00e4 http://[ // http://localhost:abc/ close
keep-alive,close h2c websocket X-Back results next-page
""")
HEADER_TEXTS += [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 99 Nov 0000 99:99:99 GMT", "Mon, 01 Jan 99999999999 00:00:00 GMT",
    "Basic %%%",
    "bytes=" + "0-0," * 300, "a" * 7000, "x" * 600, "-" * 400, "en-" + "a-" * 200, "\0", "sessionid=" + "a" * 4000,
    "csrftoken=" + "\u00e4" * 20, "django_language=" + "x" * 900, "a=b;" * 500, "theme=\u202e", "",
]  # fmt: skip
# Headers that state a wrong or unclear length of the body.
FRAMINGS = [
    "Content-Length: 0%d", "Content-Length: +%d", "Content-Length: %d, %d", "Content-Length: 99999999999999999999",
    "Content-Length: %d\r\nContent-Length: %d", "Transfer-Encoding: gzip", "Expect: 100-continue\r\nContent-Length: %d",
    "Expect: x\r\nContent-Length: %d", "Transfer-Encoding: chunked\r\nContent-Length: %d", "Content-Length: 3", "X: %d",
]  # fmt: skip


class Chance(random.Random):
    """The random choices of one request. With `is_mild` the request is well formed, and only its values are odd."""

    is_mild = False

    def odd(self, share: float) -> bool:
        """Return whether to write something wrongly: True for this share of the requests that are not mild."""
        return not self.is_mild and self.random() < share


def odd_requests(seed: int, count: int, sessions: list[str]) -> Iterator[bytes]:
    """Yield the requests of a seed. Each has one of the sessions, given as parts of a Cookie header."""
    chance = Chance(seed)
    for _ in range(count):
        chance.is_mild = chance.random() < 0.6
        request = _request(chance, sessions)
        for _ in range(0 if chance.is_mild else chance.choice([0, 0, 1, 1, 3])):
            request = _mutated(chance, request)
        yield request


def _request(chance: Chance, sessions: list[str]) -> bytes:
    pattern = chance.choice(PATHS)
    path = re.sub(r"\{[nt]\}", lambda found: _part(chance, found[0]), pattern)
    names = next((names for end, names in FIELDS.items() if pattern.endswith(end)), NAMES)
    names = names if chance.random() < 0.7 else NAMES
    method = chance.choices(["GET", "POST", "HEAD", "PUT", "OPTIONS", "TRACE"], [50, 45, 3, 2, 1, 1])[0]
    query = f"?{_pairs(chance, names)}" if chance.random() < 0.5 else ""
    lines = [
        f"{'get' if chance.odd(0.05) else method} {path}{query} HTTP/1.{0 if chance.random() < 0.1 else 1}".encode()
    ]
    if not chance.odd(0.05):
        lines.append(b"Host: localhost")
    if not chance.odd(0.2):
        lines.append(f"Cookie: csrftoken={TOKEN}{chance.choice(sessions)}\r\nX-CSRFToken: {TOKEN}".encode())
    lines += [_header(chance) for _ in range(chance.choice([0, 0, 1, 2, 4]))]
    head, body = _body(chance, names) if method in ("POST", "PUT") or chance.random() < 0.05 else ([], b"")
    return b"\r\n".join([*lines, *head, b"", body])


def _header(chance: Chance) -> bytes:
    name, text = chance.choice(HEADERS), chance.choice([*HEADER_TEXTS, _text(chance)])
    if chance.is_mild:
        name = "Accept" if name in ("Host", "Cookie", "X-CSRFToken") else name
        text = re.sub(r"[\x00-\x1f\x7f]", "", text)
    return f"{name}: ".encode() + text.encode(chance.choice(["utf-8", "latin-1"]), "replace")


def _part(chance: Chance, place: str) -> str:
    """Return a part of a path: a number, usually of an existing row, or any text."""
    number = chance.choice([*NUMBERS[:3] * 9, *NUMBERS])
    return _quoted(chance, number if place == "{n}" else _text(chance))


def _text(chance: Chance) -> str:
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(chance.choice([TEXTS, NUMBERS, VALUES]))
    if kind < 0.85:
        return "".join(chance.choice(TEXTS) for _ in range(3))[:2000]
    highest = chance.choice([0x7F, 0x800, 0x110000])
    return "".join(chr(chance.randrange(highest)) for _ in range(9))


def _quoted(chance: Chance, text: str) -> str:
    """Return the text percent-encoded for an address or a form, sometimes completely."""
    raw = text.encode("utf-8", "surrogatepass")
    plain = set(range(33, 127)) - set(b"?#&") if chance.random() < 0.5 else set()
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in raw)


def _pairs(chance: Chance, names: list[str]) -> str:
    """Return fields with random values; usually all fields of a form."""
    if names is NAMES or chance.random() < 0.3:
        names = [chance.choice(names) for _ in range(chance.choice([1, 1, 2, 3, 6, 12]))]
    return "&".join(f"{name}={_quoted(chance, _text(chance)[:300])}" for name in names)


def _body(chance: Chance, names: list[str]) -> tuple[list[bytes], bytes]:
    """Return the headers of the body, and the body."""
    make: Callable[[Chance, list[str]], tuple[str, bytes]] = chance.choice([_form, _form, _form, _multipart, _anything])
    content_type, body = make(chance, names)
    head = [] if chance.odd(0.05) else [b"Content-Type: " + content_type.encode("latin-1", "replace")]
    if chance.odd(0.2):
        framing = chance.choice(FRAMINGS)
        return [*head, framing.replace("%d", str(len(body))).encode()], body
    if chance.random() < 0.8:
        return [*head, b"Content-Length: %d" % len(body)], body
    size = chance.choice([1, 7, 100]) if len(body) < 2000 else 999
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return [*head, b"Transfer-Encoding: chunked"], chunks + b"0\r\nX: y\r\n\r\n"


def _form(chance: Chance, names: list[str]) -> tuple[str, bytes]:
    charset = f"; charset={chance.choice(CHARSETS)}" if chance.odd(0.3) else ""
    return (
        f"application/x-www-form-urlencoded{charset}",
        f"csrfmiddlewaretoken={TOKEN}&{_pairs(chance, names)}".encode(),
    )


def _multipart(chance: Chance, names: list[str]) -> tuple[str, bytes]:
    boundary = (
        chance.choice(["x", "----WebKitFormBoundary7", "", '"', "a b", "x" * 300, "\u00e4"]) if chance.odd(0.5) else "x"
    )
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{TOKEN}']
    for name in [chance.choice(names) for _ in range(chance.choice([1, 2, 5]))]:
        charset = chance.choice(CHARSETS)
        usual, odd = f'form-data; name="{name}"', [
            f"form-data; name*={charset}''%41%ff", f"form-data; name*0*={charset}''a; name*1=b", "form-data", "",
            f'form-data; name="{_text(chance)[:50]}"', f"form-data; name=\"{name}\"; filename*={charset}''a%00",
            f'form-data; name="{name}"; filename="a.mp4"',
        ]  # fmt: skip
        more = [
            "",
            f"\r\nContent-Type: text/plain; charset={charset}",
            "\r\nContent-Transfer-Encoding: base64",
            "\r\nX",
            "\r\n:",
        ]
        disposition = chance.choice([usual] * 8 + odd) + chance.choice(more)
        parts.append(f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n{_text(chance)}")
    parameters = [f"boundary={boundary}"]
    parameters += [f"charset={chance.choice(CHARSETS)}"] if chance.odd(0.2) else []
    parameters += [f"charset*={chance.choice(CHARSETS)}''utf-8"] if chance.odd(0.1) else []
    body = "\r\n".join([*parts, f"--{boundary}--\r\n"])
    return "multipart/form-data; " + "; ".join(parameters), body.encode("utf-8", "surrogatepass")


def _anything(chance: Chance, names: list[str]) -> tuple[str, bytes]:
    bodies = [
        b'{"a": 1}',
        b"{" * 2000,
        b"[" * 2000,
        b'"\\ud800"',
        b"null",
        b"1e999",
        b"<?xml?><a/>",
        chance.randbytes(300),
    ]
    kinds = ["application/json", "text/plain", "application/xml", "multipart/mixed; boundary=x", "multipart/form-data"]
    kind = chance.choice(["x", "/", "", "a/b;;;"]) if chance.odd(0.3) else chance.choice(kinds)
    return kind + (f"; charset={chance.choice(CHARSETS)}" if chance.odd(0.3) else ""), chance.choice(bodies)


def _mutated(chance: Chance, request: bytes) -> bytes:
    """Return the request with some bytes removed, repeated, replaced or inserted."""
    at, length = chance.randrange(len(request) + 1), chance.choice([1, 1, 2, 10, 100])
    odd = chance.choice([*b"\0\r\n \t:\xff%\x7f,", *(b"\r\n", b"\r\n\r\n", b"%00", chance.randbytes(2))])
    put_in = bytes([odd]) if isinstance(odd, int) else odd
    return chance.choice(
        [
            request[:at],
            request[:at] + request[at + length :],
            request[:at] + put_in + request[at:],
            request[:at] + put_in + request[at + len(put_in) :],
            request[: at + length] + request[at:],
            request + request,
        ]
    )
