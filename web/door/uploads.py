"""Reads uploaded photos: into memory, never to disk, and their file names are ignored.

All photos under way together have so much room, and each has so much time: a hundred visitors who send all
but the last byte of a photo, and wait, hold no more than that.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from web.languages import LocalisedError, Message
from web.pictures import MAX_BYTES, too_many_bytes

MAX_FIELD_BYTES = 100_000
"""The limit for a form's other fields and its boundaries together."""


class BadForm(LocalisedError):
    """A request that is no form with a photo."""


class TooSlow(LocalisedError):
    """A photo that did not arrive in time."""


class NoRoom(LocalisedError):
    """There is no room for a photo, since others hold it."""

    retry_after = 10

    def __init__(self) -> None:
        text = "Too many photos are on their way at once. Try again in {seconds} seconds."
        super().__init__(Message(text, {"seconds": self.retry_after}))


@dataclass(eq=False)
class Upload:
    """A photo of a visitor: the bytes it holds, and when it last sent some; `arriving` until all are
    there."""

    held: int = 0
    heard: float = 0.0
    arriving: asyncio.Timeout | None = None
    gave_way: bool = False


class Uploads:
    """The photos of visitors, from their first byte until their captions are written.

    Args:
        room: the bytes that they may hold together.
        seconds: the time that one may take to arrive.
    """

    def __init__(self, room: int = 100 * 10**6, seconds: float = 60) -> None:
        self._room, self._seconds = room, seconds
        self._all: set[Upload] = set()

    @property
    def held(self) -> int:
        """The bytes that all of them hold."""
        return sum(upload.held for upload in self._all)

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Yield an upload, whose bytes count until the block ends."""
        upload = Upload()
        self._all.add(upload)
        try:
            yield upload
        finally:
            self._all.discard(upload)

    async def body(self, request: Request, upload: Upload, limit: int = MAX_BYTES) -> bytes:
        """Return a request's body.

        Raises:
            UnusablePhoto: the body is larger than `limit` bytes; no more than that is read.
            TooSlow, NoRoom: it takes too long, or there is no room for it.
        """
        content = bytearray()
        async with self._arriving(upload):
            async for chunk in self._counted(request, upload, limit):
                content += chunk
        return bytes(content)

    async def form(self, request: Request, upload: Upload) -> tuple[bytes, dict[str, str]]:
        """Return the photo of a multipart form and its other fields; the photo is empty where none was sent.

        Raises:
            UnusablePhoto: the form is too large.
            BadForm: it is malformed.
            TooSlow, NoRoom: it takes too long, or there is no room for it.
        """
        chunks = self._counted(request, upload, MAX_BYTES + MAX_FIELD_BYTES)
        parser = _InMemoryParser(request.headers, chunks, max_files=1, max_fields=40)
        try:
            async with self._arriving(upload):
                fields: FormData = await parser.parse()
        except (MultiPartException, KeyError, UnicodeError, LookupError) as error:
            # Starlette raises the last three for a missing boundary and for an odd charset.
            reason = {"reason": str(getattr(error, "message", error))}
            raise BadForm(Message("This is no form with a photo: {reason}.", reason)) from None
        photo = fields.get("photo")
        content = await photo.read() if isinstance(photo, UploadFile) else b""
        settings = {name: value for name, value in fields.items() if isinstance(value, str)}
        await fields.close()
        return content, settings

    @asynccontextmanager
    async def _arriving(self, upload: Upload) -> AsyncIterator[None]:
        """Give an upload its time; another that needs its room can end it (`_make_room`)."""
        try:
            async with asyncio.timeout(self._seconds) as upload.arriving:
                yield
            if upload.gave_way:
                raise NoRoom
        except TimeoutError:
            if upload.gave_way:
                raise NoRoom from None
            limit = {"seconds": f"{self._seconds:g}"}
            raise TooSlow(Message("The photo took more than {seconds} seconds to arrive.", limit)) from None
        finally:
            upload.arriving = None

    async def _counted(self, request: Request, upload: Upload, limit: int) -> AsyncGenerator[bytes, None]:
        # Counted as it comes: Content-Length may lie, and is absent from a chunked request.
        # What it says is room that will be needed: else many would be read in vain that are ended before
        # their end.
        self._hold(upload, min(_declared(request), limit))
        size = 0
        async for chunk in request.stream():
            if upload.gave_way:
                raise NoRoom
            size += len(chunk)
            if size > limit:
                raise too_many_bytes()
            self._hold(upload, max(upload.held, size))
            yield chunk

    def _hold(self, upload: Upload, size: int) -> None:
        self._make_room(upload, size - upload.held)
        upload.held, upload.heard = size, asyncio.get_running_loop().time()

    def _make_room(self, upload: Upload, size: int) -> None:
        """End the largest uploads that are still arriving, the longest silent first, until `size` bytes fit.

        So whoever sends little is never ended by those who send much, and a stalled one goes before others.

        Raises:
            NoRoom: this upload is the largest itself, or all others have arrived.
        """
        while self.held + size > self._room:
            arriving = [each for each in self._all if each.arriving and not each.gave_way]
            largest = max(arriving, key=lambda each: (each.held, -each.heard))
            largest.gave_way, largest.held = True, 0
            if largest is upload:
                raise NoRoom
            assert largest.arriving is not None
            largest.arriving.reschedule(asyncio.get_running_loop().time())


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


class _InMemoryParser(MultiPartParser):
    spool_max_size = MAX_BYTES + MAX_FIELD_BYTES + 1  # above the limit, so nothing is ever spooled to disk
