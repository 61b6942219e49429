"""The forms for changing many videos at once."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from videos.models import (
    MAX_STARS,
    MIN_STARS,
    BulkAction,
)
from videos.views.forms.userdata import StarsForm

_ID = re.compile("[0-9]{1,18}")


class ListForm(forms.Form):
    """`list`: the query string of a list, empty for the whole library; `page`: which page of it."""

    list = forms.CharField(required=False, max_length=8000)
    page = forms.IntegerField(required=False, min_value=1)


class ChosenField(forms.Field):
    """Ids of videos, as repeated values or separated by commas."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> Any:
        texts = [text for texts in value or [] for text in texts.split(",") if text]
        if not all(_ID.fullmatch(text) for text in texts):
            raise forms.ValidationError(gettext("This video does not exist."))
        return [int(text) for text in texts]


class BulkForm(ListForm):
    """`action` on the videos, or with `all` on everything in `list`; `tags`, separated by commas, or `stars`.

    Checkboxes send each `video`, and the script sends `videos` in one field, since Django refuses a form with more than
    DATA_UPLOAD_MAX_NUMBER_FIELDS fields. `stars` alone, as a button sends it, is an action.
    """

    action = forms.ChoiceField(
        choices=BulkAction.Kind.choices,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose what to do with the videos.")},
    )
    all = forms.BooleanField(required=False)
    video = ChosenField(required=False)
    videos = ChosenField(required=False)
    tags = forms.CharField(required=False, max_length=2000)
    stars = StarsForm.base_fields["stars"]

    def clean_tags(self) -> Any:
        return [name for name in self.cleaned_data["tags"].split(",") if name.strip(" \t#")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        has_stars = cleaned["stars"] is not None
        cleaned["action"] = cleaned["action"] or (BulkAction.Kind.STARS if has_stars else "")
        cleaned["video"] += cleaned["videos"]
        problem = self._problem(cleaned, has_stars)
        if problem:
            raise forms.ValidationError(problem)
        cleaned["stars"] = cleaned["stars"] or None
        return cleaned

    @staticmethod
    def _problem(cleaned: dict[str, Any], has_stars: bool) -> str:
        if not cleaned["action"]:
            return gettext("Choose what to do with the videos.")
        if not cleaned["all"] and not cleaned["video"]:
            return gettext("Select a video first.")
        if cleaned["action"] in (BulkAction.Kind.ADD_TAGS, BulkAction.Kind.REMOVE_TAGS) and not cleaned["tags"]:
            return gettext("Enter a tag.")
        if cleaned["action"] == BulkAction.Kind.STARS and not has_stars:
            said = gettext("Choose how many stars: %(fewest)s to %(most)s, or 0 for none.")
            return said % {"fewest": MIN_STARS, "most": MAX_STARS}
        return ""
