"""What providers undertake, ready for the pure rules: candidates to match, and agreements to run clocks by.

Versions of an SLA never change, so what was read of one is kept for the life of the process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory.calendar import CalendarTimeline
from app.directory.calendars import timelines, timelines_of
from app.directory.tables import calendars
from app.service_levels.clock import Agreement, Target
from app.service_levels.escalations import Do, Escalation
from app.service_levels.matching import Candidate, Conditions, Match, Request, match
from app.service_levels.tables import sla_versions, slas

Version = tuple[UUID, int]
"""One version of an SLA: its id and number."""


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What one version of an SLA says, but for the calendar's hours."""

    calendar_id: UUID
    targets: tuple[Target, ...]
    pause_on: frozenset[str]
    warn_at: tuple[float, ...]
    escalations: tuple[Escalation[UUID], ...]

    def agreement(self, version: Version, calendar: CalendarTimeline) -> Agreement[UUID]:
        return Agreement(*version, calendar, self.targets, self.pause_on, self.warn_at, self.escalations)


@dataclass(frozen=True, slots=True)
class Active:
    """An active SLA: whose it is, its current version, and the newest version of its calendar."""

    provider_id: UUID
    version: Version
    calendar_id: UUID
    calendar_version: int


_kept: dict[Version, tuple[Undertaking, Candidate[UUID]]] = {}

_ACTIVE = (
    select(
        slas.c.provider_department_id,
        slas.c.id,
        slas.c.version,
        slas.c.calendar_id,
        calendars.c.version.label("calendar_version"),
    )
    .join(calendars, calendars.c.id == slas.c.calendar_id)
    .where(
        slas.c.provider_department_id == func.any(cast(bindparam("providers"), ARRAY(Uuid))), slas.c.active == true()
    )
)
_HELD = _ACTIVE.with_for_update(read=True, of=calendars)
_named = (
    func.unnest(cast(bindparam("ids"), ARRAY(Uuid)), cast(bindparam("numbers"), ARRAY(Integer)))
    .table_valued("sla_id", "number", name="named")
    .render_derived()
)
_VERSIONS = select(sla_versions).join(
    _named, (sla_versions.c.sla_id == _named.c.sla_id) & (sla_versions.c.number == _named.c.number)
)


class Offers:
    """The active SLAs of some providers."""

    def __init__(
        self, candidates: Mapping[UUID, list[Candidate[UUID]]], agreements: Mapping[Version, Agreement[UUID]]
    ) -> None:
        self._candidates = candidates
        self._agreements = agreements

    def choose(self, provider_id: UUID, request: Request[UUID]) -> tuple[Match[UUID], Agreement[UUID] | None]:
        """What the provider undertakes towards the request, and why that."""
        outcome = match(self._candidates.get(provider_id, ()), request)
        if outcome.chosen is None:
            return outcome, None
        return outcome, self._agreements[outcome.chosen.sla_id, outcome.chosen.version]


async def offers(connection: AsyncConnection, provider_ids: Iterable[UUID], *, hold: bool = False) -> Offers:
    """The active SLAs of these providers in their current versions: one statement, once these are kept.

    With `hold` none of their calendars changes until the transaction ends.
    """
    rows = await connection.execute(_HELD if hold else _ACTIVE, {"providers": list(provider_ids)})
    active = [Active(row[0], (row[1], row[2]), row[3], row[4]) for row in rows]
    return await offers_of(connection, active)


async def offers_of(connection: AsyncConnection, active: Sequence[Active]) -> Offers:
    """The same from what is known to be active: no statement, once these versions are kept."""
    await _keep(connection, (each.version for each in active))
    candidates: dict[UUID, list[Candidate[UUID]]] = {}
    for each in active:
        candidates.setdefault(each.provider_id, []).append(_kept[each.version][1])
    timelines_kept = await timelines_of(connection, {each.calendar_id: each.calendar_version for each in active})
    return Offers(candidates, _with_calendars((each.version for each in active), timelines_kept))


async def agreements(connection: AsyncConnection, versions: Iterable[Version]) -> dict[Version, Agreement[UUID]]:
    """These versions, current or not.

    Raises:
        KeyError: one of them does not exist.
    """
    wanted = set(versions)
    await _keep(connection, wanted)
    return _with_calendars(wanted, await timelines(connection, {calendar_of(version) for version in wanted}))


async def _keep(connection: AsyncConnection, versions: Iterable[Version]) -> None:
    missing = sorted(set(versions) - _kept.keys())
    if missing:
        named = {"ids": [sla_id for sla_id, _ in missing], "numbers": [number for _, number in missing]}
        for row in (await connection.execute(_VERSIONS, named)).mappings():
            version = (row["sla_id"], row["number"])
            _kept[version] = _undertaking(row), candidate({**row, "id": version[0], "version": version[1]})


def agreed(row: Mapping[Any, Any], version: Version, calendar: CalendarTimeline) -> Agreement[UUID]:
    """What a row of `slas` undertakes, as that version, whether or not it is stored."""
    return _undertaking(row).agreement(version, calendar)


def calendar_of(version: Version) -> UUID:
    """The calendar of a version that `offers` or `agreements` has given."""
    return _kept[version][0].calendar_id


def _with_calendars(
    versions: Iterable[Version], kept: Mapping[UUID, CalendarTimeline]
) -> dict[Version, Agreement[UUID]]:
    return {version: _kept[version][0].agreement(version, kept[calendar_of(version)]) for version in versions}


def _undertaking(row: Mapping[Any, Any]) -> Undertaking:
    return Undertaking(
        row["calendar_id"],
        tuple(
            Target(target["metric"], target["seconds"], tuple((target.get("by_priority") or {}).items()))
            for target in row["targets"]
        ),
        frozenset(row["pause_on"]),
        tuple(row["warn_at"]),
        tuple(escalation_of(stated) for stated in row["escalations"]),
    )


def escalation_of(stated: Mapping[str, Any]) -> Escalation[UUID]:
    """An escalation from what an SLA states."""
    member_id, department_id = (
        UUID(stated[name]) if name in stated else None for name in ("member_id", "department_id")
    )
    return Escalation(
        stated["metric"], stated["at"], Do(stated["do"]), member_id, department_id, stated.get("priority")
    )


def candidate(row: Mapping[Any, Any]) -> Candidate[UUID]:
    """An SLA as matching looks at it, from a row of `slas`."""

    def stated(values: list[str] | None) -> frozenset[str] | None:
        return None if values is None else frozenset(values)

    conditions = Conditions(
        row["requester_department_id"],
        row["request_type_id"],
        stated(row["priorities"]),
        stated(row["customer_tiers"]),
    )
    return Candidate(row["id"], row["version"], row["rank"], conditions)
