"""Reads uploaded photos: into memory, never to disk, and their file names are ignored."""

from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from web.languages import Message
from web.pictures import MAX_BYTES, UnusablePhoto, too_many_bytes

MAX_FIELD_BYTES = 100_000
"""The limit for a form's other fields and its boundaries together."""


async def read_body(request: Request, limit: int = MAX_BYTES) -> bytes:
    """Return a request's body.

    Raises:
        UnusablePhoto: the body is larger than `limit` bytes; no more than that is read.
    """
    content = bytearray()
    async for chunk in _limited(request, limit):
        content += chunk
    return bytes(content)


async def read_form(request: Request) -> tuple[bytes, dict[str, str]]:
    """Return the photo of a multipart form and its other fields; the photo is empty where none was sent.

    Raises:
        UnusablePhoto: the form is too large, or malformed.
    """
    parser = _InMemoryParser(
        request.headers, _limited(request, MAX_BYTES + MAX_FIELD_BYTES), max_files=1, max_fields=40
    )
    try:
        fields: FormData = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, LookupError) as error:
        # Starlette raises the last three for a missing boundary and for an odd charset.
        reason = {"reason": str(getattr(error, "message", error))}
        raise UnusablePhoto(Message("This is no form with a photo: {reason}.", reason)) from None
    photo = fields.get("photo")
    content = await photo.read() if isinstance(photo, UploadFile) else b""
    settings = {name: value for name, value in fields.items() if isinstance(value, str)}
    await fields.close()
    return content, settings


class _InMemoryParser(MultiPartParser):
    spool_max_size = MAX_BYTES + MAX_FIELD_BYTES + 1  # above the limit, so nothing is ever spooled to disk


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    # Counted as it comes: Content-Length may lie, and is absent from a chunked request.
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_many_bytes()
        yield chunk
