"""Where the engine runs: in a few threads of its own, so that the event loop goes on meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Concatenate, ParamSpec, TypeVar

Item = TypeVar("Item")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Read = TypeVar("Read")

_THREADS = ThreadPoolExecutor(4, thread_name_prefix="ripple")


async def compute(function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """Calls the function in one of those threads."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: function(*args, **kwargs))


async def meanwhile(computed: Awaitable[Result], read: Awaitable[Read]) -> tuple[Result, Read]:
    """What is computed, and what the database says in the meantime. Neither is left behind when the other fails."""
    first, second = await asyncio.gather(computed, read, return_exceptions=True)
    if isinstance(first, BaseException):
        raise first
    if isinstance(second, BaseException):
        raise second
    return first, second


async def compute_in_parts(
    most: int,
    items: Iterable[Item],
    function: Callable[Concatenate[Sequence[Item], Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> list[Result]:
    """Calls the function there with `most` of the items at a time, so that other computations get their turn; what it
    gave for each part. The items are made there, too."""
    ahead = iter(items)

    def next_part() -> list[Result]:
        part = list(islice(ahead, most))
        return [function(part, *args, **kwargs)] if part else []

    given: list[Result] = []
    while found := await compute(next_part):
        given += found
    return given
