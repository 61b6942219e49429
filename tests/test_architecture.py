"""Imports point only down, in one full order of the packages, and none hides inside a function."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

VIDEOS = Path(__file__).resolve().parent.parent / "videos"

# From top to bottom. A module may import from its own package and from those below it. Packages on one step do not
# import each other, but for the first step: these are the ways in, and a page, the admin and a command may share.
ORDER = (
    {"apps", "urls", "checks", "admin", "views", "management", "templatetags", "migrations"},
    {"server"},
    {"jobs"},
    {"middleware"},
    {"presentation"},
    {"maintenance"},
    {"importers"},
    {"listing"},
    {"cache"},
    {"backup"},
    {"userdata"},
    {"analysis"},
    {"library"},
    {"search"},
    {"accounts"},
    {"models"},
    {"db"},
    {"media", "streaming"},
    {"core"},
)
# They take paths and values: no model and no setting.
LEAVES = {"core", "media", "streaming"}
LOOSE_MODULES = {"apps", "cache", "checks", "urls"}
FORBIDDEN_IN_LEAVES = ("django.conf", "django.db", "django.apps", "django.contrib")
# Models are not loaded when Django imports the first; migrations ask for models as they were then.
MAY_HIDE_IMPORTS = {
    "apps",
    "migrations.0002_library",
    "migrations.0003_lists",
    "migrations.0004_bulk_and_smart_lists",
    "migrations.0008_watched",
    "migrations.0011_fold_titles",
    "migrations.0015_analysis_due_at",
    "migrations.0016_moved_modules",
    "migrations.0017_problem_codes",
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
    """Yield the dotted names imported; "videos.db" and "videos.db.health" for `from videos.db import health`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import; house style is absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def step_of(part: str) -> int:
    return next(number for number, step in enumerate(ORDER) if part in step)


def parts_imported(source: str) -> set[str]:
    """Return the parts of videos that a source imports: {"models", "library"}."""
    below_videos = {name.split(".")[1] for name in imports_of(ast.parse(source)) if name.startswith("videos.")}
    return below_videos & {name.split(".")[0] for name in sources()}


def arrows_up(module: str, source: str) -> list[str]:
    """Return what a module imports although it stands above it, or beside it on the same step."""
    own = module.partition(".")[0]
    step = step_of(own)
    wrong = {name for name in imports_of(ast.parse(source)) if name.split(".")[0] == "lvs_site"}
    if step == 0:  # a command may ask how the settings read a variable
        wrong = {name for name in wrong if not name.startswith(("lvs_site.settings", "lvs_site.env"))} - {"lvs_site"}
    if own in LEAVES:
        wrong |= {name for name in imports_of(ast.parse(source)) if name.startswith(FORBIDDEN_IN_LEAVES)}
    others = parts_imported(source) - {own}
    wrong |= {part for part in others if step_of(part) < step or (step_of(part) == step and step > 0)}
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


def test_each_part_of_videos_stands_in_the_order_once() -> None:
    parts = [part for step in ORDER for part in step]
    assert sorted(parts) == sorted({name.split(".")[0] for name in sources()} - {""})


def test_few_modules_lie_loose_beside_the_packages() -> None:
    assert {path.stem for path in VIDEOS.glob("*.py")} == {*LOOSE_MODULES, "__init__"}


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
        ("models.video", "from videos.cache import VideoCache"),
        ("models.video", "from videos import cache"),
        ("db.health", "import videos.library.scan"),
        ("models.queries", "from videos.streaming import ranges\nfrom videos.search import tokens"),
        ("cache", "from videos.views.site.health import x"),
        ("library.scan", "from videos.management.base import LibraryCommand"),
        ("analysis.pipeline", "from videos.userdata import bulk"),
        ("backup.exporter", "from lvs_site.settings import DATA_DIR"),
        ("media.probe", "from videos.models import Video"),
        ("media.probe", "from videos.streaming import headers"),
        ("media.probe", "from django.conf import settings"),
        ("streaming.ranges", "from videos import media"),
        ("core.files", "from videos.media import probe"),
        ("views.watch.watch", "from lvs_site.urls import urlpatterns"),
    ],
)
def test_an_arrow_that_points_up_is_found(module: str, line: str) -> None:
    assert arrows_up(module, line)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("views.watch.stream", "from videos.streaming.responses import x"),
        ("library.scan", "from videos.media import probe"),
        ("maintenance.cleanup", "from videos.backup.exporter import backup_json"),
        ("streaming.responses", "from videos.streaming.ranges import ByteRange"),
        ("management.base", "from videos.db import health\nfrom videos.views.forms import x"),
        ("models.video", "from videos.models.video_queryset import VideoQuerySet"),
        ("media.probe", "from videos.core import progress"),
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
