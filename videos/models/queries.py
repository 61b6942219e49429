"""Conditions and counts that querysets of several models share."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, models
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Collate


def below(rows: Any, *folders: str) -> Any:
    """Return the files of a queryset whose `filename` is in one of the folders ("trips/"; "": all), or below it."""
    if "" in folders:
        return rows
    # A range of the index, by bytes: "0" follows "/". PostgreSQL's default collation would sort otherwise.
    name = F("filename") if connection.vendor == "sqlite" else Collate("filename", "C")
    ranges = (Q(name_in_bytes__gte=folder, name_in_bytes__lt=f"{folder[:-1]}0") for folder in folders)
    return rows.alias(name_in_bytes=name).filter(reduce(or_, ranges, Q(pk__in=[])))


def any_of(parts: Iterable[models.QuerySet[Any]]) -> Q:
    """Return a condition that matches any of several sliced querysets, which Django cannot combine with |."""
    return reduce(or_, (Q(pk__in=part.values("pk")) for part in parts))


def counts_of(**querysets: models.QuerySet[Any]) -> dict[str, int]:
    """Return {name: number of rows} of querysets of one model, in one query."""
    first, *others = (
        rows.order_by().values(counted=Value(name)).annotate(rows=Count("pk")) for name, rows in querysets.items()
    )
    found = dict(first.union(*others, all=True).values_list("counted", "rows"))
    return {name: found.get(name, 0) for name in querysets}
