"""A mark that lets a page detect that its login has ended, even when "Back" shows it from the browser's cache.

The mark is in the page and in a cookie that scripts can read. Logging out or in again changes the cookie;
static/videos/session_guard.js then reloads the page. The session key cannot be derived from the mark.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

COOKIE = "login_mark"


def login_mark(request: HttpRequest) -> str:
    """Return the mark of the session, or "" if nobody is logged in. Call it once request.user is set."""
    session_key = request.session.session_key if request.user.is_authenticated else None
    return salted_hmac("videos.login_marks", session_key).hexdigest()[:16] if session_key else ""


def keep_mark(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the browser's cookie to the mark of the session as it is after this request."""
    mark, known = login_mark(request), request.COOKIES.get(COOKIE, "")
    if mark == known:
        return
    if mark:
        response.set_cookie(
            COOKIE, mark, max_age=settings.SESSION_COOKIE_AGE, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
