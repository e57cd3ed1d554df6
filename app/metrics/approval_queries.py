"""The SQL of the reports on approvals and on what was delegated, as in `app.metrics.queries`."""

from app.tickets.above import above

APPROVED_FOR = f"""
    with recursive approved as (
        select t.id as ticket_id
        from tickets t
        join request_types k on k.id = t.request_type_id and k.kind = 'approval'
        left join customers u on u.id = t.customer_id
        where t.granted is not null and t.resolved_at >= :start and t.resolved_at < :before {{filters}}
    ), {above("approved")}
    select commitment_id from promised_above
"""
"""The commitments above the approvals that count."""

GRANTED_BY_SOMEBODY = """
    select t.id, t.request_type_id
    from tickets t
    join request_types k on k.id = t.request_type_id and k.kind = 'approval'
    left join customers u on u.id = t.customer_id
    where t.granted and (t.delegation_id is null or t.reopen_count > 0)
        and t.resolved_at >= :start and t.resolved_at < :before {filters}
"""
"""The approvals that count and that a delegation would have granted at once."""

APPROVALS = """
    select {names}, {total},
        count(*) as decided,
        count(*) filter (where granted) as granted,
        count(*) filter (where granted)::float / nullif(count(*), 0) as granted_share,
        count(*) filter (where delegated) as delegated,
        floor(0.5 + percentile_cont(0.5) within group (order by seconds))::bigint as p50_seconds,
        coalesce(sum(charged_seconds), 0)::bigint as customer_wait_seconds,
        coalesce(sum(saved_seconds), 0)::bigint as delegation_saves_seconds,
        count(*) filter (where not delegated) >= 20
            and 100 * count(*) filter (where granted and not delegated) >= 95 * count(*) filter (where not delegated)
            as delegation_candidate
    from (
        select {groups}, t.granted, t.delegation_id is not null and t.reopen_count = 0 as delegated,
            extract(epoch from t.resolved_at - t.opened_at)::bigint as seconds,
            charge.seconds as charged_seconds, charge.saved_seconds
        from tickets t
        join request_types k on k.id = t.request_type_id and k.kind = 'approval'
        left join customers u on u.id = t.customer_id{zones}
        left join unnest(:ticket_ids, :seconds, :saved_seconds) as charge (ticket_id, seconds, saved_seconds)
            on charge.ticket_id = t.id
        where t.granted is not null and t.resolved_at >= :start and t.resolved_at < :before {filters}
    ) counted
    group by grouping sets (({names}), ())
"""
"""An approval counts when it was resolved, saying whether it was granted. One that was reopened since a delegation
granted it was decided by somebody."""

DELEGATIONS = """
    with before as (
        select d.id as delegation_id,
            percentile_cont(0.5) within group (order by extract(epoch from t.resolved_at - t.opened_at)) as seconds
        from delegations d
        join tickets t on t.request_type_id = d.request_type_id and t.requester_department_id = d.department_id
            and t.granted is not null and t.delegation_id is null
            and t.resolved_at >= d.since - interval '90 days' and t.resolved_at < d.since
        group by d.id
    )
    select {names}, {total},
        count(*) as granted,
        count(distinct served_id) as customers,
        count(*) filter (where reopened) as reopened,
        count(*) filter (where refused) as refused,
        floor(0.5 + coalesce(sum(before_seconds), 0))::bigint as spared_seconds
    from (
        select {groups}, t.customer_id as served_id, t.reopen_count > 0 as reopened,
            t.reopen_count > 0 and t.granted is false as refused, before.seconds as before_seconds
        from tickets t
        left join customers u on u.id = t.customer_id
        left join before on before.delegation_id = t.delegation_id{zones}
        where t.delegation_id is not null and t.opened_at >= :start and t.opened_at < :before {filters}
    ) counted
    group by grouping sets (({names}), ())
"""
"""What a delegation granted counts when it was asked for. How long such requests of that department took before is the
median of the 90 days before the delegation."""
