"""What reports add up from one commitment, packed: nothing is lost, and it is the same bytes every time."""

import random

from app.ripple.engine.totals import Entry, Kind, Place, entries
from app.ripple.keeping.packing import COLUMNS, FIGURES, Gathered, Mismatch, felt_at, gather, pack, unpack
from tests.ripple.assessing import an_analysis, assessed, named, random_assessed

FINANCE = Place("FIN", "OPS", "FIN", Kind("p2", named("type")))
OWNER = Place("SALES", None, "SALES")


def test_what_was_packed_is_unpacked_again() -> None:
    rng = random.Random(0)
    for number in range(100):
        gathered = gather(random_assessed(rng, number))
        ids = {place: number for number, place in enumerate(gathered.places, start=7)}
        places = {number: place for place, number in ids.items()}
        assert unpack(pack(gathered, ids), places) == gathered


def test_entries_of_the_same_place_are_one_whatever_was_promised_there() -> None:
    rng = random.Random(1)
    for number in range(100):
        commitment = random_assessed(rng, number)
        gathered, found = gather(commitment), list(entries(commitment))
        assert {place.kind.sla_id for place in gathered.places if place.kind is not None} <= {None}
        for name in FIGURES:
            assert sum(getattr(entry, name) for entry in gathered.entries.values()) == sum(
                getattr(entry, name) for entry in found
            )


def test_columns_are_little_endian_integers_of_32_bits_by_place() -> None:
    gathered = Gathered({OWNER: Entry(OWNER, outward=3), FINANCE: Entry(FINANCE, tickets=1, overrun=258)}, {})
    packed = pack(gathered, {FINANCE: 1, OWNER: 2})
    assert packed.places == bytes((1, 0, 0, 0, 2, 0, 0, 0))
    assert packed.overrun == bytes((2, 1, 0, 0, 0, 0, 0, 0))
    assert packed.outward == bytes((0, 0, 0, 0, 3, 0, 0, 0))
    assert {len(getattr(packed, name)) for name in COLUMNS} == {8}


def test_a_sum_beyond_32_bits_takes_several_rows() -> None:
    gathered = Gathered({FINANCE: Entry(FINANCE, tickets=5000, overrun=5000 * 10**6, reactionary=2**31 - 1)}, {})
    packed = pack(gathered, {FINANCE: 4})
    assert packed.places == 3 * bytes((4, 0, 0, 0))
    assert unpack(packed, {4: FINANCE}) == gathered


def test_what_was_packed_tells_where_customers_felt_something() -> None:
    rng = random.Random(3)
    for number in range(100):
        gathered = gather(random_assessed(rng, number))
        ids = {place: id_ for id_, place in enumerate(gathered.places)}
        packed = pack(gathered, ids)
        felt = {ids[place] for place, entry in gathered.entries.items() if entry.outward > 0}
        assert felt_at(packed.places, packed.outward) == felt


def test_mismatches_keep_their_place_and_both_agreements() -> None:
    unfit = {Mismatch(OWNER, None, named("SLA 1")): 1, Mismatch(FINANCE, named("SLA 1"), None): 2}
    packed = pack(Gathered({}, unfit), {OWNER: 1, FINANCE: 2})
    assert (packed.places, len(packed.unfit)) == (b"", 80)
    assert unpack(packed, {1: OWNER, 2: FINANCE}) == Gathered({}, unfit)


def test_the_bytes_do_not_depend_on_the_order_in_which_it_was_gathered() -> None:
    rng = random.Random(2)
    for number in range(50):
        gathered = gather(random_assessed(rng, number))
        ids = {place: number for number, place in enumerate(gathered.places)}
        turned = Gathered(dict(reversed(list(gathered.entries.items()))), dict(reversed(list(gathered.unfit.items()))))
        assert pack(turned, ids) == pack(gathered, ids)


def test_a_commitment_without_tickets_delivered_in_time_is_empty() -> None:
    packed = pack(gather(assessed("one", an_analysis())), {})
    assert {getattr(packed, name) for name in (*COLUMNS, "unfit")} == {b""}
