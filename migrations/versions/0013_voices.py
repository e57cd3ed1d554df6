"""voices: feedback on each resolution and by whom, recognitions, suggestions and votes on them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# What was said before the ticket was reopened is about the resolution of that time.
WHICH_RESOLUTION = """
update ticket_feedback f set number = 1 + (
    select count(*) from ticket_history h where h.ticket_id = f.ticket_id and h.verb = 'reopen' and h.at <= f.at)
where exists (select from ticket_history h where h.ticket_id = f.ticket_id and h.verb = 'reopen')
"""
KEEP_THE_LAST = """
delete from ticket_feedback f using ticket_feedback later
where later.ticket_id = f.ticket_id and later.number > f.number
"""


def resource() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        instant("created_at", server_default=sa.text("now()"), nullable=False),
        instant("updated_at", server_default=sa.text("now()"), nullable=False),
    )


def instant(name: str, **options: object) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)  # type: ignore[arg-type]


def references(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def upgrade() -> None:
    feedback()
    recognitions()
    suggestions()
    votes()


def feedback() -> None:
    op.add_column("ticket_feedback", sa.Column("number", sa.SmallInteger(), server_default="1", nullable=False))
    op.execute(WHICH_RESOLUTION)
    op.alter_column("ticket_feedback", "number", server_default=None)
    op.drop_constraint("pk_ticket_feedback", "ticket_feedback")
    op.create_primary_key("pk_ticket_feedback", "ticket_feedback", ["ticket_id", "number"])
    op.add_column("ticket_feedback", sa.Column("member_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_ticket_feedback_member_id", "ticket_feedback", "members", ["member_id"], ["id"])
    op.add_column("ticket_feedback", instant("changed_at", nullable=True))
    for column in ("at", "member_id"):
        op.create_index(f"ix_ticket_feedback_{column}", "ticket_feedback", [column])


def recognitions() -> None:
    op.create_table(
        "recognitions",
        *resource(),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("from_member_id", sa.Uuid(), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        instant("given_at", nullable=False),
        sa.Column("actor", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(member_id, department_id) = 1", name=op.f("ck_recognitions_member_or_department")
        ),
        sa.CheckConstraint("from_member_id <> member_id", name=op.f("ck_recognitions_another")),
        *references(
            "recognitions",
            member_id="members.id",
            department_id="departments.id",
            from_member_id="members.id",
            ticket_id="tickets.id",
            customer_id="customers.id",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognitions")),
    )
    for column in ("from_member_id", "ticket_id", "given_at"):
        op.create_index(f"ix_recognitions_{column}", "recognitions", [column])
    for column in ("member_id", "department_id", "customer_id"):
        op.create_index(f"ix_recognitions_{column}_given_at", "recognitions", [column, "given_at"])


def suggestions() -> None:
    op.create_table(
        "suggestions",
        *resource(),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        instant("suggested_at", nullable=False),
        sa.Column("actor", sa.JSON(), nullable=True),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("votes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        instant("decided_at", nullable=True),
        sa.Column("decided_by", sa.JSON(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=True),
        sa.Column("days", sa.SmallInteger(), nullable=True),
        sa.Column("effect", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("status in ('open', 'adopted', 'declined')", name=op.f("ck_suggestions_status")),
        sa.CheckConstraint("(status = 'open') = (decided_at is null)", name=op.f("ck_suggestions_decided_unless_open")),
        sa.CheckConstraint(
            "metric is null or status = 'adopted' and days is not null", name=op.f("ck_suggestions_metric_of_adopted")
        ),
        *references("suggestions", customer_id="customers.id", department_id="departments.id", member_id="members.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
    )
    for column in ("customer_id", "department_id", "member_id", "suggested_at"):
        op.create_index(f"ix_suggestions_{column}", "suggestions", [column])
    op.create_index("ix_suggestions_votes", "suggestions", ["votes", "id"])


def votes() -> None:
    op.create_table(
        "suggestion_votes",
        sa.Column("suggestion_id", sa.Uuid(), nullable=False),
        sa.Column("voter_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        instant("voted_at", nullable=False),
        sa.Column("actor", sa.JSON(), nullable=True),
        *references("suggestion_votes", suggestion_id="suggestions.id", member_id="members.id"),
        sa.PrimaryKeyConstraint("suggestion_id", "voter_id", name=op.f("pk_suggestion_votes")),
    )
    op.create_index("ix_suggestion_votes_member_id", "suggestion_votes", ["member_id"])


def downgrade() -> None:
    for table in ("suggestion_votes", "suggestions", "recognitions"):
        op.drop_table(table)
    for column in ("member_id", "at"):
        op.drop_index(f"ix_ticket_feedback_{column}", "ticket_feedback")
    op.execute(KEEP_THE_LAST)
    op.drop_constraint("pk_ticket_feedback", "ticket_feedback")
    op.create_primary_key("pk_ticket_feedback", "ticket_feedback", ["ticket_id"])
    for column in ("changed_at", "member_id", "number"):
        op.drop_column("ticket_feedback", column)
    op.execute("delete from jobs where kind = 'suggestion effect'")
