"""What the examples of requests name: things of the demo company, whose ids are the same in every installation."""

from typing import Final

from fastapi.openapi.models import Example

SALES: Final = "01972fa7-9000-70bb-b09b-6435810b0631"
OPERATIONS: Final = "01972fa7-97d0-72fb-8a70-24ec49452409"
FINANCE: Final = "01972fa7-a388-7602-9e72-a62a9fa2bfb1"
LEGAL: Final = "01972fa7-ab58-742a-91b7-0c79777b9533"
SELLER: Final = "01972fa7-93e8-7615-bcf5-0279991dfee3"
LEAD_OF_FINANCE: Final = "01972fa8-43b0-7f1a-baa5-f82323d48c02"
DEEPA_KAYA: Final = "01972fa8-4798-7326-aeb4-b15cfde4d6b9"
HEAD_OFFICE: Final = "01972fa7-9000-799f-b9c6-1d2746a68944"

DEPARTMENTS: Final[dict[str, Example]] = {"demo": {"summary": "Finance of the demo company", "value": FINANCE}}
MEMBERS: Final[dict[str, Example]] = {"demo": {"summary": "The lead of Finance", "value": LEAD_OF_FINANCE}}
WHO_LEAVES: Final[dict[str, Example]] = {"demo": {"summary": "Deepa Kaya of Finance", "value": DEEPA_KAYA}}
CALENDARS: Final[dict[str, Example]] = {"demo": {"summary": "The head office's", "value": HEAD_OFFICE}}
NEW_KEYS: Final[dict[str, Example]] = {"new": {"summary": "A department to make", "value": "QUALITY"}}
NEW_ADDRESSES: Final[dict[str, Example]] = {"new": {"summary": "A member to make", "value": "ada.okafor@example.com"}}

HOLIDAY_FILE: Final = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Holidays//EN
BEGIN:VEVENT
UID:between-the-years@example.com
SUMMARY:Between the years
DTSTART;VALUE=DATE:20261227
DTEND;VALUE=DATE:20270101
RRULE:FREQ=YEARLY
END:VEVENT
END:VCALENDAR
"""
