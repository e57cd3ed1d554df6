"""The public holidays of a country, or of a part of it, from the `holidays` package."""

import warnings
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import holidays

from app.directory.calendar import InvalidCalendar

FIRST_YEAR = 1990
LAST_YEAR = 2100


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str | None) -> Mapping[date, str]:
    """The dates from 1990 to 2100, or as far within as the package knows them (India's, say, from 2001 to 2035), with
    their names in the country's language. Beyond that no public holiday is known.

    `country` is ISO 3166-1 alpha-2, `subdivision` a code that the package has for it, such as `BY` for Bavaria.

    Raises:
        InvalidCalendar: there is no such country, or it has no such subdivision.
    """
    try:
        known = holidays.country_holidays(country)
    except NotImplementedError as error:
        raise InvalidCalendar("/holiday_country", f"no public holidays are known of {country!r}") from error
    if subdivision is not None and subdivision not in {*known.subdivisions, *known.subdivisions_aliases}:
        offered = ", ".join(known.subdivisions) or "none"
        raise InvalidCalendar(
            "/holiday_subdivision", f"{country} has no {subdivision!r}; the known ones are: {offered}"
        )
    years = range(max(FIRST_YEAR, known.start_year), min(LAST_YEAR, known.end_year) + 1)
    with warnings.catch_warnings():
        # It warns of years for which it knows only some of the holidays.
        warnings.simplefilter("ignore")
        found = holidays.country_holidays(country, subdiv=subdivision, years=years, language=known.default_language)
        return MappingProxyType(dict(found))
