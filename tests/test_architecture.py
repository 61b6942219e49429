"""Imports point only down, and none hides inside a function: the table in docs/architecture.md, kept by a test."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

VIDEOS = Path(__file__).resolve().parent.parent / "videos"

# From top to bottom. A module may import what stands in its own row or below, never what stands above.
ROWS = (
    {
        "admin",
        "apps",
        "compression",
        "forms",
        "languages",
        "management",
        "middleware",
        "migrations",
        "private_answers",
        "security_headers",
        "tasks",
        "templatetags",
        "urls",
        "verification",
        "views",
    },
    {
        "attempts",
        "bulk",
        "cache",
        "catalog",
        "gallery_query",
        "importers",
        "integrity",
        "library",
        "neighbours",
        "password_hashing",
        "passwords",
        "related",
        "search",
        "snapshots",
        "statistics",
        "viewers",
    },
    {
        "clock",
        "database",
        "db",
        "folding",
        "locks",
        "login_marks",
        "models",
        "moments",
        "querysets",
        "reasons",
        "revisions",
        "signed_values",
        "tag_names",
        "tag_totals",
        "title_keys",
        "transactions",
        "watch_progress",
    },
)
# They take paths and values: no model, no settings, nothing of videos but themselves.
LEAVES = {"media", "streaming"}
FORBIDDEN_IN_LEAVES = ("django.conf", "django.db", "django.apps", "django.contrib")
# Models are not loaded when Django imports the first; migrations ask for models as they were then.
MAY_HIDE_IMPORTS = {
    "apps",
    "migrations.0002_library",
    "migrations.0003_lists",
    "migrations.0004_bulk_and_smart_lists",
    "migrations.0008_watched",
    "migrations.0011_fold_titles",
}


@functools.cache
def sources() -> dict[str, str]:
    """Return {dotted name below videos: source}, "library.scan" for videos/library/scan.py."""
    found = {}
    for path in VIDEOS.rglob("*.py"):
        parts = path.relative_to(VIDEOS).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path.read_text()
    return found


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names imported; "videos" and "videos.database" for `from videos import database`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import; house style is absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def row_of(name: str) -> int | None:
    return next((number for number, row in enumerate(ROWS) if name in row), None)


def parts_imported(source: str) -> set[str]:
    """Return the parts of videos that a source imports: {"models", "library"}."""
    below_videos = {name.split(".")[1] for name in imports_of(ast.parse(source)) if name.startswith("videos.")}
    return below_videos & {name.split(".")[0] for name in sources()}


def arrows_up(module: str, source: str) -> list[str]:
    """Return what a module imports although it stands above it, or beside it where it is a leaf."""
    own = module.partition(".")[0]
    row = row_of(own)
    wrong = {name for name in imports_of(ast.parse(source)) if name.split(".")[0] == "lvs_site"}
    if row == 0:  # a command may ask the settings file how it reads a variable
        wrong = {name for name in wrong if not name.startswith("lvs_site.settings") and name != "lvs_site"}
    if own in LEAVES:
        wrong |= parts_imported(source) - {own}
        wrong |= {name for name in imports_of(ast.parse(source)) if name.startswith(FORBIDDEN_IN_LEAVES)}
        return sorted(wrong)
    assert row is not None, f"videos/{own} stands in no row of the table"
    for part in parts_imported(source) - {own}:
        target = row_of(part)
        above = target is not None and target < row
        lowest_row_imports_leaf = part in LEAVES and row == len(ROWS) - 1
        if above or lowest_row_imports_leaf:
            wrong.add(part)
    return sorted(wrong)


def hidden_imports(source: str) -> list[int]:
    """Return the lines of imports inside functions, and of imports by name at run time."""
    lines = set()
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            lines |= {n.lineno for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)}
        if isinstance(function, ast.Call) and ast.unparse(function.func).split(".")[-1] in (
            "__import__", "import_module", "import_string", "get_model",
        ):  # fmt: skip
            lines.add(function.lineno)
    return sorted(lines)


def modules_needed(source: str, names: set[str]) -> set[str]:
    """Return the modules of videos that must be loaded before this one: imports for type checking aside."""
    tree = ast.parse(source)
    tree.body = [n for n in tree.body if not (isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test))]
    return {name.removeprefix("videos.") for name in imports_of(tree) if name.removeprefix("videos.") in names}


def circle_in(needs: dict[str, set[str]]) -> list[str]:
    """Return the modules of a circle of imports and above it: what is left when those that need no other go."""
    left = {module: set(needed) for module, needed in needs.items()}
    while free := {module for module, needed in left.items() if not needed & left.keys() - {module}}:
        left = {module: needed for module, needed in left.items() if module not in free}
    return sorted(left)


@pytest.mark.parametrize("module", sorted(sources()))
def test_no_import_points_up(module: str) -> None:
    if module:
        assert arrows_up(module, sources()[module]) == []


@pytest.mark.parametrize("module", sorted(sources().keys() - MAY_HIDE_IMPORTS))
def test_no_import_hides_inside_a_function(module: str) -> None:
    assert hidden_imports(sources()[module]) == []


def test_the_one_exception_still_needs_to_be_one() -> None:
    assert hidden_imports(sources()["apps"])


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = sources()
    assert circle_in({name: modules_needed(source, set(modules)) for name, source in modules.items()}) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("models", "from videos.cache import VideoCache"),
        ("models", "from videos import cache"),
        ("database", "import videos.library.scan"),
        ("querysets", "from videos.streaming import ranges"),
        ("cache", "from videos.views.errors import x"),
        ("library.scan", "from videos.management.base import LibraryCommand"),
        ("snapshots.export", "from lvs_site.settings import DATA_DIR"),
        ("media.probe", "from videos.models import Video"),
        ("media.probe", "from django.conf import settings"),
        ("streaming.ranges", "from videos import media"),
        ("views.watch", "from lvs_site.urls import urlpatterns"),
    ],
)
def test_an_arrow_that_points_up_is_found(module: str, line: str) -> None:
    assert arrows_up(module, line)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("views.watch", "from videos.streaming.responses import x"),
        ("library.scan", "from videos.media import probe"),
        ("library.orphans", "from videos.snapshots.export import backup_json"),
        ("streaming.responses", "from videos.streaming.ranges import ByteRange"),
        ("management.base", "from videos import database, viewers"),
        ("models", "from videos.querysets import VideoQuerySet"),
    ],
)
def test_an_arrow_that_points_down_or_aside_is_none(module: str, line: str) -> None:
    assert arrows_up(module, line) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    import os",
        "async def f():\n    if 1:\n        from os import path",
        "class A:\n    def f(self):\n        def g():\n            import os",
        "import importlib\nm = importlib.import_module('videos.cache')",
    ],
)
def test_a_hidden_import_is_found(source: str) -> None:
    assert hidden_imports(source)


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == ["a", "b", "c", "d"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
