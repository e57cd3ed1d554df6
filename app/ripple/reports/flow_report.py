"""The flow of delays through departments to customers, with names."""

import csv
import io
from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from app.kernel.reports import Period
from app.kernel.work import Work
from app.ripple.computing import compute, meanwhile
from app.ripple.naming import Named, Names
from app.ripple.reports.flowing import Flow, FlowNode, flow
from app.ripple.reports.reading import Read, awaiting_analysis, customers_named, read_for
from app.ripple.reports.report_schemas import FlowAnswer, FlowQuery, NodeAnswer, RippleFlowTotals


async def flow_report(work: Work, asked: FlowQuery) -> FlowAnswer:
    """The flow in a period, in at most ten statements."""
    period = asked.period(work.now)
    read = await read_for(work, asked, period)
    (found, totals), awaiting = await meanwhile(
        compute(_flow, read, asked.customers), awaiting_analysis(work, asked, period, read.delivered)
    )
    ids = [node.party for node in found.nodes if isinstance(node.party, UUID)]
    customers = await customers_named(work.connection, ids)
    return _told(period, found, totals(awaiting_analysis=awaiting), read.names, customers)


def _flow(read: Read, customers: int) -> tuple[Flow, Callable[..., RippleFlowTotals]]:
    """The flow, and its totals but for what awaits its analysis."""
    addition = read.by(())
    figures, sums = addition.totals(), addition.sums(delivered=True, most_unfit=0)
    totals = partial(
        RippleFlowTotals,
        commitments=sums.commitments,
        lateness_seconds=sums.lateness_seconds,
        plan_seconds=sums.plan_seconds,
        outward_seconds=figures.outward_seconds,
        passed_on_seconds=figures.passed_on_seconds,
    )
    return flow(read.columns, read.table, read.counted, customers), totals


def _told(
    period: Period, found: Flow, totals: RippleFlowTotals, names: Names, customers: Mapping[UUID, Named]
) -> FlowAnswer:
    nodes = [_node(node, names, customers) for node in found.nodes]
    return FlowAnswer(period.start, period.end, nodes, found.links, totals)


def _node(node: FlowNode, names: Names, customers: Mapping[UUID, Named]) -> NodeAnswer:
    if isinstance(node.party, UUID):
        named = customers[node.party]
    elif node.party is None:
        return NodeAnswer(node.id, node.kind, None, None, None)
    else:
        named = names.departments.get(node.party) or Named(None, node.party, None)
    return NodeAnswer(node.id, node.kind, named.key, named.id, named.name)


def links_csv(answer: FlowAnswer) -> str:
    """The links as CSV (RFC 4180) beneath their header."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("source", "target", "seconds", "passed_on_seconds"))
    writer.writerows((link.source, link.target, link.seconds, link.passed_on_seconds) for link in answer.links)
    return text.getvalue()
