"""What may change about a graph without changing its answer, or changes it in a way that can be told beforehand."""

import copy
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.engine.analysis import analyse
from app.ripple.engine.critical import find_contest
from app.ripple.engine.documents import to_document
from app.ripple.engine.sharing import share
from app.ripple.engine.worlds import build_timeline
from tests.ripple.documents import from_document
from tests.ripple.literal_reference import Reference
from tests.ripple.random_graphs import PROMISED, random_document

Document = dict[str, Any]

documents = st.randoms(use_true_random=False).map(random_document)
short = st.randoms(use_true_random=False).map(lambda rng: random_document(rng, units=(1,)))
INSTANTS = frozenset(
    [
        "promised_at",
        "due_at",
        "delivered_at",
        "now",
        "opened_at",
        "resolved_at",
        "acknowledged_at",
        "started_at",
        "from",
        "to",
    ]
)
NEARLY = 1e-6


def answer(document: Document) -> Document:
    return to_document(analyse(from_document(document)))


def unrounded(document: Document) -> dict[str, float]:
    """The plan (under no name) and the shares."""
    timeline = build_timeline(from_document(document))
    plan = timeline.plan_seconds()
    return {"": plan} | share(find_contest(timeline, plan)).seconds


def at_other_instants(document: Any, moved: Callable[[datetime], datetime]) -> Any:
    """The same document with its instants moved."""
    if isinstance(document, list):
        return [at_other_instants(item, moved) for item in document]
    if not isinstance(document, dict):
        return document
    return {
        name: moved(datetime.fromisoformat(value)).strftime("%Y-%m-%dT%H:%M:%SZ")
        if name in INSTANTS and value is not None
        else at_other_instants(value, moved)
        for name, value in document.items()
    }


@given(documents, st.integers(-(10**9), 10**9))
def test_it_does_not_matter_when_it_happened(document: Document, seconds: int) -> None:
    def later(instant: datetime) -> datetime:
        return instant + timedelta(seconds=seconds)

    assert answer(at_other_instants(document, later)) == at_other_instants(answer(document), later)


@given(short, st.integers(2, 100_000))
def test_what_takes_so_many_times_as_long_is_so_many_times_as_late(document: Document, times: int) -> None:
    def slower(instant: datetime) -> datetime:
        return PROMISED + times * (instant - PROMISED)

    slow = at_other_instants(document, slower)
    once, then = answer(document), answer(slow)

    assert then["segments"] == at_other_instants(once["segments"], slower)
    assert then["lateness_seconds"] == times * once["lateness_seconds"]
    assert [overrun["pace"] for overrun in then["overruns"]] == [overrun["pace"] for overrun in once["overruns"]]
    assert unrounded(slow) == pytest.approx(
        {party: times * seconds for party, seconds in unrounded(document).items()}, rel=NEARLY, abs=NEARLY
    )


@given(documents)
def test_what_blocks_nothing_known_or_something_twice_might_as_well_not_say_so(document: Document) -> None:
    said = copy.deepcopy(document)
    for ticket in said["tickets"]:
        ticket["blocks"] = ["unheard of", *(name for name in ticket["blocks"] for _ in range(2))]

    assert answer(said) == answer(document)


@given(documents)
def test_a_leg_told_in_two_is_the_same_leg(document: Document) -> None:
    told = copy.deepcopy(document)
    for ticket in told["tickets"]:
        ticket["legs"] = [leg for leg in ticket.get("legs") or [_only_leg(ticket)] for _ in range(2)]

    assert answer(told) == answer(document)


def _only_leg(ticket: Document) -> Document:
    acknowledged = ticket.get("acknowledged_at")
    return {"department": ticket["provider"], "started_at": ticket["opened_at"], "acknowledged_at": acknowledged}


@given(documents)
def test_a_wait_told_in_two_is_the_same_wait(document: Document) -> None:
    told = copy.deepcopy(document)
    for ticket in told["tickets"]:
        # Of those that begin at one instant only the last counts.
        ticket["waits"] = [{**wait, "to": to} for wait in ticket.get("waits", []) for to in (wait["from"], wait["to"])]

    assert answer(told) == answer(document)


@given(documents, st.randoms(use_true_random=False))
def test_a_ticket_answered_the_instant_it_was_asked_changes_nobodys_part(
    document: Document, rng: random.Random
) -> None:
    more = copy.deepcopy(document)
    names = [ticket["id"] for ticket in document["tickets"]]
    at = rng.choice([document["commitment"]["promised_at"], *(ticket["opened_at"] for ticket in document["tickets"])])
    asked = {"id": "at once", "requester": "IT", "provider": "Sales", "opened_at": at, "resolved_at": at, "due_at": at}
    more["tickets"].append(asked | {"blocks": rng.sample(names, min(len(names), rng.randint(0, 1)))})

    with_it, without = answer(more), answer(document)

    assert with_it.pop("overruns")[:-1] == without.pop("overruns")
    assert with_it == without


@given(st.randoms(use_true_random=False).map(lambda rng: random_document(rng, most_tickets=4, units=(1,))))
def test_parties_that_did_the_same_have_the_same_share(document: Document) -> None:
    both = copy.deepcopy(document)
    owner = document["commitment"]["owner"]
    for ticket in document["tickets"]:
        both["tickets"].append(_twin(ticket, owner))

    shares = unrounded(both)

    for party, seconds in shares.items():
        if party and party not in (owner, "customer", "third_party"):
            assert shares.get(_other(party), 0.0) == pytest.approx(seconds, abs=NEARLY)


def _twin(ticket: Document, owner: str) -> Document:
    """The same ticket of other departments, but for the owner, among others of the same kind."""

    def other(department: str) -> str:
        return department if department == owner else _other(department)

    twin = copy.deepcopy(ticket)
    twin |= {"id": f"{ticket['id']}'", "requester": other(ticket["requester"]), "provider": other(ticket["provider"])}
    twin["blocks"] = [f"{name}'" for name in ticket["blocks"]]
    for leg in twin.get("legs") or ():
        leg["department"] = other(leg["department"])
    return twin


def _other(department: str) -> str:
    return department.removesuffix("'") if department.endswith("'") else f"{department}'"


@given(short)
def test_hurrying_at_its_pace_keeps_a_promise_and_hurrying_less_does_not(document: Document) -> None:
    reference = Reference(document)
    paces = build_timeline(from_document(document)).paces

    for node, name in enumerate(reference.nodes):
        due, pace = reference.due[name], Fraction(paces.pace[node])
        if due is None:
            assert pace == 1
            continue
        lines = reference.duration_lines(name, with_waits=True)
        at_best = max(seconds for _, seconds in lines)
        promised = max(0, due - reference.opened[name])
        assert paces.impossible[node] == (at_best > promised)
        allowed = promised + at_best if paces.impossible[node] else promised
        assert max(slope * pace + seconds for slope, seconds in lines) <= allowed + 2 * NEARLY
        if pace < 1:
            hardly_less = pace + Fraction(1, 1000)
            assert max(slope * hardly_less + seconds for slope, seconds in lines) > allowed


@given(documents)
def test_who_did_nothing_and_was_not_waited_for_has_no_share(document: Document) -> None:
    graph = from_document(document)
    busy = {graph.commitment.owner}
    for node, ticket in enumerate(graph.tickets, start=1):
        if graph.opened[node] < graph.ended[node]:
            busy |= {leg.department for leg in graph.legs[node]}
            busy |= {ticket.requester if wait.on == "requester" else wait.on for wait in graph.waits[node]}

    assert {share["party"] for share in answer(document)["attribution"]} <= busy
