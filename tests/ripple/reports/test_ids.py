"""Ids by the thousand."""

import random
from uuid import UUID

import numpy as np

from app.ripple.reports.ids import found_in, halves, numbered, ranks_by_chance, uuids


def some_ids(count: int) -> list[UUID]:
    return [UUID(int=(1_700_000_000_000 + number) << 80 | 7 << 76 | 2 << 62 | number) for number in range(count)]


def packed(ids: list[UUID]) -> bytes:
    return b"".join(id_.bytes for id_ in ids)


def test_the_same_ids_have_the_same_number() -> None:
    ids = random.Random(1).choices(some_ids(20), k=100)
    numbers, different = numbered(halves(packed(ids)))
    assert len(different) == len(set(ids))
    assert [uuids(different)[number] for number in numbers.tolist()] == ids


def test_ids_are_found_among_others() -> None:
    ids = some_ids(10)
    among = halves(packed([ids[7], ids[2]]))
    assert found_in(halves(packed([ids[2], ids[3], ids[7], ids[2]])), among).tolist() == [1, -1, 0, 1]


def test_ranks_by_chance_are_the_same_whatever_order_ids_come_in() -> None:
    ids = some_ids(1_000)
    shuffled = random.Random(2).sample(ids, len(ids))
    ranks = dict(zip(ids, ranks_by_chance(halves(packed(ids))).tolist(), strict=True))
    assert dict(zip(shuffled, ranks_by_chance(halves(packed(shuffled))).tolist(), strict=True)) == ranks
    assert sorted(ranks.values()) == list(range(1_000))


def test_neighbouring_ids_do_not_have_neighbouring_ranks() -> None:
    ranks = ranks_by_chance(halves(packed(some_ids(1_000))))
    assert abs(np.corrcoef(ranks, np.arange(1_000))[0, 1]) < 0.1
