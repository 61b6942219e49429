"""Who is watching: the household account, the login where one is required, request.viewer, and from where."""

import ipaddress
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

from videos.accounts.login_marks import COOKIE, keep_mark, login_mark
from videos.maintenance.integrity import known_damage
from videos.models import SmartList

HOUSEHOLD = "household"
# The permission to do what the library page and the admin offer beside the marks of a video.
CHANGE_LIBRARY = "videos.change_video"


def household(using: str = "default") -> User:
    """Return the account that everybody is without login. It has no password until somebody gives it one."""
    return User.objects.using(using).get_or_create(username=HOUSEHOLD, defaults={"password": make_password(None)})[0]


def account_with_lists(**lookup: Any) -> User | None:
    """Return an account as pages need it: with the lists that each page shows, in the one query for it; or None.

    They are `saved_lists`, which only an account from here has.
    """
    found: list[Any] = list(_accounts_with_lists().filter(**lookup))
    if not found:
        return None
    found[0].saved_lists = [
        SmartList(row.list_id, row.pk, row.list_name, row.list_query, row.list_position)
        for row in found
        if row.list_id is not None
    ]
    return found[0]


@cache
def _accounts_with_lists() -> Any:
    """Return the accounts, once for each of their lists. Made once: that takes longer than to ask."""
    of_lists = {f"list_{name}": F(f"smart_lists__{name}") for name in ("id", "name", "query", "position")}
    return User.objects.annotate(**of_lists).order_by("smart_lists__position", "smart_lists")


def saved_lists(viewer: Any) -> list[SmartList]:
    """Return the lists that a viewer saved, in the viewer's order. No query for the viewer of a page."""
    known: list[SmartList] | None = getattr(viewer, "saved_lists", None)
    return list(SmartList.objects.of(viewer)) if known is None else known


def somebody_can_log_in() -> bool:
    """Return whether there is an account with a password."""
    accounts = User.objects.filter(is_active=True).exclude(password="")
    return accounts.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exists()


def viewer_named(username: str) -> User:
    """Return the account with this name. Raises User.DoesNotExist."""
    return User.objects.get(username=username)


def may_change_library(request: HttpRequest) -> bool:
    """Return whether whoever asks may scan, relink and decide: the household may, an account with the permission."""
    return not settings.REQUIRE_LOGIN or request.user.has_perm(CHANGE_LIBRARY)


def administration(request: HttpRequest) -> dict[str, Any]:
    """Tell the templates who has a use for the admin and the library's buttons, what is damaged, and which login it is.

    A context processor.
    """
    return {
        "shows_admin": SimpleLazyObject(lambda: not settings.REQUIRE_LOGIN or request.user.is_staff),
        "may_change_library": SimpleLazyObject(lambda: may_change_library(request)),
        "database_damage": SimpleLazyObject(known_damage),
        "login_mark": login_mark(request) if hasattr(request, "knows_user") else "",
        "login_mark_cookie": COOKIE,
    }


def address_of(request: HttpRequest) -> str | None:
    """Return the address that the request comes from, or None where a proxy does not say for whom it asks.

    X-Forwarded-For counts only where it comes from a proxy of LVS_PROXIES, and of what it says only the last address
    that is not itself one of these: whatever stands before was written by whoever asks.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    hops += reversed(request.headers.get("X-Forwarded-For", "").split(","))
    for hop in hops:
        address = _ip_address(hop.strip())
        if address is None:
            return None
        if not any(address in network for network in settings.PROXIES):
            return str(address)
    return None


def counted_address(address: str) -> str:
    """Return what is counted for an address: an IPv4 one itself, of IPv6 the /64, which is the smallest share of one.

    Whoever has a /64 can come from 18 trillion million addresses of it.
    """
    parsed = ipaddress.ip_address(address)
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))


def is_of_this_computer(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def _household_at_home() -> User:
    return account_with_lists(username=HOUSEHOLD) or household()


def _ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # What listens on both kinds of addresses is told of an IPv4 one as a part of IPv6.
    return getattr(address, "ipv4_mapped", None) or _translated(address) or address


# The IPv4 addresses as a translating router (NAT64, SIIT) shows them: all of them in one /64 (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def _translated(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else None


class LoginMiddleware(LoginRequiredMiddleware):
    """Every page asks for a login where LVS_REQUIRE_LOGIN is on, and none where it is off.

    A session may end while a page is open. What its forms and scripts send then leads back to that page: their own
    addresses show nothing.
    """

    def process_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.REQUIRE_LOGIN:
            return None
        refusal = super().process_view(request, *args, **kwargs)
        request.knows_user = True  # type: ignore[attr-defined]
        return refusal

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if hasattr(request, "knows_user"):
            keep_mark(request, response)
        return response

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        htmx = request.htmx  # type: ignore[attr-defined]
        if request.method in ("GET", "HEAD") and not htmx:
            return super().handle_no_permission(request, view_func)
        page = _page_asked_from(request)
        login = redirect_to_login(page, self.get_login_url(view_func), self.get_redirect_field_name(view_func))
        # Only to show a page does a browser ask for HTML by name.
        if not htmx and "text/html" in request.headers.get("Accept", "text/html"):
            return login
        # A script would follow a redirect, and take the login page for its answer: for "saved", or for the results.
        refusal = HttpResponse(status=401, headers={"WWW-Authenticate": 'Cookie realm="Local Video Server"'})
        if htmx:
            refusal["HX-Redirect"] = login["Location"]
        return refusal


def _page_asked_from(request: HttpRequest) -> str:
    """Return the path and query of the page that sends a request, as its headers say, or "/"."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        return "/"
    return escape_leading_slashes(urlsplit(url)._replace(scheme="", netloc="").geturl()) or "/"


class ViewerMiddleware:
    """Sets request.viewer, looked up when first used.

    Without login it is the household even for somebody logged in to the admin: stars must not seem to vanish because
    the same browser also holds an administrator's session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewer = SimpleLazyObject(lambda: request.user if settings.REQUIRE_LOGIN else _household_at_home())  # type: ignore[attr-defined]
        return self.get_response(request)
