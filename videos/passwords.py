"""A brake on guessing passwords: after ten wrong ones for a name from one address, ten minutes go by without."""

import hashlib
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest

from videos.viewers import account_with_lists, address_of

MOST_WRONG, WAIT_SECONDS = 10, 10 * 60


class TooManyWrongPasswords(Exception):
    """Nobody may try this name from this address for some minutes. Whoever is elsewhere may, and is not locked out."""


class PatientBackend(ModelBackend):
    """Django's accounts and passwords, with the brake, wherever a request asks for a login."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the account, or None where name and password do not match. Raises TooManyWrongPasswords."""
        if request is None:
            return super().authenticate(request, username, password, **kwargs)
        tries = _tries_key(username or "", address_of(request) or "")
        # Counted before the password is looked at, so that a hundred at once are a hundred.
        if _count(tries) > MOST_WRONG:
            raise TooManyWrongPasswords
        account = super().authenticate(request, username, password, **kwargs)
        if account is not None:
            cache.delete(tries)
        return account

    def get_user(self, user_id: int) -> User | None:
        """Return the account of a session, as its pages need it."""
        account = account_with_lists(pk=user_id)
        return account if account is not None and self.user_can_authenticate(account) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return "app.permission" of what an account may do, its own and its groups', in one query."""
        if user_obj.is_active and not user_obj.is_superuser and not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj))
            names = held.values_list("content_type__app_label", "codename")
            # Where ModelBackend looks for them.
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in names.order_by()}
        return super().get_all_permissions(user_obj, obj)


def _tries_key(username: str, address: str) -> str:
    who = hashlib.blake2b(f"{username.casefold()}\n{address}".encode(errors="replace"), digest_size=16)
    return f"wrong-passwords:{who.hexdigest()}"


def _count(key: str) -> int:
    cache.add(key, 0, WAIT_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:  # it has run out in between
        cache.set(key, 1, WAIT_SECONDS)
        return 1
