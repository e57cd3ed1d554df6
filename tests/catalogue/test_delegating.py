"""What a delegation covers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.catalogue.delegating import Limits, Worth

SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def limits(up_to: str | None = None, currency: str | None = None, until: datetime | None = None) -> Limits[str]:
    return Limits("D", "Discount", SINCE, until, None if up_to is None else Decimal(up_to), currency)


def worth(value: str, currency: str = "EUR") -> Worth:
    return Worth(Decimal(value), currency)


def test_without_limits_everything_is_covered_from_then_on() -> None:
    assert limits().cover(SINCE, None)
    assert limits().cover(SINCE + 9999 * MINUTE, worth("1000000"))
    assert not limits().cover(SINCE - MINUTE, None)


def test_its_end_is_not_covered_any_more() -> None:
    ends = limits(until=SINCE + MINUTE)
    assert [ends.cover(at, None) for at in (SINCE, SINCE + MINUTE)] == [True, False]


@pytest.mark.parametrize(
    ("currency", "asked", "covered"),
    [
        ("EUR", worth("1000.00"), True),
        ("EUR", worth("1000.01"), False),
        ("EUR", worth("1", "USD"), False),
        (None, worth("1000", "USD"), True),
        (None, worth("1001", "USD"), False),
        ("EUR", None, False),
        (None, None, False),
    ],
)
def test_with_a_limit_only_what_is_known_to_be_worth_no_more_is_covered_and_nothing_is_converted(
    currency: str | None, asked: Worth | None, covered: bool
) -> None:
    assert limits("1000", currency).cover(SINCE, asked) is covered
