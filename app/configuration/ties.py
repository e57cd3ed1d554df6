"""SLAs that could match the same ticket at the same rank, so that neither wins. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from app.configuration.places import Mistake
from app.configuration.things import Key, Kind, Name, Thing, Wanted
from app.service_levels.matching import Candidate, Conditions, may_tie


def ties(stated: Mapping[Name, Wanted], there: Mapping[Name, Thing]) -> Iterator[Mistake]:
    """Those among the SLAs that files state, and between them and those that are there, once all are applied."""
    remaining = [thing for name, thing in there.items() if name.kind is Kind.SLA and name not in stated]
    wanted = {name: each for name, each in stated.items() if name.kind is Kind.SLA}
    by_rank: dict[tuple[str, int], list[Thing]] = {}
    for thing in _active([*(each.thing for each in wanted.values()), *remaining]):
        by_rank.setdefault((thing.fields["provider"], thing.fields["rank"]), []).append(thing)
    for things in by_rank.values():
        for one, other in combinations(things, 2):
            if one.name in wanted and may_tie(_candidate(one), _candidate(other)):
                where = f" ({wanted[other.name].place})" if other.name in wanted else ""
                yield wanted[one.name].mistake(
                    ("rank",),
                    f"the {other.name}{where} has the rank {one.fields['rank']}, too, and some ticket could match both."
                    " Give one of them another rank, or conditions that exclude each other.",
                )


def _active(things: Iterable[Thing]) -> Iterator[Thing]:
    return (thing for thing in things if thing.fields["active"])


def _candidate(thing: Thing) -> Candidate[Key]:
    fields = thing.fields

    def named(field: str) -> Key | None:
        return None if fields[field] is None else (fields[field],)

    def stated(field: str) -> frozenset[str] | None:
        return None if fields[field] is None else frozenset(fields[field])

    conditions = Conditions(named("requester"), named("request_type"), stated("priorities"), stated("customer_tiers"))
    return Candidate(thing.name.key, 0, fields["rank"], conditions)
