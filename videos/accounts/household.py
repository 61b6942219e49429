"""The household account, which everybody uses without login, and accounts as pages and commands load them."""

from functools import cache
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.models import User
from django.db.models import F

from videos.models import SmartList

HOUSEHOLD = "household"


def household(using: str = "default") -> User:
    """Return the account that everybody uses without login. It has no password until somebody sets one."""
    return User.objects.using(using).get_or_create(username=HOUSEHOLD, defaults={"password": make_password(None)})[0]


def account_with_lists(**lookup: Any) -> User | None:
    """Return an account, or None.

    Its saved lists, which every page shows, are in the attribute `saved_lists`. One query.

    Only this function sets that attribute.
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
    """Return a row for each list of each account. Cached: building the queryset takes longer than running it."""
    of_lists = {f"list_{name}": F(f"smart_lists__{name}") for name in ("id", "name", "query", "position")}
    return User.objects.annotate(**of_lists).order_by("smart_lists__position", "smart_lists")


def saved_lists(viewer: Any) -> list[SmartList]:
    """Return a viewer's saved lists in the viewer's order. No query if account_with_lists loaded them."""
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
