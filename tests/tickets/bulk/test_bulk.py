"""Whole lives stored in bulk leave what the same actions leave one by one."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.kernel.ids import new_id
from app.kernel.jobs import jobs
from app.service_levels.agreements import offers
from app.tickets.alarms.alarms import Alarms
from app.tickets.bulk.bulk import store_events, store_lives
from app.tickets.life.lifecycle import Action, Party, Priority, Refused, Verb, open_ticket
from app.tickets.life.whole_lives import Deed, Said, WholeLife
from app.tickets.setting_going import ESCALATION
from app.tickets.tables import ticket_clocks
from tests.conftest import Clock
from tests.tickets.worlds import CONTEXT, World

CONCERNED = ("requester_department", "provider_department", "requester", "assignee", "customer", "commitment")
"""What goes with events of the present, and not with history."""

STORY: list[tuple[str, str, Verb, dict[str, Any]]] = [
    ("2026-03-02T10:00:00+00:00", "top", Verb.ACKNOWLEDGE, {}),
    ("2026-03-02T11:00:00+00:00", "top", Verb.TRANSFER, {"department": "OPS", "reason": "Theirs."}),
    ("2026-03-02T12:00:00+00:00", "top", Verb.RETURN, {"reason": "Not ours."}),
    ("2026-03-02T13:00:00+00:00", "top", Verb.TRANSFER, {"department": "OPS", "reason": "Yours after all."}),
    ("2026-03-02T14:00:00+00:00", "top", Verb.ACCEPT, {}),
    ("2026-03-02T15:00:00+00:00", "top", Verb.ASSIGN, {"member": True}),
    ("2026-03-02T15:00:00+00:00", "top", Verb.START, {}),
    ("2026-03-02T15:30:00+00:00", "beneath", Verb.ASK, {"question": "Which one?"}),
    ("2026-03-02T16:00:00+00:00", "top", Verb.WAIT, {"on": "dependency", "reason": "We asked Finance."}),
    ("2026-03-02T16:30:00+00:00", "aside", Verb.DECLINE, {"reason": "Not without the amount."}),
    ("2026-03-03T09:00:00+00:00", "beneath", Verb.PRIORITISE, {"priority": "p1"}),
    ("2026-03-03T10:00:00+00:00", "beneath", Verb.RESOLVE, {"resolution": "Granted.", "granted": True}),
    ("2026-03-03T11:00:00+00:00", "beneath", Verb.REOPEN, {"reason": "Not the amount."}),
    ("2026-03-03T12:00:00+00:00", "beneath", Verb.WAIT, {"on": "customer", "reason": "They must say."}),
    ("2026-03-03T18:00:00+00:00", "beneath", Verb.WAIT, {"on": "third_party", "reason": "The bank must."}),
    ("2026-03-04T09:00:00+00:00", "beneath", Verb.RESOLVE, {"resolution": "Granted at last.", "granted": True}),
    ("2026-03-04T09:00:00+00:00", "top", Verb.RESUME, {}),
    ("2026-03-04T10:00:00+00:00", "top", Verb.COMMENT, {"body": "Nearly done.", "visibility": "requester"}),
    ("2026-03-04T11:00:00+00:00", "top", Verb.COMMENT, {"body": "Same as last year.", "visibility": "internal"}),
    ("2026-03-05T09:00:00+00:00", "top", Verb.RESOLVE, {"resolution": "Done."}),
    ("2026-03-06T09:00:00+00:00", "top", Verb.CLOSE, {}),
]
OPENINGS = [
    ("2026-03-02T09:00:00+00:00", "top", "SERVICE", ()),
    ("2026-03-02T15:00:00+00:00", "beneath", "FIN", ("top",)),
    ("2026-03-02T15:30:00+00:00", "aside", "FIN", ("top", "beneath")),
]
FEEDBACK_AT = "2026-03-06T10:00:00+00:00"
END = "2026-03-07T09:00:00+00:00"
ACTOR = '{"type": "import", "name": "bulk"}'
ANY_PARTY = ["requester", "customer", "third_party"]


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    """Three providers that undertake different things, one of them only towards urgent requests."""
    world = World(client)
    await world.customer(tier="gold", annual_value="125000.00", currency="EUR")
    targets = [{"metric": metric, "seconds": seconds} for metric, seconds in (("acknowledge", 3600), ("update", 7200))]
    resolve = {"metric": "resolve", "seconds": 86_400, "by_priority": {"p1": 43_200}}
    await world.sla("SERVICE", targets=[*targets, resolve], pause_on=ANY_PARTY)
    await world.sla("OPS", targets=[*targets, resolve], customer_tiers=["gold"])
    await world.sla("FIN", rank=1, targets=[resolve], priorities=["p1", "p2"], pause_on=["customer"])
    await world.sla("FIN", rank=2, targets=[*targets, resolve], pause_on=ANY_PARTY)
    return world


async def one_by_one(world: World, clock: Clock, member_id: str, commitment_id: str) -> dict[str, str]:
    """The story told through the API, each action when it happens; the tickets' ids."""
    ids: dict[str, str] = {}

    async def open_all_by(instant: str) -> None:
        for at, name, provider, blocks in OPENINGS:
            if name not in ids and at <= instant:
                clock.at(at)
                fields = {"blocks": [ids[each] for each in blocks]} if blocks else {"commitment_id": commitment_id}
                ticket = await world.ticket("SALES", provider, title=name, **fields)
                ids[name] = ticket["id"]

    for at, name, verb, needed in STORY:
        await open_all_by(at)
        clock.at(at)
        if "member" in needed:
            needed = {"member_id": member_id}
        await world.do(verb, ids[name], **needed)
    clock.at(FEEDBACK_AT)
    told = {"score": 2, "comment": "Took long."}
    await world.post(f"/v1/tickets/{ids['top']}/feedback", told, status=200)
    return ids


def whole(world: World, name: str, ids: dict[str, UUID], commitment_id: str) -> WholeLife[str]:
    at, _, provider, blocks = next(opening for opening in OPENINGS if opening[1] == name)
    deeds = [
        Deed(action(verb, instant, needed), ACTOR, told(verb, needed))
        for instant, of, verb, needed in STORY
        if of == name
    ]
    said = Said(datetime.fromisoformat(FEEDBACK_AT), ACTOR, 2, "Took long.")
    return WholeLife(
        id=ids[name],
        title=name,
        description=None,
        requester_department_id=UUID(world.departments["SALES"]),
        requester_id=None,
        request_type_id=None,
        customer_id=UUID(world.customer_id),
        tier="gold",
        customer_value=Decimal("125000.00"),
        currency="EUR",
        commitment_id=UUID(commitment_id),
        blocks=tuple(ids[each] for each in blocks),
        source=None,
        external_ref=None,
        opening=open_ticket(provider, datetime.fromisoformat(at)),
        actor=ACTOR,
        deeds=deeds,
        said=said if name == "top" else None,
    )


def action(verb: Verb, at: str, needed: dict[str, Any]) -> Action[str]:
    return Action(
        verb,
        datetime.fromisoformat(at),
        on=Party(needed["on"]) if "on" in needed else None,
        department_id=needed.get("department"),
        priority=Priority(needed["priority"]) if "priority" in needed else None,
        member_id="ada" if "member" in needed else None,
        granted=needed.get("granted"),
        by_provider=verb is Verb.COMMENT,
        visible_to_requester=needed.get("visibility") == "requester",
    )


def told(verb: Verb, needed: dict[str, Any]) -> dict[str, Any]:
    said = {name: needed[name] for name in ("reason", "resolution", "question", "body") if name in needed}
    return said | {"context": {**CONTEXT, "tried_so_far": None}} if verb is Verb.TRANSFER else said


async def seen(client: httpx.AsyncClient, ids: dict[str, str]) -> Any:
    """Everything the API tells of the tickets, by their names, without who did it and when it was recorded."""
    names = {id_: name for name, id_ in ids.items()}
    found: dict[str, Any] = {}
    for name, id_ in ids.items():
        parts = []
        for path in ("", "/history", "/sla-explanation", "/clocks"):
            response = await client.get(f"/v1/tickets/{id_}{path}")
            assert response.status_code == 200, response.text
            parts.append(response.json())
        found[name] = parts
    feed = (await client.get("/v1/events", params={"after": 0, "types": "ticket.*", "limit": 200})).json()["items"]
    found["events"] = [
        (event["type"], event["occurred_at"], event["data"]) for event in feed if event["data"]["ticket"]["id"] in names
    ]
    return without(found, names)


def without(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        left_out = {"number", "actor", "recorded_at"} | ({*CONCERNED} if "ticket" in value else set())
        kept = {key: without(each, names) for key, each in value.items() if key not in left_out}
        if "blocker" in kept:
            kept["blocker"] = {"id": kept["blocker"]["id"]}
        for several in ("blocked_by", "blocks"):
            if several in kept:
                kept[several] = sorted(kept[several])
        return kept
    if isinstance(value, list | tuple):
        return [without(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


async def store(
    database: Database,
    world: World,
    lives: list[WholeLife[str]],
    members: dict[str, UUID],
    now: datetime = datetime.fromisoformat(END),
) -> None:
    departments = {key: UUID(id_) for key, id_ in world.departments.items()}
    async with database.writing() as connection:
        offered = await offers(connection, departments.values())
        events = await store_lives(connection, lives, departments, members, offered, now)
        await store_events(connection, sorted(events, key=lambda event: event.occurred_at))


async def test_a_life_in_bulk_is_the_life_told_one_by_one(
    world: World, client: httpx.AsyncClient, database: Database, clock: Clock
):
    clock.at("2026-03-02T08:00:00+00:00")
    ops = await world.department("OPS")
    member = await world.post("/v1/members", {"email": "ada@ops.example", "name": "Ada", "department_ids": [ops]})
    promised = [
        await world.commitment("SALES", "2026-03-02T08:00:00Z", "2026-03-09T08:00:00Z", external_ref=ref)
        for ref in ("one by one", "in bulk")
    ]
    singly = await one_by_one(world, clock, member["id"], promised[0]["id"])

    ids = {name: new_id() for _, name, _, _ in OPENINGS}
    lives = [whole(world, name, ids, promised[1]["id"]) for name in ids]
    await store(database, world, lives, {"ada": UUID(member["id"])})

    clock.at(END)
    one = await seen(client, singly)
    other = await seen(client, {name: str(id_) for name, id_ in ids.items()})
    for each in (one, other):
        each["events"].sort(key=lambda event: (event[1], event[2]["ticket"]["title"], event[2]["ticket"]["version"]))
    assert Counter(event[0] for event in one["events"])["ticket.unblocked"] == 3
    blocked = sum(len(blocks) for *_, blocks in OPENINGS)
    assert len(one["events"]) == len(STORY) + len(OPENINGS) + blocked + 4
    assert without(other, {promised[1]["id"]: promised[0]["id"]}) == one


async def test_a_life_that_cannot_be_is_refused_and_nothing_is_stored(
    world: World, client: httpx.AsyncClient, database: Database
):
    await world.department("SALES")
    commitment = await world.commitment("SALES", "2026-03-02T08:00:00Z", "2026-03-09T08:00:00Z")
    ids = {"aside": new_id(), "top": new_id(), "beneath": new_id()}
    life = whole(world, "aside", ids, commitment["id"])
    closed = Deed(Action(Verb.CLOSE, datetime(2026, 3, 3, tzinfo=UTC)), ACTOR)
    with pytest.raises(Refused):
        await store(database, world, [replace(life, deeds=[closed])], {})
    assert (await client.get("/v1/tickets")).json()["items"] == []


async def test_a_life_in_bulk_raises_alarms_only_of_what_comes_after_it_was_stored(
    client: httpx.AsyncClient, database: Database, clock: Clock
) -> None:
    world = World(client)
    clock.at("2026-03-01T08:00:00+00:00")
    escalation = {"metric": "resolve", "do": "notify", "department_id": await world.department("SERVICE")}
    targets = [{"metric": "acknowledge", "seconds": 3600}, {"metric": "resolve", "seconds": 86_400}]
    escalations = [{**escalation, "at": share} for share in (0.25, 0.75, 1)]
    await world.sla("SERVICE", targets=targets, warn_at=[0.1, 0.5, 0.9], escalations=escalations)
    commitment = await world.commitment("SALES", "2026-03-01T08:00:00Z", "2026-03-09T08:00:00Z")
    life = whole(world, "top", {"top": new_id()}, commitment["id"])
    stored_at = datetime(2026, 3, 2, 23, tzinfo=UTC)
    await store(database, world, [replace(life, deeds=(), said=None)], {}, stored_at)

    assert await Alarms().turn(database, stored_at) == 0
    async with database.reading() as connection:
        stored = (await connection.execute(select(ticket_clocks).order_by(ticket_clocks.c.metric))).mappings().all()
        assert [(row["state"], row["next_alarm_at"]) for row in stored] == [
            ("breached", None),
            ("running", datetime(2026, 3, 3, 3, tzinfo=UTC)),
        ]
    assert await Alarms().turn(database, datetime(2026, 3, 4, tzinfo=UTC)) == 1
    events = (await client.get("/v1/events?types=sla.*")).json()["items"]
    assert [(event["type"], event["data"].get("fraction"), event["occurred_at"]) for event in events] == [
        ("sla.warning", 0.9, "2026-03-03T06:36:00Z"),
        ("sla.breached", None, "2026-03-03T09:00:00Z"),
    ]
    async with database.reading() as connection:
        asked = (await connection.execute(select(jobs.c.payload).where(jobs.c.kind == ESCALATION))).scalars().all()
    assert [[each["at"] for alarm in payload["alarms"] for each in alarm["escalations"]] for payload in asked] == [
        [0.75, 1]
    ]
