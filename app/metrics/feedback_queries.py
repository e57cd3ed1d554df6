"""The SQL of the report on feedback, as in `app.metrics.queries`."""

from app.tickets.above import above

_RESPONSES = """
            select t.*, 'response' as kind, f.at, f.score
                from ticket_feedback f
                join tickets t on t.id = f.ticket_id
                where f.at >= :start and f.at < :before"""
_RESOLUTIONS = """
            union all
            select t.*, case when f.ticket_id is null then 'unanswered' else 'answered' end, t.resolved_at, null
                from tickets t
                left join ticket_feedback f on f.ticket_id = t.id and f.number = t.reopen_count + 1
                where t.resolved_at >= :start and t.resolved_at < :before"""
_FACTS = """
        select {{groups}}, t.kind, t.score, t.id as ticket_id,
            case when charge.seconds > 0 then
                jsonb_build_object('seconds', charge.seconds, 'stakes', cast(charge.stakes as jsonb)) end as felt
        from ({facts}
        ) t
        left join customers u on u.id = t.customer_id{{zones}}
        left join unnest(:ticket_ids, :seconds, :stakes) as charge (ticket_id, seconds, stakes)
            on charge.ticket_id = t.id and t.score <= 2
        where true {{filters}}"""
_HEARD = """
        count(*) filter (where kind = 'response') as responses,
        avg(score)::float as mean_score,
        stddev_samp(score)::float as spread,
        count(*) filter (where score >= 4) as satisfied,
        count(*) filter (where score <= 2) as low_marks,
        count(*) filter (where felt is not null) as low_marks_felt"""

FEEDBACK = f"""
    select {{names}}, {{total}},{_HEARD},
        count(*) filter (where kind <> 'response') as resolved,
        count(*) filter (where kind = 'answered') as answered,
        jsonb_object_agg(ticket_id, felt) filter (where felt is not null) as felt
    from ({_FACTS.format(facts=_RESPONSES + _RESOLUTIONS)}
    ) counted
    group by grouping sets (({{names}}), ())
"""
"""Feedback counts when it was given, a resolution when it was; whether that was answered goes by its own feedback."""

RESPONSES = f"""
    select {{names}}, false as is_total,{_HEARD}
    from ({_FACTS.format(facts=_RESPONSES)}
    ) counted
    group by {{names}}
"""
"""The same without totals and without resolutions, which are most of the work, and not asked for by scorecards."""

LOW_MARKS_SERVED = f"""
    with recursive low as (
        select distinct t.id as own_id, t.id as ticket_id
        from ticket_feedback f
        join tickets t on t.id = f.ticket_id
        left join customers u on u.id = t.customer_id
        where f.score <= 2 and f.at >= :start and f.at < :before {{filters}}
    ), {above("low", of="own_id")}
    select a.commitment_id, a.places, a.outward, again.commitment_id is not null as is_outdated,
        array_agg(distinct place.id) filter (where place.id is not null) as own_places
    from promised_above p
    join ripple_analyses a on a.commitment_id = p.commitment_id
    cross join lateral (select * from tickets where id = p.own_id offset 0) t
    left join ripple_places place on place.requester_id = t.requester_department_id
        and place.request_type_id is not distinct from t.request_type_id and place.priority = t.priority
        and place.party = place.provider_id::text
    left join ripple_marks again on again.commitment_id = a.commitment_id
    where a.lateness_seconds > 0
    group by a.commitment_id, again.commitment_id
"""
"""The commitments above the tickets with low marks that are analysed, and were late; with the places, packed, at which
customers felt delays by that analysis, and those at which the tickets' own would be among them."""

LOW_MARKS = """
    select t.id, t.number as ticket_number, t.title, t.requester_department_id, t.provider_department_id,
        f.member_id, f.score, f.comment, f.at as given_at,
        t.customer_id, u.name as customer_name, u.tier as customer_tier, u.annual_value, u.currency,
        coalesce(charge.seconds, 0) as outward_seconds,
        (lpad(coalesce(charge.seconds, 0)::text, 12, '0')
            || to_char(f.at at time zone 'UTC', 'YYYYMMDDHH24MISS')) collate "C" as outward_position
    from ticket_feedback f
    join tickets t on t.id = f.ticket_id
    left join customers u on u.id = t.customer_id
    left join unnest(:ticket_ids, :seconds) as charge (ticket_id, seconds) on charge.ticket_id = t.id
    where f.score <= 2 and f.at >= :start and f.at < :before {filters}
"""
"""With `outward_position`, by which they are in the order of their seconds; a ticket may be there more than once."""
