"""How a process learns that rows changed: a log of changed videos, and a number for each kind of metadata."""

from django.db import models

from videos.db.triggers.tables import ChangeKind


class Change(models.Model):
    """A changed video, logged by triggers if lists are filtered by what changed. The log has a limited length.

    The listing index in memory is updated from it (videos/listing/index.py).
    """

    Kind = ChangeKind

    number = models.BigAutoField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    video_id = models.BigIntegerField(help_text="0 for what a tag is called.")
    stamp = models.BigIntegerField(help_text="Random: after a restore the same number is another change.")

    def __str__(self) -> str:
        return f"{self.number}: video {self.video_id}"


class Revision(models.Model):
    """The number of changes to one kind of metadata, incremented by triggers in the transaction of the change."""

    kind = models.CharField(max_length=20, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
