"""The how-to on configuring from files does what it says, against the demo company."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.configuration.applying import apply_configuration
from app.configuration.exporting import as_yaml, configuration
from app.configuration.gathering import gather
from app.configuration.telling import plan_told
from app.demo.loading import load_demo
from app.demo.meridian import FILE, content
from app.demo.organisation import members
from app.directory.calendars import create_calendar
from app.directory.schemas import CalendarDraft
from app.kernel.database import Database
from app.kernel.problems import Conflict
from app.kernel.work import Work
from app.tickets.terms.rescheduling import calendar_changed

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "configure-from-files.md"
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


async def test_the_file_of_the_how_to_has_the_plan_that_is_shown(database: Database, loaded_at: datetime):
    blocks = BLOCK.findall(HOW_TO.read_text())
    (file,) = [body for kind, body in blocks if kind == "yaml"]
    (shown,) = [body for _, body in blocks if "Dry run" in body]
    told = await apply_configuration(
        database,
        gather([("finance.yaml", file.encode())]),
        now=loaded_at,
        files=["finance.yaml"],
        calendar_changed=[calendar_changed],
        dry_run=True,
    )
    assert f"{plan_told(told)}\nDry run: nothing was changed.\n" == shown


async def test_its_configuration_written_out_changes_nothing(database: Database, loaded_at: datetime):
    async with database.reading() as connection:
        written = as_yaml(await configuration(connection))
    wanted = gather([("written.yaml", written.encode())])
    told = await apply_configuration(
        database, wanted, now=loaded_at, files=["written.yaml"], calendar_changed=(), dry_run=True
    )
    assert (told.changes, told.unchanged) == ((), len(gather([(FILE, content())])))
    assert f"{len(wanted)} entries written to " in HOW_TO.read_text()


def test_the_managers_of_the_file_are_the_leads_of_the_company():
    leads = {each.departments[0]: each.email for each in members() if each.role == "lead"}
    stated = {
        each.name.key[0]: each.thing.fields for each in gather([(FILE, content())]) if each.name.kind == "department"
    }
    assert {key: fields["manager"] for key, fields in stated.items()} == leads


@pytest.mark.parametrize(("calendars", "told"), [(1, "would change what is there: calendar"), (2, "does not go with")])
async def test_it_is_not_loaded_beside_other_calendars_of_its_names(
    database_url: str, loaded_at: datetime, calendars: int, told: str
):
    empty = Database(database_url, pool_size=2)
    async with empty.writing() as connection:
        await connection.execute(text("truncate departments, calendars cascade"))
        for _ in range(calendars):
            draft = CalendarDraft(name="Round the clock", timezone="UTC", hours={"mon": [["09:00", "17:00"]]})
            await create_calendar(Work(empty, loaded_at, _connection=connection), draft)
    with pytest.raises(Conflict, match=told):
        await load_demo(empty, print, loaded_at)
    await empty.close()
