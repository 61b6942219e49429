"""The values from which odd requests are made: numbers, texts, addresses, fields and headers."""

TOKEN = "t" * 32


def words(text: str) -> list[str]:
    return text.split()


NUMBERS = [
    *words("""
0 1 2 -1 +1 01 1.5 1e9 1e999 -1e999 nan inf -0 2147483648 9223372036854775807 9223372036854775808 18446744073709551616
999999999999999999 0x10 1_0 \u0661 \u00b2 \uff11 1,2 None true
"""),
    *["", " 1 ", "9" * 30, "9" * 4400],
]
TEXTS = words("""
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
VALUES = words(f"""
added title rating views viewed size random asc desc up down stars add_tags remove_tags favorite unfavorite watched 1
0 5 on 4k 1080 yes no started de en xx merge add_tag remove_tag make_favorite look_again videos tag video name {TOKEN}
""")
NAMES = words("""
q tag any_tag no_tag rating favorites missing watched duration resolution codec added folder sort order seed page list
next t from download at name stars favorite title add remove seconds video videos pair from_watch query replace way
action all tags into username password language csrfmiddlewaretoken answer gone o p e _popup _to_field app_label
model_name field_name term select_across index _selected_action id__exact id__in pk__gt viewer__password file_size__lt
""")
PATHS = [
    *words("""
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
    *words("""
utf-8 hex rot13 base64 zip bz2 uu quopri idna punycode undefined utf-7 utf-16 utf-32 unknown mbcs unicode_escape
latin-1 "
"""),
    *["", "\u00e4", "utf-8;utf-16", "x" * 500],
]
HEADERS = words("""
Accept-Language If-Range If-Modified-Since If-Unmodified-Since If-Match If-None-Match Range Cookie Referer Origin
X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host X-Forwarded-Port Forwarded Host HX-Request HX-Current-URL
HX-Current-URL-URI-AutoEncoded HX-Target HX-Trigger HX-Trigger-URI-AutoEncoded HX-Prompt HX-Boosted
HX-History-Restore-Request X-Back X-CSRFToken Accept Accept-Encoding Accept-Charset User-Agent Connection Upgrade TE
Content-Encoding Content-Language Authorization X-HTTP-Method-Override SCRIPT_NAME Script-Name PATH_INFO Remote-User
X-Accel-Redirect Sec-Fetch-Site Via Proxy
""")
HEADER_TEXTS = words("""
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
