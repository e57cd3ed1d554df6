"""`outward apply` and `outward export config`, as they are typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import command
from app.kernel.database import Database
from app.settings import Settings
from tests.configuration.files import EVERYTHING

Outward = Callable[..., Result]


@pytest.fixture
def outward(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outward:
    """Types a command in a directory with the file `everything.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "everything.yaml").write_text(EVERYTHING)
    assert settings.secret_key is not None
    environment = {
        "OUTWARD_DATABASE_URL": settings.database_url,
        "OUTWARD_SECRET_KEY": settings.secret_key.get_secret_value(),
    }

    def typed(*arguments: str, piped: str | None = None) -> Result:
        return CliRunner().invoke(command, arguments, input=piped, env=environment)

    return typed


def test_it_tells_the_plan_applies_it_and_then_has_nothing_to_do(outward: Outward):
    first, second = outward("apply", "everything.yaml"), outward("apply", "everything.yaml")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout.splitlines()[0] == "+ calendar Office"
    assert first.stdout.splitlines()[-2:] == ["8 to create, 0 to change, 0 unchanged.", "Applied."]
    assert second.stdout.splitlines() == ["0 to create, 0 to change, 8 unchanged.", "Nothing to change."]


def test_a_dry_run_says_that_nothing_was_changed(outward: Outward):
    told = outward("apply", "everything.yaml", "--dry-run").stdout.splitlines()
    assert told[-2:] == ["8 to create, 0 to change, 0 unchanged.", "Dry run: nothing was changed."]
    assert json.loads(outward("apply", "everything.yaml", "--json").stdout)["created"] == 8


def test_a_bad_file_is_told_with_its_line_and_ends_with_1(outward: Outward, tmp_path: Path):
    (tmp_path / "bad.yaml").write_text("departments:\n  - {key: FIN, name: Finance, boss: ada}\n")
    refused = outward("apply", "everything.yaml", "bad.yaml")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "bad.yaml:2:31: departments[0].boss: is not known here.",
        "outward: nothing was changed.",
    ]
    document = json.loads(outward("apply", "bad.yaml", "--json").stdout)
    assert document["errors"][0] | {"detail": ""} == {"file": "bad.yaml", "line": 2, "column": 31, "detail": ""}
    assert outward("export", "config").stdout.count("[]") == 5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["apply"], "Missing argument"),
        (["apply", "nowhere.yaml"], "nowhere.yaml: No such file or directory."),
        (["apply", "."], ".: Is a directory."),
        (["export", "config", "--format", "csv"], "--format is of datasets"),
        (["export", "tickets"], "-o is needed"),
        (["export", "secrets", "-o", "x"], "'secrets' is not one of"),
    ],
)
def test_wrong_usage_ends_with_2(outward: Outward, arguments: list[str], told: str):
    refused = outward(*arguments)
    assert refused.exit_code == 2
    assert told in " ".join(refused.stderr.split())


def test_what_is_exported_can_be_piped_in_as_yaml_and_as_json(outward: Outward):
    outward("apply", "everything.yaml")
    for written in (outward("export", "config").stdout, outward("export", "config", "--json").stdout):
        told = outward("apply", "-", piped=written)
        assert told.stdout.splitlines()[-1] == "Nothing to change.", told.stderr


def test_it_is_exported_into_a_file_whole(outward: Outward, tmp_path: Path):
    outward("apply", "everything.yaml")
    told = outward("export", "config", "-o", "config.yaml", "--json")
    assert json.loads(told.stdout) == {"dataset": "config", "rows": 8, "file": "config.yaml"}
    assert (tmp_path / "config.yaml").read_text() == outward("export", "config").stdout
    assert outward("export", "config", "-o", "no/where.yaml").exit_code == 1
