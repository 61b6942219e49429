"""Signed values with a lifetime, and secrets in them that only this server can read."""

import secrets
import time
from typing import Any

from django.core import signing
from django.utils.crypto import salted_hmac

# A clock may be set back by this much between two requests without the value counting as from the future.
_CLOCK_TOLERANCE_SECONDS = 60
_NONCE_BYTES = 12
_LONGEST_SECRET = 64


def loads_recent(signed: str, salt: str, seconds: int) -> Any:
    """Return a value that `signing.dumps` signed less than `seconds` ago. Raises BadSignature.

    Django accepts times in the future: a value signed while the clock was wrong would stay valid for years.
    """
    value = signing.loads(signed, salt=salt, max_age=seconds)
    signed_at = signing.b62_decode(signed.rsplit(":", 2)[1])
    if signed_at > time.time() + _CLOCK_TOLERANCE_SECONDS:
        raise signing.SignatureExpired("It is dated in the future.")
    return value


def sealed(secret: str, salt: str) -> str:
    """Return a short secret encrypted. Sign the result: a changed ciphertext decrypts to a changed secret.

    The secret is added to the HMAC of a random nonce, which is at least as long as the secret.
    """
    nonce, plain = secrets.token_bytes(_NONCE_BYTES), secret.encode()
    if len(plain) > _LONGEST_SECRET:
        raise ValueError("Only a short secret can be sealed.")
    return signing.b64_encode(nonce + _mixed(plain, nonce, salt)).decode()


def unsealed(text: str, salt: str) -> str:
    """Return the secret that `sealed` encrypted. Raises ValueError."""
    content = signing.b64_decode(text.encode())
    nonce, mixed = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
    if len(mixed) > _LONGEST_SECRET:
        raise ValueError("It is too long.")
    return _mixed(mixed, nonce, salt).decode()


def _mixed(content: bytes, nonce: bytes, salt: str) -> bytes:
    stream = salted_hmac(f"videos.signed_values:{salt}", nonce, algorithm="sha512").digest()
    return bytes(left ^ right for left, right in zip(content, stream, strict=False))
