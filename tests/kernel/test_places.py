"""Places: what hangs takes none from the others, and a worker looks again exactly when that can be of use."""

from datetime import UTC, datetime
from uuid import UUID

from app.kernel.ids import new_id
from app.kernel.outside import Claimed, Lease
from app.kernel.places import MOST, SLOW_SECONDS, Places

DUE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ONE, OTHER = new_id(), new_id()


def leases(count: int, since: float, lane: UUID = ONE, *, singly: bool = False) -> list[Lease]:
    token = new_id()
    return [Lease(Claimed(new_id(), lane, DUE, 0, None, {}), token, singly, since) for _ in range(count)]


def taken(places: Places, count: int, since: float, lane: UUID = ONE, *, room: int = 10, free: int = 99) -> list[Lease]:
    claimed = leases(count, since, lane, singly=room == 1)
    places.take(claimed, [room] * count, free)
    return claimed


def test_what_has_been_under_way_for_long_takes_no_place_from_the_others() -> None:
    places = Places(at_once=10)
    taken(places, 4, since=0)
    taken(places, 3, since=1)
    assert places.free(1.5) == 3
    assert places.free(SLOW_SECONDS) == 7
    assert places.free(SLOW_SECONDS + 1) == 10


def test_the_next_place_is_free_when_what_is_under_way_has_been_for_long() -> None:
    places = Places(at_once=10)
    assert places.freed_at(0) is None
    taken(places, 4, since=0)
    taken(places, 6, since=1)
    assert places.freed_at(1.5) == SLOW_SECONDS
    assert places.freed_at(SLOW_SECONDS) == 1 + SLOW_SECONDS


def test_there_is_an_end_to_the_places_for_what_hangs() -> None:
    places = Places(at_once=10)
    for number in range(MOST):
        assert places.free(10 * number) == 10
        taken(places, 10, since=10 * number)
    assert places.free(10 * MOST) == 0


def test_the_more_hang_the_less_of_its_width_a_lane_gets() -> None:
    places = Places(at_once=10)
    assert places.known(0)["share"] == 1
    taken(places, 10, since=0)
    assert places.known(1)["share"] == 1
    assert places.known(SLOW_SECONDS)["share"] == 0.8


def test_it_tells_what_it_is_doing_and_has_leased_in_each_lane() -> None:
    places = Places(at_once=10)
    first, *_ = taken(places, 2, since=0)
    taken(places, 3, since=0, lane=OTHER)
    places.leave(first, 1)
    known = places.known(1)
    assert (known["lanes"], known["doing"], known["leased"]) == ([ONE, OTHER], [1, 3], [2, 3])
    places.give_back([first])
    assert places.known(1)["leased"] == [1, 3]


def test_lanes_are_remembered_as_served_only_while_others_may_wait_for_them() -> None:
    places = Places(at_once=2)
    for turn, lane in enumerate((ONE, OTHER), start=1):
        both = taken(places, 2, since=0, lane=lane, free=2)
        for lease in both:
            places.leave(lease, 0)
        places.give_back(both)
        assert dict(zip(places.known(0)["lanes"], places.known(0)["served"], strict=True))[lane] == turn
    taken(places, 1, since=0, free=2)
    assert places.known(0)["served"] == [None]


def test_an_end_is_worth_a_look_when_places_were_too_few() -> None:
    places = Places(at_once=10)
    lease, *_ = taken(places, 2, since=0, free=3)
    assert not places.leave(lease, 1)
    lease, *_ = taken(places, 2, since=0, free=2)
    assert places.leave(lease, 1)


def test_an_end_is_worth_a_look_when_its_lane_was_full() -> None:
    places = Places(at_once=10)
    first, _ = taken(places, 2, since=0, room=2)
    assert places.leave(first, 1)
    assert places.held_back


def test_the_end_of_what_is_done_singly_is_worth_a_look_only_when_it_is_settled() -> None:
    places = Places(at_once=10)
    only = taken(places, 1, since=0, room=1)
    assert not places.leave(only[0], 1)
    assert places.give_back(only)


def test_the_end_of_the_last_of_several_is_worth_a_look_because_the_lane_may_have_been_closed_meanwhile() -> None:
    places = Places(at_once=10)
    first, second = taken(places, 2, since=0)
    assert not places.give_back([first])
    assert places.give_back([second])


def test_the_end_of_what_was_alone_in_a_lane_with_room_is_worth_no_look() -> None:
    places = Places(at_once=10)
    only = taken(places, 1, since=0)
    assert not places.leave(only[0], 1)
    assert not places.give_back(only)


def test_the_end_of_what_hung_is_worth_a_look_because_all_lanes_get_more() -> None:
    places = Places(at_once=10)
    first, *_ = taken(places, 2, since=0)
    assert places.leave(first, SLOW_SECONDS)
