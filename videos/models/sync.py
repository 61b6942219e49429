"""What tells a process that rows changed: a log of changed videos, and a number for each kind of metadata."""

from django.db import models

from videos.db.triggers.tables import ChangeKind


class Change(models.Model):
    """A video of which something changed that lists are filtered by: a log with an end, written by triggers.

    What is kept in memory follows by it (videos/catalog/).
    """

    Kind = ChangeKind

    number = models.BigAutoField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    video_id = models.BigIntegerField(help_text="0 for what a tag is called.")
    stamp = models.BigIntegerField(help_text="Random: after a restore the same number is another change.")

    def __str__(self) -> str:
        return f"{self.number}: video {self.video_id}"


class Revision(models.Model):
    """The number of changes to one kind of metadata, moved by triggers in the transaction of the change."""

    kind = models.CharField(max_length=20, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
