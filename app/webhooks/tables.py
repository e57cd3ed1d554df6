"""Where webhook endpoints and what was sent to them are stored.

Deliveries and their attempts are partitioned by the delivery's id, which is a UUIDv7 and so tells when it was made:
what is too old goes by dropping a partition (see `app.webhooks.log.retention`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.kernel.database import Timestamp, metadata, resource_columns

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    *resource_columns(),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("event_types", ARRAY(Text), nullable=False, server_default="{}"),
    Column("department_ids", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("customer_ids", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("ordered", Boolean, nullable=False, server_default="false"),
    Column("status", Text, nullable=False, server_default="enabled"),
    # Why and since when it is disabled, and the feed's number up to which it got what it was to get.
    Column("disabled_because", Text),
    Column("disabled_at", Timestamp),
    Column("missed_after", BigInteger),
    # Events up to this number are not for it: they are older than the endpoint.
    Column("begins_after", BigInteger, nullable=False),
    # A replay that is under way: the events still to be delivered again lie after the one and up to the other.
    Column("replay_after", BigInteger),
    Column("replay_until", BigInteger),
    # Sealed: see `app.kernel.sealing`.
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_secret_until", Timestamp),
    Column("signing_key", LargeBinary),
    Column("public_key", Text),
    # How it has been answering; what changes these is no new version.
    Column("failures_in_a_row", Integer, nullable=False, server_default="0"),
    Column("failing_since", Timestamp),
    Column("last_success_at", Timestamp),
    CheckConstraint("status in ('enabled', 'paused', 'disabled')", name="status"),
    CheckConstraint("disabled_because in ('by_hand', 'gone', 'failing')", name="disabled_because"),
    CheckConstraint("(status = 'disabled') = (disabled_because is not null)", name="disabled_for_a_reason"),
    CheckConstraint("(replay_after is null) = (replay_until is null)", name="replay_has_two_ends"),
    CheckConstraint("(signing_key is null) = (public_key is null)", name="key_pair"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # How many of the schedule's tries are used up: a retry by hand begins the schedule anew.
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("created_at", Timestamp, nullable=False, server_default=func.now()),
    Column("next_attempt_at", Timestamp),
    Column("ended_at", Timestamp),
    Column("last_status_code", SmallInteger),
    Column("last_error", Text),
    CheckConstraint("status in ('pending', 'succeeded', 'dead')", name="status"),
    Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
    Index("ix_webhook_deliveries_endpoint_id_sequence", "endpoint_id", "sequence"),
    Index("ix_webhook_deliveries_dead", "endpoint_id", "id", postgresql_where=text("status = 'dead'")),
    postgresql_partition_by="range (id)",
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Timestamp, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("status_code", SmallInteger),
    Column("error", Text),
    Column("answer_headers", JSONB),
    Column("answer", Text),
    postgresql_partition_by="range (delivery_id)",
)
