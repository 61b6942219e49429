"""Put moves into the plan: new names of videos whose file has moved, and files for imported rows."""

from collections.abc import Iterator

from videos.core.progress import Phase, Progress
from videos.library.diff import Plan, rows_in_order
from videos.library.move_detection import find_moves, find_waiting
from videos.library.walk import Walk
from videos.models import Video


def recognize_moves(plan: Plan, walk: Walk, progress: Progress) -> None:
    """Give new names to videos whose file has moved, and files to rows that an import left waiting."""
    if not plan.count("added", "changed", "back_changed"):
        return
    find_moves(plan, walk.root, lambda done, total: progress(Phase.DETECTING_MOVES, done, total))
    _apply_moves(plan)
    _adopt_waiting(plan, walk)


def _apply_moves(plan: Plan) -> None:
    moved, names = "(SELECT video_id FROM move)", "(SELECT name FROM move)"
    # A video that loses its name while its own file is nowhere is missing.
    plan.scratch.run(
        f"UPDATE found SET kind = CASE WHEN kind <> 'added' AND video_id NOT IN {moved} THEN 'displaced'"  # noqa: S608
        f" ELSE 'moved' END WHERE kind IN ('added', 'changed', 'back_changed') AND name IN {names}"
    )
    # Another file under the old name of a moved video is new: the next scan adds it.
    plan.scratch.run(
        f"UPDATE found SET kind = 'left' WHERE kind IN ('changed', 'back_changed') AND video_id IN {moved}"  # noqa: S608
    )
    plan.scratch.run(f"UPDATE unseen SET gone = 0 WHERE gone AND video_id IN {moved}")  # noqa: S608  our own words


def _adopt_waiting(plan: Plan, walk: Walk) -> None:
    if walk.scope is None:
        waiting = dict(plan.scratch.rows("SELECT name, video_id FROM unseen WHERE waits"))
    else:
        waiting = dict(Video.objects.missing().filter(file_size=None).values_list("filename", "pk"))
    if not waiting:
        return
    adopted = find_waiting(
        waiting,
        walk,
        lambda: (file.name for file in plan.found("added")),
        lambda: _names_there(plan, walk),
        by_bare_name=plan.knows_nothing_yet,
    )
    plan.scratch.run(
        "UPDATE found SET kind = 'adopted', video_id = ? WHERE name = ?",
        ((video_id, name) for video_id, name in adopted.items()),
    )


def _names_there(plan: Plan, walk: Walk) -> Iterator[str]:
    """Yield the names of all files that the walk found."""
    for (name,) in plan.scratch.rows("SELECT name FROM found"):
        yield name
    differs = "SELECT 1 FROM unseen WHERE video_id = ? UNION ALL SELECT 1 FROM found WHERE name = ?"
    for name, video_id, _size, _modified, missing_since, *_ in rows_in_order(walk.scope):
        if missing_since is None and plan.scratch.value(differs, (video_id, name)) is None:
            yield name
