"""A brake on guessing passwords: ten wrong ones for a name from one address, or twenty for any, in ten minutes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission, User
from django.db.models import Q
from django.http import HttpRequest

from videos.accounts.attempts import attempt_counts
from videos.accounts.client_address import address_of, counted_address
from videos.accounts.household import account_with_lists
from videos.accounts.password_hashing import TooManyPasswords
from videos.core.errors import LibraryError

# Twenty, since a household may share one address: that is its guesses for ten minutes, and no more than that is locked.
MAX_WRONG, MAX_WRONG_OF_ADDRESS, WAIT_SECONDS = 10, 20, 10 * 60


class TooManyWrongPasswords(LibraryError):
    """Nobody may try this name from this address for some minutes. Whoever is elsewhere may, and is not locked out."""


class Attempt:
    """One password tried for one name from one address. Whoever checks it calls `succeeded` where it is right."""

    def __init__(self, request: HttpRequest, username: str) -> None:
        self._counts = attempt_counts()
        address = address_of(request)
        where = "" if address is None else counted_address(address)
        self._of_address = _key("address", where)
        # A database may find "ada" under "ADA", so both are one name to whoever guesses; but only what was tried under
        # the very name that the password fits is forgiven: "Ada" may be the account of somebody else.
        self._of_name = _key("name", username.casefold(), where)
        self._of_exact_name = _key("exact name", username, where)

    def count(self) -> None:
        """Count it before the password is looked at, so that a hundred at once are a hundred.

        Raises TooManyWrongPasswords. What is refused is not counted any further: hammering at one name does not use up
        what the others at the address may try.
        """
        if self._counts.add(self._of_name, WAIT_SECONDS) > MAX_WRONG:
            raise TooManyWrongPasswords
        if self._counts.add(self._of_address, WAIT_SECONDS) > MAX_WRONG_OF_ADDRESS:
            self._counts.take_back(self._of_name, 1)
            self._counts.take_back(self._of_address, 1)
            raise TooManyWrongPasswords
        self._counts.add(self._of_exact_name, WAIT_SECONDS)

    def succeeded(self) -> None:
        """Forgive what was tried under this name from this address: it was its owner.

        Only that, so that somebody with an account cannot guess at others between logins of their own.
        """
        self._take_back(self._counts.read(self._of_exact_name))

    def was_not_looked_at(self) -> None:
        self._take_back(1)

    def _take_back(self, number: int) -> None:
        for key in (self._of_exact_name, self._of_name, self._of_address):
            self._counts.take_back(key, number)


@contextmanager
def counted_attempt(request: HttpRequest, username: str) -> Iterator[Attempt]:
    """Count an attempt around the check of its password. Raises TooManyWrongPasswords before it."""
    attempt = Attempt(request, username)
    attempt.count()
    try:
        yield attempt
    except TooManyPasswords:
        attempt.was_not_looked_at()
        raise


class ThrottledBackend(ModelBackend):
    """Django's accounts and passwords, with the brake, wherever a request asks for a login."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the account, or None where name and password do not match. Raises TooManyWrongPasswords."""
        if request is None:
            return super().authenticate(request, username, password, **kwargs)
        with counted_attempt(request, username or "") as attempt:
            account = super().authenticate(request, username, password, **kwargs)
            if account is not None:
                attempt.succeeded()
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


def _key(kind: str, *parts: str) -> str:
    digest = hashlib.blake2b("\n".join([kind, *parts]).encode(errors="replace"), digest_size=16)
    return f"wrong-passwords:{digest.hexdigest()}"
