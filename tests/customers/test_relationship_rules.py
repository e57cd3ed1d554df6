"""Who is perceived as a customer's owner, and what a hand-over leaves."""

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app.customers import relationship_rules as rules
from app.customers.relationship_rules import HandedOver, Party, Serving, Taken

START = datetime(2026, 3, 1, tzinfo=UTC)
_numbers = count(1)
ACME = UUID(int=0)


def day(number: int | None) -> datetime | None:
    return None if number is None else START + timedelta(days=number)


def on(number: int) -> datetime:
    return START + timedelta(days=number)


def party(name: str) -> Party:
    return Party(UUID(bytes=name.encode().ljust(16)), None)


def serving(
    who: str,
    since: int,
    until: int | None = None,
    *,
    perceived: tuple[int, int | None] | None = None,
    role: str = "account owner",
) -> Serving:
    seen = perceived or (None, None)
    return Serving(
        UUID(int=next(_numbers)), 1, ACME, party(who).member_id, None, role, on(since), day(until), day(seen[0]),
        day(seen[1]), None, None, START, START,
    )  # fmt: skip


def days(columns: Any, *names: str) -> list[int | None]:
    return [None if columns[name] is None else (columns[name] - START).days for name in names]


def of_claim(each: Serving, since: int, now: int, *others: Serving) -> tuple[int, int | None, dict[UUID, int]]:
    claim = rules.claim(each, on(since), on(now), [each, *others])
    ends = {id_: (end - START).days for id_, end in claim.ends.items()}
    return (claim.since - START).days, None if claim.until is None else (claim.until - START).days, ends


def passed(decided: HandedOver) -> tuple[list[int | None], list[int | None]]:
    names = ("perceived_owner_since", "perceived_owner_until")
    unset = dict.fromkeys(names)
    return days(decided.ends, "until"), days({**unset, **decided.successor}, *names)


@pytest.mark.parametrize(
    ("since", "until", "now", "state"),
    [
        (0, None, 0, "current"),
        (0, 5, 4, "current"),
        (0, 5, 5, "ended"),
        (3, None, 2, "upcoming"),
        (3, 5, 2, "upcoming"),
        (3, 3, 2, "ended"),
    ],
)
def test_a_relationship_is_in_force_from_since_up_to_but_without_until(
    since: int, until: int | None, now: int, state: str
) -> None:
    assert rules.state_at(serving("ada", since, until), on(now)) == state


@pytest.mark.parametrize(
    ("each", "now", "is_it"),
    [
        (serving("ada", 0), 5, False),
        (serving("ada", 0, perceived=(0, None)), 5, True),
        (serving("ada", 0, perceived=(0, 5)), 4, True),
        (serving("ada", 0, perceived=(0, 5)), 5, False),
        (serving("ada", 0, perceived=(6, None)), 5, False),
        (serving("ada", 0, 3, perceived=(0, None)), 5, True),
        (serving("ada", 0, 3, perceived=(0, 2)), 5, False),
        (serving("ada", 8, perceived=(8, None)), 5, True),
        (serving("ada", 8, perceived=(9, None)), 5, False),
    ],
)
def test_who_is_perceived_is_so_now_or_was_so_in_the_end_or_will_be_at_first(
    each: Serving, now: int, is_it: bool
) -> None:
    assert rules.is_perceived_owner(each, on(now)) is is_it


def test_two_relationships_clash_that_say_the_same_for_some_of_the_time() -> None:
    present = serving("ada", 0, 5)
    assert rules.clash(serving("ada", 4, role="Account Owner"), [present]) is present
    assert rules.clash(serving("ada", 5), [present]) is None
    assert rules.clash(serving("ben", 4), [present]) is None
    assert rules.clash(serving("ada", 4, role="support"), [present]) is None
    assert rules.clash(present, [present]) is None


def test_whoever_becomes_perceived_takes_over_from_then_on() -> None:
    former = serving("ada", 0, perceived=(0, None))
    assert of_claim(serving("ben", 5), 5, 5, former) == (5, None, {former.id: 5})
    assert of_claim(serving("ben", 3), 3, 5, former) == (3, None, {former.id: 3})
    assert of_claim(serving("ben", 8), 8, 5, former) == (8, None, {former.id: 8})


def test_who_was_perceived_since_then_was_and_it_passes_now() -> None:
    earlier, former = serving("ada", 0, perceived=(0, 3)), serving("eve", 3, perceived=(3, None))
    assert of_claim(serving("ben", 1), 1, 5, earlier, former) == (5, None, {former.id: 5})
    assert of_claim(serving("ben", 3), 3, 5, earlier, former) == (5, None, {former.id: 5})


def test_who_is_going_to_be_perceived_later_will_be() -> None:
    planned = serving("eve", 9, perceived=(9, None))
    assert of_claim(serving("ben", 5), 5, 5, planned) == (5, 9, {})
    assert of_claim(serving("ben", 7), 7, 5, planned) == (7, 9, {})
    assert of_claim(serving("ben", 9), 9, 5, planned) == (9, None, {planned.id: 9})


def test_a_past_in_which_another_was_perceived_is_not_taken_from_them() -> None:
    other = serving("ada", 0, 3, perceived=(0, None))
    with pytest.raises(Taken) as taken:
        of_claim(serving("ben", 2, 4), 2, 9, other)
    assert taken.value.other is other
    assert of_claim(serving("ben", 3, 4), 3, 9, other) == (3, None, {})


def test_a_perception_ends_with_the_relationship_or_before() -> None:
    names = ("until", "perceived_owner_since", "perceived_owner_until")

    def after(each: Serving, at: int) -> list[int | None]:
        columns = rules.ended(each, on(at))
        present = {name: getattr(each, name) for name in names}
        return days({**present, **columns}, *names)

    assert after(serving("ada", 0, perceived=(0, None)), 5) == [5, 0, None]
    assert after(serving("ada", 0, perceived=(0, 3)), 5) == [5, 0, 3]
    assert after(serving("ada", 0, perceived=(0, 8)), 5) == [5, 0, None]
    assert after(serving("ada", 0, perceived=(6, None)), 5) == [5, None, None]


def test_a_successor_serves_in_the_same_role_and_is_perceived_as_the_former_was() -> None:
    former = serving("ada", 0, 20, perceived=(0, None))
    decided = rules.handed_over(former, party("ben"), on(5), [former])
    assert passed(decided) == ([5], [5, None])
    assert days(decided.successor, "since", "until") == [5, 20]
    assert (decided.successor["role"], decided.successor["member_id"]) == ("account owner", party("ben").member_id)


@pytest.mark.parametrize(
    ("perceived", "of_successor"),
    [(None, [None, None]), ((0, 3), [None, None]), ((0, 9), [5, 9]), ((7, None), [7, None]), ((7, 9), [7, 9])],
)
def test_what_is_left_of_a_perception_passes(perceived: Any, of_successor: list[int | None]) -> None:
    former = serving("ada", 0, perceived=perceived)
    assert passed(rules.handed_over(former, party("ben"), on(5), [former])) == ([5], of_successor)


def test_who_serves_in_that_role_already_goes_on_as_long_as_either_would_have() -> None:
    former, there = serving("ada", 0, perceived=(0, None)), serving("ben", 2, 8)
    decided = rules.handed_over(former, party("ben"), on(5), [former, there])
    assert decided.successor_id == there.id
    assert passed(decided) == ([5], [5, None])
    assert days(decided.successor, "since", "until") == [2, None]
    planned = serving("ben", 7, 8)
    decided = rules.handed_over(former, party("ben"), on(5), [former, planned])
    assert (decided.successor_id, days(decided.successor, "since", "until")) == (planned.id, [5, None])
    over = serving("ben", 2, 4)
    assert rules.handed_over(former, party("ben"), on(5), [former, over]).successor_id is None


@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [
        (1, None, [1, 9]),
        (-5, None, [0, 9]),
        (6, None, [6, 9]),
        (2, 5, [2, None]),
        (2, 20, [2, 9]),
        (12, None, [None, None]),
    ],
)
def test_corrected_dates_take_a_perception_from_nobody(since: int, until: int | None, kept: list[int | None]) -> None:
    before = serving("ada", 2, perceived=(2, None))
    earlier, later = serving("eve", -9, perceived=(-9, 0)), serving("ben", 9, perceived=(9, None))
    after = Serving(**{name: getattr(before, name) for name in Serving.__dataclass_fields__} | {
        "since": on(since), "until": day(until)
    })  # fmt: skip
    columns = rules.kept(before, after, [before, earlier, later])
    assert days(columns, "perceived_owner_since", "perceived_owner_until") == kept


def test_whatever_is_claimed_one_at_a_time_is_perceived() -> None:
    rng = Random(7)
    for _ in range(300):
        known: list[Serving] = []
        for _ in range(6):
            now, since = rng.randint(0, 30), rng.randint(0, 40)
            until = rng.choice([None, since + rng.randint(1, 20)])
            each = serving(f"m{len(known)}", since, until)
            at = since if since > now or (until is not None and until <= now) else rng.choice([since, now])
            try:
                claim = rules.claim(each, on(at), on(now), known)
            except Taken:
                continue
            known = [_changed(other, claim.ends) for other in known]
            known.append(_with(each, perceived_owner_since=claim.since, perceived_owner_until=claim.until))
        for number in range(70):
            assert sum(_is_perceived(each, on(number)) for each in known) <= 1


def _changed(other: Serving, ends: Any) -> Serving:
    return _with(other, **rules.perceived_no_longer(other, ends[other.id])) if other.id in ends else other


def _with(each: Serving, **columns: Any) -> Serving:
    return Serving(**{name: getattr(each, name) for name in Serving.__dataclass_fields__} | columns)


def _is_perceived(each: Serving, at: datetime) -> bool:
    since, until = each.perceived_owner_since, each.perceived_until
    return since is not None and max(since, each.since) <= at and (until is None or at < until)
