"""Odd requests of every kind, to a real server: whatever a stranger writes, no page fails over it."""

import random

import pytest

from benchmarks.fuzz_requests import NAME, PASSWORD, fuzz, session
from benchmarks.odd_requests import odd_requests
from tests.conftest import migrated_shell
from tests.counts import at_full_count
from tests.live_server import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long("videos/middleware", "videos/server", "videos/views"),
]

COUNT = at_full_count(1_500, 300)


@pytest.mark.parametrize("requires_login", ["0", "1"], ids=["open", "with a login"])
def test_fifteen_hundred_odd_requests_are_answered_without_a_failure(tmp_path, requires_login):
    shell = migrated_shell(tmp_path)
    shell.environment["LVS_REQUIRE_LOGIN"] = requires_login
    (shell.videos / "film.mp4").write_bytes(random.Random(1).randbytes(100_000))
    shell.run("scan_library")
    user = f"User.objects.create_superuser({NAME!r}, password={PASSWORD!r})"
    shell.python(f"from django.contrib.auth.models import User; {user}")
    with running(shell, "--no-worker") as site:
        found = fuzz(site.port, 20 + int(requires_login), COUNT, ["", "", session(site.port)])
        assert found.failures == []
        assert {200, 302, 400, 403, 404, 405, 413} <= set(found.statuses), "the requests reach something"
        assert "Traceback" not in site.log, "a refusal is one line of the log"
        assert site.get("/healthz").status == 200
        assert site.process.poll() is None


def test_a_seed_gives_the_same_requests_again():
    first, again, other = ([*odd_requests(seed, 50, [""])] for seed in (1, 1, 2))
    assert first == again != other
