"""The customers of the demo company: 150, of very unequal value. Pure."""

from decimal import Decimal
from random import Random
from typing import Any, Final

from app.demo.names import FIRST_WORDS, TRADES
from app.demo.records import Customer

CUSTOMERS: Final = 150
_GOLD, _SILVER = 15, 50
_LARGEST, _FALL = 4_200_000, 1.1

_CURRENCIES = ("EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "GBP", "USD")
_LANGUAGES = ("de", "en", "en", "fr", "es", "it", "nl")
_CHANNELS = ("email", "phone", "portal")
_NOTES = (
    "Wants one person to call, whoever answers.",
    "Orders peak before the summer shutdown; plan ahead.",
    "Their plant manager decides, not purchasing.",
    "Was let down two years ago; check promises twice.",
    "Pays early when the invoice is right the first time.",
)


def customers(seed: int) -> tuple[Customer, ...]:
    """All of them, the most valuable first."""
    return tuple(_customer(place, Random(f"{seed}/customer/{place}")) for place in range(CUSTOMERS))


def _customer(place: int, rng: Random) -> Customer:
    name = f"{FIRST_WORDS[place % len(FIRST_WORDS)]} {TRADES[(place // len(FIRST_WORDS) + place) % len(TRADES)]}"
    worth = _LARGEST / (place + 1) ** _FALL * rng.uniform(0.92, 1.08)
    return Customer(
        ref=f"DEMO-C-{place + 1:03}",
        name=name,
        tier="gold" if place < _GOLD else "silver" if place < _SILVER else "bronze",
        annual_value=Decimal(round(worth, -2)).quantize(Decimal("0.01")),
        currency=rng.choice(_CURRENCIES) if place >= _GOLD else "EUR",
        preferences=_preferences(rng),
        notes=rng.choice(_NOTES) if rng.random() < 0.3 else None,
    )


def _preferences(rng: Random) -> dict[str, Any]:
    preferences: dict[str, Any] = {"language": rng.choice(_LANGUAGES), "channel": rng.choice(_CHANNELS)}
    if rng.random() < 0.4:
        preferences["invoices"] = rng.choice(("monthly", "per order", "through their portal"))
    if rng.random() < 0.3:
        preferences["deliveries"] = {"dock": rng.randint(1, 6), "not_before": rng.choice(("06:00", "07:00", "09:00"))}
    return preferences
