"""The key that signs sessions and links: made at the first start, and kept in the data folder."""

import errno
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_DISK_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_MIN_LENGTH = 50


def secret_key(path: Path) -> tuple[str, str]:
    """Return the key kept at `path`, readable by its owner alone, and "" or why it could not be kept.

    A full or read-only disk gets a key for this run only: everything works, but logins end with the process. Raises
    ImproperlyConfigured for a data folder that cannot be used at all and for a file that holds no key.
    """
    try:
        if not path.exists():
            _make_secret_key(path)
        key = path.read_text().strip()
    except OSError as error:
        if error.errno not in _DISK_REFUSES or path.exists():
            raise ImproperlyConfigured(f"The data folder {path.parent} cannot be used: {error}") from error
        return secrets.token_urlsafe(64), f"{path} cannot be written ({error.strerror})"
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"The data folder {path.parent} cannot be used: {error}") from error
    if len(key) < _MIN_LENGTH:
        raise ImproperlyConfigured(f"{path} holds no usable key; delete it and a new one is made.")
    return key, ""


def _make_secret_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        # A link fails if another process was faster, so both processes end up with the same key.
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        if not draft.exists() or draft.stat().st_size == 0:
            raise
        # exFAT and some network shares have no hard links.
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
