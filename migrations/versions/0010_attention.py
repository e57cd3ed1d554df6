"""attention: what tickets wait for and are worth, so that the worst is found by an index; snoozes"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# A power of two per currency is all that a ranking in whole days needs, and stays right for decades: how many euros
# one is worth, roughly. What is not listed counts as the euro does.
WEIGHT = """
create function attention_weight(value numeric, currency text) returns double precision
language sql immutable parallel safe as $$
    select case when value > 0 then greatest(0, ln(value::double precision / 1000) / ln(2::double precision) - case
        when currency in ('AUD', 'BGN', 'CAD', 'NZD', 'SGD') then 1
        when currency in ('AED', 'ILS', 'MYR', 'PEN', 'PLN', 'QAR', 'RON', 'SAR') then 2
        when currency in ('BRL', 'CNY', 'DKK', 'HKD', 'NOK', 'SEK') then 3
        when currency in ('MXN', 'UAH', 'ZAR') then 4
        when currency in ('CZK', 'THB', 'TRY', 'TWD') then 5
        when currency in ('EGP', 'PHP') then 6
        when currency in ('BDT', 'INR', 'ISK', 'JPY', 'KES', 'RSD', 'RUB') then 7
        when currency in ('LKR', 'PKR') then 8
        when currency in ('HUF', 'KZT') then 9
        when currency in ('ARS', 'CLP', 'CRC') then 10
        when currency in ('KRW', 'NGN') then 11
        when currency = 'COP' then 12
        when currency in ('IDR', 'UZS') then 14
        when currency = 'VND' then 15
        else 0 end) else 0 end
$$
"""
# All of it is immutable, which to take an interval from an instant is not: that goes by the time zone.
RANK = """
create function attention_rank(since timestamptz, weight double precision) returns timestamptz
language sql immutable parallel safe as $$
    select to_timestamp(date_part('epoch', since at time zone 'UTC') - 86400 * weight)
$$
"""
WORTH_OF_TICKET = """
create function weigh_ticket() returns trigger language plpgsql as $$
begin
    select attention_weight(coalesce(m.value, c.annual_value), case when m.value is null then c.currency else m.currency end)
    into new.weight
    from customers c left join commitments m on m.id = new.commitment_id
    where c.id = new.customer_id;
    new.weight := coalesce(new.weight, 0);
    return new;
end $$
"""
WEIGH_WHEN_OPENED = """
create trigger weigh before insert on tickets for each row
    when (new.status in ('open', 'acknowledged', 'in_progress', 'waiting')) execute function weigh_ticket()
"""
# What is resolved does not follow its value; it is weighed when it is taken up again.
WEIGH_WHEN_REOPENED = """
create trigger weigh_again before update of status, customer_id, commitment_id on tickets for each row
    when (new.customer_id <> old.customer_id or new.commitment_id is distinct from old.commitment_id
        or new.status in ('open', 'acknowledged', 'in_progress', 'waiting')
            and old.status not in ('open', 'acknowledged', 'in_progress', 'waiting'))
    execute function weigh_ticket()
"""
# Tickets are locked by id, as whoever locks several does. One that is opened meanwhile may keep the weight of before:
# it is only ranked by it.
FOLLOW = """
create function weigh_tickets_of_{owner}() returns trigger language plpgsql as $$
begin
    perform from tickets where {owner}_id = new.id and status in ('open', 'acknowledged', 'in_progress', 'waiting')
    order by id for no key update;
    update tickets t set weight = w.weight
    from (
        select u.id, attention_weight(coalesce(m.value, c.annual_value), case when m.value is null then c.currency else m.currency end) as weight
        from tickets u join customers c on c.id = u.customer_id left join commitments m on m.id = u.commitment_id
        where u.{owner}_id = new.id and u.status in ('open', 'acknowledged', 'in_progress', 'waiting')
    ) w
    where t.id = w.id and t.weight <> w.weight;
    return null;
end $$
"""
WHEN_WORTH_ELSE = """
create trigger weigh_tickets after update of {value}, currency on {owner}s for each row
    when ((new.{value}, new.currency) is distinct from (old.{value}, old.currency))
    execute function weigh_tickets_of_{owner}()
"""
OWNERS = {"customer": "annual_value", "commitment": "value"}

PENDING = """
update tickets t set pending_since = coalesce(l.accepted_at, l.started_at),
    is_handed_over = l.arrived_by = 'transfer' and l.accepted_at is null
from ticket_legs l
where t.status = 'open' and l.ticket_id = t.id and l.number = t.leg
"""
WAITING = """
update tickets t set pending_since = w.started_at
from ticket_waits w
where t.status = 'waiting' and w.ticket_id = t.id and w.ended_at is null
"""
# The first question since the requester last answered, or the ticket went on without an answer.
ASKED = """
update tickets t set asked_at = (
    select min(q.at) from ticket_history q
    where q.ticket_id = t.id and q.verb = 'ask' and not exists (
        select from ticket_history h
        where h.ticket_id = t.id and h.number > q.number and (
            h.verb in ('resume', 'resolve', 'transfer', 'return')
            or h.verb = 'comment' and not coalesce((h.details ->> 'by_provider')::boolean, false))))
where t.status in ('acknowledged', 'in_progress', 'waiting') and t.question_count > 0
"""
WEIGHED = """
update tickets t set weight = attention_weight(coalesce(m.value, c.annual_value), case when m.value is null then c.currency else m.currency end)
from tickets u join customers c on c.id = u.customer_id left join commitments m on m.id = u.commitment_id
where t.id = u.id and t.status in ('open', 'acknowledged', 'in_progress', 'waiting')
"""


def instant(name: str, **options: object) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)  # type: ignore[arg-type]


def upgrade() -> None:
    for statement in (WEIGHT, RANK, WORTH_OF_TICKET):
        op.execute(statement)
    tickets()
    snoozes()


def tickets() -> None:
    op.add_column("tickets", instant("pending_since", nullable=True))
    op.add_column("tickets", sa.Column("is_handed_over", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("tickets", instant("asked_at", nullable=True))
    op.add_column("tickets", sa.Column("weight", sa.Double(), server_default="0", nullable=False))
    for statement in (PENDING, WAITING, ASKED, WEIGHED, WEIGH_WHEN_OPENED, WEIGH_WHEN_REOPENED):
        op.execute(statement)
    for owner, value in OWNERS.items():
        op.execute(FOLLOW.format(owner=owner))
        op.execute(WHEN_WORTH_ELSE.format(owner=owner, value=value))
    pending = sa.text("attention_rank(pending_since, weight)")
    for name, rank, condition in (
        ("unacknowledged", pending, "status = 'open' and is_handed_over is false"),
        ("handed_over", pending, "status = 'open' and is_handed_over"),
        ("waiting", pending, "status = 'waiting' and asked_at is null"),
        ("asked", sa.text("attention_rank(asked_at, weight)"), "asked_at is not null"),
    ):
        op.create_index(f"ix_tickets_{name}", "tickets", [rank, "id"], postgresql_where=sa.text(condition))
    op.create_index(
        "ix_tickets_assignee_id_unresolved",
        "tickets",
        ["assignee_id"],
        postgresql_where=sa.text("status in ('open', 'acknowledged', 'in_progress', 'waiting')"),
    )


def snoozes() -> None:
    op.create_table(
        "attention_snoozes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        instant("created_at", server_default=sa.text("now()"), nullable=False),
        instant("updated_at", server_default=sa.text("now()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        instant("since", nullable=False),
        instant("until", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention_snoozes")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_attention_snoozes_kind_subject_id")),
    )
    op.create_index("ix_attention_snoozes_until", "attention_snoozes", ["until"])


def downgrade() -> None:
    op.drop_table("attention_snoozes")
    for owner in OWNERS:
        op.execute(f"drop trigger weigh_tickets on {owner}s")
        op.execute(f"drop function weigh_tickets_of_{owner}")
    for trigger in ("weigh", "weigh_again"):
        op.execute(f"drop trigger {trigger} on tickets")
    op.drop_index("ix_tickets_assignee_id_unresolved", "tickets")
    for column in ("weight", "asked_at", "is_handed_over", "pending_since"):
        op.drop_column("tickets", column)
    for function in ("weigh_ticket", "attention_rank", "attention_weight"):
        op.execute(f"drop function {function}")
