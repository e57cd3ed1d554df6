"""Which events go to which endpoints."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.fan_out.matching import DISABLED, TEST, UNTOLD_ACTORS, EndpointFilter, Index, concerned, matches

ENDPOINT, OTHER = "endpoint-1", "endpoint-2"
SALES, FINANCE, LEGAL = "sales", "finance", "legal"
ACME, GLOBEX = "acme", "globex"
SOMEBODY = {"type": "api_key", "id": "key", "name": "Desk"}


def wanting(
    *event_types: str, departments: tuple[str, ...] = (), customers: tuple[str, ...] = (), id_: str = ENDPOINT
) -> EndpointFilter:
    return EndpointFilter(id_, frozenset(event_types), frozenset(departments), frozenset(customers))


def a_ticket(requester: str = SALES, provider: str = FINANCE, customer: str = ACME) -> dict[str, Any]:
    ids = {"requester_department_id": requester, "provider_department_id": provider, "customer_id": customer}
    return {"id": "ticket", "commitment_id": None, "clocks": [{"department_id": "of a clock of before"}], **ids}


def told(**data: Any) -> dict[str, Any]:
    return {**data, "actor": SOMEBODY}


@pytest.mark.parametrize(
    ("patterns", "event_type", "expected"),
    [
        ((), "ticket.opened", True),
        (("*",), "ticket.opened", True),
        (("ticket.opened",), "ticket.opened", True),
        (("ticket.opened",), "ticket.opened_again", False),
        (("ticket.*",), "ticket.opened", True),
        (("ticket.*",), "ticketing.opened", False),
        (("ticket.*",), "ticket", False),
        (("sla.*", "ticket.closed"), "ticket.opened", False),
        (("sla.*", "ticket.closed"), "ticket.closed", True),
    ],
)
def test_a_pattern_stands_for_a_type_or_for_all_that_begin_so_and_none_for_every_type(
    patterns: tuple[str, ...], event_type: str, expected: bool
) -> None:
    assert matches(wanting(*patterns), event_type, told(ticket=a_ticket())) is expected


@pytest.mark.parametrize(
    ("data", "departments", "customers"),
    [
        ({"ticket": a_ticket()}, {SALES, FINANCE}, {ACME}),
        (
            {"ticket": a_ticket(provider=LEGAL), "previous": {"provider_department_id": FINANCE}},
            {SALES, LEGAL, FINANCE},
            {ACME},
        ),
        ({"ticket": a_ticket(), "previous": {"customer_id": GLOBEX}}, {SALES, FINANCE}, {ACME, GLOBEX}),
        (
            {"ticket": a_ticket(), "commitment": {"owner_department_id": LEGAL, "customer_id": ACME}},
            {SALES, FINANCE, LEGAL},
            {ACME},
        ),
        ({"ticket": a_ticket(), "clock": {"department_id": LEGAL}}, {SALES, FINANCE, LEGAL}, {ACME}),
        (
            {"commitment": {"owner_department_id": SALES, "customer_id": ACME}, "customer": {"id": ACME}},
            {SALES},
            {ACME},
        ),
        (
            {"sla": {"provider_department_id": FINANCE, "requester_department_id": None}, "objective": {"id": "o"}},
            {FINANCE},
            set(),
        ),
        ({"department": {"id": LEGAL, "parent_id": SALES}}, {LEGAL}, set()),
        ({"provider_department": {"id": LEGAL, "parent_id": SALES}}, {LEGAL}, set()),
        ({"customer": {"id": ACME}}, set(), {ACME}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_an_event_concerns_the_departments_and_customers_that_its_data_names(
    data: dict[str, Any], departments: set[str], customers: set[str]
) -> None:
    found = concerned(told(**data))
    assert (found.department_ids, found.customer_ids) == (departments, customers)


@pytest.mark.parametrize(
    "data",
    [
        {"requester": {"id": "m", "department_ids": [SALES]}},
        {"webhook_endpoint": {"id": OTHER, "department_ids": [SALES], "customer_ids": [ACME]}},
        {"ticket": {"id": "t", "assignee_id": "m"}, "department_name": "Sales"},
        {"previous": {}, "blocker": None, "fraction": 0.5},
        {"actor": {"type": "api_key", "department_id": SALES, "customer_id": ACME}},
    ],
)
def test_whom_a_member_a_filter_or_the_actor_names_is_not_concerned(data: dict[str, Any]) -> None:
    found = concerned(data)
    assert (found.department_ids, found.customer_ids) == (set(), set())


def test_all_filters_must_let_an_event_through() -> None:
    event = told(ticket=a_ticket())
    assert matches(wanting("ticket.*", departments=(FINANCE, LEGAL), customers=(ACME,)), "ticket.opened", event)
    assert not matches(wanting("sla.*", departments=(FINANCE,), customers=(ACME,)), "ticket.opened", event)
    assert not matches(wanting("ticket.*", departments=(LEGAL,), customers=(ACME,)), "ticket.opened", event)
    assert not matches(wanting("ticket.*", departments=(FINANCE,), customers=(GLOBEX,)), "ticket.opened", event)


def test_what_concerns_no_department_passes_no_filter_by_departments() -> None:
    event = told(customer={"id": ACME})
    assert matches(wanting(customers=(ACME,)), "customer.created", event)
    assert not matches(wanting(departments=(SALES,)), "customer.created", event)


def test_a_test_goes_to_the_endpoint_that_it_names_whatever_its_filters_and_to_no_other() -> None:
    event = told(webhook_endpoint={"id": ENDPOINT})
    assert matches(wanting("sla.breached", departments=(SALES,), customers=(ACME,)), TEST, event)
    assert not matches(wanting(id_=OTHER), TEST, event)
    assert not matches(wanting(TEST, id_=OTHER), TEST, event)


def test_that_an_endpoint_was_disabled_goes_to_the_others_whose_filters_let_it_through() -> None:
    event = told(webhook_endpoint={"id": ENDPOINT}, because="gone")
    assert not matches(wanting(), DISABLED, event)
    assert matches(wanting(id_=OTHER), DISABLED, event)
    assert matches(wanting("webhook.*", id_=OTHER), DISABLED, event)
    assert not matches(wanting("ticket.*", id_=OTHER), DISABLED, event)


@pytest.mark.parametrize("actor", sorted(UNTOLD_ACTORS))
def test_what_is_recorded_of_the_past_goes_to_nobody(actor: str) -> None:
    assert not matches(wanting(), "ticket.opened", {"ticket": a_ticket(), "actor": {"type": actor}})
    assert not matches(wanting(), TEST, {"webhook_endpoint": {"id": ENDPOINT}, "actor": {"type": actor}})


def test_an_event_without_an_actor_is_delivered() -> None:
    assert matches(wanting(), "ticket.opened", {"ticket": a_ticket(), "actor": None})


TYPES = ("ticket.opened", "ticket.closed", "sla.met", "sla.breached", "customer.created", TEST, DISABLED)
PATTERNS = (*TYPES, "*", "ticket.*", "sla.*", "webhook.*")
some_departments = st.frozensets(st.sampled_from((SALES, FINANCE, LEGAL)), max_size=2)
some_customers = st.frozensets(st.sampled_from((ACME, GLOBEX)), max_size=2)
filters = st.lists(
    st.tuples(st.frozensets(st.sampled_from(PATTERNS), max_size=3), some_departments, some_customers), max_size=8
).map(lambda wanted: [EndpointFilter(str(number), *each) for number, each in enumerate(wanted)])
events = st.tuples(
    st.sampled_from(TYPES),
    st.fixed_dictionaries(
        {"actor": st.sampled_from((SOMEBODY, {"type": "import"}))},
        optional={
            "ticket": st.builds(
                a_ticket, *[st.sampled_from((SALES, FINANCE, LEGAL))] * 2, st.sampled_from((ACME, GLOBEX))
            ),
            "customer": st.fixed_dictionaries({"id": st.sampled_from((ACME, GLOBEX))}),
            "webhook_endpoint": st.fixed_dictionaries({"id": st.sampled_from("01234567")}),
        },
    ),
)


def is_wanted(wanted: EndpointFilter, event_type: str, data: dict[str, Any]) -> bool:
    """As the rule is told, one thing after the other."""
    named = data.get("webhook_endpoint", {}).get("id")
    if data["actor"]["type"] == "import":
        return False
    if event_type == TEST:
        return bool(named == wanted.endpoint_id)
    if event_type == DISABLED and named == wanted.endpoint_id:
        return False
    by_type = any(
        pattern in ("*", event_type) or (pattern.endswith(".*") and event_type.startswith(pattern[:-1]))
        for pattern in wanted.event_types
    )
    whom = concerned(data)
    return (
        (by_type or not wanted.event_types)
        and (not wanted.department_ids or bool(wanted.department_ids & whom.department_ids))
        and (not wanted.customer_ids or bool(wanted.customer_ids & whom.customer_ids))
    )


@given(filters, st.lists(events, max_size=6))
def test_many_endpoints_at_once_get_what_each_would_get_alone(
    wanted: list[EndpointFilter], happening: list[tuple[str, dict[str, Any]]]
) -> None:
    index = Index(wanted)
    for event_type, data in happening:
        expected = [place for place, each in enumerate(wanted) if is_wanted(each, event_type, data)]
        assert index.endpoints_of(event_type, data) == expected
        assert [place for place, each in enumerate(wanted) if matches(each, event_type, data)] == expected


@given(filters, events)
def test_no_event_that_anyone_wants_is_of_a_type_that_is_not_even_looked_at(
    wanted: list[EndpointFilter], happening: tuple[str, dict[str, Any]]
) -> None:
    event_type, data = happening
    index = Index(wanted)
    looked_at = index.patterns is None or any(
        event_type.startswith(pattern[:-1]) if pattern.endswith("*") else event_type == pattern
        for pattern in index.patterns
    )
    assert looked_at or index.endpoints_of(event_type, data) == []
