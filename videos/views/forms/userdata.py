"""The forms for what a viewer says about one video: stars, favorite, watched, tags, title, position."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from videos.core import timecode
from videos.models import (
    MAX_STARS,
    MIN_STARS,
)
from videos.views.forms.validation import NO_NULL, check_tag, one_line

_WHICH_STARS = format_lazy(
    gettext_lazy("Choose {fewest} to {most} stars, or 0 for none."), fewest=MIN_STARS, most=MAX_STARS
)


class StarsForm(forms.Form):
    """`stars` 1 to 5; 0 or nothing removes the rating."""

    stars = forms.IntegerField(
        min_value=0,
        max_value=MAX_STARS,
        required=False,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _WHICH_STARS),
    )

    def clean_stars(self) -> int | None:
        return self.cleaned_data["stars"] or None


class FavoriteForm(forms.Form):
    """`favorite` 1 to add, 0 to remove."""

    favorite = forms.TypedChoiceField(
        choices=[("1", "yes"), ("0", "no")],
        coerce=lambda value: value == "1",
        error_messages=dict.fromkeys(("invalid_choice", "required"), gettext_lazy("Favorite must be 1 or 0.")),
    )


class WatchedForm(forms.Form):
    """`watched` 1 to mark the video as watched, 0 as unwatched."""

    watched = forms.TypedChoiceField(
        choices=[("1", "yes"), ("0", "no")],
        coerce=lambda value: value == "1",
        error_messages=dict.fromkeys(("invalid_choice", "required"), gettext_lazy("Watched must be 1 or 0.")),
    )


class TagsForm(forms.Form):
    """`add` holds tags separated by commas; `remove` and `restore` one tag each. One of the three is required."""

    add = forms.CharField(required=False, max_length=2000)
    remove = forms.CharField(required=False, max_length=300, strip=False)
    restore = forms.CharField(required=False, max_length=300, strip=False)

    def clean_add(self) -> list[str]:
        names = [name for name in self.cleaned_data["add"].split(",") if name.strip(" \t#")]
        for name in names:
            check_tag(name)
        return names

    def clean_remove(self) -> str:
        return _one_tag(self.cleaned_data["remove"])

    def clean_restore(self) -> str:
        return _one_tag(self.cleaned_data["restore"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(gettext("Enter a tag."))
        return cleaned


class TitleForm(forms.Form):
    """`title`; nothing restores the title made from the file name."""

    title = forms.CharField(
        required=False,
        max_length=500,
        error_messages={"max_length": gettext_lazy("A title can have at most 500 characters."), **NO_NULL},
    )

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])


class PositionForm(forms.Form):
    """`seconds` from the start; `duration` in seconds as the player reports it."""

    seconds = forms.FloatField(
        min_value=0,
        max_value=timecode.MAX_SECONDS,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), gettext_lazy("This is not a valid position.")
        ),
    )
    duration = forms.FloatField(
        required=False,
        min_value=0,
        max_value=timecode.MAX_SECONDS,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("This is not a valid duration.")
        ),
    )


def _one_tag(name: str) -> str:
    """Return the name, or "" if none was sent. Raises ValidationError."""
    if name:
        check_tag(name)
    return name
