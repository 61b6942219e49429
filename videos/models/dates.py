"""Dates that can be shown in every time zone."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

FIRST_YEAR, LAST_YEAR = 2, 9998


def is_showable(moment: datetime) -> bool:
    """Return whether the moment is in a year from 1 to 9999 in every time zone."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def validate_date(moment: datetime) -> None:
    if not is_showable(moment):
        raise ValidationError(
            gettext("The year must be %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        )
