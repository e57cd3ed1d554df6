"""What each verb does to a ticket, from which state, and what it leaves."""

from datetime import UTC, datetime, timedelta

import pytest

from app.tickets.life.lifecycle import (
    RULES,
    Action,
    Arrival,
    Leg,
    Life,
    Party,
    Priority,
    Refusal,
    Refused,
    Status,
    Verb,
    Wait,
    apply,
    open_ticket,
    possible_verbs,
    replay,
)

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def minute(count: int) -> datetime:
    return MONDAY + timedelta(minutes=count)


def done(verb: Verb, at: int, **needs: object) -> Action[str]:
    return Action(verb, minute(at), **needs)  # type: ignore[arg-type]


def lived(*actions: Action[str]) -> Life[str]:
    return replay(open_ticket("FIN", MONDAY), actions)


def transferred(at: int = 1, to: str = "IT") -> Action[str]:
    return done(Verb.TRANSFER, at, department_id=to)


REACHED: dict[Status, tuple[Action[str], ...]] = {
    Status.OPEN: (),
    Status.ACKNOWLEDGED: (done(Verb.ACKNOWLEDGE, 1),),
    Status.IN_PROGRESS: (done(Verb.START, 1),),
    Status.WAITING: (done(Verb.WAIT, 1, on=Party.CUSTOMER),),
    Status.RESOLVED: (done(Verb.RESOLVE, 1),),
    Status.CLOSED: (done(Verb.RESOLVE, 1), done(Verb.CLOSE, 1)),
    Status.DECLINED: (done(Verb.DECLINE, 1),),
    Status.CANCELLED: (done(Verb.CANCEL, 1),),
}

THE_TABLE = {
    Verb.ACKNOWLEDGE: ("open", "acknowledged"),
    Verb.START: ("open acknowledged", "in_progress"),
    Verb.WAIT: ("open acknowledged in_progress waiting", "waiting"),
    Verb.RESUME: ("waiting", "in_progress"),
    Verb.ASK: ("open acknowledged in_progress waiting", "acknowledged from open"),
    Verb.RESOLVE: ("open acknowledged in_progress waiting", "resolved"),
    Verb.REOPEN: ("resolved closed", "in_progress"),
    Verb.CLOSE: ("resolved", "closed"),
    Verb.DECLINE: ("open", "declined"),
    Verb.CANCEL: ("open acknowledged in_progress waiting", "cancelled"),
    Verb.TRANSFER: ("open acknowledged in_progress waiting", "open"),
    Verb.ACCEPT: ("", "as it was"),
    Verb.RETURN: ("", "open"),
    Verb.ASSIGN: ("open acknowledged in_progress waiting resolved", "as it was"),
    Verb.PRIORITISE: ("open acknowledged in_progress waiting resolved", "as it was"),
    Verb.COMMENT: (" ".join(Status), "as it was"),
}

NEEDS: dict[Verb, dict[str, object]] = {
    Verb.WAIT: {"on": Party.REQUESTER},
    Verb.TRANSFER: {"department_id": "IT"},
    Verb.PRIORITISE: {"priority": Priority.P1},
    Verb.ASSIGN: {"member_id": "ana"},
}


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("status", list(Status))
def test_a_verb_is_possible_from_the_states_of_the_table_and_from_no_other(verb: Verb, status: Status) -> None:
    life = lived(*REACHED[status])
    assert life.status is status
    from_states, to = THE_TABLE[verb]
    if status not in from_states.split():
        with pytest.raises(Refused) as refused:
            apply(life, done(verb, 2, **NEEDS.get(verb, {})))
        assert refused.value.possible == possible_verbs(life)
        assert verb not in refused.value.possible
        return
    after = apply(life, done(verb, 2, **NEEDS.get(verb, {})))
    stays = {"as it was": status, "acknowledged from open": status if status != "open" else "acknowledged"}
    assert after.status == stays.get(to, to)
    assert after.last_at == minute(2)


def test_the_table_has_a_rule_and_a_description_for_every_verb() -> None:
    assert list(RULES) == list(Verb)
    assert all(rule.description.endswith(".") for rule in RULES.values())


def test_a_new_ticket_is_open_in_the_first_leg_of_its_provider() -> None:
    life = open_ticket("FIN", MONDAY, Priority.P2, "ana")
    assert (life.status, life.priority, life.assignee_id) == (Status.OPEN, Priority.P2, "ana")
    assert (life.opened_at, life.last_at) == (MONDAY, MONDAY)
    assert life.legs == (Leg(1, "FIN", MONDAY),)
    assert (life.waits, life.waiting_on, life.granted) == ((), None, None)
    assert (life.acknowledged_at, life.resolved_at, life.closed_at, life.ended_at) == (None, None, None, None)
    assert (life.hop_count, life.return_count, life.reopen_count, life.question_count) == (0, 0, 0, 0)


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.START, Verb.WAIT, Verb.ASK, Verb.RESOLVE, Verb.DECLINE])
def test_the_first_acknowledging_verb_acknowledges_the_ticket_and_its_leg(verb: Verb) -> None:
    life = lived(done(verb, 3, **NEEDS.get(verb, {})))
    assert (life.acknowledged_at, life.leg.acknowledged_at) == (minute(3), minute(3))
    assert life.leg.accepted_at is None


@pytest.mark.parametrize("verb", [Verb.ASSIGN, Verb.PRIORITISE, Verb.COMMENT, Verb.CANCEL])
def test_assigning_prioritising_commenting_and_cancelling_acknowledge_nothing(verb: Verb) -> None:
    life = lived(done(verb, 3, **NEEDS.get(verb, {})))
    assert (life.acknowledged_at, life.leg.acknowledged_at) == (None, None)


def test_the_ticket_keeps_its_first_acknowledgement_and_each_leg_its_own() -> None:
    life = lived(done(Verb.START, 1), transferred(2), done(Verb.ACKNOWLEDGE, 5), done(Verb.START, 6))
    assert life.acknowledged_at == minute(1)
    assert [leg.acknowledged_at for leg in life.legs] == [minute(1), minute(5)]


def test_a_transfer_ends_the_leg_and_opens_the_next_unacknowledged_and_unassigned() -> None:
    life = lived(done(Verb.ASSIGN, 0, member_id="ana"), done(Verb.START, 1), transferred(4))
    assert life.status is Status.OPEN
    assert life.legs == (
        Leg(1, "FIN", MONDAY, minute(4), minute(1)),
        Leg(2, "IT", minute(4), None, None, None, Arrival.TRANSFER, "FIN"),
    )
    assert (life.department_id, life.hop_count, life.assignee_id) == ("IT", 1, None)


def test_a_transfer_to_the_department_that_holds_it_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        lived(transferred(1, to="FIN"))
    assert refused.value.refusal is Refusal.SAME_DEPARTMENT
    assert str(refused.value) == "`transfer` is not possible: the ticket is with that department already."


def test_accepting_a_transfer_is_not_acknowledging_it() -> None:
    life = lived(transferred(1), done(Verb.ACCEPT, 2))
    assert life.status is Status.OPEN
    assert (life.leg.accepted_at, life.leg.acknowledged_at) == (minute(2), None)


def test_an_acknowledging_verb_accepts_what_was_not_accepted() -> None:
    assert lived(transferred(1), done(Verb.ASK, 2)).leg.accepted_at == minute(2)
    assert lived(transferred(1), done(Verb.ACCEPT, 2), done(Verb.START, 3)).leg.accepted_at == minute(2)


def test_a_return_hands_it_back_to_the_sender_in_a_new_leg_and_is_counted() -> None:
    life = lived(transferred(1), done(Verb.RETURN, 2))
    assert life.leg == Leg(3, "FIN", minute(2), None, None, None, Arrival.RETURN, "IT")
    assert (life.status, life.hop_count, life.return_count) == (Status.OPEN, 2, 1)


@pytest.mark.parametrize("verb", [Verb.ACCEPT, Verb.RETURN])
def test_what_did_not_come_by_transfer_can_be_neither_accepted_nor_returned(verb: Verb) -> None:
    for life in (lived(), lived(done(Verb.START, 1)), lived(transferred(1), done(Verb.RETURN, 2))):
        with pytest.raises(Refused) as refused:
            apply(life, done(verb, 3))
        assert refused.value.refusal is Refusal.NOT_TRANSFERRED
        assert "not possible: the ticket did not come to its department by a transfer" in refused.value.reason


@pytest.mark.parametrize("verb", [Verb.ACCEPT, Verb.RETURN])
@pytest.mark.parametrize("taking", [Verb.ACCEPT, Verb.ACKNOWLEDGE, Verb.START, Verb.WAIT, Verb.ASK])
def test_what_was_accepted_or_acknowledged_can_be_neither_accepted_nor_returned(verb: Verb, taking: Verb) -> None:
    life = lived(transferred(1), done(taking, 2, **NEEDS.get(taking, {})))
    with pytest.raises(Refused) as refused:
        apply(life, done(verb, 3))
    assert refused.value.refusal is Refusal.ACCEPTED
    assert refused.value.reason == f"`{verb}` is not possible: the hand-off was accepted already."


def test_a_wait_lasts_until_it_is_resumed() -> None:
    life = lived(done(Verb.WAIT, 1, on=Party.DEPENDENCY))
    assert (life.waiting_on, life.waits) == (Party.DEPENDENCY, (Wait(Party.DEPENDENCY, 1, minute(1)),))
    life = apply(life, done(Verb.RESUME, 5))
    assert (life.waiting_on, life.waits) == (None, (Wait(Party.DEPENDENCY, 1, minute(1), minute(5)),))


@pytest.mark.parametrize("party", [Party.CUSTOMER, Party.REQUESTER])
def test_a_wait_while_waiting_ends_one_and_begins_the_next_even_on_the_same_party(party: Party) -> None:
    life = lived(done(Verb.WAIT, 1, on=Party.CUSTOMER), done(Verb.WAIT, 4, on=party))
    assert life.waits == (Wait(Party.CUSTOMER, 1, minute(1), minute(4)), Wait(party, 1, minute(4)))
    assert life.waiting_on is party


@pytest.mark.parametrize("verb", [Verb.RESUME, Verb.RESOLVE, Verb.TRANSFER, Verb.CANCEL])
def test_whatever_leaves_waiting_ends_the_wait(verb: Verb) -> None:
    life = lived(done(Verb.WAIT, 1, on=Party.CUSTOMER), done(verb, 7, **NEEDS.get(verb, {})))
    assert (life.waiting_on, life.waits) == (None, (Wait(Party.CUSTOMER, 1, minute(1), minute(7)),))


@pytest.mark.parametrize("verb", [Verb.ASK, Verb.ASSIGN, Verb.PRIORITISE, Verb.COMMENT])
def test_what_leaves_the_state_as_it_was_leaves_the_wait(verb: Verb) -> None:
    life = lived(done(Verb.WAIT, 1, on=Party.CUSTOMER), done(verb, 7, **NEEDS.get(verb, {})))
    assert (life.waiting_on, life.waits) == (Party.CUSTOMER, (Wait(Party.CUSTOMER, 1, minute(1)),))


def test_a_wait_belongs_to_the_leg_that_waits() -> None:
    life = lived(transferred(1), done(Verb.WAIT, 2, on=Party.REQUESTER))
    assert life.waits == (Wait(Party.REQUESTER, 2, minute(2)),)


def test_questions_back_to_the_requester_are_counted() -> None:
    assert lived(done(Verb.ASK, 1), done(Verb.ASK, 2)).question_count == 2


def test_resolving_and_closing_leave_their_instants_and_the_decision() -> None:
    life = lived(done(Verb.RESOLVE, 4, granted=True), done(Verb.CLOSE, 9))
    assert (life.resolved_at, life.closed_at, life.granted) == (minute(4), minute(9), True)


def test_a_reopening_withdraws_resolution_and_closing_and_is_counted() -> None:
    life = lived(done(Verb.RESOLVE, 4, granted=False), done(Verb.CLOSE, 9), done(Verb.REOPEN, 11))
    assert (life.status, life.resolved_at, life.closed_at, life.granted) == (Status.IN_PROGRESS, None, None, None)
    assert (life.reopen_count, len(life.legs)) == (1, 1)


@pytest.mark.parametrize("verb", [Verb.DECLINE, Verb.CANCEL])
def test_declining_and_cancelling_are_final(verb: Verb) -> None:
    life = lived(done(verb, 6))
    assert life.ended_at == minute(6)
    assert possible_verbs(life) == (Verb.COMMENT,)


def test_a_refusal_names_the_state_and_what_is_possible_instead() -> None:
    with pytest.raises(Refused) as refused:
        lived(done(Verb.RESOLVE, 1), done(Verb.START, 2))
    assert refused.value.refusal is Refusal.STATE
    assert str(refused.value) == "`start` is not possible while the ticket is resolved."
    assert refused.value.possible == (Verb.REOPEN, Verb.CLOSE, Verb.ASSIGN, Verb.PRIORITISE, Verb.COMMENT)


def test_time_may_stand_still_within_a_ticket_but_not_run_backwards() -> None:
    life = lived(done(Verb.ACKNOWLEDGE, 5), done(Verb.START, 5))
    with pytest.raises(Refused) as refused:
        apply(life, done(Verb.RESOLVE, 4))
    assert refused.value.refusal is Refusal.BACKWARDS
    assert "2026-03-02T09:05:00Z" in refused.value.reason


def test_assigning_nobody_puts_it_back_in_the_queue() -> None:
    assert lived(done(Verb.ASSIGN, 1, member_id="ana")).assignee_id == "ana"
    assert lived(done(Verb.ASSIGN, 1, member_id="ana"), done(Verb.ASSIGN, 2)).assignee_id is None


@pytest.mark.parametrize("verb", [Verb.WAIT, Verb.TRANSFER, Verb.PRIORITISE])
def test_an_action_without_what_its_verb_needs_is_an_error(verb: Verb) -> None:
    with pytest.raises(ValueError, match=f"`{verb}` needs"):
        lived(done(verb, 1))


def test_the_current_leg_and_the_lasting_wait_are_enough_to_go_on_from() -> None:
    whole = lived(transferred(1), done(Verb.WAIT, 2, on=Party.CUSTOMER), done(Verb.WAIT, 3, on=Party.REQUESTER))
    stored = Life(
        whole.status,
        whole.waiting_on,
        whole.priority,
        whole.assignee_id,
        whole.opened_at,
        whole.acknowledged_at,
        whole.resolved_at,
        whole.closed_at,
        whole.ended_at,
        whole.granted,
        whole.return_count,
        whole.reopen_count,
        whole.question_count,
        whole.asked_at,
        whole.last_at,
        whole.legs[-1:],
        whole.waits[-1:],
    )
    onward = [transferred(4, to="FIN"), done(Verb.RETURN, 5)]
    assert replay(stored, onward).legs == replay(whole, onward).legs[1:]
    assert replay(stored, onward).waits == replay(whole, onward).waits[1:]
    assert replay(stored, onward).hop_count == replay(whole, onward).hop_count == 3


def test_an_answer_is_owed_from_the_first_question_until_the_requester_says_something() -> None:
    asked = lived(done(Verb.ASK, 1), done(Verb.ASK, 2), done(Verb.COMMENT, 3, by_provider=True))
    assert asked.asked_at == done(Verb.ASK, 1).at
    assert replay(asked, [done(Verb.COMMENT, 4)]).asked_at is None
    assert replay(asked, [done(Verb.COMMENT, 4), done(Verb.ASK, 5)]).asked_at == done(Verb.ASK, 5).at


@pytest.mark.parametrize("verb", [Verb.RESOLVE, Verb.CANCEL, Verb.TRANSFER])
def test_no_answer_is_owed_of_what_has_ended_or_went_to_somebody_else(verb: Verb) -> None:
    ended = transferred(2) if verb is Verb.TRANSFER else done(verb, 2)
    assert lived(done(Verb.ASK, 1), ended).asked_at is None


def test_who_goes_on_needs_no_answer_any_more() -> None:
    waited = lived(done(Verb.ASK, 1), done(Verb.WAIT, 2, on=Party.REQUESTER))
    assert waited.asked_at is not None
    assert replay(waited, [done(Verb.RESUME, 3)]).asked_at is None


def test_a_ticket_is_pending_since_it_came_was_accepted_or_began_to_wait() -> None:
    assert lived().pending_since == lived().opened_at
    sent = lived(done(Verb.START, 1), transferred(2))
    assert (sent.is_handed_over, sent.pending_since) == (True, transferred(2).at)
    accepted = replay(sent, [done(Verb.ACCEPT, 3)])
    assert (accepted.is_handed_over, accepted.pending_since) == (False, done(Verb.ACCEPT, 3).at)
    returned = replay(sent, [done(Verb.RETURN, 4)])
    assert (returned.is_handed_over, returned.pending_since) == (False, done(Verb.RETURN, 4).at)
    assert replay(accepted, [done(Verb.START, 5)]).pending_since is None
    waits = replay(accepted, [done(Verb.WAIT, 6, on=Party.CUSTOMER), done(Verb.COMMENT, 7, by_provider=True)])
    assert waits.pending_since == done(Verb.WAIT, 6, on=Party.CUSTOMER).at
