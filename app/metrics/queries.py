"""The reports' SQL: one named query each.

Each counts facts of tickets `t` (with their customer `u`) and answers one row for every group and one for the totals.
What is in braces is filled in by `grouping.completed`: `{groups}` the columns it is grouped by, `{names}` their names
and `{total}` whether a row is that of the totals; `{filters}` the conditions that were asked for; `{zones}` the join
that gives the local time of a department, `{slices}` cuts the period where its groups are cut, in the local times of
`{zones_of_wait}`; `{open}` is `OPEN_AT_THE_END`, and `{excluded}` whether a decision lies in an exclusion window;
`{decided}` is `DECIDED`, and `{tickets_of_…}` joins the tickets and customers where a group or a condition names them.
Instants: the period is `:start` to `:end`; what lasts is measured up to `:until`, and what is counted happened before
`:before` (see `kernel.reports.Period`).
"""

COUNTING = """
    select distinct c.calendar_id, k.version as calendar_version, c.counting_since
    from ticket_clocks c
    join calendars k on k.id = c.calendar_id
    where c.counting_since is not null
        and (c.breached_at >= :start and c.breached_at < :before
            or c.state = 'running' and c.due_at >= :start and c.due_at < :until)
"""
"""Since when, and by which calendars, clocks count that were breached in the period."""

SERVICE_LEVELS = """
    select {names}, metric, {total}, grouping(metric) = 1 as all_metrics,
        count(*) filter (where outcome in ('met', 'breached')) as decided,
        count(*) filter (where outcome = 'met') as met,
        count(*) filter (where outcome = 'breached') as breached,
        count(*) filter (where outcome = 'met')::float
            / nullif(count(*) filter (where outcome in ('met', 'breached')), 0) as attainment,
        floor(0.5 + percentile_cont(0.5) within group (order by counted_seconds)
            filter (where outcome in ('met', 'breached')))::bigint as p50_seconds,
        floor(0.5 + percentile_cont(0.9) within group (order by counted_seconds)
            filter (where outcome in ('met', 'breached')))::bigint as p90_seconds,
        floor(0.5 + percentile_cont(0.95) within group (order by counted_seconds)
            filter (where outcome in ('met', 'breached')))::bigint as p95_seconds,
        count(*) filter (where outcome = 'running') as running,
        count(*) filter (where outcome = 'cancelled') as cancelled,
        count(*) filter (where outcome = 'handed_over') as handed_over,
        count(*) filter (where outcome = 'excluded') as excluded
    from ({decided}) counted
    group by grouping sets (({names}, metric), (metric), ())
"""
"""A clock counts when it was decided, unless in an exclusion window: then it is only told beside. `running` are those
undecided at the end, counted in its last second."""

ATTAINMENT = """
    select {names}, metric, false as is_total,
        count(*) as decided,
        count(*) filter (where outcome = 'met') as met
    from (
        select {groups}, c.metric, c.outcome
        from (
            select c.*, 'met' as outcome, c.met_at as at from ticket_clocks c
                where c.met_at >= :start and c.met_at < :before
            union all
            select c.*, 'breached', c.breached_at from ticket_clocks c
                where c.breached_at >= :start and c.breached_at < :before
            union all
            select c.*, 'breached', c.due_at from ticket_clocks c
                where c.state = 'running' and c.due_at >= :start and c.due_at < :until
        ) c{tickets_of_clocks}
        cross join lateral (select c.at) decided
        where not {excluded} {filters}
    ) counted
    group by {names}, metric
"""
"""The same decisions, without totals, what was not decided and how long it took: these are most of the work, and not
asked for by scorecards."""

DECIDED = """
        select {groups}, c.metric,
            case when decided.outcome in ('met', 'breached') and {excluded} then 'excluded' else decided.outcome end
                as outcome,
            c.elapsed_seconds + coalesce(since.seconds, 0) as counted_seconds
        from ticket_clocks c{tickets_of_clocks}
        left join unnest(:calendar_ids, :counting_since, :seconds) as since (calendar_id, counting_since, seconds)
            on since.calendar_id = c.calendar_id and since.counting_since = c.counting_since
        cross join lateral (
            select 'met' as outcome, c.met_at as at
                where c.met_at < :before
            union all select 'breached', c.breached_at
                where c.breached_at < :before
            union all select 'breached', c.due_at
                where c.state = 'running' and c.due_at < :until
            union all select c.state, c.stopped_at
                where c.state in ('cancelled', 'handed_over') and c.stopped_at < :before
            union all select 'running', :before - interval '1 second'
                where c.started_at < :before and case c.state
                    when 'running' then coalesce(c.due_at >= :until, true)
                    when 'paused' then true
                    when 'breached' then c.breached_at >= :before
                    else c.stopped_at >= :before end
        ) decided{zones}
        where (c.stopped_at >= :start or c.stopped_at is null) and decided.at >= :start {filters}
"""

FLOW = """
    with fact (ticket_id, kind, at, seconds) as (
        select id, 'opened', opened_at, null::bigint
            from tickets where opened_at >= :start and opened_at < :before
        union all
        select id, 'open', :before - interval '1 second', null
            from tickets t where {open}
        union all
        select id, 'resolved', resolved_at, extract(epoch from resolved_at - opened_at)::bigint
            from tickets where resolved_at >= :start and resolved_at < :before
        union all
        select c.ticket_id, case when {excluded} then 'excluded' else decided.kind end, decided.at, null
            from ticket_clocks c
            join tickets t on t.id = c.ticket_id
            cross join lateral (
                select case when c.met_at is null then 'breached' else 'met' end as kind,
                    coalesce(c.met_at, c.breached_at, case when c.state = 'running' then c.due_at end) as at
            ) decided
            where c.metric = 'resolve' and (c.scope = 'ticket' or c.leg = t.leg)
                and (c.met_at >= :start or c.breached_at >= :start or c.state = 'running' and c.due_at < :until)
                and decided.at >= :start and decided.at < :before
                and not exists (
                    select from ticket_clocks other
                    where other.ticket_id = c.ticket_id and other.metric = 'resolve'
                        and case other.scope
                            when c.scope then other.leg = c.leg and other.number > c.number
                            else other.scope = 'ticket' end)
        union all
        select w.ticket_id, 'waiting ' || w.party, slice.at,
                extract(epoch from least(coalesce(w.ended_at, :until), slice.ends_at, :until)
                    - greatest(w.started_at, slice.at))::bigint
            from ticket_waits w {zones_of_wait}
            cross join lateral {slices} slice (at, ends_at)
            where slice.at < coalesce(w.ended_at, :until) and slice.ends_at > w.started_at
                and w.started_at < :until and coalesce(w.ended_at, :until) > greatest(w.started_at, :start)
    )
    select {names}, {total},
        count(*) filter (where kind = 'opened') as tickets,
        count(*) filter (where kind = 'open') as open,
        count(*) filter (where kind = 'resolved') as resolved,
        count(*) filter (where kind = 'met')::float
            / nullif(count(*) filter (where kind in ('met', 'breached')), 0) as attainment,
        count(*) filter (where kind = 'excluded') as excluded,
        floor(0.5 + percentile_cont(0.5) within group (order by seconds) filter (where kind = 'resolved'))::bigint
            as p50_seconds,
        floor(0.5 + percentile_cont(0.9) within group (order by seconds) filter (where kind = 'resolved'))::bigint
            as p90_seconds,
        coalesce(sum(seconds) filter (where kind = 'waiting requester'), 0)::bigint as waiting_requester_seconds,
        coalesce(sum(seconds) filter (where kind = 'waiting customer'), 0)::bigint as waiting_customer_seconds,
        coalesce(sum(seconds) filter (where kind = 'waiting third_party'), 0)::bigint as waiting_third_party_seconds,
        coalesce(sum(seconds) filter (where kind = 'waiting dependency'), 0)::bigint as waiting_dependency_seconds
    from (
        select {groups}, fact.kind, fact.seconds
        from fact
        join tickets t on t.id = fact.ticket_id
        left join customers u on u.id = t.customer_id{zones}
        where true {filters}
    ) counted
    group by grouping sets (({names}), ())
"""
"""Everything counts when it happened: openings, resolutions (the last one of a ticket), decisions of the tickets' own
`resolve` clocks; `open` are those open at the end, and waits count the seconds of them that lie in the period."""

BACKLOG = """
    select {names}, {total},
        count(*) as open,
        count(*) filter (where waiting) as waiting,
        count(*) filter (where overdue) as overdue,
        max(age) as oldest_seconds,
        count(*) filter (where age < 86400) as under_1_day,
        count(*) filter (where age >= 86400 and age < 3 * 86400) as from_1_to_3_days,
        count(*) filter (where age >= 3 * 86400 and age < 7 * 86400) as from_3_to_7_days,
        count(*) filter (where age >= 7 * 86400 and age < 14 * 86400) as from_7_to_14_days,
        count(*) filter (where age >= 14 * 86400 and age < 30 * 86400) as from_14_to_30_days,
        count(*) filter (where age >= 30 * 86400) as over_30_days
    from (
        select {groups}, extract(epoch from :until - t.opened_at)::bigint as age,
            exists (
                select from ticket_waits w
                where w.ticket_id = t.id and w.started_at < :before and (w.ended_at >= :before or w.ended_at is null)
            ) as waiting,
            case when t.breached_at > t.due_at then t.breached_at < :before else t.due_at < :until end as overdue
        from tickets t
        left join customers u on u.id = t.customer_id{zones}
        where {open} {filters}
    ) counted
    group by grouping sets (({names}), ())
"""
"""The tickets open at the end, whenever they were opened."""

HANDOFFS = """
    with said as (
        select h.ticket_id, h.leg,
            count(*) filter (where h.verb = 'ask') as questions,
            count(answer.at) as asked_again,
            sum(extract(epoch from answer.at - h.at)) as asked_again_seconds,
            count(*) filter (where h.verb = 'reopen') as reopened
        from ticket_history h
        left join lateral (
            select a.at from ticket_history a
            where h.verb = 'ask' and a.ticket_id = h.ticket_id and a.number > h.number and a.verb = 'comment'
                and a.details @> jsonb_build_object('question_number', h.number)
        ) answer on true
        where h.verb in ('ask', 'reopen') and h.at >= :start
        group by h.ticket_id, h.leg
    ), kept as (
        select t.id as ticket_id, t.provider_department_id as department_id,
            coalesce(said.questions, 0) as questions,
            coalesce(said.asked_again, 0) as asked_again,
            coalesce(said.asked_again_seconds, 0) as asked_again_seconds,
            coalesce(said.reopened, 0) as reopened
        from tickets t
        left join said on said.ticket_id = t.id
        where t.opened_at >= :start and t.opened_at < :before and t.leg = 1
    ), passed_on as (
        select l.ticket_id, l.department_id,
            count(*) as legs,
            count(*) filter (where l.arrived_by = 'transfer') as transfers,
            count(*) filter (where l.arrived_by = 'return') as returns,
            coalesce(sum(extract(epoch from coalesce(hand_off.taken_on_at, :now) - l.started_at))
                filter (where l.arrived_by <> 'opening'), 0)::bigint as waiting_seconds,
            count(*) filter (where l.arrived_by <> 'opening' and hand_off.taken_on_at is null) as unaccepted,
            max(extract(epoch from :now - l.started_at))
                filter (where l.arrived_by <> 'opening' and hand_off.taken_on_at is null)::bigint as unaccepted_seconds,
            coalesce(sum(said.questions), 0) as questions,
            coalesce(sum(said.asked_again), 0) as asked_again,
            coalesce(sum(said.asked_again_seconds), 0) as asked_again_seconds,
            coalesce(sum(said.reopened), 0) as reopened
        from tickets t
        cross join lateral (select * from ticket_legs where ticket_id = t.id offset 0) l
        cross join lateral (
            select least(l.accepted_at, l.acknowledged_at, l.ended_at, t.resolved_at, t.ended_at) as taken_on_at
        ) hand_off
        left join said on said.ticket_id = l.ticket_id and said.leg = l.number
        where t.opened_at >= :start and t.opened_at < :before and t.leg > 1
        group by l.ticket_id, l.department_id
    )
    select {names}, is_total,
        coalesce(sum(tickets), 0)::bigint as tickets,
        coalesce(sum(legs), 0)::bigint as legs,
        coalesce(sum(transfers), 0)::bigint as transfers,
        coalesce(sum(returns), 0)::bigint as returns,
        coalesce(sum(ping_pong), 0)::bigint as ping_pong,
        coalesce(sum(unaccepted), 0)::bigint as unaccepted,
        max(unaccepted_seconds)::bigint as oldest_unaccepted_seconds,
        coalesce(sum(questions), 0)::bigint as questions,
        coalesce(sum(asked_again), 0)::bigint as asked_again,
        coalesce(sum(asked_again_seconds), 0)::bigint as asked_again_seconds,
        coalesce(sum(reopened), 0)::bigint as reopened,
        coalesce(sum(waiting_seconds), 0)::bigint as waiting_in_transfer_seconds
    from (
        select {names}, {total}, count(*) as tickets, count(*) as legs, 0 as transfers, 0 as returns, 0 as ping_pong,
            0 as unaccepted, null::bigint as unaccepted_seconds, sum(questions) as questions,
            sum(asked_again) as asked_again, sum(asked_again_seconds) as asked_again_seconds,
            sum(reopened) as reopened, 0 as waiting_seconds
        from (
            select {groups}, stay.questions, stay.asked_again, stay.asked_again_seconds, stay.reopened
            from kept stay{tickets_of_stays}{zones}
            where true {filters}
        ) counted
        group by grouping sets (({names}), ())
        union all
        select {names}, {total}, count(distinct ticket_id), sum(legs), sum(transfers), sum(returns),
            count(distinct ticket_id) filter (where legs > 1), sum(unaccepted), max(unaccepted_seconds), sum(questions),
            sum(asked_again), sum(asked_again_seconds), sum(reopened), sum(waiting_seconds)
        from (
            select {groups}, stay.ticket_id, stay.legs, stay.transfers, stay.returns, stay.unaccepted,
                stay.unaccepted_seconds, stay.questions, stay.asked_again, stay.asked_again_seconds, stay.reopened,
                stay.waiting_seconds
            from passed_on stay{tickets_of_stays}{zones}
            where true {filters}
        ) counted
        group by grouping sets (({names}), ())
    ) added
    group by {names}, is_total
"""
"""The whole life, so far, of the tickets opened in the period, department by department that held them. Of one that was
never passed on its own row tells all of it: only the others' legs are read, and counted ticket by ticket."""

HELD_BY = """case when c.scope = 'leg' or t.leg = 1 then c.department_id else (
                select l.department_id from ticket_legs l
                where l.ticket_id = c.ticket_id and l.started_at <= decided.at
                order by l.number desc limit 1) end"""
"""Who held the ticket just after a clock was decided: after a breach the first who could not keep it any more."""

_LAST_GIVEN = """
                select cast(h.details ->> 'member_id' as uuid) from ticket_history h
                join ticket_legs l on l.ticket_id = h.ticket_id and l.number = h.leg
                where h.ticket_id = {ticket} and h.verb in ('open', 'assign') and {leg}
                order by h.number desc limit 1"""

ASSIGNEE_OF_CLOCK = f"""case when c.leg = t.leg then t.assignee_id
                when c.scope = 'leg' then ({_LAST_GIVEN.format(ticket="c.ticket_id", leg="h.leg = c.leg")}) end"""
"""Who had the clock's leg last. A ticket's own clock runs through several hands once it was passed on: then it is
nobody's."""

ASSIGNEE_OF_STAY = f"""case when stay.department_id = t.provider_department_id then t.assignee_id
                else ({_LAST_GIVEN.format(ticket="stay.ticket_id", leg="l.department_id = stay.department_id")}) end"""
"""Who had the ticket last while the department held it."""

SEASONALITY = """
    with fact (ticket_id, kind, at, department_id) as (
        select t.id, 'arrival', t.opened_at,
                case when t.leg = 1 then t.provider_department_id else (
                    select l.department_id from ticket_legs l where l.ticket_id = t.id and l.number = 1) end
            from tickets t where t.opened_at >= :start and t.opened_at < :before
        union all
        select c.ticket_id, case when {excluded} then 'excluded' else 'breach' end, decided.at, c.department_id
            from ticket_clocks c
            cross join lateral (select coalesce(c.breached_at, c.due_at) as at) decided
            where c.breached_at >= :start and c.breached_at < :before
                or c.state = 'running' and c.due_at >= :start and c.due_at < :until
    )
    select {names}, {total},
        count(*) filter (where kind = 'arrival') as arrivals,
        count(*) filter (where kind = 'breach') as breaches,
        count(*) filter (where kind = 'excluded') as excluded
    from (
        select {groups}, fact.kind
        from fact
        join tickets t on t.id = fact.ticket_id
        left join customers u on u.id = t.customer_id{zones}
        where true {filters}
    ) counted
    group by grouping sets (({names}), ())
"""
"""Tickets count when they were opened, at whom they were asked of first; clocks when they were breached."""

OPEN_AT_THE_END = """t.opened_at < :before
            and (t.resolved_at >= :before
                or t.resolved_at is null and (t.ended_at >= :before or t.ended_at is null))
            and (t.reopen_count = 0 or coalesce((
                select h.verb from ticket_history h
                where h.ticket_id = t.id and h.verb in ('resolve', 'reopen') and h.at < :before
                order by h.number desc limit 1), 'reopen') = 'reopen')"""
"""Of a reopened ticket the history tells whether it was resolved just then. What was resolved before is most of all
tickets: the index on when they were is not of use to `coalesce`."""
