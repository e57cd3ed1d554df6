"""The OpenAPI document, Swagger UI from assets the service serves itself, and the pages of the problems."""

import html
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from app.kernel.problems import (
    Forbidden,
    Invalid,
    KeyReused,
    Malformed,
    NotFound,
    Problem,
    ProblemDocument,
    Stale,
    StillRunning,
    TooLarge,
    Unauthenticated,
    Unavailable,
    documented,
    every_problem,
)

_METHODS = ("get", "put", "post", "delete", "patch")
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours give the stored answer, with `Idempotency-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_API_KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "ow_<id>_<secret>",
    "description": "An API key. `make run` prints an admin key; `outward keys create` makes more.",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}}code{{background:#eee}}</style>
<h1>{title}</h1><p>HTTP status {status}, type <code>/problems/{slug}</code></p><p>{meaning}</p></html>"""


def _assets() -> Path:
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package fastapi-offline, which brings Swagger UI's assets, is not installed")
    return Path(spec.origin).parent / "static"


def install(app: FastAPI) -> None:
    """Serves `/docs`, `/assets` and `/problems/{slug}`, and completes `/openapi.json`."""
    app.mount("/assets", StaticFiles(directory=_assets()), name="assets")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]

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


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            license_info=app.license_info,
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        for name, definition in schemas["Problem"].pop("$defs", {}).items():
            schemas[name] = definition
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        document["components"]["securitySchemes"] = {"api_key": _API_KEY}
        for path, operations in document["paths"].items():
            for method in _METHODS:
                if method in operations:
                    _complete(operations[method], method, path)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    """Adds what holds for every operation: the problems that any of its kind can answer, and the idempotency key."""
    responses = operation["responses"]
    responses.pop("422", None) if _is_fastapis(responses.get("422")) else None
    kinds: list[type[Problem]] = [Unavailable]
    if path.startswith("/v1") or path == "/metrics":
        operation["security"] = [{"api_key": []}]
        kinds += [Unauthenticated, Forbidden]
        if operation.get("parameters") or "requestBody" in operation or method == "post":
            kinds.append(Invalid)
    if "requestBody" in operation:
        kinds += [Malformed, TooLarge]
    if "{" in path:
        kinds.append(NotFound)
    if method == "post" and path.startswith("/v1"):
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        kinds += [StillRunning, KeyReused]
    if any(parameter["name"] == "if-match" for parameter in operation.get("parameters", ())):
        kinds.append(Stale)
    for status, response in documented(*kinds).items():
        known = responses.setdefault(str(status), response)
        if known is not response:
            content = next(iter(response["content"].values()))
            for media in known["content"].values():
                media["examples"] = content["examples"] | media.get("examples", {})
    operation["responses"] = dict(sorted(responses.items()))


def _is_fastapis(response: dict[str, Any] | None) -> bool:
    return response is not None and "application/json" in response.get("content", {})
