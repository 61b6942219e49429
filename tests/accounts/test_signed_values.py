"""What is signed holds for a while, on any clock; what is sealed is read by this server alone."""

import time

import pytest
from django.core import signing

from videos.accounts.signed_values import loads_recent, sealed, unsealed

YEAR = 365 * 24 * 60 * 60


def signed_at(moment, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: moment)
        return signing.dumps({"a": 1}, salt="s")


@pytest.mark.parametrize("age", [-30, 0, 500])
def test_a_young_value_is_read(age, monkeypatch):
    assert loads_recent(signed_at(time.time() - age, monkeypatch), "s", 600) == {"a": 1}


@pytest.mark.parametrize("age", [700, 30 * YEAR, -120, -4 * YEAR])
def test_an_old_value_and_one_from_the_future_are_refused(age, monkeypatch):
    with pytest.raises(signing.BadSignature):
        loads_recent(signed_at(time.time() - age, monkeypatch), "s", 600)


@pytest.mark.parametrize("text", ["", "x", "a:b", "a:b:c", ":::"])
def test_what_is_not_signed_is_refused(text):
    with pytest.raises(signing.BadSignature):
        loads_recent(text, "s", 600)


@pytest.mark.parametrize("secret", ["", "a", "x" * 64, "é"])
def test_what_is_sealed_is_read_again_and_looks_different_each_time(secret):
    first, second = sealed(secret, "s"), sealed(secret, "s")
    assert unsealed(first, "s") == unsealed(second, "s") == secret
    assert first != second
    # A short secret may stand among random bytes by chance.
    assert len(secret) < 16 or secret.encode() not in signing.b64_decode(first.encode())


def test_another_salt_or_text_reads_nothing_of_it():
    hidden = sealed("0123456789abcdef", "s")
    for text, salt in ((hidden, "other"), (hidden[:-4] + "AAAA", "s"), ("*", "s"), ("A" * 200, "s")):
        try:
            assert unsealed(text, salt) != "0123456789abcdef"
        except ValueError:
            continue


def test_a_long_secret_is_refused():
    with pytest.raises(ValueError, match="short"):
        sealed("x" * 65, "s")
