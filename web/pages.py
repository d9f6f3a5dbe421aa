"""Renders pages: a template, in the reader's language, with links."""

import time
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dataset.rights.licences import allows_publishing
from store.place import bokeru
from web.content.shown.glosses import Glosses
from web.door.security import COPY_POLICY
from web.languages import LANGUAGES, Translator, choose_language
from web.links import Links

TEMPLATES = Path(__file__).parent / "templates"


def template_environment() -> Environment:
    """Return the environment of the templates: values are escaped, an undefined name is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["iso_time"] = iso_time
    environment.tests["publishable"] = allows_publishing
    environment.globals["bokeru"] = bokeru
    return environment


class Pages:
    """Renders the templates.

    Args:
        pipeline: the pipeline that the navigation leads to by default.
        links: the addresses of pages, photos and static files.
        glosses: tell what drawn captions say in English; by default nothing does.
    """

    def __init__(self, pipeline: str, links: Links | None = None, glosses: Glosses | None = None) -> None:
        self._environment = template_environment()
        self._pipeline, self._links, self._glosses = pipeline, links or Links(), glosses

    def render(self, template: str, language: str, to: Links | None = None, **context: Any) -> str:
        """Return the HTML of a page; `to` instead of the links that all pages have."""
        context = {"pipeline": self._pipeline, "current": "", "alone": False, **context}
        translator = (
            Translator(language, self._glosses.of(context["pipeline"]))
            if self._glosses and language == "en"
            else Translator(language)
        )
        return self._environment.get_template(template).render(
            _=translator,
            to=to or self._links,
            language=language,
            languages=LANGUAGES,
            policy=COPY_POLICY,
            **context,
        )

    def links(self, request: Request) -> Links:
        """Return the links that hold where a request came from: a proxy may have taken off a prefix."""
        return Links(request.scope.get("root_path", ""))

    def language(self, request: Request) -> str:
        """Return the language of the address, else of the reader's earlier choice, else of the browser."""
        requested = request.query_params.get("lang") or request.cookies.get("lang")
        return choose_language(requested, request.headers.get("accept-language"))

    def respond(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Return the response with a page in the reader's language."""
        language = self.language(request)
        language_links = {code: f"?{request.url.include_query_params(lang=code).query}" for code in LANGUAGES}
        visitor = request.scope.get("visitor")
        # Whose key opens a part of the app alone is led nowhere else.
        context["alone"] = bool(visitor and visitor.key and visitor.key.opens != "/")
        text = self.render(template, language, self.links(request), language_links=language_links, **context)
        response = HTMLResponse(text, status)
        # The same address shows other content as stages run, and each reader another language.
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Language, Cookie"
        if request.query_params.get("lang") == language:
            # `lax`, so that a link from another site opens in the chosen language too.
            response.set_cookie(
                "lang",
                language,
                31_536_000,
                path=request.scope.get("root_path") or "/",
                samesite="lax",
                httponly=True,
            )
        return response


def iso_time(timestamp: float | None) -> str:
    """Return seconds since 1970 as ISO 8601 in UTC; the page's script shows it in the reader's time zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp)) if timestamp else ""
