"""Printing the report of an import."""

from typing import IO, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from videos.importers.import_report import ImportReport


def print_report(command: BaseCommand, report: ImportReport, *, dry_run: bool) -> None:
    """Print every bad entry, and a table of the counts."""
    for entry in report.bad:
        command.stderr.write(str(entry))
    table = Table("", "added", "changed", "unchanged", "bad", title="Nothing written: a dry run" if dry_run else None)
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, tally in report.tallies.items():
        numbers = (tally.added, tally.changed, tally.unchanged, tally.bad)
        table.add_row(kind, *(f"{number:,}" for number in numbers))
    Console(file=cast(IO[str], command.stdout), width=80).print(table)
    if report.tallies["videos"].added:
        command.stdout.write("Videos that are added wait, marked missing, until a scan finds their files.")


def bad_ones(report: ImportReport) -> str:
    """Return "3 bad entries and 2 bad fields"; entries with a bad field were imported without it."""
    fields = sum(entry.is_field for entry in report.bad)
    entries = len(report.bad) - fields
    counted = [f"{entries:,} bad entries"] if entries or not fields else []
    return " and ".join([*counted, *([f"{fields:,} bad fields"] if fields else [])])
