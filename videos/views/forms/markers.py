"""The forms for markers."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from videos.core import timecode
from videos.models import (
    MAX_MARKER_LENGTH,
)
from videos.views.forms.validation import MAX_ID, NO_NULL, one_line


class MomentField(forms.CharField):
    """A time as people write it, "1:23", converted to seconds."""

    def clean(self, value: Any) -> float:
        text = super().clean(value)
        seconds = timecode.seconds_of(text)
        if seconds is None:
            raise forms.ValidationError(gettext("Enter a time like 1:23 or 1:02:03."))
        return seconds


class MarkerNameForm(forms.Form):
    """`name` of a marker; nothing names it by its time."""

    name = forms.CharField(
        required=False,
        max_length=MAX_MARKER_LENGTH,
        error_messages={
            "max_length": format_lazy(
                gettext_lazy("A marker's name can have at most {most} characters."), most=MAX_MARKER_LENGTH
            ),
            **NO_NULL,
        },
    )

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])


class UndoForm(forms.Form):
    """`action`: the id of the action to undo."""

    action = forms.IntegerField(min_value=1, max_value=MAX_ID)


class MarkerForm(MarkerNameForm):
    """`at`: the time of the marker; and `name`."""

    at = MomentField(max_length=30, error_messages={"required": gettext_lazy("Enter a time, for example 1:23.")})
