"""Adding up in columns which promises fit is adding them up one after the other, however grouped and chosen."""

import random
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from app.ripple.engine.fitting import Fit
from app.ripple.engine.totals import Kind, Place
from app.ripple.keeping.packed_fits import PlacedFit, pack_fits, placed
from app.ripple.reports.axes import Axis
from app.ripple.reports.columns import fits_of
from app.ripple.reports.fit import FitAddition, FitFigures
from tests.ripple.assessing import named
from tests.ripple.literal_fit import FitTotals

DEPARTMENTS = ("Finance", "IT", "Legal", "Sales")
KINDS = (Kind("p1"), Kind("p3", named("access"), named("an agreement")), Kind("p3"))
ORDINARY = Kind("p3")
SIDES: dict[str, Callable[[Place], Any]] = {
    "requester": lambda place: place.requester,
    "provider": lambda place: place.provider,
    "priority": lambda place: None if place.kind is None else place.kind.priority,
    "request_type": lambda place: None if place.kind is None else place.kind.request_type_id,
}
FILTERS: dict[str, Callable[[Place], bool] | None] = {
    "everything": None,
    "a provider": lambda place: place.provider == "Finance",
    "a pair": lambda place: (place.requester, place.provider) == ("IT", "Legal"),
    "nothing": lambda place: False,
}


def added_up(
    fits: Sequence[PlacedFit], dimensions: Sequence[str], counted: Callable[[Place], bool] | None = None
) -> tuple[dict[Any, FitFigures], FitFigures]:
    ids: dict[Place, int] = {}
    for fit in fits:
        for place in fit.places:
            ids.setdefault(place, len(ids) + 1)
    packed = pack_fits(fits, ids)
    axes = []
    for name in dimensions:
        values = list(dict.fromkeys(SIDES[name](place) for place in ids))
        numbers = [-1] + [values.index(SIDES[name](place)) for place in ids]
        axes.append(Axis(np.array(numbers, np.int64), values, by_commitment=False))
    mask = None if counted is None else np.array([False] + [counted(place) for place in ids])
    addition = FitAddition(fits_of(packed, np.zeros(len(packed) // 16, np.int64)), axes, mask)
    groups = addition.groups(np.arange(len(addition)))
    return dict(zip(groups, addition.rows(), strict=True)), addition.totals()


def literally(
    fits: Sequence[PlacedFit], dimensions: Sequence[str], counted: Callable[[Place], bool] | None
) -> tuple[dict[Any, FitFigures], FitFigures]:
    totals: FitTotals[Any] = FitTotals()
    for each in fits:
        groups = {
            place: tuple(SIDES[name](place) for name in dimensions)
            for place in each.places
            if counted is None or counted(place)
        }
        if groups:
            fit = Fit("", "", (), None, each.promise_impossible, each.target_seconds, each.fitting_seconds)
            totals.add(fit, groups.values(), None if each.last is None else groups.get(each.last))
    return totals.rows(), totals.figures()


def a_fit(fitting: int | None, *providers: str, last: str | None = None, target: int | None = 100) -> PlacedFit:
    impossible = fitting is not None and target is not None and fitting > target
    fit = Fit("A", "Operations", providers or ("Finance",), last, impossible, target, fitting)
    return placed(fit, ORDINARY)


def random_fit(rng: random.Random) -> PlacedFit:
    requester, *providers = rng.sample(DEPARTMENTS, rng.randint(2, len(DEPARTMENTS)))
    promised = rng.random() < 0.8
    target, fitting = (rng.randint(1, 50) if promised else None for _ in range(2))
    impossible = promised and rng.random() < 0.4
    fit = Fit("A", requester, tuple(providers), rng.choice([None, *providers]), impossible, target, fitting)
    return placed(fit, rng.choice(KINDS))


@pytest.mark.parametrize("chosen", FILTERS)
@pytest.mark.parametrize("seed", range(3))
def test_columns_add_up_to_what_one_after_the_other_does(seed: int, chosen: str) -> None:
    rng = random.Random(seed)
    fits = [random_fit(rng) for _ in range(200)]
    for dimensions in ((), *((name,) for name in SIDES), *combinations(SIDES, 2), tuple(SIDES)):
        assert added_up(fits, dimensions, FILTERS[chosen]) == literally(fits, dimensions, FILTERS[chosen])


def test_no_fits_add_up_to_nothing() -> None:
    assert added_up([], ("provider",)) == ({}, FitFigures(0, 0, 0, None, 0, None, None))


def test_95_of_100_tickets_fit_within_the_fitting_target() -> None:
    _, figures = added_up([a_fit(seconds) for seconds in range(1, 101)], ())
    assert (figures.tickets, figures.fitting_target_seconds, figures.share_impossible) == (100, 95, 0.0)


def test_of_a_few_tickets_all_have_to_fit() -> None:
    _, figures = added_up([a_fit(seconds, target=20) for seconds in (10, 30, 20)], ())
    assert (figures.fitting_target_seconds, figures.promises_impossible, figures.share_impossible) == (30, 1, 1 / 3)


def test_a_ticket_counts_once_in_each_group_and_once_over_all() -> None:
    rows, over_all = added_up([a_fit(10, "Finance", "Legal", last="Legal", target=5)], ("provider",))
    assert {group: (each.tickets, each.waited_last) for group, each in rows.items()} == {
        ("Finance",): (1, 0),
        ("Legal",): (1, 1),
    }
    assert (over_all.tickets, over_all.waited_last) == (1, 1)


def test_without_a_promise_there_is_nothing_to_share() -> None:
    rows, _ = added_up([a_fit(None, target=None)], ("provider",))
    figures = rows["Finance",]
    assert (figures.tickets, figures.unpromised, figures.share_impossible) == (0, 1, None)
    assert (figures.target_seconds, figures.fitting_target_seconds) == (None, None)


def test_as_many_groups_as_tickets_stay_apart() -> None:
    many = 40_000  # Squared, and doubled, they are more than 32 bits hold.
    packed = np.zeros((many, 4), "<i4")
    packed[:, 0] = np.arange(many)
    packed[:, 1] = packed[:, 2] = np.arange(many) + 1
    axis = Axis(np.arange(many), range(many), by_commitment=False)
    addition = FitAddition(fits_of(packed.tobytes(), np.zeros(many, np.int64)), [axis])

    assert len(addition) == many
    assert [row.target_seconds for row in addition.rows()] == list(range(1, many + 1))
    assert (addition.totals().tickets, addition.totals().target_seconds) == (many, many // 2)
