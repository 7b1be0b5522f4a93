"""What a change is to one who sees some of it."""

from __future__ import annotations

from enum import StrEnum

from mandate.actor import Visibility


class ChangeKind(StrEnum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    PUBLISHED = "PUBLISHED"
    UNPUBLISHED = "UNPUBLISHED"
    VISIBILITY_LOST = "VISIBILITY_LOST"


def kind_of(
    was: Visibility | None, now: Visibility, *, seen_before: bool, seen_since: bool, is_new: bool
) -> ChangeKind | None:
    """Of an object whose visibility was and is, for one who saw it or not, before and since; None where for them
    nothing changed."""
    if not seen_since:
        return ChangeKind.VISIBILITY_LOST if seen_before else None
    if not seen_before:
        return ChangeKind.CREATED if is_new else ChangeKind.PUBLISHED
    if was is not now:
        if now is Visibility.PUBLIC:
            return ChangeKind.PUBLISHED
        if was is Visibility.PUBLIC:
            return ChangeKind.UNPUBLISHED
    return ChangeKind.UPDATED
