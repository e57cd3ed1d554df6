"""Key-person exposure: the customers, promises and tickets that hang on one member. One statement."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ARRAY, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSON

from app.kernel.database import Row
from app.kernel.work import Work
from app.tickets.tables import IS_UNRESOLVED
from app.touchpoints.key_people_schemas import KeyPeople, KeyPeopleQuery, KeyPerson, Worth

MOST_NAMED: Final = 20

_KEY_PEOPLE = text(f"""
    with served as (
        select r.member_id, r.customer_id,
            bool_or(coalesce(r.perceived_owner_since <= :now
                and (r.perceived_owner_until is null or r.perceived_owner_until > :now), false)) as is_perceived,
            bool_or(replace(lower(r.role), '_', ' ') = 'account owner') as is_account_owner
        from customer_relationships r
        where r.member_id is not null and r.since <= :now and (r."until" is null or r."until" > :now)
        group by r.member_id, r.customer_id
    ), assigned as (
        select t.assignee_id as member_id, t.customer_id, t.commitment_id, count(*) as tickets
        from tickets t
        where t.assignee_id is not null and t.{IS_UNRESOLVED}
        group by 1, 2, 3
    ), known as (
        select customer_id, count(distinct member_id) as members
        from (select member_id, customer_id from served union all select member_id, customer_id from assigned) as who
        group by customer_id
    ), held as (
        select s.member_id, c.id as customer_id, c.annual_value, c.currency, s.is_perceived, k.members = 1 as is_sole
        from served s
        join customers c on c.id = s.customer_id and (:tier is null or c.tier = :tier)
        join known k on k.customer_id = c.id
    ), owned as (
        select s.member_id, m.id, m.value, m.currency
        from served s join commitments m on m.customer_id = s.customer_id and m.status = 'open'
        where s.is_perceived or s.is_account_owner
        union
        select a.member_id, m.id, m.value, m.currency
        from assigned a join commitments m on m.id = a.commitment_id and m.status = 'open'
    ), promised as (
        select o.* from owned o
        join commitments m on m.id = o.id
        join customers c on c.id = m.customer_id and (:tier is null or c.tier = :tier)
    ), busy as (
        select a.member_id, sum(a.tickets)::bigint as tickets
        from assigned a join customers c on c.id = a.customer_id and (:tier is null or c.tier = :tier)
        group by a.member_id
    ), amounts as (
        select member_id, 'customer_value' as of, currency, sum(annual_value) as value from held
            where annual_value is not null group by 1, 3
        union all
        select member_id, 'sole_customer_value', currency, sum(annual_value) from held
            where is_sole and annual_value is not null group by 1, 3
        union all
        select member_id, 'open_commitment_value', currency, sum(value) from promised
            where value is not null group by 1, 3
    ), figures as (
        select m.id as member_id, m.name,
            (select count(*) from held h where h.member_id = m.id) as customers,
            (select count(*) from held h where h.member_id = m.id and h.is_perceived) as perceived_owner_of,
            (select count(*) from held h where h.member_id = m.id and h.is_sole) as sole_customers,
            (select array_agg(customer_id) from (select h.customer_id from held h where h.member_id = m.id and h.is_sole
                order by h.annual_value desc nulls last, h.customer_id limit {MOST_NAMED}) as named
            ) as sole_customer_ids,
            (select count(*) from promised p where p.member_id = m.id) as open_commitments,
            coalesce((select b.tickets from busy b where b.member_id = m.id), 0) as open_tickets,
            (select json_agg(json_build_array(a.of, a.value::text, a.currency) order by a.of, a.currency)
                from amounts a where a.member_id = m.id) as amounts,
            coalesce((select sum(a.value) from amounts a where a.member_id = m.id and a.of = 'sole_customer_value'), 0)
                as sole_worth,
            coalesce((select sum(a.value) from amounts a where a.member_id = m.id and a.of <> 'sole_customer_value'), 0)
                as worth
        from members m
        where m.id in (select member_id from held union select member_id from promised union select member_id from busy)
            and (:member_id is null or m.id = :member_id)
            and (:department_id is null or exists (select from member_departments d
                where d.member_id = m.id and d.department_id = :department_id))
    )
    select f.*, coalesce((select array_agg(d.department_id order by d.position) from member_departments d
        where d.member_id = f.member_id), '{{}}') as department_ids
    from figures f
    order by f.sole_worth desc, f.worth desc, f.open_tickets desc, f.member_id
    limit :most
""")
_KEY_PEOPLE = _KEY_PEOPLE.bindparams(
    bindparam("tier", type_=Text), bindparam("member_id", type_=Uuid), bindparam("department_id", type_=Uuid)
)
_STATEMENT: Final = _KEY_PEOPLE.columns(department_ids=ARRAY(Uuid), sole_customer_ids=ARRAY(Uuid), amounts=JSON)


async def key_people(work: Work, asked: KeyPeopleQuery) -> KeyPeople:
    """On whom most hangs as of now: by the value of the customers that only they serve, then by all that hangs on them,
    amounts of several currencies added up as they are."""
    named = {
        "now": work.now,
        "tier": asked.customer_tier,
        "member_id": asked.member_id,
        "department_id": asked.department_id,
        "most": asked.limit,
    }
    rows = (await work.connection.execute(_STATEMENT, named)).mappings()
    return KeyPeople(work.now, [_key_person(row) for row in rows])


def _key_person(row: Row) -> KeyPerson:
    amounts: Sequence[Any] = row["amounts"] or ()

    def of(name: str) -> list[Worth]:
        return [Worth(Decimal(value), currency) for kind, value, currency in amounts if kind == name]

    return KeyPerson(
        member_id=row["member_id"],
        name=row["name"],
        department_ids=list(row["department_ids"]),
        customers=row["customers"],
        customer_value=of("customer_value"),
        perceived_owner_of=row["perceived_owner_of"],
        sole_customers=row["sole_customers"],
        sole_customer_value=of("sole_customer_value"),
        sole_customer_ids=list(row["sole_customer_ids"] or ()),
        open_commitments=row["open_commitments"],
        open_commitment_value=of("open_commitment_value"),
        open_tickets=row["open_tickets"],
    )
