"""What providers undertake, ready for the pure rules: candidates to match, and agreements to run clocks by.

Versions of an SLA never change, so what was read of one is kept for the life of the process.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory.calendar import CalendarTimeline
from app.directory.calendars import timelines, timelines_of
from app.directory.tables import calendars
from app.service_levels.clock import Agreement, Target
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

    def agreement(self, version: Version, calendar: CalendarTimeline) -> Agreement[UUID]:
        return Agreement(*version, calendar, self.targets, self.pause_on, self.warn_at)


_kept: dict[Version, Undertaking] = {}

_ACTIVE = (
    select(*slas.c, calendars.c.version.label("calendar_version"))
    .join(calendars, calendars.c.id == slas.c.calendar_id)
    .where(
        slas.c.provider_department_id == func.any(cast(bindparam("providers"), ARRAY(Uuid))), slas.c.active == true()
    )
)
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


async def offers(connection: AsyncConnection, provider_ids: Iterable[UUID]) -> Offers:
    """The active SLAs of these providers in their current versions."""
    candidates: dict[UUID, list[Candidate[UUID]]] = {}
    current: list[Version] = []
    newest: dict[UUID, int] = {}
    for row in (await connection.execute(_ACTIVE, {"providers": list(provider_ids)})).mappings():
        version = (row["id"], row["version"])
        if version not in _kept:
            _kept[version] = _undertaking(row)
        current.append(version)
        newest[row["calendar_id"]] = row["calendar_version"]
        candidates.setdefault(row["provider_department_id"], []).append(candidate(row))
    return Offers(candidates, _with_calendars(current, await timelines_of(connection, newest)))


async def agreements(connection: AsyncConnection, versions: Iterable[Version]) -> dict[Version, Agreement[UUID]]:
    """These versions, current or not.

    Raises:
        KeyError: one of them does not exist.
    """
    wanted = set(versions)
    missing = sorted(wanted - _kept.keys())
    if missing:
        named = {"ids": [sla_id for sla_id, _ in missing], "numbers": [number for _, number in missing]}
        for row in (await connection.execute(_VERSIONS, named)).mappings():
            _kept[row["sla_id"], row["number"]] = _undertaking(row)
    return _with_calendars(wanted, await timelines(connection, {_kept[version].calendar_id for version in wanted}))


def calendar_of(version: Version) -> UUID:
    """The calendar of a version that `offers` or `agreements` has given."""
    return _kept[version].calendar_id


def _with_calendars(
    versions: Iterable[Version], kept: Mapping[UUID, CalendarTimeline]
) -> dict[Version, Agreement[UUID]]:
    return {version: _kept[version].agreement(version, kept[_kept[version].calendar_id]) for version in versions}


def _undertaking(row: Mapping[Any, Any]) -> Undertaking:
    return Undertaking(
        row["calendar_id"],
        tuple(
            Target(target["metric"], target["seconds"], tuple((target.get("by_priority") or {}).items()))
            for target in row["targets"]
        ),
        frozenset(row["pause_on"]),
        tuple(row["warn_at"]),
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
