"""Every knob is an LVS_* variable: a wrong one stops the start with one clear line, and the defaults are safe."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from lvs_site.env import access_settings, env_number
from tests import processes
from tests.conftest import PROJECT, Shell
from tests.processes import Process
from videos.core.addresses import as_host, is_loopback, split_bind, unmapped

WRONG = [
    ("LVS_BNID", "127.0.0.1:8000", "did you mean LVS_BIND?"),
    ("LVS_VIDEOS_FOLDER_PATH_OF_MINE", "/x", "is not a setting"),
    ("LVS_DEBUG", "maybe", "neither on nor off"),
    ("LVS_REQUIRE_LOGIN", "2", "neither on nor off"),
    ("LVS_BIND", "8000", "LVS_BIND"),
    ("LVS_BIND", "127.0.0.1", "LVS_BIND"),
    ("LVS_BIND", "127.0.0.1:99999", "LVS_BIND"),
    ("LVS_BIND", "127.0.0.1:-1", "LVS_BIND"),
    ("LVS_BIND", "::1:8000", "LVS_BIND"),
    ("LVS_BIND", "[::1:8000", "LVS_BIND"),
    ("LVS_BIND", "http://localhost:8000", "LVS_BIND"),
    ("LVS_DATABASE_URL", "nonsense", "LVS_DATABASE_URL"),
    ("LVS_DATABASE_URL", "mysql://localhost/x", "LVS_DATABASE_URL"),
    ("LVS_DATABASE_URL", "postgres://localhost:port/x", "LVS_DATABASE_URL"),
    ("LVS_CACHE_URL", "memcached://localhost", "LVS_CACHE_URL"),
    ("LVS_CACHE_URL", "redis://[", "LVS_CACHE_URL"),
    ("LVS_CACHE_URL", "redis://localhost:99999/0", "LVS_CACHE_URL"),
    ("LVS_CACHE_URL", "redis://localhost:6379/0", "pip install redis"),
    ("LVS_TRUSTED_ORIGINS", "videos.example.org", "LVS_TRUSTED_ORIGINS"),
    ("LVS_TRUSTED_ORIGINS", "https://a.example.org,http://[", "LVS_TRUSTED_ORIGINS"),
    ("LVS_ALLOWED_HOSTS", "https://videos.example.org", "LVS_ALLOWED_HOSTS"),
    ("LVS_ALLOWED_HOSTS", "videos.example.org, two words", "LVS_ALLOWED_HOSTS"),
    ("LVS_SCAN_MINUTES", "0", "LVS_SCAN_MINUTES='0' is not a whole number from 1 to 10,000"),
    ("LVS_CLEANUP_AFTER_DAYS", "0", "LVS_CLEANUP_AFTER_DAYS='0' is not a whole number from 1 to 100,000"),
    ("LVS_KEEP_HOURLY", "-1", "LVS_KEEP_HOURLY='-1' is not a whole number from 0 to 100,000"),
    ("LVS_KEEP_DAILY", "a month", "LVS_KEEP_DAILY='a month' is not a whole number from 0 to 100,000"),
    ("LVS_KEEP_MONTHLY", "1.5", "LVS_KEEP_MONTHLY"),
    ("LVS_KEEP_YEARLY", "100001", "LVS_KEEP_YEARLY"),
    ("LVS_KEEP_WEEKLY", "4", "did you mean LVS_KEEP_YEARLY?"),
    ("LVS_DECODERS", "many", "LVS_DECODERS='many' is not a whole number from 1 to 64"),
    ("LVS_STREAMS_PER_ADDRESS", "0", "LVS_STREAMS_PER_ADDRESS='0' is not a whole number from 1 to 100,000"),
    (
        "LVS_PROXIES",
        "proxy.example.org",
        "LVS_PROXIES: 'proxy.example.org' does not appear to be an IPv4 or IPv6 network",
    ),
    ("LVS_PROXIES", "127.0.0.1,10.0.0.1/8", "LVS_PROXIES: 10.0.0.1/8 has host bits set"),
    ("LVS_SENDFILE", "apache", "LVS_SENDFILE='apache' is none of: nginx."),
    ("LVS_SENDFILE", "1", "LVS_SENDFILE"),
    ("LVS_DATA_DIR", "/dev/null/data", "/dev/null/data"),
    ("LVS_DATA_DIR", "~nobody-of-that-name/data", "LVS_DATA_DIR"),
]


def environment(data: Path, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LVS_", "DJANGO_"))}
    return {**inherited, "LVS_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "lvs_site.settings", **variables}


def start(code_or_command: list[str], data: Path, **variables: str) -> Process:
    code = code_or_command[1] if code_or_command[0] == "-c" else None
    return processes.start(
        code_or_command if code is None else [], code=code, env=environment(data, **variables), cwd=PROJECT, text=True,
        stdout=processes.PIPE, stderr=processes.PIPE,
    )  # fmt: skip


@pytest.mark.slow
def test_a_wrong_variable_stops_the_start_with_one_clear_line(tmp_path: Path) -> None:
    for name, value, said in WRONG:
        process = start(["manage.py", "migrate"], tmp_path, **{name: value})
        out, err = process.communicate(timeout=30)
        told = f"{name}={value}: {process.returncode} {out}{err}"
        assert process.returncode == 1, told
        assert out == "", told
        assert err.startswith("Error: "), told
        assert err.count("\n") == 1, told
        assert said in err, told
        assert not (tmp_path / "video_metadata.db").exists(), told


@pytest.mark.parametrize(
    ("name", "value", "setting", "expected"),
    [
        ("LVS_DEBUG", "on", "DEBUG", "True"),
        ("LVS_DEBUG", "", "DEBUG", "False"),
        ("LVS_BIND", " 0.0.0.0:80 ", "REQUIRE_LOGIN", "True"),
        ("LVS_TRUSTED_ORIGINS", "https://a.example.org, http://b:8000", "CSRF_TRUSTED_ORIGINS",
         "['https://a.example.org', 'http://b:8000']"),
        ("LVS_ALLOWED_HOSTS", "a.example.org,.b.example.org,[fe80::1],*", "ALLOWED_HOSTS[3:]",
         "['a.example.org', '.b.example.org', '[fe80::1]', '*']"),
        ("LVS_DATABASE_URL", "postgres://u:p@h/n", "DATABASES['default']['NAME']", "n"),
        ("LVS_VIDEO_DIR", "~", "VIDEO_DIR", str(Path.home())),
        ("LVS_SCAN_MINUTES", " 10000 ", "SCAN_MINUTES", "10000"),
        ("LVS_CLEANUP_AFTER_DAYS", "30", "CLEANUP_AFTER_DAYS", "30"),
        ("LVS_DECODERS", "64", "DECODERS", "64"),
        ("LVS_STREAMS_PER_ADDRESS", "", "STREAMS_PER_ADDRESS", "64"),
        ("LVS_STREAMS_PER_ADDRESS", "7", "STREAMS_PER_ADDRESS", "7"),
        ("LVS_PROXIES", "", "PROXIES", "[]"),
        ("LVS_PROXIES", "127.0.0.1, fd00::/8", "PROXIES", "[IPv4Network('127.0.0.1/32'), IPv6Network('fd00::/8')]"),
        ("LVS_SENDFILE", " Nginx ", "SENDFILE", "nginx"),
        ("LVS_SENDFILE", "", "SENDFILE", "None"),
    ],
)  # fmt: skip
def test_a_good_value_is_taken(name: str, value: str, setting: str, expected: str, tmp_path: Path) -> None:
    process = start(["-c", f"from django.conf import settings; print(settings.{setting})"], tmp_path, **{name: value})
    out, err = process.communicate(timeout=30)
    assert (out.strip(), err) == (expected, "")


@pytest.mark.parametrize("value", ["0", "65", "-1", "+1", "1.5", "1e1", "٣", "1_0", "ten", "9" * 5000, "1 2", "0x1"])
def test_a_number_is_whole_and_in_its_range(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LVS_DECODERS", value)
    with pytest.raises(ImproperlyConfigured, match=r"^LVS_DECODERS='.*' is not a whole number from 1 to 64\.$"):
        env_number("LVS_DECODERS", 1, 64)


@pytest.mark.parametrize(("value", "number"), [("1", 1), (" 64 ", 64), ("007", 7), ("", None), ("  ", None)])
def test_a_number_that_is_not_set_is_none(value: str, number: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LVS_DECODERS", value)
    assert env_number("LVS_DECODERS", 1, 64) == number


def test_without_variables_the_worker_takes_half_of_the_cores_and_removes_nothing(tmp_path: Path) -> None:
    ask = "from django.conf import settings as s; print(s.SCAN_MINUTES, s.CLEANUP_AFTER_DAYS, s.DECODERS)"
    out, _ = start(["-c", ask], tmp_path).communicate(timeout=30)
    minutes, days, decoders = out.split()
    assert (minutes, days) == ("1", "None")
    assert 1 <= int(decoders) <= max(1, (os.cpu_count() or 2) // 2)


def test_without_variables_nobody_else_comes_in(tmp_path: Path) -> None:
    ask = "from django.conf import settings as s; print(s.BIND, s.DEBUG, s.REQUIRE_LOGIN, s.ALLOWED_HOSTS)"
    out, _ = start(["-c", ask], tmp_path).communicate(timeout=30)
    assert out.strip() == "127.0.0.1:8000 False False ['localhost', '127.0.0.1', '[::1]']"


@pytest.mark.parametrize("bind", ["127.0.0.1:8000", "127.9.9.9:80", "localhost:8000", "[::1]:8000"])
def test_on_loopback_nobody_logs_in(bind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LVS_REQUIRE_LOGIN", raising=False)
    assert access_settings(bind)["REQUIRE_LOGIN"] is False
    monkeypatch.setenv("LVS_REQUIRE_LOGIN", "1")
    assert access_settings(bind)["REQUIRE_LOGIN"] is True


@pytest.mark.parametrize(
    "bind",
    ["0.0.0.0:8000", ":8000", "192.168.1.5:80", "[::]:8000", "[fe80::1]:80", "nas.local:80", "localhost.evil.org:80"],
)
def test_bound_to_anything_else_everybody_logs_in_unless_said_otherwise(
    bind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LVS_REQUIRE_LOGIN", raising=False)
    assert access_settings(bind)["REQUIRE_LOGIN"] is True
    monkeypatch.setenv("LVS_REQUIRE_LOGIN", "off")
    assert access_settings(bind)["REQUIRE_LOGIN"] is False


@pytest.mark.parametrize(
    ("bind", "host", "port"),
    [("127.0.0.1:8000", "127.0.0.1", 8000), ("[::1]:80", "::1", 80), (":9000", "0.0.0.0", 9000), ("nas:1", "nas", 1)],
)
def test_an_address_has_a_host_and_a_port(bind: str, host: str, port: int) -> None:
    assert split_bind(bind) == (host, port)
    assert is_loopback(host) is (host in ("127.0.0.1", "::1"))


@pytest.mark.parametrize(
    ("address", "plain", "host"),
    [
        ("192.168.1.5", "192.168.1.5", "192.168.1.5"), ("::ffff:192.168.1.5", "192.168.1.5", "192.168.1.5"),
        ("fe80::1%eth0", "fe80::1", "[fe80::1]"), ("fd00::1", "fd00::1", "[fd00::1]"),
    ],
)  # fmt: skip
def test_an_address_has_one_plain_form_and_stands_so_in_a_url(address: str, plain: str, host: str) -> None:
    assert unmapped(address) == plain
    assert as_host(unmapped(address)) == host


@pytest.mark.parametrize(
    ("bind", "own"),
    [("192.168.1.5:80", ["192.168.1.5"]), ("[fe80::1]:80", ["[fe80::1]"]), ("0.0.0.0:80", []), ("127.0.0.1:80", [])],
)
def test_the_address_itself_is_an_allowed_host_and_every_address_is_not(bind: str, own: list[str]) -> None:
    assert access_settings(bind)["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]", *own]


def test_the_secret_key_is_its_owners_alone_and_the_same_in_processes_that_start_at_once(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    ask = ["-c", "import os; os.umask(0); from django.conf import settings; print(settings.SECRET_KEY)"]
    keys = {process.communicate(timeout=30)[0].strip() for process in [start(ask, data) for _ in range(6)]}
    assert keys == {(data / ".secret_key").read_text().strip()}
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE((data / ".secret_key").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == [".secret_key"]


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 80])
def test_a_damaged_secret_key_is_told_and_not_replaced(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".secret_key").write_bytes(content)
    process = start(["manage.py", "migrate"], tmp_path)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (1, 1)
    assert err.startswith("Error: ")
    assert (tmp_path / ".secret_key").read_bytes() == content


def test_another_library_has_another_key(shell: Shell, tmp_path: Path) -> None:
    ask: Any = "from django.conf import settings; print(settings.SECRET_KEY)"
    first = shell.python(ask)
    shell.environment["LVS_DATA_DIR"] = str(tmp_path / "second")
    assert shell.python(ask) != first


IMPORT_ALL = """
import pkgutil, sys
from importlib import import_module
import django.conf
read, usual = set(), django.conf.LazySettings.__getattr__
def note(self, name):
    caller = sys._getframe(1)
    if caller.f_globals["__name__"].partition(".")[0] in ("videos", "lvs_site"):
        read.add((caller.f_globals["__name__"], name))
    return usual(self, name)
django.conf.LazySettings.__getattr__ = note
import django
django.setup()
import videos
for module in pkgutil.walk_packages(videos.__path__, "videos."):
    import_module(module.name)
import lvs_site.urls, lvs_site.static_files
print(sorted({name for _, name in read if name.isupper()}))
"""


def test_no_module_reads_a_setting_that_people_change_as_it_is_imported(tmp_path):
    """So tests/ready_python.py may import all of them before it knows the settings."""
    run = [sys.executable, "-c", IMPORT_ALL]
    done = subprocess.run(run, cwd=PROJECT, env=environment(tmp_path), capture_output=True, text=True, check=True)
    assert done.stdout == "['AUTH_USER_MODEL']\n"
