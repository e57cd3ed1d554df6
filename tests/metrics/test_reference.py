"""The reference of the reports lists what can be asked of them."""

from pathlib import Path

from app.kernel.reports import DIMENSIONS, ReportQuery
from app.main import create_app
from app.metrics.schemas import CountingQuery, SeasonalityQuery, ServiceLevelsQuery
from app.settings import Settings

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "reports.md").read_text()


def test_every_report_is_listed() -> None:
    paths = create_app(Settings(_env_file=None)).openapi()["paths"]
    names = [path.removeprefix("/v1/metrics/") for path in paths if path.startswith("/v1/metrics/")]
    assert [name for name in names if f"`{name}`" not in REFERENCE] == []


def test_every_group_and_every_filter_is_listed() -> None:
    fields = {
        field.alias or name
        for query in (ReportQuery, CountingQuery, ServiceLevelsQuery, SeasonalityQuery)
        for name, field in query.model_fields.items()
    }
    groups = {*DIMENSIONS, *ServiceLevelsQuery.allowed, *SeasonalityQuery.allowed}
    assert [name for name in sorted(fields | groups) if f"`{name}`" not in REFERENCE.replace("=previous", "")] == []
