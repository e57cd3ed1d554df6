"""Computing in parts: each of so many items, made and looked at off the event loop."""

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from app.ripple.computing import compute, compute_in_parts, meanwhile


async def test_every_item_is_looked_at_once_in_parts_of_at_most_so_many() -> None:
    assert await compute_in_parts(2, range(5), list) == [[0, 1], [2, 3], [4]]


async def test_where_there_is_nothing_nothing_is_called() -> None:
    assert await compute_in_parts(2, (), list) == []


async def test_a_part_that_gives_nothing_does_not_end_it() -> None:
    seen: list[int] = []

    def add(part: Sequence[int], to: list[int]) -> None:
        to.extend(part)

    assert await compute_in_parts(1, range(3), add, seen) == [None, None, None]
    assert seen == [0, 1, 2]


async def test_items_are_made_off_the_event_loop_too() -> None:
    makers: set[int] = set()

    def made() -> Iterator[int]:
        for number in range(3):
            makers.add(threading.get_ident())
            yield number

    assert await compute_in_parts(2, made(), len) == [2, 1]
    assert threading.get_ident() not in makers


async def test_what_is_read_meanwhile_does_not_wait_for_what_is_computed() -> None:
    was_read = threading.Event()

    async def read() -> str:
        was_read.set()
        return "read"

    assert await meanwhile(compute(was_read.wait, 10), read()) == (True, "read")


async def test_what_is_read_is_not_left_behind_when_computing_fails() -> None:
    ended: list[str] = []

    async def read() -> None:
        await asyncio.sleep(0.01)
        ended.append("read")

    with pytest.raises(ZeroDivisionError):
        await meanwhile(compute(divmod, 1, 0), read())
    assert ended == ["read"]


async def test_a_failure_to_read_is_told_once_all_is_computed() -> None:
    ended: list[str] = []

    async def read() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await meanwhile(compute(ended.append, "computed"), read())
    assert ended == ["computed"]
