"""API keys: `keys create`, `keys list`, `keys revoke`."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from app.access import service as access
from app.access.peppers import peppers_of
from app.access.schemas import ApiKeyDraft
from app.cli.console import Json, fail, tell, with_database
from app.kernel.database import Database
from app.kernel.paging import Listing
from app.settings import Settings

keys = typer.Typer(no_args_is_help=True, help="API keys.")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    role: Annotated[str, typer.Option(help="admin, lead, member, analyst or integration.")],
    permission: Annotated[
        list[str] | None, typer.Option(help="read, write, backdate, webhooks: of an integration.")
    ] = None,
    department: Annotated[list[str] | None, typer.Option(help="The key of a department it is tied to.")] = None,
    member: Annotated[str | None, typer.Option(help="The address of the member whose key it is: lead, member.")] = None,
    as_json: Json = False,
) -> None:
    """Makes a key and shows it, this once."""

    async def run(settings: Settings, database: Database) -> Any:
        from app.directory.departments import ids_of_keys
        from app.directory.members import member_at
        from app.directory.standing import standing_of

        async with database.writing() as connection:
            ids = await ids_of_keys(connection, department or [])
            member_id = None if member is None else (await member_at(connection, member)).id
            stated = {"permissions": permission or [], "department_ids": ids, "member_id": member_id}
            try:
                draft = ApiKeyDraft.model_validate({"name": name, "role": role, **stated})
            except ValidationError as error:
                first = error.errors()[0]
                fail(f"--{str(first['loc'][0]).removesuffix('s')}: {first['msg']}", 2)
            return await access.create(connection, draft, peppers_of(settings), standing_of)

    made = with_database(run)
    tell(made, as_json, made.key)


@keys.command("list")
def list_keys(as_json: Json = False) -> None:
    """The keys, revoked ones too."""

    async def run(_: Settings, database: Database) -> Any:
        async with database.reading() as connection:
            return (await access.collection.page(connection, Listing(limit=200))).items

    found = with_database(run)
    lines = [f"{key.id}  {key.role:<12} {'revoked' if key.revoked_at else 'valid':<8} {key.name}" for key in found]
    tell(found, as_json, "\n".join(lines))


@keys.command("revoke")
def revoke_key(key_id: UUID, as_json: Json = False) -> None:
    """Revokes a key for good."""

    async def run(_: Settings, database: Database) -> Any:
        async with database.writing() as connection:
            return await access.revoke(connection, key_id, datetime.now(UTC))

    revoked = with_database(run)
    tell(revoked, as_json, f"{revoked.id} is revoked.")
