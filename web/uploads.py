"""A visitor's photo on its way in: held in memory, never on disk, its name never read."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from web.languages import Message
from web.pictures import LARGEST_BYTES, UnusablePhoto, too_many_bytes

FIELDS_BYTES = 100_000
"""What the form's other fields and its boundaries may take."""


async def body(request: Request, limit: int = LARGEST_BYTES) -> bytes:
    """Return a request's body.

    Raises:
        UnusablePhoto: it is larger than `limit` bytes; no more than that is read.
    """
    content = bytearray()
    async for chunk in _limited(request, limit):
        content += chunk
    return bytes(content)


async def form(request: Request) -> tuple[bytes, dict[str, str]]:
    """Return the photo of a multipart form and its other fields; without a photo it has no bytes.

    Raises:
        UnusablePhoto: the form is too large, or is none.
    """
    parser = _InMemory(
        request.headers, _limited(request, LARGEST_BYTES + FIELDS_BYTES), max_files=1, max_fields=40
    )
    try:
        fields: FormData = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, LookupError) as error:
        reason = {"reason": str(getattr(error, "message", error))}
        raise UnusablePhoto(Message("This is no form with a photo: {reason}.", reason)) from None
    photo = fields.get("photo")
    content = await photo.read() if isinstance(photo, UploadFile) else b""
    settings = {name: value for name, value in fields.items() if isinstance(value, str)}
    await fields.close()
    return content, settings


class _InMemory(MultiPartParser):
    spool_max_size = LARGEST_BYTES + FIELDS_BYTES + 1  # more than can come: never rolled over to disk


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_many_bytes()
        yield chunk
