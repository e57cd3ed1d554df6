"""`/v1/departments`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access.needs import Reader, Writer
from app.directory import departments
from app.directory.schemas import (
    Department,
    DepartmentByKey,
    DepartmentChange,
    DepartmentDraft,
    DepartmentKey,
    DepartmentListing,
)
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes

routes = router("/v1/departments", "Directory")

DepartmentId = Annotated[Id, Path(description="The department's id.")]


@routes.post(
    "", status_code=201, response_model=Department, operation_id="create_department", responses=documented(Conflict)
)
async def create_department(body: DepartmentDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Makes a department; its key is unique."""
    made = await departments.create_department(work, body)
    return resource(made, request, created_at=f"/v1/departments/{made.id}")


@routes.get("", response_model=Page[Department], operation_id="list_departments")
async def list_departments(work: Reads, actor: Reader, asked: Annotated[DepartmentListing, Query()]) -> Response:
    """The departments. Sort by `key`, `name`, `created_at` or `id`."""
    return answer(await departments.collection.page(work.connection, asked, sorts=("key", "name")))


@routes.get("/{department_id}", response_model=Department, operation_id="get_department")
async def get_department(department_id: DepartmentId, request: Request, work: Reads, actor: Reader) -> Response:
    """One department."""
    return resource(await departments.collection.get(work.connection, department_id), request)


@routes.patch(
    "/{department_id}", response_model=Department, operation_id="update_department", responses=documented(Conflict)
)
async def update_department(
    department_id: DepartmentId,
    body: DepartmentChange,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Changes what the body states."""
    return resource(await departments.change_department(work, department_id, body, if_match), request)


@routes.put(
    "/by-key/{key}",
    response_model=Department,
    operation_id="put_department_by_key",
    responses=documented(Conflict) | {201: {"model": Department, "description": "It was made."}},
)
async def put_department_by_key(
    key: Annotated[DepartmentKey, Path(description="The department's key.")],
    body: DepartmentByKey,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Makes the department with this key (201) or changes it (200): for tools that synchronise."""
    department, made = await departments.put_department(work, key, body, if_match)
    return resource(department, request, created_at=f"/v1/departments/{department.id}" if made else None)
