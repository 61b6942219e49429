"""Guessing passwords is slowed down, at each door, and nobody else is kept out by it."""

import threading

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache

from videos.accounts.household import saved_lists
from videos.accounts.login_throttle import MAX_WRONG, MAX_WRONG_OF_ADDRESS, WAIT_SECONDS, ThrottledBackend
from videos.models import SmartList

RIGHT = "long enough"


@pytest.fixture(autouse=True)
def _ada(db, django_user_model):
    django_user_model.objects.create_superuser("ada", password=RIGHT)


def log_in(client, password, *, name="ada", where="203.0.113.7", page="/login/"):
    return client.post(page, {"username": name, "password": password, "next": "/library/"}, REMOTE_ADDR=where)


def guess(client, count, **more):
    return [log_in(client, f"wrong {n}", **more).status_code for n in range(count)]


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_after_ten_wrong_passwords_the_right_one_waits_too_for_ten_minutes_at_most(client, page):
    assert guess(client, MAX_WRONG, page=page) == [200] * MAX_WRONG
    refused = log_in(client, RIGHT, page=page)
    assert (refused.status_code, refused["Retry-After"]) == (429, str(WAIT_SECONDS))
    assert b"Too many wrong passwords. Try again in ten minutes." in refused.content
    assert b'name="next" value="/library/"' in refused.content
    assert "_auth_user_id" not in client.session
    assert WAIT_SECONDS <= 600


def test_other_doors_do_not_begin_anew(client):
    guess(client, MAX_WRONG, page="/login/")
    assert log_in(client, RIGHT, page="/admin/login/").status_code == 429


def test_whoever_is_elsewhere_or_has_another_name_is_not_kept_out(client, django_user_model):
    django_user_model.objects.create_user("ben", password=RIGHT)
    guess(client, MAX_WRONG + 1)
    assert log_in(client, RIGHT, name="ADA").status_code == 429
    assert log_in(client, RIGHT, name="ben").status_code == 302
    assert log_in(client, RIGHT, where="203.0.113.8").status_code == 302


def test_who_gets_it_right_in_time_begins_anew(client):
    for _ in range(3):
        guess(client, MAX_WRONG - 1)
        assert log_in(client, RIGHT).status_code == 302


def test_waiting_does_not_begin_anew_with_each_further_try(client, monkeypatch):
    monkeypatch.setattr("videos.accounts.login_throttle.WAIT_SECONDS", 1)
    guess(client, MAX_WRONG + 5)
    tries = threading.Event()
    for _ in range(12):
        tries.wait(0.1)
        status = log_in(client, RIGHT).status_code
    assert status == 302


def test_an_address_that_a_client_makes_up_helps_it_to_nothing(client):
    statuses = [
        client.post(
            "/login/", {"username": "ada", "password": "wrong"}, REMOTE_ADDR="203.0.113.7",
            headers={"X-Forwarded-For": f"198.51.100.{n}"},
        ).status_code
        for n in range(MAX_WRONG + 1)
    ]  # fmt: skip
    assert statuses == [200] * MAX_WRONG + [429]


def test_a_password_in_a_shell_is_nobodys_guess(client):
    for _ in range(2 * MAX_WRONG):
        assert not client.login(username="ada", password="wrong")
    assert client.login(username="ada", password=RIGHT)


def test_a_name_of_any_length_and_script_is_counted(client):
    for number, name in enumerate(("x" * 10_000, "日本 語\n", "\ud800"[:0] + "é")):
        assert guess(client, MAX_WRONG + 1, name=name, where=f"203.0.113.{number}")[-1] in (200, 429)


# --- over all names, by address ---


def many_names(client, count, where="203.0.113.7"):
    return [log_in(client, "wrong", name=f"name {n}", where=where).status_code for n in range(count)]


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_many_names_from_one_address_are_guesses_too(client, page):
    assert many_names(client, 30) == [200] * MAX_WRONG_OF_ADDRESS + [429] * (30 - MAX_WRONG_OF_ADDRESS)
    refused = log_in(client, RIGHT, page=page)
    assert (refused.status_code, refused["Retry-After"]) == (429, str(WAIT_SECONDS))
    assert log_in(client, RIGHT, page=page, where="203.0.113.8").status_code == 302


def test_an_ipv6_client_is_its_64_whatever_addresses_it_has(client):
    statuses = [log_in(client, "wrong", where=f"2001:db8:0:1::{n:x}").status_code for n in range(1, 41)]
    assert statuses == [200] * MAX_WRONG + [429] * 30
    assert log_in(client, RIGHT, where="2001:db8:0:1:ffff::1").status_code == 429
    assert log_in(client, RIGHT, where="2001:db8:0:2::1").status_code == 302


def test_an_ipv4_client_is_itself_also_where_it_is_shown_as_ipv6(client):
    guess(client, MAX_WRONG, where="::ffff:203.0.113.7")
    assert log_in(client, RIGHT, where="203.0.113.7").status_code == 429
    guess(client, MAX_WRONG, where="64:ff9b::203.0.113.9")
    assert log_in(client, RIGHT, where="203.0.113.9").status_code == 429
    assert log_in(client, RIGHT, where="::ffff:203.0.113.8").status_code == 302
    assert log_in(client, RIGHT, where="64:ff9b::203.0.113.8").status_code == 302


def test_whoever_has_an_account_cannot_guess_between_logins_of_its_own(client, django_user_model):
    django_user_model.objects.create_user("eve", password=RIGHT)
    statuses = []
    for n in range(40):
        assert log_in(client, RIGHT, name="eve").status_code in (302, 429)
        statuses.append(log_in(client, "wrong", name=f"name {n}").status_code)
    assert statuses == [200] * MAX_WRONG_OF_ADDRESS + [429] * (40 - MAX_WRONG_OF_ADDRESS)


def test_an_account_that_differs_in_case_forgives_no_guesses_at_another(client, django_user_model):
    django_user_model.objects.create_user("Ada", password=RIGHT)
    statuses = []
    for n in range(MAX_WRONG + 2):
        log_in(client, RIGHT, name="Ada")
        statuses.append(log_in(client, f"wrong {n}", name="ada").status_code)
    assert statuses == [200] * MAX_WRONG + [429] * 2


def test_hammering_at_one_name_uses_up_nothing_of_the_others_at_the_address(client, django_user_model):
    django_user_model.objects.create_user("ben", password=RIGHT)
    guess(client, 50)
    assert log_in(client, RIGHT, name="ben").status_code == 302


def test_a_household_whose_passwords_are_right_is_never_stopped(client, django_user_model):
    for n in range(3 * MAX_WRONG_OF_ADDRESS):
        django_user_model.objects.create_user(f"person {n}", password=RIGHT)
        assert log_in(client, RIGHT, name=f"person {n}").status_code == 302


def test_a_full_cache_forgets_no_guess(client):
    guess(client, MAX_WRONG)
    for n in range(25_000):
        cache.set(f"other-{n}", 1, 600)
    assert log_in(client, RIGHT).status_code == 429


@pytest.mark.parametrize("wrong", [MAX_WRONG - 1, MAX_WRONG])
def test_the_form_for_a_new_password_is_a_door_too(client, wrong):
    new = {"new_password1": "another long 1", "new_password2": "another long 1"}
    assert log_in(client, RIGHT, page="/admin/login/").status_code == 302
    page = "/admin/password_change/"
    for n in range(wrong):
        answer = client.post(page, {"old_password": f"wrong {n}", **new}, REMOTE_ADDR="203.0.113.7")
        assert (answer.status_code, "entered incorrectly" in answer.text) == (200, True)
    right = client.post(page, {"old_password": RIGHT, **new}, REMOTE_ADDR="203.0.113.7")
    if wrong < MAX_WRONG:
        assert (right.status_code, right["Location"]) == (302, "/admin/password_change/done/")
    else:
        assert (right.status_code, right["Retry-After"]) == (429, str(WAIT_SECONDS))
        assert "Too many wrong passwords. Try again in ten minutes." in right.text
        assert log_in(client, RIGHT).status_code == 429
        assert User.objects.get(username="ada").check_password(RIGHT)


def test_the_form_for_a_new_password_is_the_admins_and_for_its_people(client, django_user_model):
    assert client.get("/admin/password_change/").status_code == 302
    django_user_model.objects.create_user("ben", password=RIGHT)
    log_in(client, RIGHT, name="ben")
    assert client.get("/admin/password_change/").status_code == 302
    log_in(client, RIGHT)
    page = client.get("/admin/password_change/")
    assert (page.status_code, "Local Video Server" in page.text) == (200, True)
    assert "no-store" in page["Cache-Control"]


# --- who somebody is, and may do: at the price of a query each ---


def test_an_account_may_do_what_it_or_a_group_of_it_may(django_user_model, django_assert_num_queries):
    user = django_user_model.objects.create_user("bob")
    group = Group.objects.create(name="keepers")
    group.permissions.set(Permission.objects.filter(codename__in=["change_video", "view_video"]))
    user.groups.add(group)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_video", "delete_tag"]))
    expected = {"videos.change_video", "videos.view_video", "videos.delete_tag"}
    bob = ThrottledBackend().get_user(user.pk)
    with django_assert_num_queries(1):
        assert bob.get_all_permissions() == expected
        assert bob.has_perm("videos.change_video")
        assert not bob.has_perm("videos.add_video")
    user.is_active = False
    assert user.get_all_permissions() == set()


def test_an_account_that_is_gone_or_closed_has_no_session(django_user_model):
    user = django_user_model.objects.create_user("bob")
    assert ThrottledBackend().get_user(user.pk) == user
    django_user_model.objects.update(is_active=False)
    assert ThrottledBackend().get_user(user.pk) is None
    assert ThrottledBackend().get_user(0) is None


def test_the_account_of_a_page_has_its_lists_in_order(django_user_model, django_assert_num_queries):
    user, other = (django_user_model.objects.create_user(name) for name in ("bob", "eve"))
    for position, name in ((2, "last"), (0, "first"), (1, "second")):
        SmartList.objects.create(viewer=user, name=name, query="q=x", position=position)
    SmartList.objects.create(viewer=other, name="another's", query="")
    with django_assert_num_queries(1):
        lists = saved_lists(ThrottledBackend().get_user(user.pk))
    assert [(each.name, each.viewer_id) for each in lists] == [(n, user.pk) for n in ("first", "second", "last")]
