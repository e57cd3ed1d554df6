"""Numbers that stand for groups, against adding up one entry after the other."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.reports.codes import coded, different, renumbered

SIZES = st.sampled_from((1, 7, 5_000, 100_000))


@st.composite
def entries(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """How many groups are possible, and the group and the amount of each entry: the same few groups again and again."""
    size = draw(SIZES)
    some = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=5))
    return size, draw(st.lists(st.tuples(st.sampled_from(some), st.integers(0, 10**9)), max_size=60))


@given(entries(), st.data())
def test_each_group_gets_the_sum_of_its_entries(told: tuple[int, list[tuple[int, int]]], data: st.DataObject) -> None:
    size, found = told
    codes = np.array([code for code, _ in found], np.int64)
    of = coded(codes, size)
    which = np.array(sorted(data.draw(st.sets(st.sampled_from(range(len(found))))) if found else ()), np.int64)
    literal = Counter[int]()
    for entry in which.tolist():
        literal[found[entry][0]] += found[entry][1]
    amounts = np.array([amount for _, amount in found], np.int64)[which]
    groups = sorted({code for code, _ in found})

    assert of.groups.tolist() == groups
    assert of.sums(codes[which], amounts).tolist() == [literal[code] for code in groups]

    chosen = np.array(sorted(data.draw(st.sets(st.sampled_from(range(len(groups))))) if groups else ()), np.int64)
    some = of.among(chosen)
    wanted = [groups[place] for place in chosen.tolist()]
    kept, numbers = some.numbers(codes[which])

    assert some.sums(codes[which], amounts).tolist() == [literal[code] for code in wanted]
    assert kept.tolist() == [place for place, entry in enumerate(which.tolist()) if found[entry][0] in wanted]
    assert [wanted[number] for number in numbers] == [found[entry][0] for entry in which[kept].tolist()]


@given(entries())
def test_codes_are_numbered_in_their_order(told: tuple[int, list[tuple[int, int]]]) -> None:
    size, found = told
    codes = np.array([code for code, _ in found], np.int64)
    groups = sorted(set(codes.tolist()))
    numbers, there = renumbered(codes, size)

    assert different(codes, size).tolist() == there.tolist() == groups
    assert [groups[number] for number in numbers] == codes.tolist()
