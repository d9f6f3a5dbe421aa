"""The Judge page: a photo with captions, blind, and the votes that it sends."""

from typing import Annotated
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from judging import judges
from judging.contest import page
from store.errors import UserError
from store.place import Place
from web.content.judging.contests import OpenContest, Refused
from web.door.visitor import VisitorDep
from web.languages import LocalisedError, Message
from web.routes.photos import photo_response
from web.services import PlaceDep, Services, ServicesDep

router = APIRouter(prefix="/pipelines/{pipeline}/judge/{name}", include_in_schema=False)
COOKIE = "judge"
QUARTER = 90 * 86_400
"""Seconds that a judge's number lasts in their browser."""
MOST = 2_000
"""Bytes of a vote."""


def _contest(
    services: ServicesDep, place: PlaceDep, name: Annotated[str, Path(max_length=100)]
) -> OpenContest:
    catalogue = services.library.catalogue(place) if services.library.options.hide.any else None
    return services.contests.open(place, name, catalogue)


ContestDep = Annotated[OpenContest, Depends(_contest)]


class TooOften(LocalisedError):
    """Votes that come faster than anybody judges."""


@router.get("")
def ask(request: Request, services: ServicesDep, place: PlaceDep, opened: ContestDep) -> Response:
    """Show a judge the next pair; who has no number yet gets one."""
    return _page(request, services, place, opened)


@router.post("")
async def vote(
    request: Request, services: ServicesDep, place: PlaceDep, opened: ContestDep, visitor: VisitorDep
) -> Response:
    """Keep a vote, and lead on to the next pair; what is refused says why, above the next pair."""
    wait = services.votes.take(visitor.name)
    if wait:
        seconds = round(wait) + 1
        problem = TooOften(Message("That is too fast. Go on in {seconds} seconds.", {"seconds": seconds}))
        response = _page(request, services, place, opened, problem, 429)
        response.headers["Retry-After"] = str(seconds)
        return response
    fields = await _fields(request)
    judge = judges.judge_of(opened.contest, request.cookies.get(COOKIE))
    if judge is None:
        message = "Your browser did not send the number that you vote by. Allow cookies, and try again."
        return _page(request, services, place, opened, Refused(Message(message)), 403)
    try:
        await run_in_threadpool(
            opened.vote, judge, fields.get("pair", ""), fields.get("answer", ""), fields.get("key", "")
        )
    except Refused as error:
        return _page(request, services, place, opened, error, 409)
    return RedirectResponse(_address(request, place, opened), 303)


@router.get("/photos/{pair}.jpg")
def photo(services: ServicesDep, place: PlaceDep, opened: ContestDep, pair: str) -> Response:
    """Send the photo of a pair: the key of a contest opens no other."""
    if pair not in opened.pairs:
        raise HTTPException(404, "The contest has no such pair.")
    try:
        return photo_response(services, place, opened.pairs[pair].sha256, 600)
    except KeyError:
        raise HTTPException(404, "The dataset has this photo no more.") from None


def _page(
    request: Request,
    services: Services,
    place: Place,
    opened: OpenContest,
    problem: UserError | None = None,
    status: int = 200,
) -> Response:
    judge = judges.judge_of(opened.contest, request.cookies.get(COOKIE))
    cookie = None if judge else judges.new_judge(opened.contest)
    question = opened.question(judge or str(judges.judge_of(opened.contest, cookie)))
    response = services.pages.respond(
        request,
        "judge.html",
        status,
        current="contests",
        pipeline=place.name,
        contest=opened.contest,
        question=question,
        hidden=opened.hidden,
        problem=problem,
    )
    # The button back asks again, and shows what is next, not what was voted on.
    response.headers["Cache-Control"] = "no-store"
    if cookie:
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=QUARTER,
            path=_address(request, place, opened),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",  # the link to the page stands in a letter or on another site
        )
    return response


def _address(request: Request, place: Place, opened: OpenContest) -> str:
    return quote(f"{request.scope.get('root_path', '')}{page(place, opened.contest.name)}")


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a vote.

    Raises:
        HTTPException: 413, it is larger than any vote; 400, it has more fields.
    """
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST:
            raise HTTPException(413, "That is no vote: it is too large.")
    try:
        return dict(parse_qsl(content.decode("ascii", "replace"), max_num_fields=10))
    except ValueError:
        raise HTTPException(400, "That is no vote: it has too many fields.") from None
