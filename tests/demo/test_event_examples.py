"""What the examples of events show is the demo company's, as it is on a Monday two weeks after its showcase began."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.commitments.events import LEEDS
from app.customers.events import ALBION
from app.demo.company import company
from app.demo.identities import Ids
from app.demo.records import Company
from app.demo.showcase import LESSONS
from app.main import EVENT_TYPES


@pytest.fixture(scope="module")
def demo() -> Company:
    return company(datetime(2026, 3, 23, tzinfo=UTC))


@pytest.fixture(scope="module")
def ids(demo: Company) -> Ids:
    return Ids.of(demo)


@pytest.fixture(scope="module")
def shown() -> list[tuple[str, Any]]:
    """Everything that an example shows, with its name."""
    return [pair for kind in EVENT_TYPES for pair in kind.example_document().items()]


def named(shown: list[tuple[str, Any]], *names: str) -> list[dict[str, Any]]:
    found = [value for name, value in shown if name in names and value is not None]
    assert found
    return found


def test_departments_are_those_of_the_company(shown: list[tuple[str, Any]], demo: Company, ids: Ids) -> None:
    known = {str(ids.departments[each.key]): (each.key, each.name) for each in demo.departments}
    for each in named(shown, "requester_department", "provider_department", "owner_department"):
        assert known[each["id"]] == (each["key"], each["name"])


def test_members_are_those_of_the_company(shown: list[tuple[str, Any]], demo: Company, ids: Ids) -> None:
    known = {
        str(ids.members[each.email]): (each.email, each.name, [str(ids.departments[key]) for key in each.departments])
        for each in demo.members
    }
    for each in named(shown, "requester", "assignee", "member"):
        assert known[each["id"]] == (each["email"], each["name"], each["department_ids"])


def test_the_customer_and_the_promise_are_those_of_the_showcase(demo: Company, ids: Ids) -> None:
    customer = demo.customers[0]
    assert ALBION.id == ids.customers[customer.ref]
    for name in ("name", "tier", "annual_value", "currency", "preferences", "notes"):
        assert getattr(ALBION, name) == getattr(customer, name), name
    (promise,) = (each for each in demo.commitments if each.ref == LESSONS[0].ref)
    assert LEEDS.id == ids.commitments[promise.ref]
    for name in ("title", "promised_at", "due_at", "value", "currency"):
        assert getattr(LEEDS, name) == getattr(promise, name), name


def test_tickets_and_their_clocks_are_those_of_the_showcase(
    shown: list[tuple[str, Any]], demo: Company, ids: Ids
) -> None:
    known = {str(ids.tickets[each.ref]): each for each in demo.tickets}
    rotas = {str(id_) for name, id_ in ids.slas.items() if name.startswith("Go-live rota")}
    for each in named(shown, "ticket", "blocker"):
        ticket = known[each["id"]]
        assert each["title"].startswith(ticket.title)
        assert (each["external_ref"], each["description"]) == (ticket.ref, ticket.description)
        assert each["opened_at"] == f"{ticket.opening.opened_at:%Y-%m-%dT%H:%M:%SZ}"
        assert each["blocks"] == [str(ids.tickets[ref]) for ref in ticket.blocks]
        assert {clock["sla_id"] for clock in each["clocks"]} <= rotas
