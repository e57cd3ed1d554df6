"""Storing what the members of the demo company say of each other, and what is to be told of that."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.customers.schemas import Customer
from app.demo.identities import Ids
from app.demo.knowing import parties
from app.demo.records import Company, Recognition, Suggestion
from app.kernel.answers import to_json
from app.kernel.jobs import enqueue, job
from app.kernel.outbox import previous
from app.recognition.schemas import Recognition as RecognitionAnswer
from app.recognition.tables import recognitions
from app.suggestions.schemas import Suggestion as SuggestionAnswer
from app.suggestions.suggestions import EFFECT, SETTLING
from app.suggestions.tables import suggestion_votes, suggestions
from app.tickets import reading
from app.tickets.bulk.sheets import Told


async def store_voices(
    connection: AsyncConnection, company: Company, ids: Ids, customers: Mapping[str, Customer], now: datetime
) -> list[Told]:
    """Stores recognitions, suggestions and votes; what is told of them. Effects are measured once a worker lives."""
    concerned = _Concerned(ids, customers, await parties(connection))
    thanks = [_recognition(each, ids, now) for each in company.recognitions]
    await connection.execute(insert(recognitions), [asdict(each) for each in thanks])
    about = {each.ticket_id for each in thanks if each.ticket_id is not None}
    tickets = {ticket.id: ticket for ticket in await reading.some_tickets(connection, list(about), now)}
    told = []
    for each, answer in zip(company.recognitions, thanks, strict=True):
        data = {
            "recognition": answer,
            "ticket": tickets[ids.tickets[each.ticket]],
            **concerned.by(member=each.member, department=each.department, from_member=each.by, customer=each.customer),
            "actor": answer.actor,
        }
        told.append(Told("recognition.given", each.at, to_json(data).decode()))
    lives = [_life(each, ids, now) for each in company.suggestions]
    await connection.execute(insert(suggestions), [asdict(life[-1][1]) for life in lives])
    await connection.execute(insert(suggestion_votes), list(_votes(company, ids)))
    await enqueue(connection, list(_measurements(company, ids)))
    for idea, life in zip(company.suggestions, lives, strict=True):
        told += _told(idea, life, concerned)
    return told


class _Concerned:
    """Whom something concerns, as they are answered, by what the company calls them."""

    def __init__(self, ids: Ids, customers: Mapping[str, Customer], known: Mapping[UUID, Any]) -> None:
        self.ids, self._customers, self._known = ids, customers, known

    def by(self, **names: str | None) -> dict[str, Any]:
        return {name: None if value is None else self._one(name, value) for name, value in names.items()}

    def _one(self, name: str, value: str) -> Any:
        if name == "customer":
            return self._customers[value]
        return self._known[self.ids.departments[value] if name == "department" else self.ids.members[value]]


def _recognition(each: Recognition, ids: Ids, now: datetime) -> RecognitionAnswer:
    return RecognitionAnswer(
        id=ids.recognitions[each.ref],
        version=1,
        member_id=ids.members[each.member] if each.member else None,
        department_id=ids.departments[each.department] if each.department else None,
        from_member_id=ids.members[each.by],
        ticket_id=ids.tickets[each.ticket],
        customer_id=ids.customers[each.customer],
        message=each.message,
        given_at=each.at,
        actor=ids.actor(each.by),
        created_at=now,
        updated_at=now,
    )


def _life(each: Suggestion, ids: Ids, now: datetime) -> list[tuple[str, SuggestionAnswer]]:
    """What happened to a suggestion, with how it was answered then: made, voted for, decided."""
    answer = SuggestionAnswer(
        id=ids.suggestions[each.ref],
        version=1,
        customer_id=ids.customers[each.customer] if each.customer else None,
        department_id=ids.departments[each.department] if each.department else None,
        member_id=ids.members[each.by],
        text=each.text,
        suggested_at=each.at,
        actor=ids.actor(each.by),
        status="open",
        votes=0,
        answer=None,
        decided_at=None,
        decided_by=None,
        metric=None,
        days=None,
        effect=None,
        created_at=now,
        updated_at=now,
    )
    life = [("made", answer)]
    for _ in each.votes:
        answer = replace(answer, version=answer.version + 1, votes=answer.votes + 1)
        life.append(("voted", answer))
    decision = each.decision
    if decision is not None:
        decided: dict[str, Any] = {
            "status": decision.status,
            "answer": decision.answer,
            "decided_at": decision.at,
            "decided_by": ids.actor(decision.by),
            "metric": decision.metric,
            "days": decision.days,
        }
        life.append((decision.status, replace(answer, version=answer.version + 1, **decided)))
    return life


def _told(each: Suggestion, life: list[tuple[str, SuggestionAnswer]], concerned: _Concerned) -> Iterator[Told]:
    """An event for each; who did it is in the order of what happened."""
    parties_of = concerned.by(customer=each.customer, department=each.department, member=each.by)
    doers = [(each.at, each.by), *((vote.at, vote.by) for vote in each.votes)]
    doers += [(each.decision.at, each.decision.by)] if each.decision is not None else []
    before = life[0][1]
    for (verb, answer), (at, by) in zip(life, doers, strict=True):
        data = {"suggestion": answer, **parties_of, "actor": concerned.ids.actor(by)}
        if verb != "made":
            data["previous"] = previous(before, answer)
        if verb == "voted":
            data |= concerned.by(voter_member=by)
        yield Told(f"suggestion.{verb}", at, to_json(data).decode())
        before = answer


def _votes(company: Company, ids: Ids) -> Iterator[dict[str, Any]]:
    for each in company.suggestions:
        for vote in each.votes:
            member_id = ids.members[vote.by]
            yield {
                "suggestion_id": ids.suggestions[each.ref],
                "voter_id": member_id,
                "member_id": member_id,
                "voted_at": vote.at,
                "actor": ids.actor(vote.by),
            }


def _measurements(company: Company, ids: Ids) -> Iterator[dict[str, Any]]:
    for each in company.suggestions:
        if each.decision is not None and each.decision.days is not None:
            run_at = each.decision.at + timedelta(days=each.decision.days) + SETTLING
            id_ = str(ids.suggestions[each.ref])
            yield job(EFFECT, run_at, id_, suggestion_id=id_)
