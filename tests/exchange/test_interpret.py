"""What a case's events mean for its ticket, sentence by sentence."""

from datetime import timedelta

import pytest

from app.tickets.life.verbs import Party, Priority, Status, Verb
from tests.exchange.logs import a_mapping, a_row, at, told, verbs


def test_events_count_in_the_order_of_their_times() -> None:
    case = told(a_row(9, "resolve"), a_row(0, "start"), a_row(5, "wait customer"))
    assert verbs(case) == ["start", "wait", "resolve"]
    assert (case.opening.opened_at, case.life.resolved_at) == (at(0), at(9))


def test_events_of_one_instant_count_in_the_order_of_the_file() -> None:
    assert told(a_row(0, "resolve"), a_row(0, "start")).life.status is Status.IN_PROGRESS
    assert told(a_row(0, "start"), a_row(0, "resolve")).life.status is Status.RESOLVED


def test_fractions_of_a_second_order_events_and_are_then_cut() -> None:
    late, early = a_row(1, "resolve", at=at(1) + timedelta(milliseconds=900)), a_row(1, "start", at=at(1.005))
    case = told(a_row(0, "look"), late, early)
    assert verbs(case) == ["start", "resolve"]
    assert case.life.resolved_at == at(1)


def test_the_first_event_opens_the_ticket_then_applies_its_own_verb() -> None:
    first = a_row(0, "start", "Desk", customer="Acme", priority="Major", title="Printer", member="Ada")
    case = told(first)
    opening = case.opening
    assert (opening.status, opening.department_id, opening.priority) == (Status.OPEN, "Desk", Priority.P1)
    assert (case.customer, case.title, opening.assignee_id) == ("Acme", "Printer", "Ada")
    assert case.life.status is Status.IN_PROGRESS
    assert case.life.acknowledged_at == at(0)


def test_later_customers_priorities_and_titles_are_ignored() -> None:
    case = told(
        a_row(0, "look", customer="Acme", title="Printer"),
        a_row(1, "start", customer="Other", priority="Major", title="Scanner"),
    )
    assert (case.customer, case.title, case.life.priority) == ("Acme", "Printer", Priority.P3)


def test_what_the_first_event_lacks_has_its_default() -> None:
    case = told("look")
    assert (case.opening.department_id, case.customer, case.title) == ("Unassigned", "Unknown", "C1")
    assert case.opening.assignee_id is None


def test_a_priority_that_is_not_mapped_is_p3() -> None:
    assert told(a_row(0, "look", priority="Odd")).opening.priority is Priority.P3


def test_an_activity_that_is_not_listed_is_none() -> None:
    case = told("unheard of", "start")
    assert verbs(case) == ["start"]


@pytest.mark.parametrize("activity", ["ack", "start", "wait customer"])
@pytest.mark.parametrize("settled", ["resolve", "close"])
def test_acknowledge_start_and_wait_reopen_a_settled_ticket_first(settled: str, activity: str) -> None:
    case = told(settled, activity)
    assert "reopen" in verbs(case)
    assert (case.reopens, case.life.reopen_count) == (1, 1)
    assert case.life.status is (Status.WAITING if activity == "wait customer" else Status.IN_PROGRESS)


def test_an_acknowledgement_that_reopens_is_itself_ignored_since_the_ticket_is_in_progress() -> None:
    assert told("close", "ack").ignored == 1
    assert told("close", a_row(1, "ack", "Back office")).ignored == 0


def test_at_one_event_come_reopen_then_transfer_then_verb() -> None:
    case = told(a_row(0, "close", "Desk"), a_row(1, "start", "Back office"))
    assert verbs(case)[-3:] == ["reopen", "transfer", "start"]
    assert {step.life.last_at for step in case.steps[-3:]} == {at(1)}


def test_an_event_in_another_department_is_a_transfer_that_leaves_the_ticket_open() -> None:
    case = told(a_row(0, "start", "Desk"), a_row(1, "look", "Back office"))
    assert (case.transfers, case.life.status, case.life.department_id) == (1, Status.OPEN, "Back office")
    assert [leg.started_at for leg in case.life.legs] == [at(0), at(1)]


def test_a_transfer_ends_a_wait() -> None:
    case = told(a_row(0, "wait customer", "Desk"), a_row(1, "look", "Back office"))
    assert case.life.waits[0].ended_at == at(1)


def test_going_back_to_the_sender_is_a_transfer_and_never_a_return() -> None:
    case = told(a_row(0, "look", "Desk"), a_row(1, "look", "Back office"), a_row(2, "look", "Desk"))
    assert verbs(case) == ["transfer", "transfer"]
    assert (case.transfers, case.life.return_count) == (2, 0)


@pytest.mark.parametrize("activity", ["look", "resolve", "close", "cancel"])
@pytest.mark.parametrize("settled", ["resolve", "close"])
def test_another_department_is_only_history_on_a_settled_ticket_that_stays_so(settled: str, activity: str) -> None:
    case = told(a_row(0, settled, "Desk"), a_row(1, activity, "Back office"))
    assert case.transfers == 0
    assert case.life.department_id == "Desk"
    assert case.steps[-1].row.department == "Back office"


def test_an_event_without_a_department_keeps_the_tickets() -> None:
    case = told(a_row(0, "look", "Desk"), a_row(1, "start"))
    assert (case.transfers, case.life.department_id) == (0, "Desk")


def test_names_are_other_departments_when_they_differ_in_anything() -> None:
    assert told(a_row(0, "look", "Desk"), a_row(1, "look", "Desk "), a_row(2, "look", "desk")).transfers == 2


@pytest.mark.parametrize("activity", ["start", "ack"])
def test_start_or_acknowledge_while_waiting_resumes(activity: str) -> None:
    case = told("wait customer", activity)
    assert verbs(case) == ["wait", "resume"]
    assert (case.life.status, case.ignored) == (Status.IN_PROGRESS, 0)


def test_wait_while_waiting_changes_the_party_also_to_the_same_one() -> None:
    case = told("wait customer", "wait third_party", "wait third_party")
    assert [wait.on for wait in case.life.waits] == [Party.CUSTOMER, Party.THIRD_PARTY, Party.THIRD_PARTY]
    assert [wait.ended_at for wait in case.life.waits] == [at(1), at(2), None]
    assert case.waits == 3


def test_start_when_in_progress_is_nothing_and_not_ignored() -> None:
    case = told("start", "start")
    assert verbs(case) == ["start", "-"]
    assert case.ignored == 0


def test_close_of_what_is_not_resolved_resolves_and_closes_at_once() -> None:
    case = told("start", "close")
    assert verbs(case) == ["start", "resolve", "close"]
    assert (case.life.resolved_at, case.life.closed_at, case.is_resolved) == (at(1), at(1), True)


@pytest.mark.parametrize(
    ("before", "activity"),
    [("resolve", "resolve"), ("close", "resolve"), ("close", "close"), ("ack", "ack"), ("start", "ack")],
)
def test_what_comes_to_nothing_is_ignored_and_counted(before: str, activity: str) -> None:
    case = told(before, activity)
    assert case.ignored == 1
    assert verbs(case)[-1] == "-"


def test_closing_what_is_resolved_closes_it() -> None:
    assert verbs(told("resolve", "close")) == ["resolve", "close"]


@pytest.mark.parametrize("activity", ["ack", "start", "wait customer", "resolve", "close", "cancel"])
def test_any_verb_after_cancel_is_ignored_and_another_department_then_only_history(activity: str) -> None:
    case = told(a_row(0, "cancel", "Desk"), a_row(1, activity, "Back office", member="Ada"))
    assert verbs(case) == ["cancel", "-"]
    assert (case.ignored, case.transfers, case.reopens, case.waits) == (1, 0, 0, 0)
    assert (case.life.status, case.life.assignee_id, case.is_resolved) == (Status.CANCELLED, None, False)


@pytest.mark.parametrize("settled", ["resolve", "close"])
def test_cancel_after_a_resolve_or_close_is_ignored(settled: str) -> None:
    case = told(settled, "cancel")
    assert (case.ignored, case.is_resolved) == (1, True)


def test_none_is_nothing_but_the_transfer() -> None:
    case = told(a_row(0, "start", "Desk"), a_row(1, "look", "Desk"), a_row(2, "look", "Back office"))
    assert verbs(case) == ["start", "-", "transfer"]
    assert case.ignored == 0


def test_none_after_a_cancel_is_not_counted_as_ignored() -> None:
    assert told("cancel", "look").ignored == 0


def test_a_wait_left_open_stays_open() -> None:
    case = told("wait requester")
    assert (case.life.status, case.life.waiting_on) == (Status.WAITING, Party.REQUESTER)
    assert case.life.waits[0].ended_at is None


def test_the_member_of_an_event_becomes_the_assignee() -> None:
    case = told(a_row(0, "look", member="Ada"), a_row(1, "start", member="Bo"), a_row(2, "look", member="Bo"))
    assert verbs(case) == ["assign", "start", "-"]
    assert case.life.assignee_id == "Bo"


def test_a_transfer_gives_the_ticket_to_the_member_who_then_has_it() -> None:
    case = told(a_row(0, "look", "Desk", member="Ada"), a_row(1, "start", "Back office", member="Bo"))
    assert verbs(case) == ["transfer", "assign", "start"]
    queued = told(a_row(0, "look", "Desk", member="Ada"), a_row(1, "start", "Back office"))
    assert queued.life.assignee_id is None


def test_who_closes_a_resolved_ticket_does_not_take_it_from_who_resolved_it() -> None:
    case = told(a_row(0, "resolve", member="Ada"), a_row(1, "close", member="Clerk"))
    assert case.life.assignee_id == "Ada"


def test_the_requester_may_be_the_provider() -> None:
    mapping = a_mapping()
    case = told(a_row(0, "start", mapping.defaults.requester), mapping=mapping)
    assert case.life.department_id == "Business"


def test_every_event_is_told_once_or_more_and_none_is_lost() -> None:
    rows = [a_row(0, "look"), a_row(1, "look"), a_row(2, "close", "Desk", member="Ada"), a_row(3, "close")]
    case = told(*rows)
    assert [step.row.place for step in case.steps] == [3, 4, 4, 4, 4, 5]
    assert [step.action.verb if step.action else None for step in case.steps] == [
        None,
        Verb.TRANSFER,
        Verb.ASSIGN,
        Verb.RESOLVE,
        Verb.CLOSE,
        None,
    ]
