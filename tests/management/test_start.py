"""A command that opens no film and shows no page starts without the packages that those need."""

import subprocess
import sys

import pytest

from tests.conftest import PROJECT, Shell

# What takes longest to import of all that the project uses.
HEAVY = ("numpy", "av", "gunicorn", "watchfiles")
RUN_AND_NAME_MODULES = """
import runpy, sys
sys.argv = ["manage.py", *{arguments!r}]
try:
    runpy.run_path("manage.py", run_name="__main__")
except SystemExit:
    pass
print("\\nmodules:", *sys.modules)
"""


def modules_after(shell: Shell, *arguments: str) -> set[str]:
    """Return the names of the modules that a run of manage.py has imported, in a process of its own."""
    # A Python of its own: the one that runs the other commands of the tests has imported all of this already.
    run = [sys.executable, "-c", RUN_AND_NAME_MODULES.format(arguments=arguments)]
    out = subprocess.run(
        run, env=shell.environment, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return set(out.rpartition("\nmodules: ")[2].split())


@pytest.mark.parametrize(
    "command",
    ["backup_database", "cleanup_orphans", "export_json", "migrate_flask", "migrate_json", "restore_database"],
)
def test_a_command_that_opens_no_film_starts_without_the_heavy_packages(command, shell):
    modules = modules_after(shell, command, "--help")
    assert f"videos.management.commands.{command}" in modules
    assert modules.isdisjoint(HEAVY)


def test_a_command_that_does_its_work_imports_no_page(shell):
    modules = modules_after(shell, "verify_backend")
    assert "videos.checks" in modules
    assert modules.isdisjoint({*HEAVY, "rich", "lvs_site.urls", "videos.urls"})
