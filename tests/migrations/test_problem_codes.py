"""What an earlier version said in sentences is stored as codes and counts, and read as before."""

import lzma
from pathlib import Path

import pytest

from tests.conftest import Shell
from tests.migrations.test_migrations import rows
from videos.core.problems import Problem, split_problem, stored_problem
from videos.models import MAX_PROBLEM_LENGTH
from videos.presentation.problem_messages import TRANSLATED, in_english

LIBRARY = Path(__file__).parent.parent / "data" / "library-0013.db.xz"
WITHOUT_DETAIL = [problem.sentence for problem in Problem if problem.sentence]
WITH_DETAIL = [
    "cannot be read: Permission denied",
    "it cannot be read: Input/output error",
    "the folder cannot be read: Input/output error",
    "the database refused it: CHECK constraint failed: video_duration_not_negative",
    "the decoder failed on it: ValueError",
    "the decoder made no progress for 10 s",
    "decoding it takes more than 300 s",
    "decoding it takes more than 1 GiB of memory",
]
UNKNOWN = ["the name leads out of the video folder", "what no version says: at all", "100 % _ odd", "x" * 293]
EARLIER = [*WITHOUT_DETAIL, *WITH_DETAIL, *UNKNOWN]
SUMMARIES = {
    "": "",
    "nothing new": "{}",
    "6 added, 2 skipped": '{"added": 6, "skipped": 2}',
    "1,204 missing, 10 unchanged": '{"missing": 1204, "unchanged": 10}',
    "1 file looked into": '{"analyzed": 1}',
    "1,204 files looked into": '{"analyzed": 1204}',
    "what no version says": "what no version says",
}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.slow
def test_each_earlier_sentence_becomes_its_code_and_goes_back_to_what_it_was(shell: Shell) -> None:
    shell.run("migrate", "videos", "0013", "--verbosity", "0")
    for number, problem in enumerate(EARLIER):
        rows(
            shell,
            "INSERT INTO videos_video (id, filename, title, added_date, container, video_codec, audio_codec,"
            f" fingerprint, problem) VALUES ({number}, '{number}.mp4', '', '2020-01-01', '', '', '', '',"
            f" {quoted(problem)})",
        )
        rows(shell, f"INSERT INTO videos_skippedfiles (reason, files, names) VALUES ({quoted(problem)}, 1, '[]')")
    for number, summary in enumerate(SUMMARIES):
        rows(
            shell,
            "INSERT INTO videos_activity (kind, phase, done, started_at, updated_at, summary, error)"
            f" VALUES ('{number}', '', 0, '2020-01-01', '2020-01-01', {quoted(summary)}, '')",
        )
    read = (
        "SELECT problem FROM videos_video ORDER BY id",
        "SELECT reason FROM videos_skippedfiles",
        "SELECT summary FROM videos_activity ORDER BY CAST(kind AS INTEGER)",
    )

    shell.run("migrate", "--verbosity", "0")
    problems, reasons, summaries = ([text for (text,) in rows(shell, statement)] for statement in read)
    assert problems == [stored_problem(text, MAX_PROBLEM_LENGTH) for text in EARLIER]
    assert sorted(reasons) == sorted(problems)
    assert summaries == list(SUMMARIES.values())
    assert [in_english(str(problem)) for problem in problems] == EARLIER

    shell.run("migrate", "videos", "0016", "--verbosity", "0")
    problems, reasons, summaries = ([text for (text,) in rows(shell, statement)] for statement in read)
    assert problems == EARLIER
    assert sorted(reasons) == sorted(EARLIER)
    assert summaries == list(SUMMARIES)


@pytest.mark.slow
def test_a_library_of_the_earlier_code_is_read_as_before(shell: Shell) -> None:
    shell.database.write_bytes(lzma.decompress(LIBRARY.read_bytes()))
    before = dict(rows(shell, "SELECT filename, problem FROM videos_video"))
    shell.run("migrate", "--verbosity", "0")
    after = dict(rows(shell, "SELECT filename, problem FROM videos_video"))
    assert sorted(set(after.values())) == ["", "empty", "looks_incomplete", "text"]
    assert {filename: in_english(str(problem)) for filename, problem in after.items()} == before
    assert rows(shell, "SELECT reason FROM videos_skippedfiles ORDER BY 1") == [("hidden",), ("link_out",)]
    assert rows(shell, "SELECT summary FROM videos_activity ORDER BY kind") == [
        ('{"analyzed": 0}',), ('{"missing": 1, "unchanged": 10, "skipped": 2}',),
    ]  # fmt: skip


def test_a_text_of_no_code_is_kept_and_cut_to_what_the_column_holds() -> None:
    assert split_problem(stored_problem("no such thing", MAX_PROBLEM_LENGTH)) == (Problem.OTHER, "no such thing")
    assert split_problem("no such thing") == (Problem.OTHER, "no such thing")
    assert len(stored_problem("x" * 1000, MAX_PROBLEM_LENGTH)) == MAX_PROBLEM_LENGTH
    assert stored_problem("", MAX_PROBLEM_LENGTH) == ""
    for problem in Problem:
        assert stored_problem(problem.code, MAX_PROBLEM_LENGTH) == problem.code


def test_the_translated_sentences_are_those_that_are_said() -> None:
    assert {problem.sentence: sentence for problem, sentence in TRANSLATED.items()} == {
        sentence: sentence for sentence in TRANSLATED.values()
    }
