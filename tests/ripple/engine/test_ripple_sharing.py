"""How lateness is shared: by enumeration, by sampling, and in whole seconds."""

import random
from itertools import compress, permutations, product

import pytest

from app.ripple.engine import critical, sharing
from app.ripple.engine.critical import START, Contest, Way, without_powerless
from app.ripple.engine.sharing import round_half_up, round_together, share


def parallel(*ways: dict[str, float], plan_seconds: float = 0.0, at_paces: float = 0.0) -> Contest:
    """Ways side by side from the promise to the end."""
    junction = tuple(Way(START, at_paces, more) for more in ways)
    return Contest((junction,), Way(0, 0.0, {}), plan_seconds, plan_decides=plan_seconds > at_paces)


def in_series(*stages: tuple[dict[str, float], ...]) -> Contest:
    """Stages one after the other, each of ways side by side."""
    junctions = tuple(tuple(Way(number - 1, 0.0, more) for more in ways) for number, ways in enumerate(stages))
    return Contest(junctions, Way(len(stages) - 1, 0.0, {}), 0.0, plan_decides=False)


def by_every_order(contest: Contest) -> dict[str, float]:
    orders = list(permutations(contest.parties))
    shares = dict.fromkeys(contest.parties, 0.0)
    for order in orders:
        for place, party in enumerate(order):
            gain = contest.lateness(order[: place + 1]) - contest.lateness(order[:place])
            shares[party] += gain / len(orders)
    return shares


def without_errors(contest: Contest) -> dict[str, float]:
    shares = share(contest)
    assert shares.standard_errors is None
    return shares.seconds


def test_what_one_party_adds_alone_is_its_share() -> None:
    assert without_errors(in_series(({"A": 3.0},), ({"B": 4.0},))) == pytest.approx({"A": 3.0, "B": 4.0})


def test_concurrent_delay_is_shared_equally_and_the_rest_is_the_longers() -> None:
    assert without_errors(parallel({"A": 6.0}, {"B": 10.0})) == pytest.approx({"A": 3.0, "B": 7.0})


def test_delay_within_the_slack_is_shared_by_who_used_it_up() -> None:
    one_way = Contest((), Way(START, -4.0, {"A": 4.0, "B": 2.0}), 0.0, plan_decides=True)

    assert without_errors(one_way) == pytest.approx({"A": 1.0, "B": 1.0})


@pytest.mark.parametrize(
    "contest",
    [
        parallel({"A": 5.0, "B": 1.0}, {"B": 4.0, "C": 3.0}, {"D": 6.5}, plan_seconds=2.0),
        in_series(({"A": 5.0}, {"B": 4.0}), ({"C": 2.0}, {"D": 3.0}, {"A": 1.0}), ({"B": 2.0, "C": 2.0}, {"D": 3.0})),
        Contest(
            (
                (Way(START, 0.0, {"A": 3.0}), Way(START, 1.0, {"B": 2.0})),
                (Way(0, 2.0, {"C": 2.0}), Way(0, 1.0, {"A": 4.0})),
                (Way(1, 0.0, {"D": 1.0}), Way(START, 4.0, {"B": 5.0})),
                (Way(2, 0.0, {}), Way(0, 3.0, {"D": 5.0}), Way(1, 2.0, {"E": 2.0})),
            ),
            Way(3, -3.0, {"A": 1.0}),
            plan_seconds=2.5,
            plan_decides=True,
        ),
    ],
    ids=["side by side, above the plan", "in series", "one within the other"],
)
def test_the_share_is_the_mean_over_every_order_of_joining(contest: Contest) -> None:
    assert without_errors(contest) == pytest.approx(by_every_order(contest))


def test_sixteen_parties_are_enumerated_and_seventeen_sampled() -> None:
    contest = parallel(*({f"D{number:02}": 10.0} for number in range(16)))

    assert without_errors(contest) == pytest.approx({f"D{number:02}": 10.0 / 16 for number in range(16)})
    assert share(parallel(*({f"D{number:02}": 10.0} for number in range(17)))).standard_errors is not None


def test_beyond_sixteen_parties_shares_are_sampled_and_still_sum_to_the_lateness() -> None:
    contest = parallel(*({f"D{number:02}": 10.0 + number, "common": 5.0} for number in range(20)))

    shares = share(contest)

    assert sum(shares.seconds.values()) == pytest.approx(contest.lateness(contest.parties))
    assert shares.standard_errors is not None
    assert shares.seconds["common"] == pytest.approx(5.0, abs=4 * shares.standard_errors["common"])
    assert min(shares.standard_errors[f"D{number:02}"] for number in range(20)) > 0


def test_sampled_shares_lie_within_their_errors_of_the_exact_ones() -> None:
    # Of n parties side by side, each longer than the one before, the last step is the longest's alone,
    # the one before is shared by two, and so on.
    steps = 24
    contest = parallel(*({f"D{number:02}": float(number + 1)} for number in range(steps)))
    exact = [sum(1 / (steps - step) for step in range(number + 1)) for number in range(steps)]

    shares = share(contest)

    assert shares.standard_errors is not None
    for number, expected in enumerate(exact):
        party = f"D{number:02}"
        assert shares.seconds[party] == pytest.approx(expected, abs=4 * shares.standard_errors[party])


def test_stages_within_a_stage_are_sampled_alike() -> None:
    def contest(extra: int) -> Contest:
        inner = ((Way(START, 0.0, {"A": 3.0}), Way(START, 1.0, {"B": 4.0})),)
        outer = ((Way(0, 0.0, {"C": 2.0}), Way(START, 4.0, {"D": 1.0})),)
        line = tuple((Way(number + 1, 0.0, {f"X{number}": 1.0}), Way(number + 1, 0.5, {})) for number in range(extra))
        return Contest((*inner, *outer, *line), Way(extra + 1, 0.0, {}), 4 + extra / 2, plan_decides=False)

    exact, sampled = share(contest(10)), share(contest(20))

    assert exact.standard_errors is None
    assert sampled.standard_errors is not None
    for party in "ABCD":
        assert sampled.seconds[party] == pytest.approx(exact.seconds[party], abs=4 * sampled.standard_errors[party])


def test_sampling_gives_the_same_shares_again() -> None:
    contest = parallel(*({f"D{number}": float(number + 1)} for number in range(20)))

    assert share(contest) == share(contest)


def test_of_what_would_take_minutes_fewer_orders_are_sampled_and_the_errors_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contest = parallel(*({f"D{number:02}": 10.0 + number} for number in range(20)))
    thorough = share(contest)
    monkeypatch.setattr(sharing, "MOST_STEPS", 0)

    hasty = share(contest)

    assert sum(hasty.seconds.values()) == pytest.approx(contest.lateness(contest.parties))
    assert hasty.standard_errors is not None
    assert thorough.standard_errors is not None
    assert sum(hasty.standard_errors.values()) > 3 * sum(thorough.standard_errors.values())


def test_parties_that_change_nothing_are_dropped_before_counting_to_sixteen() -> None:
    # Without B the way of an A comes to at most 1, the longest to 2; with B to 6 and 8.
    longest = Way(START, 2.0, {"B": 6.0})
    powerless = (Way(START, 0.0, {f"A{number:02}": 1.0, "B": 5.0}) for number in range(18))
    contest = Contest(((*powerless, longest),), Way(0, 0.0, {}), plan_seconds=2.0, plan_decides=False)

    assert without_errors(contest) == pytest.approx({"B": 6.0})


def test_what_a_party_never_makes_longer_does_not_count_however_many_there_are_beside_it() -> None:
    # Whoever joins the shorter way makes the longer one at least as much longer, but for Z, who never makes up for it.
    longer = Way(START, 5.0, {f"A{number:02}": 10.0 for number in range(16)})
    shorter = Way(START, 0.0, {**{f"A{number:02}": 9.0 for number in range(8)}, "Z": 5.0})
    contest = Contest(((longer, shorter),), Way(0, -5.0, {}), plan_seconds=0.0, plan_decides=False)

    assert without_errors(contest) == pytest.approx({f"A{number:02}": 10.0 for number in range(16)})


@pytest.mark.parametrize("seed", range(100))
def test_just_those_that_some_coalition_is_later_with_are_kept(seed: int) -> None:
    rng = random.Random(seed)
    names = "ABCDEFGH"[: rng.randint(3, 8)]
    ways = tuple(
        Way(START, float(rng.randint(0, 6)), {name: float(rng.randint(1, 6)) for name in names if rng.random() < 0.5})
        for _ in range(rng.randint(2, 12))
    )
    contest = Contest((ways,), Way(0, 0.0, {}), plan_seconds=rng.randint(0, 12), plan_decides=True)
    coalitions = [list(compress(names, chosen)) for chosen in product((False, True), repeat=len(names))]
    able = {
        name for name in names for those in coalitions if contest.lateness([*those, name]) > contest.lateness(those)
    }

    assert set(without_powerless(contest, 16).parties) == able


def test_whether_parties_change_anything_is_not_looked_into_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contest = parallel(*({f"D{number:02}": 10.0, "common": 5.0} for number in range(12)))
    monkeypatch.setattr(critical, "MOST_STEPS", 0)

    assert without_powerless(contest, 16) is contest


def test_who_changes_something_is_not_dropped() -> None:
    contest = parallel({"A": 2.0, "B": 5.0}, {"B": 6.0}, {"C": 6.5, "D": 1.0})

    assert without_powerless(contest, 16) == contest


@pytest.mark.parametrize(
    ("total", "amounts", "rounded"),
    [
        (10, [3.3, 6.7], [3, 7]),
        (3, [0.5, 1.5, 1.0], [1, 1, 1]),
        (2, [0.5, 0.5, 0.5, 0.5], [1, 1, 0, 0]),
        (2, [0.4999999999, 0.5000000001, 1.0], [1, 0, 1]),
        (3, [2.9999999999, 0.0000000001], [3, 0]),
        (7, [7.0], [7]),
        (0, [0.0, 0.0], [0, 0]),
    ],
)
def test_whole_seconds_go_to_the_largest_remainders_and_then_to_the_first(
    total: int, amounts: list[float], rounded: list[int]
) -> None:
    assert round_together(total, amounts) == rounded


@pytest.mark.parametrize(("seconds", "rounded"), [(0.0, 0), (0.5, 1), (1.4, 1), (1.5, 2), (2.4999999999, 3), (2.49, 2)])
def test_other_seconds_are_rounded_half_up(seconds: float, rounded: int) -> None:
    assert round_half_up(seconds) == rounded
