"""`make bench`: every benchmark, as a table and in bench/results.json. Figures are ratios within one run."""

import json
import sys
from pathlib import Path

from bench import (
    alarms,
    attention,
    business_time,
    forecasts,
    http,
    import_log,
    large_commitments,
    one_customer,
    ripple_engine,
    ripple_growth,
    ripple_keeping,
    ripple_reference,
    ripple_reports,
    scorecards,
    webhooks,
)
from bench.showing import show

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    compared, wrong = business_time.compare()
    suites = {
        "business time against the packages, microseconds a call": lambda: compared,
        "where the packages are wrong about business time": lambda: wrong,
        "a span of ten years against one of a day, microseconds a call": business_time.spans,
        "tickets over HTTP, against FastAPI + Pydantic + raw asyncpg (bench/limits)": http.run,
        "a thousand alarms in one second among 100,000 running clocks": alarms.run,
        "what needs attention among 100,000 unresolved tickets, against reading one of them": attention.run,
        **webhooks.SUITES,
        "importing the helpdesk log, against only parsing it": import_log.run,
        "the ripple engine, one commitment on one core": lambda: [
            {"commitment": name, "contested": contested, "milliseconds": seconds * 1000}
            for name, contested, seconds in ripple_engine.measure()
        ],
        "the ripple engine against the definition taken literally, on the demo's commitments": ripple_reference.run,
        "forecasts of open commitments, of a company of 6,000": lambda: forecasts.run(6_000),
        "large commitments over the API, one request each": large_commitments.run,
        "the busiest customer of the helpdesk log and of the demo": one_customer.run,
        "analysing every commitment and storing that, by how many there are": ripple_growth.run,
        "keeping the analyses of the demo's commitments, against reading one ticket": ripple_keeping.run,
        "ripple reports on a quarter over HTTP, against reading one ticket": ripple_reports.run,
        "scorecards of a quarter and digests of a week, against reading one ticket": scorecards.run,
    }
    results = {}
    for title, run in suites.items():
        results[title] = run()
        show(title, results[title])
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\nwritten to {RESULTS.relative_to(Path.cwd())}", file=sys.stderr)


if __name__ == "__main__":
    main()
