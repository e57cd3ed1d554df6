"""When an open commitment will be delivered, judged by what past ones did."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from app.kernel.schemas import LATEST
from app.ripple.engine.graph import Commitment
from app.ripple.engine.instants import instant
from app.ripple.forecasting import kept_curves
from app.ripple.forecasting.experience import Experience, Record, learn
from app.ripple.forecasting.forecast import forecast
from app.ripple.forecasting.survival import kaplan_meier
from tests.ripple.open_commitments import HOUR, random_records, record, ticket


def past(count: int = 60) -> list:
    """Commitments without tickets that were each delivered after 1, 2, 3 … hours."""
    return [record(f"P{number}", delivered=number + 1) for number in range(count)]


def answered(count: int = 60, *, ticket_hours: int, lag_hours: int, provider: str = "FIN") -> list:
    """Commitments that asked for one thing at once, and were delivered a while after they had it."""
    return [
        record(
            f"A{provider}{number}",
            ticket(f"{provider}{number}", 0, ticket_hours, provider=provider),
            delivered=ticket_hours + lag_hours,
        )
        for number in range(count)
    ]


def test_nothing_asked_yet_it_lasts_as_past_ones_did_that_had_come_as_far():
    made = forecast(record("X", due=100), 20 * HOUR, learn(past(), 1000 * HOUR))

    assert min(made.deliveries) >= 21 * HOUR
    assert made.quantile(0.5) == pytest.approx(40 * HOUR, abs=2 * HOUR)
    assert made.quantile(0.95) == pytest.approx(58 * HOUR, abs=2 * HOUR)


def test_its_probability_of_being_late_is_the_share_of_past_ones_that_took_longer_than_it_has():
    experience = learn([record(f"P{n}", due=100, delivered=n * 2 + 1) for n in range(100)], 1000 * HOUR)

    made = forecast(record("X", due=100), 60 * HOUR, experience)

    assert made.probability_late == pytest.approx(50 / 70, abs=0.05)


def test_one_that_waits_for_a_ticket_is_delivered_a_lag_after_it():
    experience = learn(answered(ticket_hours=10, lag_hours=5), 1000 * HOUR)

    made = forecast(record("X", ticket("T", 0)), 4 * HOUR, experience)

    assert {made.quantile(share) for share in (0.05, 0.5, 0.95)} == {15 * HOUR}


def test_the_last_of_several_tickets_decides():
    experience = learn(
        [*answered(ticket_hours=10, lag_hours=5), *answered(ticket_hours=40, lag_hours=5, provider="IT")], 10**7
    )

    made = forecast(record("X", ticket("T", 0), ticket("U", 0, provider="IT")), 4 * HOUR, experience)

    assert (made.last_ticket, made.last_share) == ("U", 1.0)
    assert made.quantile(0.5) >= 45 * HOUR


def test_a_blocked_ticket_ends_after_what_blocks_it():
    experience = learn(answered(ticket_hours=10, lag_hours=5), 1000 * HOUR)

    chain = record("X", ticket("T", 0), ticket("U", 0, provider="IT", blocks=("T",)))
    made = forecast(chain, 4 * HOUR, experience)

    assert min(made.deliveries) >= 10 * HOUR


def test_past_ones_delivered_without_all_they_asked_for_are_not_waited_for_in_vain():
    unheld = [record(f"P{n}", ticket(f"P{n}-T", 0), delivered=30 + n % 5) for n in range(60)]

    made = forecast(record("X", ticket("T", 0)), 10 * HOUR, learn(unheld, 10_000 * HOUR))

    assert 30 * HOUR <= made.quantile(0.1) <= made.quantile(0.9) <= 34 * HOUR


def test_a_kind_of_fewer_than_thirty_cases_gives_way_to_a_coarser_one():
    rare = [record(f"R{n}", ticket(f"R{n}-T", 0, 90, provider="IT"), delivered=95) for n in range(10)]
    experience = learn([*answered(ticket_hours=10, lag_hours=5), *rare], 1000 * HOUR)

    made = forecast(record("X", ticket("T", 0, provider="IT")), 4 * HOUR, experience)

    assert made.quantile(0.5) == 15 * HOUR


def test_one_past_its_due_time_is_late():
    made = forecast(record("X", due=10), 20 * HOUR, learn(past(), 1000 * HOUR))

    assert made.probability_late == 1.0


def test_nothing_known_of_the_past_it_is_still_answered():
    made = forecast(record("X", ticket("T", 0), due=50), 20 * HOUR, Experience())

    assert made.quantile(0.5) > 20 * HOUR


def test_nothing_known_of_the_past_a_promise_is_taken_at_its_word():
    made = forecast(record("X", due=50), 20 * HOUR, Experience())

    assert made.probability_late == 0.0
    assert made.quantile(0.5) == pytest.approx(35 * HOUR, abs=2 * HOUR)


@pytest.mark.parametrize(("due", "late"), [(40, 0.0), (80, 0.5), (170, 0.8)])
def test_nothing_known_of_the_past_it_is_late_as_the_ticket_beneath_it_was_promised_later(due, late):
    made = forecast(record("X", replace(ticket("T", 0), due_at=due * HOUR), due=50), 20 * HOUR, Experience())

    assert made.probability_late == pytest.approx(late, abs=0.08)


def test_one_that_would_take_ten_thousands_of_years_is_delivered_when_instants_end():
    overslept = Record("A", Commitment("SALES", 0, 60, 720 * HOUR), (ticket("A1", 0, 24),), {})
    experience = learn([overslept], 721 * HOUR)

    made = forecast(record("X", ticket("X1", 700), promised=700, due=9460), 720 * HOUR, experience)

    assert instant(made.quantile(0.95)) == LATEST - timedelta(seconds=1)
    assert made.probability_late == 1.0


def test_it_is_the_same_again():
    records = random_records(random.Random(3), 120)
    experience = learn(records, 10**9)
    open_one = record("X", ticket("T", 2), ticket("U", 3, blocks=("T",)), ticket("V", 1, 4))

    assert forecast(open_one, 6 * HOUR, experience) == forecast(open_one, 6 * HOUR, learn(records, 10**9))


@pytest.mark.parametrize(("still_open", "draws"), [(1, 1000), (250, 1000), (500, 500), (5000, 100)])
def test_the_more_tickets_are_open_the_less_often_it_is_drawn(still_open, draws):
    many = record("X", *(ticket(f"T{number}", 0) for number in range(still_open)))

    assert len(forecast(many, 4 * HOUR, learn(past(), 1000 * HOUR)).deliveries) == draws


@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_graph_it_is_delivered_after_now(seed):
    chance = random.Random(seed)
    records = random_records(chance, 60)
    at = 200 * HOUR
    known = [seen for each in records if (seen := each.as_of(at))]
    experience = learn(known, at)

    for one in known:
        if one.is_open:
            made = forecast(one, at, experience, draws=50)
            assert made.deliveries[0] >= at
            assert list(made.deliveries) == sorted(made.deliveries)
            assert 0 <= made.probability_late <= 1


def test_among_many_open_tickets_those_of_about_the_same_age_are_estimated_at_once(monkeypatch):
    past_ones = [record(f"P{hours}", ticket(f"P{hours}-T", 0, hours), delivered=hours + 1) for hours in range(1, 800)]
    many = record("X", *(ticket(f"T{hour}", hour) for hour in range(400)))
    estimated = []
    monkeypatch.setattr(kept_curves, "kaplan_meier", lambda lasted: estimated.append(lasted) or kaplan_meier(lasted))

    made = forecast(many, 400 * HOUR, learn(past_ones, 10_000 * HOUR))

    assert len(estimated) < 100
    assert min(made.deliveries) > 400 * HOUR
    monkeypatch.setattr("app.ripple.forecasting.forecast._CROWD", 400)
    one_by_one = forecast(many, 400 * HOUR, learn(past_ones, 10_000 * HOUR))
    assert len(estimated) > 400
    assert made.quantile(0.5) == pytest.approx(one_by_one.quantile(0.5), rel=0.03)
