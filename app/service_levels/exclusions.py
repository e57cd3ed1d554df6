"""Use cases of exclusion windows. What they leave out is `queries.excluded`; then objectives are looked at again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement

from app.kernel.collections import Collection
from app.kernel.paging import Page
from app.kernel.preconditions import require_version
from app.kernel.problems import Invalid
from app.kernel.work import Work
from app.service_levels.exclusion_schemas import (
    ExclusionWindow,
    ExclusionWindowChange,
    ExclusionWindowDraft,
    ExclusionWindowListing,
)
from app.service_levels.objective_queries import DELETE_EXCLUSION_WINDOW
from app.service_levels.objectives import look_at_all
from app.service_levels.tables import exclusion_windows

collection = Collection(exclusion_windows, ExclusionWindow, "exclusion window")


async def create_exclusion_window(work: Work, draft: ExclusionWindowDraft) -> ExclusionWindow:
    """Leaves out the decisions of a stretch of time, gone by or to come."""
    _require_in_order(draft.starts_at, draft.ends_at)
    made = await collection.insert(work.connection, draft.model_dump())
    await look_at_all(work.connection, work.now)
    return made


async def change_exclusion_window(
    work: Work, id_: UUID, change: ExclusionWindowChange, expected: frozenset[int] | None
) -> ExclusionWindow:
    """Changes what the request states."""
    present = await collection.get(work.connection, id_, lock=True)
    changes = change.stated()
    _require_in_order(changes.get("starts_at", present.starts_at), changes.get("ends_at", present.ends_at))
    changed = await collection.update(work.connection, present, changes, expected)
    if changed is not present:
        await look_at_all(work.connection, work.now)
    return changed


async def delete_exclusion_window(work: Work, id_: UUID, expected: frozenset[int] | None) -> None:
    """Lets the decisions count again."""
    present = await collection.get(work.connection, id_, lock=True)
    require_version(expected, present.version)
    await work.connection.execute(DELETE_EXCLUSION_WINDOW, {"window_id": id_})
    await look_at_all(work.connection, work.now)


async def page_of_exclusion_windows(work: Work, asked: ExclusionWindowListing) -> Page[ExclusionWindow]:
    """One page of them."""
    conditions: list[ColumnElement[bool]] = []
    if asked.ends_after is not None:
        conditions.append(exclusion_windows.c.ends_at > asked.ends_after)
    if asked.starts_before is not None:
        conditions.append(exclusion_windows.c.starts_at < asked.starts_before)
    return await collection.page(work.connection, asked, sorts=("starts_at", "ends_at"), conditions=conditions)


def _require_in_order(starts_at: datetime, ends_at: datetime) -> None:
    if starts_at >= ends_at:
        raise Invalid.field("/ends_at", "must lie after starts_at.")
