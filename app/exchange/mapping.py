"""How a log maps onto Outward: the TOML beside it, read into frozen dataclasses. Pure."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.exchange.mapping_sla import sla_tables
from app.exchange.mapping_tables import MappingError, Table
from app.tickets.life.verbs import Party, Priority

__all__ = ["CommitmentRule", "Defaults", "LogColumns", "LogMapping", "MappingError", "Meaning", "Word", "read_mapping"]

LONGEST_SECONDS: Final = 3653 * 86400
PARTIES: Final = (Party.REQUESTER, Party.CUSTOMER, Party.THIRD_PARTY)

T = TypeVar("T")


class Word(StrEnum):
    """The verbs a mapping may give to an activity."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    WAIT = "wait"
    RESOLVE = "resolve"
    CLOSE = "close"
    CANCEL = "cancel"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an activity means: a verb, with its party for wait."""

    word: Word
    party: Party | None = None


@dataclass(frozen=True, slots=True)
class LogColumns:
    """`[log]`: the names of columns, or of XES attributes; None where the log has none."""

    case: str
    time: str
    activity: tuple[str, ...]
    department: str
    source: str | None = None
    member: str | None = None
    customer: str | None = None
    priority: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """`[defaults]`: what holds where the log says nothing."""

    requester: str
    department: str
    customer: str
    timezone: ZoneInfo


@dataclass(frozen=True, slots=True)
class CommitmentRule:
    """`[commitment]`: attributes that hold the promise's instants; exactly one of the two `due` is stated."""

    owner: str
    due: str | None = None
    due_after_seconds: int | None = None
    promised: str | None = None
    delivered: str | None = None


@dataclass(frozen=True, slots=True)
class LogMapping:
    """A whole mapping. `slas` are the `[[sla]]` tables, checked, under the names of `mapping_sla.FIELDS`."""

    log: LogColumns
    defaults: Defaults
    priority: Mapping[str, Priority]
    activity: Mapping[str, Meaning]
    commitment: CommitmentRule | None = None
    slas: tuple[Mapping[str, Any], ...] = ()


def read_mapping(text: str | bytes) -> LogMapping:
    """The mapping that a TOML document states.

    Raises:
        MappingError: it is no TOML, lacks something, or states something unknown; names the table and the key.
    """
    try:
        document = tomllib.loads(text.decode() if isinstance(text, bytes) else text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"The mapping is no TOML document: {error}.") from error
    root = Table("", document)
    mapping = LogMapping(
        log=_columns(root.table("log")),
        defaults=_defaults(root.table("defaults")),
        priority=_lookup(root.table("priority", needed=False), _priority),
        activity=_lookup(root.table("activity", needed=False), _meaning),
        commitment=_commitment(root.table("commitment")) if "commitment" in root else None,
        slas=sla_tables(root.tables("sla")),
    )
    root.done()
    return mapping


def _columns(table: Table) -> LogColumns:
    columns = LogColumns(
        case=table.text("case"),
        time=table.text("time"),
        activity=table.text_or_texts("activity"),
        department=table.text("department"),
        source=table.text_or_none("source"),
        member=table.text_or_none("member"),
        customer=table.text_or_none("customer"),
        priority=table.text_or_none("priority"),
        title=table.text_or_none("title"),
    )
    table.done()
    return columns


def _defaults(table: Table) -> Defaults:
    requester, department, customer = table.text("requester"), table.text("department"), table.text("customer")
    name = table.text_or_none("timezone") or "UTC"
    table.done()
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise table.mistake("timezone", f"{name!r} is no time zone of the IANA data, such as 'Europe/Paris'") from error
    return Defaults(requester, department, customer, zone)


def _lookup(table: Table, meaning_of: Callable[[Table, str], T]) -> Mapping[str, T]:
    found = {key: meaning_of(table, key) for key in table}
    table.done()
    return found


def _priority(table: Table, key: str) -> Priority:
    value = table.text(key)
    try:
        return Priority(value)
    except ValueError:
        raise table.mistake(key, f"{value!r} is none of {', '.join(Priority)}") from None


def _meaning(table: Table, key: str) -> Meaning:
    value = table.text(key)
    word, _, party = value.partition(" ")
    if word not in set(Word):
        raise table.mistake(key, f"{value!r} is no verb; the verbs are {', '.join(Word)}")
    if word == Word.WAIT:
        if party not in PARTIES:
            raise table.mistake(key, f"{value!r} must be 'wait' and one of {', '.join(PARTIES)}")
        return Meaning(Word.WAIT, Party(party))
    if party:
        raise table.mistake(key, f"{value!r}: only 'wait' takes a party")
    return Meaning(Word(word))


def _commitment(table: Table) -> CommitmentRule:
    rule = CommitmentRule(
        owner=table.text("owner"),
        due=table.text_or_none("due"),
        due_after_seconds=table.integer_or_none("due_after_seconds", least=1, most=LONGEST_SECONDS),
        promised=table.text_or_none("promised"),
        delivered=table.text_or_none("delivered"),
    )
    table.done()
    if (rule.due is None) == (rule.due_after_seconds is None):
        raise table.mistake("due", "state either 'due' (an attribute) or 'due_after_seconds', and not both")
    return rule
