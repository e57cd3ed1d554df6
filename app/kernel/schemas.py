"""The grammar of every body: what a string, an instant, an id, money and a duration look like on the wire.

Requests are `Schema`s: strict, unknown fields refused. Answers are frozen dataclasses annotated with the same types,
written with `answer` (see `app.kernel.answers`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

_INSTANT = (
    r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_RFC_3339 = re.compile(r"[0-9]{4}(-[0-9]{2}){2}[Tt][0-9]{2}(:[0-9]{2}){2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONEY = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")


def _without_impossible_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        nullable = any(option.get("type") == "null" for option in field.get("anyOf", ()))
        if "default" in field and field["default"] is None and not nullable:
            del field["default"]


class Schema(BaseModel):
    """A request body: strict types, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra=_without_impossible_defaults)

    def stated(self) -> dict[str, Any]:
        """The fields that the request named, as a change to make."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def example(**fields: Any) -> ConfigDict:
    """The configuration of a body with an example that can be sent as it is: its ids are those of the demo company."""

    def extra(schema: dict[str, Any]) -> None:
        _without_impossible_defaults(schema)
        schema["examples"] = [fields]

    return ConfigDict(json_schema_extra=extra)


def left_out(**options: Any) -> Any:
    """The default of a field of a change that may be left out but not be null: read it through `stated`."""
    return Field(default=None, **options)


def parse_instant(text: str) -> datetime:
    """An RFC 3339 instant with an offset, in UTC, cut to whole seconds.

    Raises:
        ValueError: it is none, has no offset, or lies outside 1900–2200.
    """
    if not _RFC_3339.fullmatch(text):
        # In an address an unencoded plus sign means a space.
        hint = "; in an address, write + as %2B" if " " in text else ""
        raise ValueError(f"must be an RFC 3339 instant with an offset, such as 2026-03-02T09:00:00Z{hint}")
    try:
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise ValueError("is no instant that exists") from error
    if not EARLIEST <= instant < LATEST:
        raise ValueError("must lie between the years 1900 and 2200")
    return instant


def _instant(value: object) -> object:
    return parse_instant(value) if isinstance(value, str) else _aware(value)


def _aware(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    raise ValueError("must be an RFC 3339 instant as a string")


def _uuid(value: object) -> object:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    raise ValueError("must be a UUID such as 0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b")


def _date(value: object) -> object:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError("is no date that exists") from error
    if isinstance(value, date):
        return value
    raise ValueError("must be a date such as 2026-12-25")


def _money(value: object) -> object:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _MONEY.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation as error:
            raise ValueError("is no decimal number") from error
    raise ValueError("must be a decimal string such as 1250.00, with at most 15 digits and 4 decimals")


@dataclass(frozen=True, slots=True)
class Pattern:
    """In a type: the whole string matches, else the rule says what it must be."""

    regex: str
    rule: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._matching, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self.regex}$"}

    def _matching(self, value: str) -> str:
        if not re.fullmatch(self.regex, value):
            raise ValueError(self.rule)
        return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain NUL characters")
    return value


Id = Annotated[UUID, BeforeValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _INSTANT}),
]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Money = Annotated[
    Decimal,
    BeforeValidator(_money),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$", "examples": ["125000.00"]}),
]


def _not_negative(value: Decimal) -> Decimal:
    if value.is_signed():
        raise ValueError("must not be negative")
    return value


Value = Annotated[
    Money,
    AfterValidator(_not_negative),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,4})?$", "examples": ["125000.00"]}),
]
"""What something is worth, in a currency beside it: nothing, or more."""
Currency = Annotated[
    str,
    Pattern("[A-Z]{3}", "must be three capital letters as in ISO 4217, such as EUR"),
    Field(description="ISO 4217", examples=["EUR"]),
]
Seconds = Annotated[int, Field(ge=0, le=3653 * 86400, description="Seconds")]
_NOT_IN_ADDRESS = r"\s\x00-\x1f\x7f-\x9f()<>\[\]:;,\\\""
_NOT_BLANK = {"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}
_NO_NUL = {"pattern": r"^[^\x00]*$"}
Name = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra=_NOT_BLANK),
    AfterValidator(_no_nul),
    AfterValidator(_not_blank),
]
Key = Annotated[
    str,
    Pattern(
        "[A-Za-z0-9][A-Za-z0-9_.-]{0,79}",
        "must be 1 to 80 letters, digits, dots, dashes and underscores, a letter or digit first, such as FIN",
    ),
    Field(examples=["FIN"]),
]
Text = Annotated[str, Field(max_length=20_000, json_schema_extra=_NO_NUL), AfterValidator(_no_nul)]
Words = Annotated[Text, Field(min_length=1, json_schema_extra=_NOT_BLANK), AfterValidator(_not_blank)]
"""Text that says something."""
Reference = Name
Email = Annotated[
    str,
    Field(max_length=254),
    Pattern(
        rf"[^{_NOT_IN_ADDRESS}@]+@[^{_NOT_IN_ADDRESS}@.]+(\.[^{_NOT_IN_ADDRESS}@.]+)+",
        "must be an address such as ada.okafor@example.com",
    ),
]
