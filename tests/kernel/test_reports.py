"""The frame of every report: its period, its groups, and the same rows as JSON and as CSV."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Query, Request, Response
from pydantic import ValidationError

from app.kernel import failures
from app.kernel.problems import Invalid
from app.kernel.reports import (
    MOST_ROWS,
    Period,
    Report,
    ReportQuery,
    Row,
    group_fields,
    grouped_by,
    report_answer,
    reported,
)
from app.kernel.schemas import EARLIEST

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ages:
    young: int
    old: int


@dataclass(frozen=True, slots=True)
class Figures:
    tickets: int
    share: float | None
    ages: Ages
    value: Decimal | None = None


class ToyQuery(ReportQuery):
    allowed = ("customer", "priority", "day")
    group_by: str = grouped_by("customer", allowed)


def toy_rows() -> list[Row[Figures]]:
    acme = {"customer": "=1+1", "customer_id": None, "customer_name": '-Acme, Inc. "A"', "day": date(2026, 3, 2)}
    other = {"customer": "B", "customer_id": None, "customer_name": "Been", "day": date(2026, 3, 3)}
    return [
        Row(acme, Figures(3, 2 / 3, Ages(1, -2), Decimal("12.50"))),
        Row(other, Figures(0, None, Ages(0, 0))),
    ]


def toy_report(asked: ToyQuery, rows: list[Row[Figures]]) -> Report[Figures, Figures]:
    return Report(asked.period(NOW), asked.dimensions, Figures, rows, Figures(3, 2 / 3, Ages(1, -2)))


@pytest.fixture
def toy() -> Iterator[httpx.AsyncClient]:
    app = FastAPI()
    failures.install(app)

    @app.get("/toy", **reported("Toy", Figures))
    async def toy_endpoint(request: Request, asked: Annotated[ToyQuery, Query()]) -> Response:
        return report_answer(request, toy_report(asked, toy_rows()))

    @app.get("/compared", **reported("Compared", Figures, compared=True, group={"weekday": "mon", "hour": 9}))
    async def compared_endpoint(request: Request, asked: Annotated[ToyQuery, Query()]) -> Response:
        first, second = toy_rows()
        rows = [replace(first, previous=Figures(1, None, Ages(4, 5), Decimal("-1"))), second]
        return report_answer(request, replace(toy_report(asked, rows), previous_totals=Figures(9, 1.0, Ages(8, 7))))

    @app.get("/huge")
    async def huge(request: Request, asked: Annotated[ToyQuery, Query()]) -> Response:
        return report_answer(request, toy_report(asked, toy_rows() * MOST_ROWS))

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy.test")


def asked(**fields: Any) -> ReportQuery:
    return ReportQuery.model_validate(fields)


def test_the_period_left_out_is_the_last_thirty_days_up_to_this_second_inclusive() -> None:
    end = datetime(2026, 3, 31, 12, 0, 1, tzinfo=UTC)
    assert asked().period(NOW) == Period(datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC), end, NOW)


def test_from_left_out_is_thirty_days_before_to() -> None:
    period = asked(to="2026-02-10T00:00:00Z").period(NOW)
    assert (period.start, period.end) == (datetime(2026, 1, 11, tzinfo=UTC), datetime(2026, 2, 10, tzinfo=UTC))


def test_a_period_never_begins_before_there_are_instants() -> None:
    assert asked(to="1900-01-05T00:00:00Z").period(NOW).start == EARLIEST


def test_what_lasts_is_measured_up_to_the_end_but_not_beyond_now() -> None:
    past = asked(**{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}).period(NOW)
    assert (past.until, past.before) == (past.end, past.end)
    future = asked(**{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}).period(NOW)
    assert future.until == NOW
    assert future.before == datetime(2026, 3, 31, 12, 0, 1, tzinfo=UTC)


def test_a_period_may_be_empty_but_not_end_before_it_begins() -> None:
    instant = "2026-02-01T00:00:00Z"
    empty = asked(**{"from": instant, "to": instant}).period(NOW)
    assert empty.start == empty.end
    with pytest.raises(Invalid, match="from"):
        asked(**{"from": "2026-02-01T00:00:01Z", "to": instant}).period(NOW)
    with pytest.raises(Invalid, match="from"):
        asked(**{"from": "2026-04-01T00:00:00Z"}).period(NOW)


def test_the_period_before_is_of_equal_length_and_known_as_of_the_same_instant() -> None:
    march = asked(**{"from": "2026-03-01T00:00:00Z", "to": "2026-03-31T00:00:00Z"}).period(NOW)
    assert march.previous == Period(datetime(2026, 1, 30, tzinfo=UTC), march.start, NOW)


def test_dimensions_come_once_each_in_the_order_asked() -> None:
    assert asked(group_by="week,customer,week").dimensions == ("week", "customer")


@pytest.mark.parametrize("group_by", ["", "colour", "day,", "day,week,month,customer", "Day", "day week"])
def test_other_dimensions_are_refused(group_by: str) -> None:
    with pytest.raises(ValidationError, match="must be up to 3 of department"):
        asked(group_by=group_by)


def test_a_report_offers_only_its_own_dimensions() -> None:
    with pytest.raises(ValidationError, match="must be up to 3 of customer, priority, day"):
        ToyQuery.model_validate({"group_by": "department"})


def test_an_edge_is_told_by_its_two_ends_and_things_by_key_id_and_name() -> None:
    requester = ("requester", "requester_id", "requester_name")
    assert group_fields(["edge", "day"]) == (*requester, "provider", "provider_id", "provider_name", "day")
    assert group_fields(["requester", "edge"]) == (*requester, "provider", "provider_id", "provider_name")


def test_filters_are_what_was_stated_beside_the_frame() -> None:
    stated = {"from": "2026-01-01T00:00:00Z", "group_by": "day", "priority": "p1", "customer_tier": "gold"}
    assert asked(**stated).filters() == {"customer_tier": "gold", "priority": "p1"}


async def test_rows_are_answered_as_json_with_their_period_and_totals(toy: httpx.AsyncClient) -> None:
    query = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-05T00:00:00Z", "group_by": "customer,day"}
    response = await toy.get("/toy", params=query)
    assert (response.headers["Content-Type"], response.headers["Vary"]) == ("application/json", "Accept")
    answer = response.json()
    assert {name: answer[name] for name in query if name != "group_by"} == {
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-03-05T00:00:00Z",
    }
    assert answer["group_by"] == ["customer", "day"]
    assert answer["rows"][0] == {
        "group": {"customer": "=1+1", "customer_id": None, "customer_name": '-Acme, Inc. "A"', "day": "2026-03-02"},
        "tickets": 3,
        "share": 2 / 3,
        "ages": {"young": 1, "old": -2},
        "value": "12.50",
    }
    assert answer["totals"] == {"tickets": 3, "share": 2 / 3, "ages": {"young": 1, "old": -2}, "value": None}


async def test_what_was_before_stands_beside_each_row_and_the_totals(toy: httpx.AsyncClient) -> None:
    answer = (await toy.get("/compared?group_by=customer,day")).json()
    before = {"tickets": 1, "share": None, "ages": {"young": 4, "old": 5}, "value": "-1"}
    assert [row["previous"] for row in answer["rows"]] == [before, None]
    assert answer["totals"]["tickets"] == 3
    assert answer["totals"]["previous"] == {"tickets": 9, "share": 1.0, "ages": {"young": 8, "old": 7}, "value": None}


async def test_csv_has_what_was_before_in_columns_of_its_own(toy: httpx.AsyncClient) -> None:
    response = await toy.get("/compared?group_by=day", headers={"Accept": "text/csv"})
    header, *rows = csv.reader(io.StringIO(response.text, newline=""))
    before = ["previous_tickets", "previous_share", "previous_ages_young", "previous_ages_old", "previous_value"]
    assert header == ["day", "tickets", "share", "ages_young", "ages_old", "value", *before]
    assert [row[6:] for row in rows] == [["1", "", "4", "5", "-1"], ["", "", "", "", ""]]


async def test_csv_has_the_same_rows_and_no_cell_that_a_spreadsheet_would_run(toy: httpx.AsyncClient) -> None:
    response = await toy.get("/toy?group_by=customer,day", headers={"Accept": "text/csv"})
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(response.text, newline=""))
    figures = ["tickets", "share", "ages_young", "ages_old", "value"]
    assert header == ["customer", "customer_id", "customer_name", "day", *figures]
    assert rows == [
        ["'=1+1", "", '\'-Acme, Inc. "A"', "2026-03-02", "3", str(2 / 3), "1", "-2", "12.50"],
        ["B", "", "Been", "2026-03-03", "0", "", "0", "0", ""],
    ]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        ("text/csv, */*", "text/csv"),
        ("text/*", "text/csv"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
        ("text/csv;q=x", "application/json"),
        ("application/json, text/csv", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
async def test_json_is_answered_unless_csv_is_preferred(toy: httpx.AsyncClient, accept: str, kind: str) -> None:
    response = await toy.get("/toy", params={"group_by": "customer,day"}, headers={"Accept": accept})
    assert response.headers["Content-Type"].split(";")[0] == kind


async def test_more_rows_than_can_be_answered_are_refused(toy: httpx.AsyncClient) -> None:
    response = await toy.get("/huge")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?group_by")


async def test_a_period_the_wrong_way_round_is_a_problem_of_from(toy: httpx.AsyncClient) -> None:
    response = await toy.get("/toy?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z")
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?from")


async def test_both_kinds_of_answer_are_documented(toy: httpx.AsyncClient) -> None:
    document = (await toy.get("/openapi.json")).json()
    operation = document["paths"]["/toy"]["get"]
    content = operation["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/csv"}
    assert content["text/csv"]["example"].endswith("tickets,share,ages_young,ages_old,value\r\n")
    row = document["components"]["schemas"]["ToyRow"]
    assert list(row["properties"]) == ["group", "tickets", "share", "ages", "value"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert {"from", "to", "group_by", "department_id"} <= set(parameters)
    assert parameters["group_by"]["schema"]["default"] == "customer"
    assert parameters["group_by"]["schema"]["pattern"] == "^(customer|priority|day)(,(customer|priority|day)){0,2}$"


async def test_what_stands_beside_is_documented_where_there_is_such(toy: httpx.AsyncClient) -> None:
    schemas = (await toy.get("/openapi.json")).json()["components"]["schemas"]
    assert list(schemas["ComparedRow"]["properties"]) == ["group", "tickets", "share", "ages", "value", "previous"]
    assert list(schemas["ComparedTotals"]["properties"]) == ["tickets", "share", "ages", "value", "previous"]
    assert "previous" not in schemas["ComparedRow"]["required"]
    told = schemas["ComparedRow"]["properties"]["group"]
    assert told["examples"] == [{"weekday": "mon", "hour": 9}]
