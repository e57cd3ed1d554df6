"""Adding up what is likely late."""

from decimal import Decimal
from uuid import UUID

import pytest

from app.ripple.engine.stakes import stake_of
from app.ripple.engine.totals import Amount
from app.ripple.forecasting.exposure import Exposed, ExposureFigures, ExposureSums

BIG, SMALL = UUID(int=1), UUID(int=2)


def exposed(
    number: int,
    probability: float | None,
    own: str | None = None,
    customer: UUID = BIG,
    annual: str | None = None,
    currency: str = "EUR",
    at_risk: bool = False,
) -> Exposed:
    id_ = UUID(int=100 + number)
    amount = None if own is None else Amount(Decimal(own), currency)
    worth = None if annual is None else Amount(Decimal(annual), currency)
    return Exposed(id_, stake_of(id_, amount, customer, worth), probability, at_risk)


def added_up(*some: Exposed) -> ExposureFigures:
    sums = ExposureSums()
    for each in some:
        sums.add(each)
    return sums.figures()


def test_probabilities_and_values_add_up():
    figures = added_up(
        exposed(1, 0.5, "1000.00", at_risk=True), exposed(2, 0.125, "80.00"), exposed(3, 1.0, at_risk=True)
    )

    assert (figures.open_commitments, figures.at_risk, figures.expected_late) == (3, 2, 1.625)
    assert (figures.value_at_risk, figures.currency) == (Decimal("510.00"), "EUR")


def test_several_currencies_are_never_added_up():
    figures = added_up(exposed(1, 0.5, "1000.00"), exposed(2, 0.5, "300.00", currency="USD"))

    assert (figures.value_at_risk, figures.currency) == (None, None)
    assert figures.values_at_risk == [Amount(Decimal("500.00"), "EUR"), Amount(Decimal("150.00"), "USD")]


def test_the_annual_value_of_a_customer_counts_once_by_the_likeliest():
    figures = added_up(
        exposed(1, 0.25, annual="1000.00"),
        exposed(2, 0.75, annual="1000.00"),
        exposed(3, 0.1, "500.00", annual="1000.00"),
        exposed(4, 0.5, customer=SMALL, annual="10.00"),
    )

    assert figures.value_at_risk == Decimal("750.00") + Decimal("50.00") + Decimal("5.00")


def test_what_was_not_looked_at_yet_adds_nothing_but_itself():
    figures = added_up(exposed(1, None, "1000.00"), exposed(2, 0.5, "10.00"))

    assert (figures.open_commitments, figures.awaiting_forecast) == (2, 1)
    assert (figures.expected_late, figures.value_at_risk) == (0.5, Decimal("5.00"))


@pytest.mark.parametrize("some", [(), (exposed(1, 0.5),)])
def test_without_values_none_is_at_risk(some):
    figures = added_up(*some)

    assert (figures.value_at_risk, figures.currency, figures.values_at_risk) == (None, None, [])
