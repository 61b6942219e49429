"""A brake on guessing passwords: after ten wrong ones for a name from one address, ten minutes go by without."""

import hashlib
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest

from videos.viewers import address_of

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
