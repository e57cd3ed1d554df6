"""`/v1/catalogue`, and the page on which people read it."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from app.access.needs import OwnReader
from app.board import catalogue
from app.board.schemas import CatalogueEntry, CatalogueListing
from app.kernel.answers import answer
from app.kernel.paging import Page
from app.kernel.routes import router
from app.kernel.work import Reports

routes = router("/v1/catalogue", "Service catalogue")
pages = APIRouter(include_in_schema=False)

_PAGES: Final = Path(__file__).parent / "pages"
# The page keeps a key: it runs nothing and talks to nobody but what comes from here.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@routes.get(
    "",
    response_model=Page[CatalogueEntry],
    operation_id="read_catalogue",
    summary="Read the catalogue with its promises",
)
async def read_catalogue(work: Reports, actor: OwnReader, asked: Annotated[CatalogueListing, Query()]) -> Response:
    """What each department offers, to whom, by when, and beside each promise how it was kept in the last 30 and 90
    days. Entries come by the provider's key, then by name. What a provider promises for anything that is not in its
    catalogue comes last, without a request type: tickets that were passed on to it count there, too.

    People read it at `/catalogue`.
    """
    return answer(await catalogue.page(work.connection, asked, work.now))


@pages.get("/catalogue")
async def catalogue_page() -> FileResponse:
    return _file("catalogue.html", "text/html")


@pages.get("/catalogue/catalogue.css")
async def catalogue_styles() -> FileResponse:
    return _file("catalogue.css", "text/css")


@pages.get("/catalogue/catalogue.js")
async def catalogue_script() -> FileResponse:
    return _file("catalogue.js", "text/javascript")


def _file(name: str, media_type: str) -> FileResponse:
    """A file of the page, which holds no data: it asks for a key and reads the API with it."""
    return FileResponse(_PAGES / name, media_type=media_type, headers=_HEADERS)
