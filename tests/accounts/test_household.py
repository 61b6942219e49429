"""From where somebody watches, and whether anybody can log in."""

import ipaddress

import pytest
from django.test import RequestFactory

from videos.accounts.client_address import address_of, is_of_this_computer
from videos.accounts.household import household, somebody_can_log_in

PROXIES = [ipaddress.ip_network(part) for part in ("127.0.0.1", "10.0.0.0/8", "fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        # Whoever is no proxy may say what it likes.
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("::ffff:203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("fe80::1%eth0", None, "fe80::1"),
        # A proxy says who asked it, behind what that one wrote itself.
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("fd00::1", " 2001:db8::7 ", "2001:db8::7"),
        ("127.0.0.1", "203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("::ffff:10.1.2.3", "203.0.113.7", "203.0.113.7"),
        # Proxies all the way, or one that says nothing that could be understood.
        ("127.0.0.1", None, None),
        ("127.0.0.1", "", None),
        ("127.0.0.1", "10.1.2.3", None),
        ("127.0.0.1", "203.0.113.7, unknown", None),
        ("", "203.0.113.7", None),
    ],
)
def test_the_address_is_that_of_the_peer_or_what_a_named_proxy_says_of_it(peer, forwarded, address, settings):
    settings.PROXIES = PROXIES
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)) == address


def test_without_named_proxies_nobody_is_believed(settings):
    assert settings.PROXIES == []
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "203.0.113.7"})
    assert address_of(request) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "is_own"), [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("10.0.0.1", False)]
)
def test_this_computer_is_known_by_its_loopback_addresses(address, is_own):
    assert is_of_this_computer(address) is is_own


def test_whoever_has_a_password_can_log_in(db, django_user_model):
    household()
    assert not somebody_can_log_in()
    django_user_model.objects.create(username="none")
    django_user_model.objects.create_user("gone", password="long enough", is_active=False)
    assert not somebody_can_log_in()
    django_user_model.objects.create_user("ada", password="long enough")
    assert somebody_can_log_in()
