"""Asking in a member's name: for which department, as whom, and for which tickets to wait for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from app.access.roles import Actor
from app.access.speaking import require_department, speaker
from app.kernel.problems import Forbidden
from app.kernel.work import Work
from app.tickets import queries
from app.tickets.life.sides import sides_of
from app.tickets.schemas import TicketDraft
from app.tickets.visibility import seen_by


def raised(actor: Actor, draft: TicketDraft) -> TicketDraft:
    """The draft as the key asks: one that stands for a member asks in that member's name, for a department of theirs.

    Raises:
        Forbidden: it asks for another department, or in another name.
    """
    if actor.own is None:
        return draft
    require_department(actor, draft.requester_department_id, "/requester_department_id")
    return draft.model_copy(update={"requester_id": speaker(actor, draft.requester_id, "/requester_id")})


@dataclass(frozen=True, slots=True)
class Blocked:
    """The tickets that drafts block, as a key sees them: `hidden` are not there for it, `others` are not its own."""

    hidden: frozenset[UUID] = frozenset()
    others: frozenset[UUID] = frozenset()

    @classmethod
    async def of(cls, work: Work, actor: Actor, drafts: Iterable[TicketDraft]) -> "Blocked":
        """Looks up those of any number of drafts, in one statement; none for a key that sees all."""
        ids = frozenset(blocked for draft in drafts for blocked in draft.blocks)
        if actor.own is None or not ids:
            return cls()
        statement = queries.PARTIES.where(*seen_by(actor.own, work.now))
        rows = (await work.connection.execute(statement, {"ids": list(ids)})).all()
        own = actor.own.department_ids
        others = (row.id for row in rows if not sides_of(row.requester_department_id, row.provider_department_id, own))
        return cls(ids - {row.id for row in rows}, frozenset(others))

    def check(self, draft: TicketDraft) -> None:
        """That the draft lets no ticket wait that others asked for and have.

        Raises:
            Forbidden: it does.
        """
        for index, blocked in enumerate(draft.blocks):
            if blocked in self.others:
                raise Forbidden(
                    f"/blocks/{index}: names a ticket that no department of this key's member asked for or has."
                )
