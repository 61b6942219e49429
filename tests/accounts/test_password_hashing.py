"""Two passwords are hashed at a time, some wait, and the others are told to come again."""

import threading

import pytest
from django.contrib.auth.hashers import check_password, get_hasher, make_password
from django.contrib.auth.models import User

from lvs_site import settings as real_settings
from tests.live_server import running, wait_for
from videos.accounts import password_hashing
from videos.accounts.password_hashing import HashingSlots, TooManyPasswords

WAITS_LONG = 60.0


class Crowd:
    """Threads that take a slot each and stay in it until they are let go."""

    def __init__(self, slots, number):
        self.running, self.refused, self.most_running = 0, 0, 0
        self._slots, self._lock, self._may_go = slots, threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._hash) for _ in range(number)]
        for thread in self._threads:
            thread.start()

    def _hash(self):
        try:
            with self._slots.take():
                with self._lock:
                    self.running += 1
                    self.most_running = max(self.most_running, self.running)
                self._may_go.wait(WAITS_LONG)
                with self._lock:
                    self.running -= 1
        except TooManyPasswords:
            with self._lock:
                self.refused += 1

    def let_go(self):
        self._may_go.set()
        for thread in self._threads:
            thread.join()


def test_of_two_hundred_at_once_two_run_eight_wait_and_the_others_are_told():
    slots = HashingSlots(2, 8, WAITS_LONG)
    crowd = Crowd(slots, 200)
    wait_for(lambda: crowd.refused == 190 and crowd.running == 2, 20)
    crowd.let_go()
    assert (crowd.most_running, crowd.refused) == (2, 190)
    with slots.take():
        pass


def test_who_has_waited_for_long_enough_is_told():
    slots = HashingSlots(1, 5, 0.01)
    with slots.take():
        with pytest.raises(TooManyPasswords), slots.take():
            pass
    with slots.take():
        pass


@pytest.fixture
def full(monkeypatch, settings):
    """The real hashers, while as many passwords are being hashed as may be."""
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    monkeypatch.setattr(password_hashing, "slots", HashingSlots(0, 0, 0.0))


def test_an_older_password_is_checked_as_before(settings):
    encoded = "pbkdf2_sha256$1000$salt$4nTiEH5czAZbT6xRGqDpNVTOZyPpfTzzCcPqA5b+sFs="
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    of_django = make_password("long enough")
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    assert get_hasher("pbkdf2_sha256").encode("long enough", "salt", 1000).split("$")[:3] == encoded.split("$")[:3]
    assert check_password("long enough", of_django)
    assert not check_password("wrong", of_django)


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_a_login_that_cannot_be_checked_is_told_to_come_again_and_is_no_guess(page, name, db, client, full, settings):
    User.objects.create(username="ada", password="pbkdf2_sha256$1000$salt$x", is_staff=True)
    for _ in range(30):
        answer = client.post(page, {"username": name, "password": "x", "next": "/tags/"}, REMOTE_ADDR="203.0.113.7")
        assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    assert b"Too many logins at the moment" in answer.content
    assert b'value="/tags/"' in answer.content
    assert f'value="{name}"'.encode() in answer.content


def test_a_form_with_a_password_that_cannot_be_hashed_saves_nothing(db, client, full):
    admin = User.objects.create(username="root", is_staff=True, is_superuser=True)
    client.force_login(admin)
    new = {"username": "ben", "usable_password": "true", "password1": "long enough 1", "password2": "long enough 1"}
    answer = client.post("/admin/auth/user/add/", new)
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    assert not User.objects.filter(username="ben").exists()


@pytest.mark.slow
def test_two_hundred_logins_at_once_hash_a_few_and_a_page_is_answered_meanwhile(shell):
    shell.environment["LVS_REQUIRE_LOGIN"] = "1"
    shell.environment["LVS_PROXIES"] = "127.0.0.1"
    with running(shell) as server:
        page = server.get("/login/")
        cookie = page.headers["Set-Cookie"].split(";")[0]
        token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        body = f"csrfmiddlewaretoken={token}&username=ada&password=wrong"
        statuses, barrier = [], threading.Barrier(200)

        def log_in(number):
            barrier.wait()
            with server.connect(
                f"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 198.51.100.{number}\r\n"
                f"Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ) as client:
                client.settimeout(60)
                statuses.append(int(client.recv(4096).split()[1]))

        threads = [threading.Thread(target=log_in, args=[number]) for number in range(200)]
        for thread in threads:
            thread.start()
        wait_for(lambda: 503 in statuses, 30)
        assert server.get("/login/").status == 200
        for thread in threads:
            thread.join()
    assert set(statuses) == {200, 503}
    assert len(statuses) == 200
    assert statuses.count(503) >= 100
