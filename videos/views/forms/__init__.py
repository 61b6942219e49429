"""What the pages' forms take, checked."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from videos.core import timecode
from videos.core.tag_names import clean_tag_name, tag_name_problem
from videos.listing.query import GalleryQuery
from videos.models import (
    MAX_FILENAME_LENGTH,
    MAX_LIST_NAME_LENGTH,
    MAX_LIST_QUERY_LENGTH,
    MAX_MARKER_LENGTH,
    MAX_STARS,
    MIN_STARS,
    BulkAction,
)

MOST_PAIRS = 100
# The largest number that a row can have, in every database.
MAX_ID = 2**63 - 1
_NO_NULL = {"null_characters_not_allowed": gettext_lazy("A name cannot contain null characters.")}
_NOTHING_TO_SAVE = gettext_lazy("There is nothing to save. Choose a filter or search for something.")
_TOO_LONG_TO_SAVE = gettext_lazy("That is too much for one list. Remove some of the filters.")
_WHICH_STARS = format_lazy(
    gettext_lazy("Choose {fewest} to {most} stars, or 0 for none."), fewest=MIN_STARS, most=MAX_STARS
)
_ID = re.compile("[0-9]{1,18}")
_PAIR = re.compile("([0-9]{1,18})-([0-9]{1,18})")


class StarsForm(forms.Form):
    """`stars` 1 to 5; 0 or nothing takes the rating away."""

    stars = forms.IntegerField(
        min_value=0,
        max_value=MAX_STARS,
        required=False,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _WHICH_STARS),
    )

    def clean_stars(self) -> int | None:
        return self.cleaned_data["stars"] or None


class FavoriteForm(forms.Form):
    """`favorite` 1 to add, 0 to take out."""

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
    """`add` holds tags with commas between them; `remove` and `restore` one tag each. At least one of the three."""

    add = forms.CharField(required=False, max_length=2000)
    remove = forms.CharField(required=False, max_length=300, strip=False)
    restore = forms.CharField(required=False, max_length=300, strip=False)

    def clean_add(self) -> list[str]:
        names = [name for name in self.cleaned_data["add"].split(",") if name.strip(" \t#")]
        for name in names:
            _check_tag(name)
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
    """`title`; nothing gives back the one that the file's name makes."""

    title = forms.CharField(
        required=False,
        max_length=500,
        error_messages={"max_length": gettext_lazy("A title can have at most 500 characters."), **_NO_NULL},
    )

    def clean_title(self) -> str:
        return _one_line(self.cleaned_data["title"])


class PositionForm(forms.Form):
    """`seconds` from the start; `duration`, what the player knows of it."""

    seconds = forms.FloatField(
        min_value=0,
        max_value=timecode.MOST_SECONDS,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), gettext_lazy("This is not a valid position.")
        ),
    )
    duration = forms.FloatField(
        required=False,
        min_value=0,
        max_value=timecode.MOST_SECONDS,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("This is not a valid duration.")
        ),
    )


class MomentField(forms.CharField):
    """A moment as people write it, "1:23", in seconds."""

    def clean(self, value: Any) -> float:
        text = super().clean(value)
        seconds = timecode.seconds_of(text)
        if seconds is None:
            raise forms.ValidationError(gettext("Enter a time like 1:23 or 1:02:03."))
        return seconds


class MarkerNameForm(forms.Form):
    """`name` of a moment; nothing names it by its time."""

    name = forms.CharField(
        required=False,
        max_length=MAX_MARKER_LENGTH,
        error_messages={
            "max_length": format_lazy(
                gettext_lazy("A marker's name can have at most {most} characters."), most=MAX_MARKER_LENGTH
            ),
            **_NO_NULL,
        },
    )

    def clean_name(self) -> str:
        return _one_line(self.cleaned_data["name"])


class MarkerForm(MarkerNameForm):
    """`at`, the moment, and `name`."""

    at = MomentField(max_length=30, error_messages={"required": gettext_lazy("Enter a time, for example 1:23.")})


class RetryForm(forms.Form):
    """`video` is the one to try again; without it, all that could not be read. `from_watch`: its page asked for it."""

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
        if not pairs or len(pairs) > MOST_PAIRS or not all(pairs):
            raise forms.ValidationError(gettext("Choose one of the buttons."))
        return [(int(pair[1]), int(pair[2])) for pair in pairs if pair]


class PairsForm(forms.Form):
    """`pair`, once or several times: a missing video and the one that has its file. `from_watch`: its page asked."""

    pair = PairsField()
    from_watch = forms.BooleanField(required=False)


class FileForm(forms.Form):
    """`file`: the path of a video under the video folder, as its page shows it."""

    file = forms.CharField(
        max_length=MAX_FILENAME_LENGTH, error_messages={"required": gettext_lazy("Enter the path of a file.")}
    )


class UndoForm(forms.Form):
    """`action`, the one to undo."""

    action = forms.IntegerField(min_value=1, max_value=MAX_ID)


class ListForm(forms.Form):
    """`list`, the address of a list after its question mark, nothing for the whole library; `page`, which one of it."""

    list = forms.CharField(required=False, max_length=8000)
    page = forms.IntegerField(required=False, min_value=1)


class ListNameForm(forms.Form):
    """`name` of a saved list."""

    name = forms.CharField(
        max_length=MAX_LIST_NAME_LENGTH,
        error_messages={
            "required": gettext_lazy("A list needs a name."),
            "max_length": format_lazy(
                gettext_lazy("A list's name can have at most {most} characters."), most=MAX_LIST_NAME_LENGTH
            ),
            **_NO_NULL,
        },
    )

    def clean_name(self) -> str:
        name = _one_line(self.cleaned_data["name"])
        # Marks of direction and the like alone would be a link that nobody sees.
        if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
            raise forms.ValidationError(gettext("A list needs a name."))
        return name


class ListQueryForm(forms.Form):
    """`query`, the address of a list, or what stands in it after the question mark; in the form that is saved."""

    query = forms.CharField(
        max_length=8000,
        error_messages={"required": _NOTHING_TO_SAVE, "max_length": _TOO_LONG_TO_SAVE, **_NO_NULL},
    )

    def clean_query(self) -> str:
        address = self.cleaned_data["query"].partition("#")[0]
        query = GalleryQuery.of(QueryDict(address.rpartition("?")[2].encode(errors="replace"))).saved()
        if not query:
            raise forms.ValidationError(_NOTHING_TO_SAVE)
        if len(query) > MAX_LIST_QUERY_LENGTH:
            raise forms.ValidationError(_TOO_LONG_TO_SAVE)
        return query


class SmartListForm(ListNameForm, ListQueryForm):
    """`name` and `query` of a list to save; `replace` where the one that has the name may be replaced."""

    replace = forms.BooleanField(required=False)


class MoveForm(forms.Form):
    """`way`: up or down."""

    way = forms.TypedChoiceField(
        choices=[("up", "up"), ("down", "down")],
        coerce=lambda way: {"up": -1, "down": 1}[way],
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("A list can move up or down.")),
    )


class ChosenField(forms.Field):
    """Ids of videos, repeated or with commas between them, as numbers."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> Any:
        texts = [text for texts in value or [] for text in texts.split(",") if text]
        if not all(_ID.fullmatch(text) for text in texts):
            raise forms.ValidationError(gettext("This video does not exist."))
        return [int(text) for text in texts]


class BulkForm(ListForm):
    """`action`, for the videos, or with `all` for what `list` holds; `tags` with commas between them, or `stars`.

    The videos are each `video`, as a page's boxes send them, and `videos`, as its script does: in one field, since a
    form of more than DATA_UPLOAD_MAX_NUMBER_FIELDS is refused. `stars` alone, as a button sends it, is an action.
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


def _one_line(text: str) -> str:
    """Return the text without line breaks and other control characters; a page shows them as nothing, or worse."""
    return " ".join("".join(" " if unicodedata.category(char) == "Cc" else char for char in text).split())


class TagNameForm(forms.Form):
    """`name` of a tag, as it is kept."""

    name = forms.CharField(
        max_length=300,
        error_messages={
            "required": gettext_lazy("A tag cannot be empty."),
            "max_length": gettext_lazy("This tag is too long."),
            **_NO_NULL,
        },
    )

    def clean_name(self) -> str:
        _check_tag(self.cleaned_data["name"])
        return clean_tag_name(self.cleaned_data["name"])


def _one_tag(name: str) -> str:
    """Return the name, or "" where none was sent. Raises ValidationError."""
    if name:
        _check_tag(name)
    return name


def _check_tag(name: str) -> None:
    problem = tag_name_problem(name)
    if problem:
        raise forms.ValidationError(gettext("“%(name)s”: %(problem)s.") % {"name": name.strip(), "problem": problem})


def checked(form: forms.Form) -> dict[str, Any]:
    """Return what a form holds. Raises BadRequest with one sentence for the person."""
    if not form.is_valid():
        raise BadRequest(first_error(form))
    return form.cleaned_data


def first_error(form: forms.Form) -> str:
    """Return one sentence saying what is wrong with a form."""
    return next(str(messages[0]) for messages in form.errors.values())
