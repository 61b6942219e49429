"""The account that everybody is without login, and accounts as pages and commands ask for them."""

from functools import cache
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.models import User
from django.db.models import F

from videos.models import SmartList

HOUSEHOLD = "household"


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


def household_with_lists() -> User:
    return account_with_lists(username=HOUSEHOLD) or household()
