"""Use cases of service level agreements."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory.calendar import CalendarTimeline, TooFar, due
from app.directory.calendars import timelines
from app.directory.members import HAS_LEFT
from app.kernel import paging
from app.kernel.collections import Collection
from app.kernel.ids import new_id
from app.kernel.paging import Page
from app.kernel.preconditions import require_version
from app.kernel.problems import NOT_THERE, Conflict, FieldError, Invalid
from app.kernel.schemas import EARLIEST
from app.kernel.work import Work
from app.service_levels.agreements import candidate
from app.service_levels.escalation_schemas import stored
from app.service_levels.matching import may_tie
from app.service_levels.queries import (
    ADDRESSEES,
    INSERT_VERSION,
    LISTED_VERSIONS,
    LOCK_PROVIDER,
    OF_THE_SAME_RANK,
    OFFERED_BY,
)
from app.service_levels.schemas import Sla, SlaDraft, SlaVersion, SlaVersionListing
from app.service_levels.tables import sla_versions, slas

collection = Collection(slas, Sla, "SLA")


async def create_sla(
    work: Work, draft: SlaDraft, id_: UUID | None = None, *, changing: AbstractSet[UUID] = frozenset()
) -> Sla:
    """Makes an SLA; its first version holds from the beginning of time. Its id is new, unless given.

    `changing` are SLAs that change in the same transaction: with how they were before it ties with nothing.

    Raises:
        Invalid: it refers to what does not exist or fit, or a target takes more than 3,653 days.
        Conflict: another active SLA of the provider could match the same ticket at the same rank.
    """
    undertaking = {"id": id_ or new_id(), **undertaking_of(draft)}
    await _check(work, undertaking | {"version": 1}, changing)
    made = await collection.insert(work.connection, undertaking)
    await _keep_version(work, made, EARLIEST)
    return made


async def replace_sla(
    work: Work,
    id_: UUID,
    draft: SlaDraft,
    expected: frozenset[int] | None,
    *,
    changing: AbstractSet[UUID] = frozenset(),
) -> Sla:
    """Makes a new version, which holds from now on; none if nothing differs. `changing` and what it raises are those
    of `create_sla`, and `Stale`."""
    present = await collection.get(work.connection, id_, lock=True)
    require_version(expected, present.version)
    undertaking = undertaking_of(draft)
    await _check(work, undertaking | {"id": id_, "version": present.version + 1}, changing)
    changed = await collection.update(work.connection, present, undertaking)
    if changed is not present:
        await _keep_version(work, changed, work.now)
    return changed


async def versions(connection: AsyncConnection, id_: UUID, asked: SlaVersionListing) -> Page[SlaVersion]:
    """A page of an SLA's versions, the first one first.

    Raises:
        NotFound: there is no such SLA.
    """
    await collection.get(connection, id_)
    ordered = paging.order(asked.sort, {"number": sla_versions.c.number}, "number", sla_versions.c.sla_id)
    statement = LISTED_VERSIONS.where(sla_versions.c.sla_id == id_)
    rows, cursor = await paging.fetch(connection, statement, asked, ordered)
    return Page([SlaVersion(**{name: row[name] for name in SlaVersion.__dataclass_fields__}) for row in rows], cursor)


def undertaking_of(draft: SlaDraft) -> dict[str, Any]:
    """What a draft says, as it is stored."""
    return draft.model_dump(exclude={"targets", "escalations"}) | {
        "escalations": stored(draft.escalations),
        "targets": [
            {
                "metric": target.metric,
                "seconds": target.seconds,
                "by_priority": target.by_priority.stated() if "by_priority" in target.model_fields_set else {},
            }
            for target in draft.targets
        ],
    }


async def _check(work: Work, wanted: Mapping[str, Any], changing: AbstractSet[UUID]) -> None:
    provider_id = wanted["provider_department_id"]
    locked = await work.connection.execute(LOCK_PROVIDER, {"provider_id": provider_id})
    if locked.first() is None:
        raise Invalid.field("/provider_department_id", NOT_THERE)
    await require_possible(work, wanted, changing)


async def require_possible(work: Work, wanted: Mapping[str, Any], changing: AbstractSet[UUID]) -> None:
    """Refuses what no SLA of its provider, who exists, can be. Raises as `create_sla`."""
    provider_id = wanted["provider_department_id"]
    if wanted["request_type_id"] is not None:
        offered = await work.connection.execute(OFFERED_BY, {"request_type_id": wanted["request_type_id"]})
        offered_by = offered.scalar()
        if offered_by != provider_id:
            raise Invalid.field(
                "/request_type_id", NOT_THERE if offered_by is None else "is not in the catalogue of the provider."
            )
    calendar = (await timelines(work.connection, [wanted["calendar_id"]])).get(wanted["calendar_id"])
    if calendar is None:
        raise Invalid.field("/calendar_id", NOT_THERE)
    _require_attainable(wanted["targets"], calendar, work.now)
    await _require_addressees(work, wanted)
    if wanted["active"]:
        await _require_no_tie(work, wanted, changing)


def _require_attainable(targets: list[dict[str, Any]], calendar: CalendarTimeline, now: datetime) -> None:
    for pointer, seconds in _allowed(targets):
        try:
            due(calendar, now, seconds)
        except TooFar as error:
            raise Invalid.field(pointer, f"{error} on this calendar.") from error


def _allowed(targets: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    for index, target in enumerate(targets):
        yield f"/targets/{index}/seconds", target["seconds"]
        for priority, seconds in target["by_priority"].items():
            yield f"/targets/{index}/by_priority/{priority}", seconds


async def _require_addressees(work: Work, wanted: Mapping[str, Any]) -> None:
    """Every escalation is of a metric that has a target, and to somebody who is there."""
    escalations, metrics = wanted["escalations"], {target["metric"] for target in wanted["targets"]}
    errors = [
        FieldError(f"/escalations/{index}/metric", "is none that the SLA has a target of.")
        for index, each in enumerate(escalations)
        if each["metric"] not in metrics
    ]
    named = [
        (f"/escalations/{index}/{kind}_id", kind, UUID(each[f"{kind}_id"]))
        for index, each in enumerate(escalations)
        for kind in ("member", "department")
        if f"{kind}_id" in each
    ]
    if named:
        ids = {f"{kind}_ids": [id_ for _, of, id_ in named if of == kind] for kind in ("member", "department")}
        found = (await work.connection.execute(ADDRESSEES, ids)).all()
        known, left = {(row.kind, row.id) for row in found}, {row.id for row in found if row.has_left}
        errors += [FieldError(pointer, NOT_THERE) for pointer, kind, id_ in named if (kind, id_) not in known]
        errors += [FieldError(pointer, HAS_LEFT) for pointer, _, id_ in named if id_ in left]
    if errors:
        raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors), errors=errors)


async def _require_no_tie(work: Work, wanted: Mapping[str, Any], changing: AbstractSet[UUID]) -> None:
    named = {"provider_id": wanted["provider_department_id"], "of_rank": wanted["rank"], "sla_id": wanted["id"]}
    for other in (await work.connection.execute(OF_THE_SAME_RANK, named)).mappings():
        if other["id"] not in changing and may_tie(candidate(wanted), candidate(other)):
            raise Conflict(
                f"The SLA {other['name']!r} ({other['id']}) has the rank {other['rank']}, too, and some ticket could "
                "match both. Give one of them another rank, or conditions that exclude each other.",
                sla_id=other["id"],
            )


async def _keep_version(work: Work, sla: Sla, holds_from: datetime) -> None:
    kept = {name: getattr(sla, name) for name in SlaDraft.model_fields}
    kept |= {"sla_id": sla.id, "number": sla.version, "holds_from": holds_from}
    await work.connection.execute(INSERT_VERSION, kept)
