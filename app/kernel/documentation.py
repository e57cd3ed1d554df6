"""The OpenAPI document, Swagger UI from assets the service serves itself, and the pages of the problems."""

import html
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.kernel.openapi import openapi
from app.kernel.problems import NotFound, every_problem

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}}code{{background:#eee}}</style>
<h1>{title}</h1><p>HTTP status {status}, type <code>/problems/{slug}</code></p><p>{meaning}</p></html>"""


def _assets() -> Path:
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package fastapi-offline, which brings Swagger UI's assets, is not installed")
    return Path(spec.origin).parent / "static"


def install(app: FastAPI, completion: Callable[[dict[str, Any]], None]) -> None:
    """Serves `/docs`, `/assets` and `/problems/{slug}`, and completes `/openapi.json`: the completion adds to it what
    belongs to no endpoint."""
    app.mount("/assets", StaticFiles(directory=_assets()), name="assets")
    app.openapi = lambda: openapi(app, completion)  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def swagger_ui() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=f"{app.title} API",
            swagger_js_url="/assets/swagger-ui-bundle.js",
            swagger_css_url="/assets/swagger-ui.css",
            swagger_favicon_url="/assets/favicon.png",
            swagger_ui_parameters={
                "persistAuthorization": True,
                "docExpansion": "none",
                "filter": True,
                "displayRequestDuration": True,
                "tryItOutEnabled": True,
                "operationsSorter": None,
            },
        )

    pages = {
        kind.slug: _PAGE.format(
            title=html.escape(kind.title), status=kind.status, slug=kind.slug, meaning=html.escape(kind.meaning)
        )
        for kind in every_problem()
    }

    @app.get("/problems/{slug}", include_in_schema=False)
    async def problem_page(slug: str) -> HTMLResponse:
        if slug not in pages:
            raise NotFound(f"There is no problem {slug!r}.")
        return HTMLResponse(pages[slug])
