"""Login throttle: ten wrong passwords for a name from one address, or twenty for any names, in ten minutes."""

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

# Twenty, because a household may share one address.
MAX_WRONG, MAX_WRONG_OF_ADDRESS, WAIT_SECONDS = 10, 20, 10 * 60


class TooManyWrongPasswords(LibraryError):
    """This name is locked for this address for some minutes. Other addresses may still log in with it."""


class Attempt:
    """One password tried for one name from one address. Call `succeeded` if the password is right."""

    def __init__(self, request: HttpRequest, username: str) -> None:
        self._counts = attempt_counts()
        address = address_of(request)
        where = "" if address is None else counted_address(address)
        self._of_address = _key("address", where)
        # A case-insensitive database may find "ada" under "ADA", so both count as one name. Only attempts under the
        # exact name are forgiven on success: "Ada" may be another account.
        self._of_name = _key("name", username.casefold(), where)
        self._of_exact_name = _key("exact name", username, where)

    def count(self) -> None:
        """Count the attempt before the password is checked, so that parallel guesses are all counted.

        Raises TooManyWrongPasswords. Refused attempts are not counted further: hammering at one name must not use up
        the limit of the address for others.
        """
        if self._counts.add(self._of_name, WAIT_SECONDS) > MAX_WRONG:
            raise TooManyWrongPasswords
        if self._counts.add(self._of_address, WAIT_SECONDS) > MAX_WRONG_OF_ADDRESS:
            self._counts.subtract(self._of_name, 1)
            self._counts.subtract(self._of_address, 1)
            raise TooManyWrongPasswords
        self._counts.add(self._of_exact_name, WAIT_SECONDS)

    def succeeded(self) -> None:
        """Reset the count of this name from this address: its owner has logged in.

        The count of the address stays, so that an account holder cannot reset it between guesses at other names.
        """
        self._take_back(self._counts.read(self._of_exact_name))

    def was_not_looked_at(self) -> None:
        self._take_back(1)

    def _take_back(self, number: int) -> None:
        for key in (self._of_exact_name, self._of_name, self._of_address):
            self._counts.subtract(key, number)


@contextmanager
def counted_attempt(request: HttpRequest, username: str) -> Iterator[Attempt]:
    """Count an attempt around a password check. Raises TooManyWrongPasswords before the check."""
    attempt = Attempt(request, username)
    attempt.count()
    try:
        yield attempt
    except TooManyPasswords:
        attempt.was_not_looked_at()
        raise


class ThrottledBackend(ModelBackend):
    """Django's ModelBackend behind the login throttle."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the account, or None if name and password do not match. Raises TooManyWrongPasswords."""
        if request is None:
            return super().authenticate(request, username, password, **kwargs)
        with counted_attempt(request, username or "") as attempt:
            account = super().authenticate(request, username, password, **kwargs)
            if account is not None:
                attempt.succeeded()
        return account

    def get_user(self, user_id: int) -> User | None:
        """Return the account of a session, with the saved lists that every page shows."""
        account = account_with_lists(pk=user_id)
        return account if account is not None and self.user_can_authenticate(account) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions of an account and of its groups ("app.codename"), in one query."""
        if user_obj.is_active and not user_obj.is_superuser and not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj))
            names = held.values_list("content_type__app_label", "codename")
            # ModelBackend reads its cache from this attribute.
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in names.order_by()}
        return super().get_all_permissions(user_obj, obj)


def _key(kind: str, *parts: str) -> str:
    digest = hashlib.blake2b("\n".join([kind, *parts]).encode(errors="replace"), digest_size=16)
    return f"wrong-passwords:{digest.hexdigest()}"
