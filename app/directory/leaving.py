"""Leaving: what a member holds passes to somebody else, or to their department's queue, in the same transaction; and
coming back.

Whoever gives a member something to hold holds the member meanwhile (`members.require_present`), and takes that lock
before any other; leaving takes it for itself. So what is given either is there to be passed on, or is refused.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from app.directory import queries
from app.directory.members import HAS_LEFT, answer_of, member
from app.directory.schemas import Leave, LeftMember, Member, PassedOn
from app.kernel.preconditions import require_version
from app.kernel.problems import NOT_THERE, Conflict, Invalid
from app.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Departure:
    """A member who leaves and to whom what they hold passes; None: to the queue of a department. Both are held until
    the transaction ends."""

    member: Member
    successor: Member | None
    at: datetime

    @property
    def successor_id(self) -> UUID | None:
        return self.successor.id if self.successor else None

    @property
    def reason(self) -> str:
        """Why things pass, in words."""
        return f"{self.member.name} left."


PassOn: TypeAlias = Callable[[Work, Departure], Awaitable[Mapping[str, int]]]
"""Passes on what is held of one kind; how much that was, by the names of `PassedOn`."""


async def leave(
    work: Work, id_: UUID, asked: Leave, pass_on: Sequence[PassOn], expected: frozenset[int] | None
) -> LeftMember:
    """A member leaves; from then on they are given nothing to hold. Whoever left before passes on what they still have.

    Raises:
        NotFound: there is no such member.
        Stale: their version is none of those expected.
        Conflict: they have left already, and have nothing any more.
        Invalid: who is to hold it instead does not exist, has left, or is who leaves.
    """
    await work.connection.execute(queries.HOLD_TO_LEAVE, {"ids": [id_, asked.to_member_id or id_]})
    present = await member(work.connection, id_)
    require_version(expected, present.version)
    departure = Departure(present, await _successor(work, id_, asked.to_member_id), work.now)
    if present.left_at is not None:
        passed = await _pass_on(work, departure, pass_on)
        if not any(passed.values()):
            raise Conflict(f"{present.name} has left already.")
        return LeftMember(**asdict(present), passed_on=PassedOn(**passed))
    values = {"left_at": departure.at}
    row = (await work.connection.execute(queries.UPDATE_MEMBER.values(**values), {"member_id": id_})).mappings().one()
    left = answer_of({**row, "department_ids": present.department_ids})
    passed_on = PassedOn(**await _pass_on(work, departure, pass_on))
    told = {"member": left, "successor": departure.successor, "passed_on": passed_on}
    work.happened("member.left", departure.at, **told, previous={"left_at": None})
    return LeftMember(**asdict(left), passed_on=passed_on)


async def rejoin(work: Work, id_: UUID, expected: frozenset[int] | None) -> Member:
    """Somebody who left is back, and can be given something to hold. What passed on stays with whoever has it now.

    Raises:
        NotFound: there is no such member.
        Stale: their version is none of those expected.
        Conflict: they have not left.
    """
    await work.connection.execute(queries.LOCK_MEMBER, {"member_id": id_})
    present = await member(work.connection, id_)
    require_version(expected, present.version)
    if present.left_at is None:
        raise Conflict(f"{present.name} has not left.")
    row = (await work.connection.execute(queries.UPDATE_MEMBER.values(left_at=None), {"member_id": id_})).mappings()
    back = answer_of({**row.one(), "department_ids": present.department_ids})
    work.happened("member.rejoined", work.now, member=back, previous={"left_at": present.left_at})
    return back


async def _pass_on(work: Work, departure: Departure, pass_on: Sequence[PassOn]) -> dict[str, int]:
    passed: dict[str, int] = {"departments": await _pass_on_departments(work, departure)}
    for follow in pass_on:
        passed |= await follow(work, departure)
    return passed


async def _successor(work: Work, leaving_id: UUID, id_: UUID | None) -> Member | None:
    if id_ is None:
        return None
    if id_ == leaving_id:
        raise Invalid.field("/to_member_id", "must be somebody else than who leaves.")
    row = (await work.connection.execute(queries.MEMBER, {"member_id": id_})).mappings().first()
    if row is None:
        raise Invalid.field("/to_member_id", NOT_THERE)
    if row["left_at"] is not None:
        raise Invalid.field("/to_member_id", HAS_LEFT)
    return answer_of(row)


async def _pass_on_departments(work: Work, departure: Departure) -> int:
    """The departments that they led: to the successor, else to whoever leads the nearest department above."""
    named = {"leaving_id": departure.member.id, "successor_id": departure.successor_id}
    return (await work.connection.execute(queries.PASS_ON_DEPARTMENTS, named)).rowcount
