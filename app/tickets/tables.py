"""Tickets: what was asked, the legs and waits of its life, its history, its clocks, and what it blocks."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from app.kernel.attention import rank
from app.kernel.database import Timestamp, metadata, reference, resource_columns

STATUSES = "'open', 'acknowledged', 'in_progress', 'waiting', 'resolved', 'closed', 'declined', 'cancelled'"
IS_UNRESOLVED = "status in ('open', 'acknowledged', 'in_progress', 'waiting')"
PARTIES = "'requester', 'customer', 'third_party', 'dependency'"

tickets = Table(
    "tickets",
    metadata,
    *resource_columns(),
    Column("number", BigInteger, Identity(always=False, cache=1), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("description", Text),
    reference("requester_department_id", "departments.id"),
    reference("provider_department_id", "departments.id", index=False),
    reference("requester_id", "members.id", nullable=True),
    reference("assignee_id", "members.id", nullable=True),
    reference("request_type_id", "request_types.id", nullable=True),
    reference("customer_id", "customers.id"),
    reference("commitment_id", "commitments.id", nullable=True),
    Column("priority", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("waiting_on", Text),
    Column("opened_at", Timestamp, nullable=False, index=True),
    Column("acknowledged_at", Timestamp),
    Column("resolved_at", Timestamp, index=True),
    Column("closed_at", Timestamp),
    Column("ended_at", Timestamp),
    Column("last_at", Timestamp, nullable=False),
    Column("due_at", Timestamp),
    Column("breached_at", Timestamp),
    Column("leg", Integer, nullable=False, server_default="1"),
    Column("hop_count", Integer, nullable=False, server_default="0"),
    Column("return_count", Integer, nullable=False, server_default="0"),
    Column("reopen_count", Integer, nullable=False, server_default="0"),
    Column("question_count", Integer, nullable=False, server_default="0"),
    Column("resolution", Text),
    Column("granted", Boolean),
    reference("delegation_id", "delegations.id", nullable=True, index=False),
    # What it waits for, and what that is worth: see `app.tickets.attention`.
    Column("pending_since", Timestamp),
    Column("is_handed_over", Boolean, nullable=False, server_default="false"),
    Column("asked_at", Timestamp),
    Column("weight", Double, nullable=False, server_default="0"),
    Column("source", Text),
    Column("external_ref", Text),
    CheckConstraint("priority in ('p1', 'p2', 'p3', 'p4')", name="priority"),
    CheckConstraint(f"status in ({STATUSES})", name="status"),
    CheckConstraint(f"waiting_on in ({PARTIES})", name="waiting_on"),
    CheckConstraint("(status = 'waiting') = (waiting_on is not null)", name="waiting_on_somebody"),
    CheckConstraint("last_at >= opened_at", name="no_action_before_opening"),
    Index("ix_tickets_provider_department_id_status", "provider_department_id", "status"),
)
Index(
    "ix_tickets_delegation_id",
    tickets.c.delegation_id,
    postgresql_where=tickets.c.delegation_id.is_not(None),
)
Index(
    "uq_tickets_source_external_ref",
    tickets.c.source,
    tickets.c.external_ref,
    unique=True,
    postgresql_nulls_not_distinct=True,
    postgresql_where=tickets.c.external_ref.is_not(None),
)
Index("ix_tickets_assignee_id_unresolved", tickets.c.assignee_id, postgresql_where=text(IS_UNRESOLVED))
_pending = rank(tickets.c.pending_since, tickets.c.weight)
for _name, _rank, _condition in (
    ("unacknowledged", _pending, (tickets.c.status == "open") & tickets.c.is_handed_over.is_(False)),
    ("handed_over", _pending, (tickets.c.status == "open") & tickets.c.is_handed_over),
    ("waiting", _pending, (tickets.c.status == "waiting") & tickets.c.asked_at.is_(None)),
    ("asked", rank(tickets.c.asked_at, tickets.c.weight), tickets.c.asked_at.is_not(None)),
):
    Index(f"ix_tickets_{_name}", _rank, tickets.c.id, postgresql_where=_condition)
# Triggers keep the weight: it follows the value of the commitment, else of the customer.

ticket_legs = Table(
    "ticket_legs",
    metadata,
    Column("ticket_id", Uuid, ForeignKey("tickets.id"), nullable=False),
    Column("number", Integer, nullable=False),
    reference("department_id", "departments.id"),
    Column("arrived_by", Text, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    Column("acknowledged_at", Timestamp),
    Column("accepted_at", Timestamp),
    Column("sla_id", Uuid),
    Column("sla_version", Integer),
    Column("sla_explanation", JSON, nullable=False),
    Column("reason", Text),
    Column("context", JSONB),
    PrimaryKeyConstraint("ticket_id", "number"),
    ForeignKeyConstraint(["sla_id", "sla_version"], ["sla_versions.sla_id", "sla_versions.number"]),
    CheckConstraint("arrived_by in ('opening', 'transfer', 'return')", name="arrived_by"),
    CheckConstraint("ended_at >= started_at", name="ends_after_start"),
)

ticket_waits = Table(
    "ticket_waits",
    metadata,
    Column("ticket_id", Uuid, ForeignKey("tickets.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("party", Text, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    PrimaryKeyConstraint("ticket_id", "number"),
    CheckConstraint(f"party in ({PARTIES})", name="party"),
    CheckConstraint("ended_at >= started_at", name="ends_after_start"),
)

ticket_history = Table(
    "ticket_history",
    metadata,
    Column("ticket_id", Uuid, ForeignKey("tickets.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("verb", Text, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("actor", JSON),
    Column("details", JSONB, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("ticket_id", "number"),
    Index("ix_ticket_history_verb_at", "verb", "at"),
)

ticket_clocks = Table(
    "ticket_clocks",
    metadata,
    Column("ticket_id", Uuid, ForeignKey("tickets.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("metric", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("leg", Integer, nullable=False),
    reference("department_id", "departments.id"),
    Column("sla_id", Uuid, nullable=False),
    Column("sla_version", Integer, nullable=False),
    reference("calendar_id", "calendars.id", index=False),
    Column("state", Text, nullable=False),
    Column("target_seconds", Integer, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("due_at", Timestamp),
    Column("elapsed_seconds", Integer, nullable=False),
    Column("counting_since", Timestamp),
    Column("met_at", Timestamp),
    Column("breached_at", Timestamp),
    Column("paused_at", Timestamp),
    Column("stopped_at", Timestamp),
    Column("next_alarm_at", Timestamp),
    Column("warned_share", Double),
    PrimaryKeyConstraint("ticket_id", "number"),
    ForeignKeyConstraint(["sla_id", "sla_version"], ["sla_versions.sla_id", "sla_versions.number"]),
    CheckConstraint("metric in ('acknowledge', 'update', 'resolve')", name="metric"),
    CheckConstraint("scope in ('ticket', 'leg')", name="scope"),
    CheckConstraint("state in ('running', 'paused', 'met', 'breached', 'handed_over', 'cancelled')", name="state"),
    CheckConstraint("state <> 'met' or met_at is not null", name="met_at_when_met"),
    CheckConstraint("state <> 'breached' or breached_at is not null", name="breached_at_when_breached"),
    Index("ix_ticket_clocks_met_at", "met_at"),
    Index("ix_ticket_clocks_breached_at", "breached_at"),
    Index("ix_ticket_clocks_stopped_at", "stopped_at"),
)
Index(
    "ix_ticket_clocks_running_due_at",
    ticket_clocks.c.due_at,
    postgresql_where=ticket_clocks.c.state == "running",
)

Index(
    "ix_ticket_clocks_next_alarm_at",
    ticket_clocks.c.next_alarm_at,
    postgresql_where=ticket_clocks.c.next_alarm_at.is_not(None),
)
# A trigger tells the workers of an alarm that falls due within a minute: see `kernel.background`.

ticket_dependencies = Table(
    "ticket_dependencies",
    metadata,
    reference("blocker_id", "tickets.id", index=False),
    reference("blocked_id", "tickets.id"),
    Column("position", SmallInteger, nullable=False),
    PrimaryKeyConstraint("blocker_id", "blocked_id"),
    CheckConstraint("blocker_id <> blocked_id", name="blocks_another"),
)

ticket_feedback = Table(
    "ticket_feedback",
    metadata,
    Column("ticket_id", Uuid, ForeignKey("tickets.id"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("score", SmallInteger, nullable=False),
    Column("comment", Text),
    reference("member_id", "members.id", nullable=True),
    Column("at", Timestamp, nullable=False, index=True),
    Column("changed_at", Timestamp),
    Column("actor", JSON),
    PrimaryKeyConstraint("ticket_id", "number"),
    CheckConstraint("score between 1 and 5", name="score"),
)
"""`number` tells which of the ticket's resolutions it is about, from 1; `at`, when it was first given."""
