"""the spine"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HOLD_EVENT_SEQUENCE = """
create function hold_event_sequence() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(
        20311, (select ((last_value - (not is_called)::int) % 2147483648)::int from events_sequence_seq));
    return null;
end $$
"""
HOLD_EVENT_SEQUENCE_TRIGGER = """
create trigger hold_event_sequence before insert on events for each statement execute function hold_event_sequence()
"""


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lookup", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("department_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role in ('admin', 'lead', 'member', 'analyst', 'integration')", name=op.f("ck_api_keys_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("lookup", name=op.f("uq_api_keys_lookup")),
    )
    op.create_table(
        "calendars",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("holidays", postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False),
        sa.Column("holiday_country", sa.String(length=2), nullable=True),
        sa.Column("holiday_subdivision", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("annual_value", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("preferences", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "annual_value is null or currency is not null", name=op.f("ck_customers_value_has_currency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("external_ref", name=op.f("uq_customers_external_ref")),
    )
    op.create_index(op.f("ix_customers_tier"), "customers", ["tier"], unique=False)
    op.create_table(
        "events",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("data", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
    )
    op.create_index("ix_events_type_sequence", "events", ["type", "sequence"], unique=False)
    op.create_table(
        "idempotent_answers",
        sa.Column("scope", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_idempotent_answers")),
    )
    op.create_index(op.f("ix_idempotent_answers_stored_at"), "idempotent_answers", ["stored_at"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="member", nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('admin', 'lead', 'member', 'analyst')", name=op.f("ck_members_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
    )
    op.create_index("uq_members_email", "members", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "calendar_versions",
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holds_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("holidays", postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False),
        sa.Column("holiday_country", sa.String(length=2), nullable=True),
        sa.Column("holiday_subdivision", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_calendar_versions_calendar_id")),
        sa.PrimaryKeyConstraint("calendar_id", "number", name=op.f("pk_calendar_versions")),
    )
    op.create_table(
        "departments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("calendar_id", sa.Uuid(), nullable=True),
        sa.Column("manager_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("key not in ('customer', 'third_party')", name=op.f("ck_departments_key_not_reserved")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_departments_not_its_own_parent")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_departments_calendar_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["members.id"], name=op.f("fk_departments_manager_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["departments.id"], name=op.f("fk_departments_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("key", name=op.f("uq_departments_key")),
    )
    op.create_index(op.f("ix_departments_calendar_id"), "departments", ["calendar_id"], unique=False)
    op.create_index(op.f("ix_departments_manager_id"), "departments", ["manager_id"], unique=False)
    op.create_index(op.f("ix_departments_parent_id"), "departments", ["parent_id"], unique=False)
    op.create_table(
        "commitments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_department_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at is not null)", name=op.f("ck_commitments_cancelled_when_cancelled")
        ),
        sa.CheckConstraint(
            "(status = 'delivered') = (delivered_at is not null)", name=op.f("ck_commitments_delivered_when_delivered")
        ),
        sa.CheckConstraint("status in ('open', 'delivered', 'cancelled')", name=op.f("ck_commitments_status")),
        sa.CheckConstraint("delivered_at >= promised_at", name=op.f("ck_commitments_delivered_after_promised")),
        sa.CheckConstraint(
            "due_at >= promised_at and agreed_due_at >= promised_at", name=op.f("ck_commitments_due_after_promised")
        ),
        sa.CheckConstraint("value is null or currency is not null", name=op.f("ck_commitments_value_has_currency")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_commitments_customer_id")),
        sa.ForeignKeyConstraint(
            ["owner_department_id"], ["departments.id"], name=op.f("fk_commitments_owner_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitments")),
    )
    op.create_index(op.f("ix_commitments_customer_id"), "commitments", ["customer_id"], unique=False)
    op.create_index(op.f("ix_commitments_delivered_at"), "commitments", ["delivered_at"], unique=False)
    op.create_index(op.f("ix_commitments_due_at"), "commitments", ["due_at"], unique=False)
    op.create_index(op.f("ix_commitments_owner_department_id"), "commitments", ["owner_department_id"], unique=False)
    op.create_index(
        "uq_commitments_source_external_ref",
        "commitments",
        ["source", "external_ref"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_table(
        "member_departments",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_member_departments_department_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_member_departments_member_id")),
        sa.PrimaryKeyConstraint("member_id", "department_id", name=op.f("pk_member_departments")),
    )
    op.create_index(op.f("ix_member_departments_department_id"), "member_departments", ["department_id"], unique=False)
    op.create_table(
        "request_types",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("provider_department_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("required_fields", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind in ('task', 'approval', 'information', 'advice', 'access', 'incident')",
            name=op.f("ck_request_types_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_department_id"], ["departments.id"], name=op.f("fk_request_types_provider_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_types")),
        sa.UniqueConstraint("provider_department_id", "key", name=op.f("uq_request_types_provider_department_id_key")),
    )
    op.create_index(
        op.f("ix_request_types_provider_department_id"), "request_types", ["provider_department_id"], unique=False
    )
    op.create_table(
        "commitment_reschedules",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("customer_agreed", sa.Boolean(), nullable=False),
        sa.Column("actor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitments.id"], name=op.f("fk_commitment_reschedules_commitment_id")
        ),
        sa.PrimaryKeyConstraint("commitment_id", "number", name=op.f("pk_commitment_reschedules")),
    )
    op.create_table(
        "slas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider_department_id", sa.Uuid(), nullable=False),
        sa.Column("requester_department_id", sa.Uuid(), nullable=True),
        sa.Column("request_type_id", sa.Uuid(), nullable=True),
        sa.Column("priorities", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("customer_tiers", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("targets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pause_on", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("warn_at", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_slas_calendar_id")),
        sa.ForeignKeyConstraint(
            ["provider_department_id"], ["departments.id"], name=op.f("fk_slas_provider_department_id")
        ),
        sa.ForeignKeyConstraint(["request_type_id"], ["request_types.id"], name=op.f("fk_slas_request_type_id")),
        sa.ForeignKeyConstraint(
            ["requester_department_id"], ["departments.id"], name=op.f("fk_slas_requester_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slas")),
    )
    op.create_index(
        "ix_slas_active_rank", "slas", ["provider_department_id", "rank"], unique=False, postgresql_where="active"
    )
    op.create_index(op.f("ix_slas_calendar_id"), "slas", ["calendar_id"], unique=False)
    op.create_index(op.f("ix_slas_provider_department_id"), "slas", ["provider_department_id"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, cache=1), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("requester_department_id", sa.Uuid(), nullable=False),
        sa.Column("provider_department_id", sa.Uuid(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("request_type_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("waiting_on", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leg", sa.Integer(), server_default="1", nullable=False),
        sa.Column("hop_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("return_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reopen_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("question_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'waiting') = (waiting_on is not null)", name=op.f("ck_tickets_waiting_on_somebody")
        ),
        sa.CheckConstraint("priority in ('p1', 'p2', 'p3', 'p4')", name=op.f("ck_tickets_priority")),
        sa.CheckConstraint(
            "status in ('open', 'acknowledged', 'in_progress', 'waiting', 'resolved', 'closed', 'declined', 'cancelled')",
            name=op.f("ck_tickets_status"),
        ),
        sa.CheckConstraint(
            "waiting_on in ('requester', 'customer', 'third_party', 'dependency')", name=op.f("ck_tickets_waiting_on")
        ),
        sa.CheckConstraint("last_at >= opened_at", name=op.f("ck_tickets_no_action_before_opening")),
        sa.ForeignKeyConstraint(["assignee_id"], ["members.id"], name=op.f("fk_tickets_assignee_id")),
        sa.ForeignKeyConstraint(["commitment_id"], ["commitments.id"], name=op.f("fk_tickets_commitment_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_tickets_customer_id")),
        sa.ForeignKeyConstraint(
            ["provider_department_id"], ["departments.id"], name=op.f("fk_tickets_provider_department_id")
        ),
        sa.ForeignKeyConstraint(["request_type_id"], ["request_types.id"], name=op.f("fk_tickets_request_type_id")),
        sa.ForeignKeyConstraint(
            ["requester_department_id"], ["departments.id"], name=op.f("fk_tickets_requester_department_id")
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["members.id"], name=op.f("fk_tickets_requester_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    op.create_index(op.f("ix_tickets_assignee_id"), "tickets", ["assignee_id"], unique=False)
    op.create_index(op.f("ix_tickets_commitment_id"), "tickets", ["commitment_id"], unique=False)
    op.create_index(op.f("ix_tickets_customer_id"), "tickets", ["customer_id"], unique=False)
    op.create_index(op.f("ix_tickets_opened_at"), "tickets", ["opened_at"], unique=False)
    op.create_index(
        "ix_tickets_provider_department_id_status", "tickets", ["provider_department_id", "status"], unique=False
    )
    op.create_index(op.f("ix_tickets_request_type_id"), "tickets", ["request_type_id"], unique=False)
    op.create_index(op.f("ix_tickets_requester_department_id"), "tickets", ["requester_department_id"], unique=False)
    op.create_index(op.f("ix_tickets_requester_id"), "tickets", ["requester_id"], unique=False)
    op.create_index(op.f("ix_tickets_resolved_at"), "tickets", ["resolved_at"], unique=False)
    op.create_index(
        "uq_tickets_source_external_ref",
        "tickets",
        ["source", "external_ref"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_table(
        "sla_versions",
        sa.Column("sla_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holds_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider_department_id", sa.Uuid(), nullable=False),
        sa.Column("requester_department_id", sa.Uuid(), nullable=True),
        sa.Column("request_type_id", sa.Uuid(), nullable=True),
        sa.Column("priorities", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("customer_tiers", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("targets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pause_on", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("warn_at", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_sla_versions_calendar_id")),
        sa.ForeignKeyConstraint(
            ["provider_department_id"], ["departments.id"], name=op.f("fk_sla_versions_provider_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_type_id"], ["request_types.id"], name=op.f("fk_sla_versions_request_type_id")
        ),
        sa.ForeignKeyConstraint(
            ["requester_department_id"], ["departments.id"], name=op.f("fk_sla_versions_requester_department_id")
        ),
        sa.ForeignKeyConstraint(["sla_id"], ["slas.id"], name=op.f("fk_sla_versions_sla_id")),
        sa.PrimaryKeyConstraint("sla_id", "number", name=op.f("pk_sla_versions")),
    )
    op.create_index(op.f("ix_sla_versions_calendar_id"), "sla_versions", ["calendar_id"], unique=False)
    op.create_index(
        op.f("ix_sla_versions_provider_department_id"), "sla_versions", ["provider_department_id"], unique=False
    )
    op.create_table(
        "ticket_dependencies",
        sa.Column("blocker_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("blocker_id <> blocked_id", name=op.f("ck_ticket_dependencies_blocks_another")),
        sa.ForeignKeyConstraint(["blocked_id"], ["tickets.id"], name=op.f("fk_ticket_dependencies_blocked_id")),
        sa.ForeignKeyConstraint(["blocker_id"], ["tickets.id"], name=op.f("fk_ticket_dependencies_blocker_id")),
        sa.PrimaryKeyConstraint("blocker_id", "blocked_id", name=op.f("pk_ticket_dependencies")),
    )
    op.create_index(op.f("ix_ticket_dependencies_blocked_id"), "ticket_dependencies", ["blocked_id"], unique=False)
    op.create_table(
        "ticket_feedback",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("score between 1 and 5", name=op.f("ck_ticket_feedback_score")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_feedback_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_feedback")),
    )
    op.create_table(
        "ticket_history",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("actor", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_history_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_ticket_history")),
    )
    op.create_index("ix_ticket_history_verb_at", "ticket_history", ["verb", "at"], unique=False)
    op.create_table(
        "ticket_waits",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "party in ('requester', 'customer', 'third_party', 'dependency')", name=op.f("ck_ticket_waits_party")
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_ticket_waits_ends_after_start")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_waits_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_ticket_waits")),
    )
    op.create_table(
        "ticket_clocks",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("sla_id", sa.Uuid(), nullable=False),
        sa.Column("sla_version", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("target_seconds", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("elapsed_seconds", sa.Integer(), nullable=False),
        sa.Column("counting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("metric in ('acknowledge', 'update', 'resolve')", name=op.f("ck_ticket_clocks_metric")),
        sa.CheckConstraint("scope in ('ticket', 'leg')", name=op.f("ck_ticket_clocks_scope")),
        sa.CheckConstraint(
            "state <> 'breached' or breached_at is not null", name=op.f("ck_ticket_clocks_breached_at_when_breached")
        ),
        sa.CheckConstraint("state <> 'met' or met_at is not null", name=op.f("ck_ticket_clocks_met_at_when_met")),
        sa.CheckConstraint(
            "state in ('running', 'paused', 'met', 'breached', 'handed_over', 'cancelled')",
            name=op.f("ck_ticket_clocks_state"),
        ),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_ticket_clocks_calendar_id")),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_ticket_clocks_department_id")),
        sa.ForeignKeyConstraint(
            ["sla_id", "sla_version"],
            ["sla_versions.sla_id", "sla_versions.number"],
            name=op.f("fk_ticket_clocks_sla_id_sla_version"),
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_clocks_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_ticket_clocks")),
    )
    op.create_index("ix_ticket_clocks_breached_at", "ticket_clocks", ["breached_at"], unique=False)
    op.create_index(op.f("ix_ticket_clocks_department_id"), "ticket_clocks", ["department_id"], unique=False)
    op.create_index("ix_ticket_clocks_met_at", "ticket_clocks", ["met_at"], unique=False)
    op.create_index(
        "ix_ticket_clocks_running_due_at",
        "ticket_clocks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "ticket_legs",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("arrived_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sla_id", sa.Uuid(), nullable=True),
        sa.Column("sla_version", sa.Integer(), nullable=True),
        sa.Column("sla_explanation", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("context", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("arrived_by in ('opening', 'transfer', 'return')", name=op.f("ck_ticket_legs_arrived_by")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_ticket_legs_ends_after_start")),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_ticket_legs_department_id")),
        sa.ForeignKeyConstraint(
            ["sla_id", "sla_version"],
            ["sla_versions.sla_id", "sla_versions.number"],
            name=op.f("fk_ticket_legs_sla_id_sla_version"),
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_legs_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_ticket_legs")),
    )
    op.create_index(op.f("ix_ticket_legs_department_id"), "ticket_legs", ["department_id"], unique=False)
    op.execute(HOLD_EVENT_SEQUENCE)
    op.execute(HOLD_EVENT_SEQUENCE_TRIGGER)
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("strict", sa.Boolean(), nullable=False),
        sa.Column("bytes_total", sa.BigInteger(), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("events_read", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cases_stored", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("summary", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("actor", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('running', 'done', 'failed')", name=op.f("ck_imports_status")),
        sa.CheckConstraint(
            "(status = 'running') = (finished_at is null)", name=op.f("ck_imports_finished_when_not_running")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "imported_cases",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_version", sa.Integer(), nullable=False),
        sa.Column("commitment_version", sa.Integer(), nullable=True),
        sa.Column("promise", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("events", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_imported_cases_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_imported_cases")),
    )


def downgrade() -> None:
    op.drop_table("imported_cases")
    op.drop_table("imports")
    op.drop_index(op.f("ix_ticket_legs_department_id"), table_name="ticket_legs")
    op.drop_table("ticket_legs")
    op.drop_index(
        "ix_ticket_clocks_running_due_at", table_name="ticket_clocks", postgresql_where=sa.text("state = 'running'")
    )
    op.drop_index("ix_ticket_clocks_met_at", table_name="ticket_clocks")
    op.drop_index(op.f("ix_ticket_clocks_department_id"), table_name="ticket_clocks")
    op.drop_index("ix_ticket_clocks_breached_at", table_name="ticket_clocks")
    op.drop_table("ticket_clocks")
    op.drop_table("ticket_waits")
    op.drop_index("ix_ticket_history_verb_at", table_name="ticket_history")
    op.drop_table("ticket_history")
    op.drop_table("ticket_feedback")
    op.drop_index(op.f("ix_ticket_dependencies_blocked_id"), table_name="ticket_dependencies")
    op.drop_table("ticket_dependencies")
    op.drop_index(op.f("ix_sla_versions_provider_department_id"), table_name="sla_versions")
    op.drop_index(op.f("ix_sla_versions_calendar_id"), table_name="sla_versions")
    op.drop_table("sla_versions")
    op.drop_index(
        "uq_tickets_source_external_ref",
        table_name="tickets",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_tickets_resolved_at"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_requester_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_requester_department_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_request_type_id"), table_name="tickets")
    op.drop_index("ix_tickets_provider_department_id_status", table_name="tickets")
    op.drop_index(op.f("ix_tickets_opened_at"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_customer_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_commitment_id"), table_name="tickets")
    op.drop_index(op.f("ix_tickets_assignee_id"), table_name="tickets")
    op.drop_table("tickets")
    op.drop_index(op.f("ix_slas_provider_department_id"), table_name="slas")
    op.drop_index(op.f("ix_slas_calendar_id"), table_name="slas")
    op.drop_index("ix_slas_active_rank", table_name="slas", postgresql_where="active")
    op.drop_table("slas")
    op.drop_table("commitment_reschedules")
    op.drop_index(op.f("ix_request_types_provider_department_id"), table_name="request_types")
    op.drop_table("request_types")
    op.drop_index(op.f("ix_member_departments_department_id"), table_name="member_departments")
    op.drop_table("member_departments")
    op.drop_index(
        "uq_commitments_source_external_ref",
        table_name="commitments",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_commitments_owner_department_id"), table_name="commitments")
    op.drop_index(op.f("ix_commitments_due_at"), table_name="commitments")
    op.drop_index(op.f("ix_commitments_delivered_at"), table_name="commitments")
    op.drop_index(op.f("ix_commitments_customer_id"), table_name="commitments")
    op.drop_table("commitments")
    op.drop_index(op.f("ix_departments_parent_id"), table_name="departments")
    op.drop_index(op.f("ix_departments_manager_id"), table_name="departments")
    op.drop_index(op.f("ix_departments_calendar_id"), table_name="departments")
    op.drop_table("departments")
    op.drop_table("calendar_versions")
    op.drop_index("uq_members_email", table_name="members")
    op.drop_table("members")
    op.drop_index(op.f("ix_idempotent_answers_stored_at"), table_name="idempotent_answers")
    op.drop_table("idempotent_answers")
    op.drop_index("ix_events_type_sequence", table_name="events")
    op.drop_table("events")
    op.drop_index(op.f("ix_customers_tier"), table_name="customers")
    op.drop_table("customers")
    op.drop_table("calendars")
    op.drop_table("api_keys")
    op.execute("drop function hold_event_sequence")
