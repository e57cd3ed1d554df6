"""Elapsed time as people say it: `1.5 d`, `6 h`, `40 min`. Pure.

It is time on the clock, not business time: a day has 24 hours.
"""

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def in_words(seconds: int) -> str:
    """Seconds in the unit that fits, rounded half up: days below 100 and hours to a tenth, anything else whole.

    Never a full next unit: 3,599 s is `1 h`, not `60 min`.
    """
    if seconds < MINUTE:
        return f"{seconds} s"
    minutes = _rounded(seconds, MINUTE)
    if minutes < 60:
        return f"{minutes} min"
    tenths_of_hours = _rounded(seconds, HOUR // 10)
    if tenths_of_hours < 240:
        return f"{_tenths(tenths_of_hours)} h"
    tenths_of_days = _rounded(seconds, DAY // 10)
    return f"{_tenths(tenths_of_days)} d" if tenths_of_days < 1000 else f"{_rounded(seconds, DAY)} d"


def _rounded(seconds: int, unit: int) -> int:
    return (2 * seconds + unit) // (2 * unit)


def _tenths(tenths: int) -> str:
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)
