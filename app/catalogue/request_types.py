"""Use cases of request types."""

from uuid import UUID

from app.catalogue.schemas import RequestType, RequestTypeChange, RequestTypeDraft
from app.catalogue.tables import request_types
from app.kernel.collections import Collection
from app.kernel.work import Work

collection = Collection(request_types, RequestType, "request type")


async def create_request_type(work: Work, draft: RequestTypeDraft) -> RequestType:
    """Makes an entry of the provider's catalogue."""
    return await collection.insert(work.connection, draft.model_dump())


async def change_request_type(
    work: Work, id_: UUID, change: RequestTypeChange, expected: frozenset[int] | None
) -> RequestType:
    """Changes what the request states."""
    present = await collection.get(work.connection, id_, lock=True)
    return await collection.update(work.connection, present, change.stated(), expected)
