"""Turns what a route found out into a page: template, language, links."""

import secrets
import time
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from web.languages import LANGUAGES, Speaker, choose
from web.links import Links

VISITOR = "visitor"
"""The cookie that tells one visitor's requests from another's, so that captions are written in turns."""
TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    """Return the templates' environment: everything escaped, nothing undefined passes."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["size"] = size
    made.filters["when"] = when
    return made


class Pages:
    """Renders the templates.

    Args:
        pipeline: the one that the navigation leads to by default.
        links: where things are.
    """

    def __init__(self, pipeline: str, links: Links | None = None) -> None:
        self._environment = environment()
        self._pipeline, self.links = pipeline, links or Links()

    def render(self, template: str, language: str, **context: Any) -> str:
        """Return the text of a page."""
        context = {"pipeline": self._pipeline, "here": "", **context}
        return self._environment.get_template(template).render(
            _=Speaker(language),
            to=self.links,
            language=language,
            languages=LANGUAGES,
            now=time.time(),
            **context,
        )

    def language(self, request: Request) -> str:
        """Return the language that the reader asked for, chose before, or has a browser in."""
        wanted = request.query_params.get("lang") or request.cookies.get("lang")
        return choose(wanted, request.headers.get("accept-language"))

    def respond(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Return a page as an answer, in the reader's language."""
        language = self.language(request)
        same = {code: f"?{request.url.include_query_params(lang=code).query}" for code in LANGUAGES}
        response = HTMLResponse(self.render(template, language, same=same, **context), status)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Language, Cookie"
        if request.query_params.get("lang") == language:
            response.set_cookie("lang", language, max_age=31_536_000, samesite="lax", httponly=True)
        if VISITOR not in request.cookies:
            response.set_cookie(VISITOR, secrets.token_hex(8), samesite="strict", httponly=True)
        return response


def size(count: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            break
        count, unit = count / 1000, {"B": "KB", "KB": "MB", "MB": "GB", "GB": "TB"}[unit]
    return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"


def when(timestamp: float | None) -> str:
    """Return a time as ISO 8601 in UTC; the page's script turns it into the reader's own."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp)) if timestamp else ""
