"""Business time as people write it: `4h`, `90m`, `1h30m`, `45s`. Pure.

There are no days: a day of business time is as long as the calendar says, and differs from one weekday to the next.
"""

import re

_DURATION = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?")
_UNITS = (3600, 60, 1)


def seconds_of(text: str) -> int:
    """The seconds of a duration.

    Raises:
        ValueError: it is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        if re.fullmatch(r"\s*[0-9.]+\s*(d|w|days?|weeks?)\s*.*", text):
            raise ValueError(
                "must be in hours, minutes and seconds, such as 16h: how long a day of business time is depends on the "
                "calendar."
            )
        raise ValueError("must be a duration such as 4h, 90m or 1h30m.")
    return sum(int(part or 0) * unit for part, unit in zip(match.groups(), _UNITS, strict=True))


def duration(seconds: int) -> str:
    """The seconds as a duration, as short as it can be written: 5400 is `1h30m`, 0 is `0s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count]
    return "".join(parts) or "0s"
