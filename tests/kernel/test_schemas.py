"""What a string, an instant, money and an address look like on the wire, and what is told of one that does not."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.customers.schemas import Value
from app.kernel.findings import from_validation
from app.kernel.schemas import Currency, Email, Instant, Key, Money, Words


def read(kind: Any, given: object) -> Any:
    return TypeAdapter(kind).validate_python(given)


def refusal(kind: Any, given: object) -> str:
    with pytest.raises(ValidationError) as caught:
        read(kind, given)
    (error,) = from_validation(caught.value).errors
    return error.detail


@pytest.mark.parametrize("address", ["a@b.c", "o'neil+sales@mail.example.co.uk", "ü@bücher.example", "a/b@x.org"])
def test_an_address_may_be_of_any_language(address: str) -> None:
    assert read(Email, address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "a@@b.c",
        "a@b..c",
        "a@.c",
        "<a@b.c>",
        "a@b.c,d@e.f",
        "a b@c.d",
        "a@b.c\n",
        "a\x01@b.c",
    ],
)
def test_what_mail_cannot_reach_is_no_address(address: str) -> None:
    assert refusal(Email, address) == "must be an address such as ada.okafor@example.com."


@pytest.mark.parametrize("currency", ["eur", "EURO", "E", "ＥＵＲ", "EUR\n", ""])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    assert refusal(Currency, currency) == "must be three capital letters as in ISO 4217, such as EUR."


@pytest.mark.parametrize("key", ["", "-a", "a b", "ä", "a/b", "a\n", "a" * 81])
def test_a_key_needs_no_encoding_in_an_address(key: str) -> None:
    assert refusal(Key, key).endswith("a letter or digit first, such as FIN.")


@pytest.mark.parametrize("money", ["1e5", "１２", "1,5", "+5", " 5", "5.", ".5", "1.23456", "1" * 16, "NaN", 5, ""])
def test_money_is_a_plain_decimal_string(money: object) -> None:
    assert refusal(Money, money).startswith("must be a decimal string such as 1250.00")


def test_money_keeps_its_decimals() -> None:
    assert str(read(Money, "00012.50")) == "12.50"
    assert read(Money, "999999999999999.9999") == Decimal("999999999999999.9999")


@pytest.mark.parametrize("value", ["-1", "-0", "-0.01"])
def test_what_something_is_worth_is_not_negative(value: str) -> None:
    assert refusal(Value, value) == "must not be negative."


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_words_say_something(text: str) -> None:
    assert refusal(Words, text) in ("must not be empty.", "must not be blank.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-02", "must be an RFC 3339 instant with an offset, such as 2026-03-02T09:00:00Z."),
        ("2026-03-02T09:00:00", "must be an RFC 3339 instant with an offset, such as 2026-03-02T09:00:00Z."),
        ("２０２６-03-02T09:00:00Z", "must be an RFC 3339 instant with an offset, such as 2026-03-02T09:00:00Z."),
        (
            "2026-03-02T09:00:00 01:00",
            "must be an RFC 3339 instant with an offset, such as 2026-03-02T09:00:00Z; in an address, write + as %2B.",
        ),
        ("2026-02-30T09:00:00Z", "is no instant that exists."),
        ("2016-12-31T23:59:60Z", "is no instant that exists."),
        ("2026-03-02T24:00:00Z", "is no instant that exists."),
        ("2026-03-02T09:00:00+25:00", "is no instant that exists."),
        ("0001-01-01T00:00:00Z", "must lie between the years 1900 and 2200."),
        ("9999-12-31T23:59:59Z", "must lie between the years 1900 and 2200."),
        (1_700_000_000, "must be an RFC 3339 instant as a string."),
    ],
)
def test_an_instant_has_an_offset_and_exists(text: object, told: str) -> None:
    assert refusal(Instant, text) == told


def test_an_instant_is_cut_to_the_second_in_utc() -> None:
    assert read(Instant, "2026-03-02t09:00:00.999+05:30").isoformat() == "2026-03-02T03:30:00+00:00"
