"""`python -m benchmarks` runs all benchmarks, `python -m benchmarks NAME …` some. Status 1 if one misses its bar."""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = (
    "command_start",
    "import_json", "import_old_app", "scan_again", "first_scan", "scan_memory", "follow", "renamed", "memory", "probe",
    "cover", "sprite", "decoders", "cached_marks", "many_writers", "gallery", "lists", "parallel_pages", "first_paint",
    "admin",
    "whole_files", "first_byte", "thousand_viewers", "stalled_viewers", "search_typing", "bulk",
    "killed_server", "fuzz_requests",
)  # fmt: skip


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]}; there are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    if len(names) == 1:
        return run(names[0])
    # Each in its own process: settings are read once, and a benchmark must start with nothing cached.
    return max(subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode for name in names)


def run(name: str) -> int:
    """Run one benchmark on a library in a temporary folder and return its exit status."""
    with tempfile.TemporaryDirectory(prefix="lvs-benchmark-") as folder:
        _use_library_in(Path(folder))
        import django  # noqa: PLC0415  the settings read the variables set above
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        print(f"\n{name}", flush=True)
        return 0 if importlib.import_module(f"benchmarks.{name}").run() else 1


def _use_library_in(folder: Path) -> None:
    """Point the settings at `folder`, ignoring the developer's own LVS_* variables."""
    for variable in [name for name in os.environ if name.startswith("LVS_")]:
        del os.environ[variable]
    os.environ["DJANGO_SETTINGS_MODULE"] = "lvs_site.settings"
    for variable, name in (("LVS_DATA_DIR", "data"), ("LVS_VIDEO_DIR", "videos")):
        (folder / name).mkdir()
        os.environ[variable] = str(folder / name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(NAMES)))
