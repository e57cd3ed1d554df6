"""Use cases of request types."""

from uuid import UUID

from app.catalogue.queries import DELEGATIONS
from app.catalogue.schemas import RequestType, RequestTypeChange, RequestTypeDraft
from app.catalogue.tables import request_types
from app.kernel.collections import Collection
from app.kernel.ids import new_id
from app.kernel.work import Work

collection = Collection(request_types, RequestType, "request type", {"delegations": DELEGATIONS})


async def create_request_type(work: Work, draft: RequestTypeDraft, id_: UUID | None = None) -> RequestType:
    """Makes an entry of the provider's catalogue; its id is new, unless given."""
    return await collection.insert(work.connection, {"id": id_ or new_id(), **draft.model_dump()})


async def change_request_type(
    work: Work, id_: UUID, change: RequestTypeChange, expected: frozenset[int] | None
) -> RequestType:
    """Changes what the request states."""
    present = await collection.get(work.connection, id_, lock=True)
    return await collection.update(work.connection, present, change.stated(), expected)
