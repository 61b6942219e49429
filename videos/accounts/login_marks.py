"""By which a page knows whether the login that it was sent to has ended: "Back" may show it without asking the server.

The mark stands in the page and in a cookie that scripts can read. Whoever logs out, or in again, has another cookie;
static/videos/session_guard.js then fetches the page anew. The mark tells nothing of the session's key.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE = "login_mark"


def login_mark(request: HttpRequest) -> str:
    """Return the mark of the session, or "" where nobody is logged in. To be asked once request.user is known."""
    session_key = request.session.session_key if request.user.is_authenticated else None
    return salted_hmac("videos.login_marks", session_key).hexdigest()[:16] if session_key else ""


def keep_mark(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the browser's cookie be the mark of the session as it is after this request."""
    mark, known = login_mark(request), request.COOKIES.get(COOKIE, "")
    if mark == known:
        return
    if mark:
        response.set_cookie(
            COOKIE, mark, max_age=settings.SESSION_COOKIE_AGE, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
