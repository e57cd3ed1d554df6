"""The demo company before it is stored: the same every time, possible, and of the promised size and shape."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest

from app.demo.company import company
from app.demo.records import Company, Ticket
from app.tickets.life.lifecycle import Party, Status, Verb, replay

DAYS = [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC), datetime(2027, 1, 3, tzinfo=UTC)]
UNRESOLVED = {Status.OPEN, Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.WAITING}


@cache
def company_of(as_of: datetime) -> Company:
    return company(as_of)


@pytest.fixture(params=DAYS, ids=lambda day: f"{day:%Y-%m-%d}")
def told(request: pytest.FixtureRequest) -> Company:
    """The company as of a Monday in spring, a Tuesday in autumn, and a Sunday after the holidays."""
    return company_of(request.param)


def depths(tickets: tuple[Ticket, ...]) -> dict[str, int]:
    """How deep beneath its commitment each ticket is."""
    found: dict[str, int] = {}
    for ticket in tickets:
        if ticket.commitment is not None:
            found[ticket.ref] = 1 + max((found[blocked] for blocked in ticket.blocks), default=0)
    return found


def test_the_same_seed_and_day_give_the_same_company():
    assert company(DAYS[1]) == company_of(DAYS[1])


def test_another_seed_gives_another_company():
    assert company(DAYS[1], seed=1).tickets != company_of(DAYS[1]).tickets


def test_it_has_the_size_that_was_promised(told: Company):
    assert len(told.departments) == 10
    assert len({member.email for member in told.members}) == 80
    assert len({customer.ref for customer in told.customers}) == 150
    assert len({commitment.ref for commitment in told.commitments}) == 600
    assert len({ticket.ref for ticket in told.tickets}) == len(told.tickets)
    assert 3_800 <= len(told.tickets) <= 4_200


def test_every_department_offers_requests_of_every_kind(told: Company):
    kinds = {"task", "approval", "information", "advice", "access", "incident"}
    for department in told.departments:
        offered = [each for each in told.request_types if each.provider == department.key]
        assert {each.kind for each in offered} == kinds
        assert len({each.key for each in offered}) == len(offered)


def test_a_fifth_of_the_customers_brings_most_of_the_value(told: Company):
    values = sorted((customer.annual_value for customer in told.customers), reverse=True)
    assert sum(values[:30]) > sum(values) * 7 / 10
    assert {customer.tier for customer in told.customers} == {"gold", "silver", "bronze"}


def test_every_life_is_possible_and_comes_to_what_is_told(told: Company):
    for ticket in told.tickets:
        assert replay(ticket.opening, (deed.action for deed in ticket.deeds)) == ticket.life


def test_nothing_happened_later_than_now_nor_before_the_last_120_days(told: Company):
    for ticket in told.tickets:
        assert told.as_of - timedelta(days=120) <= ticket.life.opened_at <= ticket.life.last_at <= told.as_of
        assert ticket.feedback is None or ticket.life.resolved_at <= ticket.feedback.at <= told.as_of
    for commitment in told.commitments:
        ends = [at for at in (commitment.delivered_at, commitment.cancelled_at) if at is not None]
        assert len(ends) <= 1
        assert all(commitment.promised_at <= at <= told.as_of for at in ends)
        assert commitment.promised_at < commitment.due_at


def test_tickets_come_in_the_order_of_their_opening_and_block_what_was_open_then(told: Company):
    by_ref = {ticket.ref: ticket for ticket in told.tickets}
    assert all(one.life.opened_at <= other.life.opened_at for one, other in pairwise(told.tickets))
    for ticket in told.tickets:
        assert len(set(ticket.blocks)) == len(ticket.blocks)
        for blocked in (by_ref[ref] for ref in ticket.blocks):
            end = blocked.life.resolved_at or blocked.life.ended_at
            assert blocked.life.opened_at <= ticket.life.opened_at
            assert end is None or ticket.life.opened_at < end
            assert (blocked.commitment, blocked.customer) == (ticket.commitment, ticket.customer)
        if ticket.blocks:
            raiser = by_ref[ticket.blocks[0]]
            assert ticket.requester in {leg.department_id for leg in raiser.life.legs}


def test_tickets_under_the_commitments_form_chains_and_diamonds_up_to_five_deep(told: Company):
    levels = Counter(depths(told.tickets).values())
    assert set(levels) == {1, 2, 3, 4, 5}
    assert levels[5] >= 20
    assert sum(len(ticket.blocks) > 1 for ticket in told.tickets) >= 100


def test_everything_that_can_happen_to_a_ticket_happens(told: Company):
    verbs = Counter(deed.action.verb for ticket in told.tickets for deed in ticket.deeds)
    assert set(verbs) == set(Verb)
    assert {wait.on for ticket in told.tickets for wait in ticket.life.waits} == set(Party)
    assert {ticket.life.status for ticket in told.tickets} == set(Status)
    assert any(ticket.life.return_count for ticket in told.tickets)
    assert any(ticket.life.granted is False for ticket in told.tickets)
    assert {ticket.life.priority.value for ticket in told.tickets} == {"p1", "p2", "p3", "p4"}
    assert {ticket.feedback.score for ticket in told.tickets if ticket.feedback} == {1, 2, 3, 4, 5}


def test_a_hand_off_carries_its_context(told: Company):
    transfers = [deed for ticket in told.tickets for deed in ticket.deeds if deed.action.verb is Verb.TRANSFER]
    assert all(deed.told["reason"] and deed.told["context"]["customer_expects"] for deed in transfers)


def test_some_promises_are_open_with_tickets_at_work_and_some_were_late_or_given_up(told: Company):
    undecided = {each.ref for each in told.commitments if each.delivered_at is None and each.cancelled_at is None}
    at_work = Counter(ticket.life.status for ticket in told.tickets if ticket.commitment in undecided)
    late = sum(each.delivered_at is not None and each.delivered_at > each.due_at for each in told.commitments)
    assert 20 <= len(undecided) <= 120
    assert at_work[Status.OPEN] >= 2
    assert at_work[Status.WAITING] >= 10
    assert 90 <= late <= 240
    assert any(each.cancelled_at is not None for each in told.commitments)
    assert {moved.customer_agreed for each in told.commitments for moved in each.reschedules} == {True, False}


def test_nothing_is_left_open_beneath_a_promise_that_was_given_up(told: Company):
    given_up = {commitment.ref for commitment in told.commitments if commitment.cancelled_at is not None}
    assert not [t.ref for t in told.tickets if t.commitment in given_up and t.life.status in UNRESOLVED]


def test_members_act_for_a_department_they_belong_to(told: Company):
    belongs_to = {member.email: set(member.departments) for member in told.members}
    belongs_to |= {each.ref: {each.provider} for each in told.delegations}
    for ticket in told.tickets:
        assert ticket.requester in belongs_to[ticket.requester_member]
        involved = {ticket.requester, *(leg.department_id for leg in ticket.life.legs)}
        owner = next((each.owner for each in told.commitments if each.ref == ticket.commitment), ticket.requester)
        for deed in ticket.deeds:
            assert belongs_to[deed.by] & (involved | {owner})


def test_nothing_became_of_customers_that_is_not_known_by_then_or_nobody_could_say(told: Company):
    assert {outcome.kind for outcome in told.outcomes} == {"csat", "nps", "complaint", "churn", "renewal", "expansion"}
    assert len({outcome.ref for outcome in told.outcomes}) == len(told.outcomes)
    members = {member.email for member in told.members}
    delivered = {commitment.ref: commitment.delivered_at for commitment in told.commitments}
    for outcome in told.outcomes:
        assert outcome.occurred_at <= told.as_of
        assert outcome.by in members
        if outcome.commitment is not None:
            at = delivered[outcome.commitment]
            assert at is not None
            assert at <= outcome.occurred_at


def test_who_left_is_promised_nothing_any_more(told: Company):
    left = {outcome.customer for outcome in told.outcomes if outcome.kind == "churn"}
    waiting = {each.customer for each in told.commitments if each.delivered_at is None and each.cancelled_at is None}
    assert left
    assert left & waiting == set()
