"""Attribution: who made it late? The Shapley value of each party in the worlds' lateness."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import factorial, floor, sqrt
from typing import Final

from app.ripple.engine.critical import Contest, Way, without_powerless
from app.ripple.engine.stages import Branch, Stages

ENUMERATED_PARTIES: Final = 16
SAMPLED_PAIRS: Final = 1_000
# Ways looked at again while sampling, about half a minute of it; of graphs so hard that more would be, which are none
# that anybody lives, fewer pairs are sampled, and the standard errors say so.
MOST_STEPS: Final = 150_000_000
LEAST_PAIRS: Final = 30
SEED: Final = 20_260_302

_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Shares:
    """Seconds of lateness by party, unrounded; with their standard errors where they were sampled."""

    seconds: dict[str, float]
    standard_errors: dict[str, float] | None


def share(contest: Contest) -> Shares:
    """The Shapley value of every party that can change the lateness: exact for up to 16, else sampled."""
    if len(contest.parties) > ENUMERATED_PARTIES:
        contest = without_powerless(contest, ENUMERATED_PARTIES)
    parties = contest.parties
    stages = Stages(contest)
    if len(parties) <= ENUMERATED_PARTIES:
        return Shares(_Enumeration(parties, stages).shapley(), None)
    return _sample(parties, stages)


@dataclass(frozen=True, slots=True)
class _Game:
    """What each coalition of the parties (numbers, ascending) adds, in seconds; bit ``i`` stands for ``parties[i]``."""

    parties: tuple[int, ...]
    worth: list[float]


class _Enumeration:
    """Shapley values from what every coalition is worth, stage by stage."""

    def __init__(self, parties: list[str], stages: Stages) -> None:
        self._names = parties
        self._numbers = {party: number for number, party in enumerate(parties)}
        self._stages = stages
        self._games: dict[int, _Game] = {}

    def shapley(self) -> dict[str, float]:
        self._play_stages()
        in_line = [self._linear(self._stages.end), *(self._games[stage] for stage in self._stages.in_line)]
        if self._stages.plan_decides:
            everyone = tuple(range(len(self._names)))
            plan = self._stages.plan_seconds
            in_line = [_Game(everyone, [max(plan, late) for late in _combined(in_line, everyone, _add)])]
        # A share in a sum of games is the sum of the shares.
        sums: dict[tuple[int, ...], list[float]] = {}
        for game in in_line:
            found = sums.get(game.parties)
            sums[game.parties] = game.worth if found is None else _add(found, game.worth)
        shares = dict.fromkeys(self._names, 0.0)
        for numbers, worth in sums.items():
            for number, seconds in zip(numbers, _shapley(worth), strict=True):
                shares[self._names[number]] += seconds
        return shares

    def _play_stages(self) -> None:
        """The games of the stages in line; of the others none is kept longer than it is needed: they may be large."""
        last_use = {
            inner: stage
            for stage, branches in enumerate(self._stages.branches)
            for branch in branches
            for inner in branch.inner
        }
        in_line = frozenset(self._stages.in_line)
        for stage, branches in enumerate(self._stages.branches):
            self._games[stage] = self._stage_game(branches)
            for inner in {inner for branch in branches for inner in branch.inner}:
                if last_use[inner] == stage and inner not in in_line:
                    del self._games[inner]

    def _linear(self, way: Way) -> _Game:
        numbers = sorted(self._numbers[party] for party in way.more)
        worth = [way.seconds]
        for number in numbers:
            more = way.more[self._names[number]]
            worth += [seconds + more for seconds in worth]
        return _Game(tuple(numbers), worth)

    def _stage_game(self, branches: tuple[Branch, ...]) -> _Game:
        inner = [[self._games[stage] for stage in branch.inner] for branch in branches]
        ways = [[self._linear(way) for way in branch.ways] for branch in branches]
        parties = tuple(sorted({number for games in (*inner, *ways) for game in games for number in game.parties}))
        longest: list[float] = []
        for before, after in zip(inner, ways, strict=True):
            worth = _combined(after, parties, _longer)
            if before:
                worth = _add(worth, _combined(before, parties, _add))
            longest = _longer(longest, worth) if longest else worth
        return _Game(parties, longest)


def _combined(
    games: Iterable[_Game],
    parties: tuple[int, ...],
    combine: Callable[[list[float], list[float]], list[float]],
) -> list[float]:
    """Games combined into one of ``parties``: those of the same parties first, and none spread wider than it must."""
    by_last_party: list[dict[tuple[int, ...], list[float]]] = [{} for _ in range(len(parties) + 1)]
    width_of = {party: number + 1 for number, party in enumerate(parties)}
    for game in games:
        found = by_last_party[width_of[game.parties[-1]] if game.parties else 0]
        found[game.parties] = combine(found[game.parties], game.worth) if game.parties in found else game.worth
    total: list[float] = []
    for width, found in enumerate(by_last_party):
        total = total + total
        for own, worth in found.items():
            spread = _spread(_Game(own, worth), parties[:width])
            total = combine(total, spread) if total else spread
    return total


def _spread(game: _Game, parties: tuple[int, ...]) -> list[float]:
    """What a game is worth to every coalition of more parties than its own."""
    if game.parties == parties:
        return game.worth
    own = frozenset(game.parties)
    places, bit = [0], 1
    for party in parties:
        if party in own:
            places += [place + bit for place in places]
            bit <<= 1
        else:
            places += places
    worth = game.worth
    return [worth[place] for place in places]


def _add(one: list[float], other: list[float]) -> list[float]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _longer(one: list[float], other: list[float]) -> list[float]:
    return [a if a > b else b for a, b in zip(one, other, strict=True)]


def _shapley(worth: list[float]) -> list[float]:
    """The Shapley value of each party of a game given by what each of its 2^n coalitions is worth.

    A coalition counts with its members' weight for each of them, and against every other with the outsiders'.
    """
    count = len(worth).bit_length() - 1
    if count == 0:
        return []
    inside = [0.0] + [factorial(size - 1) * factorial(count - size) / factorial(count) for size in range(1, count + 1)]
    outside = [factorial(size) * factorial(count - 1 - size) / factorial(count) for size in range(count)] + [0.0]
    both = [a + b for a, b in zip(inside, outside, strict=True)]
    sizes = [0]
    for _ in range(count):
        sizes += [size + 1 for size in sizes]
    least = worth[0]
    against = sum((seconds - least) * outside[size] for seconds, size in zip(worth, sizes, strict=True))
    weighed = [(seconds - least) * both[size] for seconds, size in zip(worth, sizes, strict=True)]
    shares = []
    for _ in range(count):
        half = len(weighed) // 2
        shares.append(sum(weighed[half:]) - against)
        weighed = _add(weighed[:half], weighed[half:])
    return shares[::-1]


def _sample(parties: list[str], stages: Stages) -> Shares:
    """Shapley values estimated from orders in which the parties might have joined, each order and its reverse."""
    order = list(range(len(parties)))
    shuffle = random.Random(SEED).shuffle
    joining = _Joining(parties, stages)
    totals, squares = [0.0] * len(parties), [0.0] * len(parties)
    pairs = 0
    while pairs < SAMPLED_PAIRS and (pairs < LEAST_PAIRS or joining.steps < MOST_STEPS):
        pairs += 1
        shuffle(order)
        pair = [0.0] * len(parties)
        joining.add_marginals(order, pair)
        joining.add_marginals(order[::-1], pair)
        for number, seconds in enumerate(pair):
            totals[number] += seconds
            squares[number] += seconds * seconds
    shares, errors = {}, {}
    for party, total, square in zip(parties, totals, squares, strict=True):
        mean = total / pairs
        variance = max(0.0, square / pairs - mean * mean) / (pairs - 1)
        shares[party] = mean / 2
        errors[party] = sqrt(variance) / 2
    return Shares(shares, errors)


class _Joining:
    """The lateness as parties join one by one: only the ways that grow longer are looked at again.

    ``steps`` counts how often one was.
    """

    def __init__(self, parties: list[str], stages: Stages) -> None:
        numbers = {party: number for number, party in enumerate(parties)}
        self.steps = 0
        self._plan_seconds = stages.plan_seconds
        in_line = frozenset(stages.in_line)
        # When each way arrives, and the latest of each stage's, with nobody joined.
        self._arrivals: list[float] = []
        self._latest: list[float] = []
        # Per party, and per stage, the ways it makes longer, and their stage.
        self._longer_with: list[list[tuple[int, int, float]]] = [[] for _ in parties]
        self._longer_after: list[list[tuple[int, int]]] = [[] for _ in stages.branches]
        for stage, branches in enumerate(stages.branches):
            first = len(self._arrivals)
            for branch in branches:
                before = sum(self._latest[inner] for inner in branch.inner)
                for way in branch.ways:
                    number = len(self._arrivals)
                    self._arrivals.append(before + way.seconds)
                    for party, more in way.more.items():
                        self._longer_with[numbers[party]].append((number, stage, more))
                    for inner in branch.inner:
                        self._longer_after[inner].append((number, stage))
            self._latest.append(max(self._arrivals[first:]))
        self._in_line = [stage in in_line for stage in range(len(stages.branches))]
        self._end_longer_with = [stages.end.more.get(party, 0.0) for party in parties]
        self._end = stages.end.seconds + sum(self._latest[stage] for stage in stages.in_line)

    def add_marginals(self, order: Sequence[int], marginals: list[float]) -> None:
        """Add what each party, joining in this order, adds to the lateness."""
        arrivals, latest, known = list(self._arrivals), list(self._latest), list(self._latest)
        in_line, longer_after = self._in_line, self._longer_after
        end, late = self._end, max(self._plan_seconds, self._end)
        for party in order:
            end += self._end_longer_with[party]
            self.steps += len(self._longer_with[party])
            moved_stages = 0
            for way, stage, more in self._longer_with[party]:
                arrival = arrivals[way] = arrivals[way] + more
                if arrival > latest[stage]:
                    if longer_after[stage]:
                        moved_stages |= 1 << stage
                    elif in_line[stage]:
                        end += arrival - latest[stage]
                    latest[stage] = arrival
            while moved_stages:
                # The earliest first: whatever it moves is later.
                stage = (moved_stages & -moved_stages).bit_length() - 1
                moved_stages &= moved_stages - 1
                moved = latest[stage] - known[stage]
                known[stage] = latest[stage]
                self.steps += len(longer_after[stage])
                if in_line[stage]:
                    end += moved
                for way, later in longer_after[stage]:
                    arrival = arrivals[way] = arrivals[way] + moved
                    if arrival > latest[later]:
                        if longer_after[later]:
                            moved_stages |= 1 << later
                        elif in_line[later]:
                            end += arrival - latest[later]
                        latest[later] = arrival
            if end > late:
                marginals[party] += end - late
                late = end


def round_together(total: int, amounts: Sequence[float]) -> list[int]:
    """Whole seconds that add up to ``total``, as the amounts do: the largest remainders are rounded up.

    In ties, and remainders within a microsecond are, the earlier amount is.
    """
    microseconds = [floor(amount * _MICROSECONDS + 0.5) for amount in amounts]
    seconds = [amount // _MICROSECONDS for amount in microseconds]
    largest_first = sorted(range(len(amounts)), key=lambda place: -(microseconds[place] % _MICROSECONDS))
    for place in largest_first[: total - sum(seconds)]:
        seconds[place] += 1
    return seconds


def round_half_up(seconds: float) -> int:
    """Whole seconds; within a microsecond of a half it is one."""
    return (floor(seconds * _MICROSECONDS + 0.5) + _MICROSECONDS // 2) // _MICROSECONDS
