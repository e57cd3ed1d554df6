"""Which service level agreement holds for a ticket's leg, and why the others do not. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Id = TypeVar("Id")


class Condition(StrEnum):
    """What an agreement may depend on, under the name of its field."""

    REQUESTER_DEPARTMENT = "requester_department_id"
    REQUEST_TYPE = "request_type_id"
    PRIORITY = "priorities"
    CUSTOMER_TIER = "customer_tiers"


@dataclass(frozen=True, slots=True)
class Conditions(Generic[Id]):
    """When an agreement applies: all that are stated must hold; one left out (None) holds always."""

    requester_department_id: Id | None = None
    request_type_id: Id | None = None
    priorities: frozenset[str] | None = None
    customer_tiers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Id]):
    """One active agreement of the provider, in its current version."""

    sla_id: Id
    version: int
    rank: int
    conditions: Conditions[Id]


@dataclass(frozen=True, slots=True)
class Request(Generic[Id]):
    """What is asked, as far as agreements look at it."""

    requester_department_id: Id
    request_type_id: Id | None
    priority: str
    customer_tier: str | None


@dataclass(frozen=True, slots=True)
class Considered(Generic[Id]):
    """A candidate, the conditions of it that failed (none: it applies), and whether it is the one chosen."""

    candidate: Candidate[Id]
    failed: tuple[Condition, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Match(Generic[Id]):
    """The agreement chosen, None when no candidate applies, and every candidate considered, by rank."""

    chosen: Candidate[Id] | None
    explanation: tuple[Considered[Id], ...]


def match(candidates: Iterable[Candidate[Id]], request: Request[Id]) -> Match[Id]:
    """The candidate of lowest rank among those whose conditions all hold, with what became of the others."""
    ranked = sorted(candidates, key=lambda candidate: candidate.rank)
    outcomes = [(candidate, failed_conditions(candidate.conditions, request)) for candidate in ranked]
    chosen = next((candidate for candidate, failed in outcomes if not failed), None)
    return Match(chosen, tuple(Considered(each, failed, each is chosen) for each, failed in outcomes))


def failed_conditions(conditions: Conditions[Id], request: Request[Id]) -> tuple[Condition, ...]:
    """The stated conditions that do not hold for the request."""
    failed = []
    if conditions.requester_department_id not in (None, request.requester_department_id):
        failed.append(Condition.REQUESTER_DEPARTMENT)
    if conditions.request_type_id not in (None, request.request_type_id):
        failed.append(Condition.REQUEST_TYPE)
    if conditions.priorities is not None and request.priority not in conditions.priorities:
        failed.append(Condition.PRIORITY)
    if conditions.customer_tiers is not None and request.customer_tier not in conditions.customer_tiers:
        failed.append(Condition.CUSTOMER_TIER)
    return tuple(failed)


def may_tie(one: Candidate[Id], other: Candidate[Id]) -> bool:
    """Whether some request could be matched by both at the same rank, so that neither wins."""
    return one.rank == other.rank and _may_both_hold(one.conditions, other.conditions)


def holds_whenever(one: Conditions[Id], other: Conditions[Id]) -> bool:
    """Whether one holds for every request for which the other does."""
    return (
        one.requester_department_id in (None, other.requester_department_id)
        and one.request_type_id in (None, other.request_type_id)
        and _includes(one.priorities, other.priorities)
        and _includes(one.customer_tiers, other.customer_tiers)
    )


def _includes(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is None or (other is not None and one >= other)


def _may_both_hold(one: Conditions[Id], other: Conditions[Id]) -> bool:
    return (
        _may_be_same(one.requester_department_id, other.requester_department_id)
        and _may_be_same(one.request_type_id, other.request_type_id)
        and _may_share(one.priorities, other.priorities)
        and _may_share(one.customer_tiers, other.customer_tiers)
    )


def _may_be_same(one: Id | None, other: Id | None) -> bool:
    return one is None or other is None or one == other


def _may_share(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is None or other is None or not one.isdisjoint(other)
