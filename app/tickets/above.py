"""What stands above tickets: those they block, directly or through others, and the promises that all of these serve.

How many stand above PostgreSQL guesses hundreds of times too high. It would read all dependencies and tickets there are
each time, did `offset 0` not have it look them up one by one.
"""


def above(below: str, *, of: str | None = None) -> str:
    """The expressions `above` and `promised_above` of a `with recursive`, from the one called `below`.

    That has a `ticket_id` in each row, and so has `above`: those of `below`, too. `promised_above` has the
    `commitment_id` of each promise they serve, once. With `of`, a column of `below`, all have that beside it.
    """
    named, carried = ("", "") if of is None else (f"{of}, ", f"a.{of}, ")
    return f"""above ({named}ticket_id) as (
        select {named}ticket_id from {below}
        union
        select {carried}d.blocked_id
        from above a
        cross join lateral (select blocked_id from ticket_dependencies where blocker_id = a.ticket_id offset 0) d
    ), promised_above ({named}commitment_id) as (
        select distinct {carried}t.commitment_id
        from above a
        cross join lateral (select commitment_id from tickets where id = a.ticket_id offset 0) t
        where t.commitment_id is not null
    )"""
