"""Statements of objectives and exclusion windows."""

from sqlalchemy import ARRAY, Text, Uuid, bindparam, delete, select, text

from app.service_levels.tables import exclusion_windows, slas

TARGETS = select(slas.c.targets).where(slas.c.id == bindparam("sla_id"))

OF_CLOCKS = (
    text("""
    select id from objectives
    where active and (sla_id, metric) in (select * from unnest(:sla_ids, :metrics))
""")
    .bindparams(bindparam("sla_ids", type_=ARRAY(Uuid)), bindparam("metrics", type_=ARRAY(Text)))
    .columns(id=Uuid)
)
"""The active objectives of clocks, of which the SLAs and the metrics are given, each at the same place."""

ACTIVE = text("select id from objectives where active").columns(id=Uuid)

DELETE_EXCLUSION_WINDOW = delete(exclusion_windows).where(exclusion_windows.c.id == bindparam("window_id"))
