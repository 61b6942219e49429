"""The code, its comments, the pages and the documents use the field's words, not private ones of earlier versions."""

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
READ = ["videos", "lvs_site", "benchmarks", "templates", "docs", "*.md", "Makefile", "manage.py"]
KINDS = (".py", ".html", ".js", ".css", ".md", "")
# Migrations say what things were called. The changelog tells of earlier versions, and the vendor's code is not ours.
PASSED_OVER = ("videos/migrations/", "/vendor/", "CHANGELOG.md")

# The old word, as an expression, and the one that took its place.
OLD_WORDS = {
    r"\b(MOST|FEWEST)_": "MAX_, MIN_",
    r"\b_?(taught|as_told)\b": "rebase, translate_status",
    r"\bby lot\b": "random",
    r"\bso long as\b": "while, as long as",
    r"\bLookers?\b|\blook_due\b|\bLookCounter\b|\bask_for_looks\b|\blook_into_files\b": "analysis, AnalyzerPool",
    r"\bheaviest\b|\balike\b": "top, similar, duplicates",
    r"\bPatientBackend\b|\bPasswordBrake|\bbrake\b": "ThrottledBackend, login throttle",
    r"\b(worker_)?standing\(": "effective_state()",
    r"\bdoor\(": "access_settings()",
    r"\b(take|put)_back\b": "revert, restore",
    r"\bask_for\b": "enqueue_once",
    r"\bindex\.in_bulk\b": "deferred_indexing",
    r"\b(Claims|Slots|only_one|only_migration)\b": "RecordLocks, WorkerSlots, exclusive_lock, migration_lock",
    r"\b_(bell|rope)\b": "_wakeup_r, _wakeup_w",
    r"\b(Beginning|Awaited)\b": "EmptyLibraryState, PendingContent",
    r"\bDisappearances?\b": "MissingBatch",
    r"\bViewerSocket\b": "ClientSocket",
    r"\bwith_room\b": "with_preallocated_frames",
    r"\bTag\.objects\.named\b": "get_or_create_many",
    r"\bneighbour": "neighbor",
    r"\bget_kept\b": "kept_until_changed",
    # Modules that have other names today.
    r"\b(gallery_query|title_keys|tag_totals|small_pictures)\b|\b(following|choosing|disguises)\.py\b": "query",
    r"\bwhat it is at\b|\bwaits for a decision\b|\bare looked through\b": "status, needs your attention, scanned",
}


def texts() -> list[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", *READ], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.splitlines() if Path(name).suffix in KINDS]
    return [
        (name, (PROJECT / name).read_text())
        for name in names
        if not any(part in name for part in PASSED_OVER) and (PROJECT / name).is_file()
    ]


@pytest.mark.parametrize("old", OLD_WORDS)
def test_no_old_word_is_left(old: str) -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(old, line)
    ]
    assert found == [], f"say {OLD_WORDS[old]}"


def test_the_texts_above_are_read() -> None:
    names = {name for name, _ in texts()}
    assert {"README.md", "videos/cache.py", "templates/base.html", "docs/architecture.md"} <= names
    assert any(name.endswith(".js") for name in names)
