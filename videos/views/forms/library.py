"""The forms of the library page: trying again, and relinking."""

import re

from django import forms
from django.utils.translation import gettext, gettext_lazy

from videos.models import (
    MAX_FILENAME_LENGTH,
)
from videos.views.forms.validation import MAX_ID

MAX_PAIRS = 100
_PAIR = re.compile("([0-9]{1,18})-([0-9]{1,18})")


class RetryForm(forms.Form):
    """`video` to try again, or nothing for all unreadable ones. `from_watch`: sent from the watch page."""

    video = forms.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), gettext_lazy("This video does not exist.")),
    )
    from_watch = forms.BooleanField(required=False)


class PairsField(forms.Field):
    """Repeated values like "12-34", as (12, 34)."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: list[str] | None) -> list[tuple[int, int]]:
        pairs = [_PAIR.fullmatch(text) for text in dict.fromkeys(value or [])]
        if not pairs or len(pairs) > MAX_PAIRS or not all(pairs):
            raise forms.ValidationError(gettext("Choose one of the buttons."))
        return [(int(pair[1]), int(pair[2])) for pair in pairs if pair]


class PairsForm(forms.Form):
    """`pair`, repeated: a missing video and the one with its file. `from_watch`: sent from the watch page."""

    pair = PairsField()
    from_watch = forms.BooleanField(required=False)


class FileForm(forms.Form):
    """`file`: the path of a video in the video folder, as its page shows it."""

    file = forms.CharField(
        max_length=MAX_FILENAME_LENGTH, error_messages={"required": gettext_lazy("Enter the path of a file.")}
    )
