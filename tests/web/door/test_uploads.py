"""Photos of visitors on their way: the room and the time they have, and forms that are none."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from web.app import create
from web.door.uploads import BadForm, NoRoom, TooSlow, Uploads
from web.pictures import MAX_BYTES, UnusablePhoto

MB = 10**6


class Sender:
    """A visitor who sends what a test tells it to."""

    def __init__(self, headers: dict[str, str] | None = None) -> None:
        self._parts: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        fields = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        self.request = Request({"type": "http", "headers": fields}, self._receive)

    async def _receive(self) -> dict[str, Any]:
        body, more = await self._parts.get()
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(self, body: bytes, more: bool = True) -> None:
        self._parts.put_nowait((body, more))
        for _ in range(5):  # the reader reads
            await asyncio.sleep(0)


def begin(uploads: Uploads, sender: Sender) -> "asyncio.Task[bytes]":
    async def read() -> bytes:
        with uploads.upload() as upload:
            return await uploads.body(sender.request, upload)

    return asyncio.create_task(read())


async def begun(uploads: Uploads, size: int) -> tuple[Sender, "asyncio.Task[bytes]"]:
    """Return a visitor who has sent `size` bytes and not the last, and who is being read."""
    sender = Sender()
    task = begin(uploads, sender)
    await sender.send(bytes(size))
    return sender, task


def test_what_comes_whole_is_read() -> None:
    async def scenario() -> None:
        uploads = Uploads(10 * MB, 5)
        sender, task = await begun(uploads, MB)
        assert uploads.held == MB
        await sender.send(b"end", more=False)
        assert await task == bytes(MB) + b"end"
        assert uploads.held == 0

    asyncio.run(scenario())


def test_a_photo_that_does_not_come_in_time_is_given_up() -> None:
    async def scenario() -> None:
        uploads = Uploads(10 * MB, seconds=0.05)
        sender, task = await begun(uploads, MB)
        await sender.send(b"more")
        with pytest.raises(TooSlow, match=r"more than 0\.05 seconds"):
            await task
        assert uploads.held == 0

    asyncio.run(scenario())


def test_the_largest_gives_way_and_of_those_the_longest_silent() -> None:
    async def scenario() -> None:
        uploads = Uploads(10 * MB, 60)
        _, first = await begun(uploads, 4 * MB)
        await asyncio.sleep(0.01)
        _, second = await begun(uploads, 4 * MB)
        sender, small = await begun(uploads, 1 * MB)
        assert uploads.held == 9 * MB
        await sender.send(bytes(2 * MB))
        with pytest.raises(NoRoom):
            await first
        assert uploads.held == 7 * MB
        await sender.send(b"", more=False)
        assert len(await small) == 3 * MB
        assert not second.done()
        second.cancel()

    asyncio.run(scenario())


def test_a_hundred_stalled_photos_hold_the_room_and_no_more() -> None:
    async def scenario() -> None:
        uploads = Uploads(100 * MB, 60)
        held, tasks = [], []
        for _ in range(100):
            _, task = await begun(uploads, 11_900_000)
            tasks.append(task)
            held.append(uploads.held)
            sender, honest = await begun(uploads, 3 * MB)
            await sender.send(b"", more=False)
            assert len(await honest) == 3 * MB, "whoever sends less is served beside them"
        assert max(held) <= 100 * MB
        assert sum(not task.done() for task in tasks) == 8  # 8 x 11.9 + 3 MB are 98.2 MB, 9 are too many
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scenario())


def test_photos_that_wait_for_the_model_count_and_stay() -> None:
    async def scenario() -> None:
        uploads = Uploads(10 * MB, 60)
        with uploads.upload() as upload:
            sender = Sender()
            sender._parts.put_nowait((bytes(8 * MB), False))
            await uploads.body(sender.request, upload)
            assert uploads.held == 8 * MB
            _, task = await begun(uploads, 3 * MB)
            with pytest.raises(NoRoom, match="Try again in 10 seconds"):
                await task
            assert upload.held == 8 * MB
        assert uploads.held == 0

    asyncio.run(scenario())


def test_what_a_photo_says_of_its_size_is_room_it_needs() -> None:
    async def scenario() -> None:
        uploads = Uploads(10 * MB, 60)
        large = begin(uploads, Sender({"content-length": str(8 * MB)}))
        await asyncio.sleep(0.01)
        assert uploads.held == 8 * MB
        sender = Sender({"content-length": str(3 * MB)})
        small = begin(uploads, sender)
        with pytest.raises(NoRoom):
            await large
        await sender.send(bytes(3 * MB), more=False)
        assert len(await small) == 3 * MB
        for odd in ("", "-1", "1e9", "٣"):
            sender = Sender()
            sender.request = Request(
                {"type": "http", "headers": [(b"content-length", odd.encode())]}, sender._receive
            )
            task = begin(uploads, sender)
            await sender.send(b"whole", more=False)
            assert await task == b"whole"

    asyncio.run(scenario())


def test_a_photo_too_large_is_read_no_further() -> None:
    async def scenario() -> None:
        _, task = await begun(Uploads(100 * MB, 60), MAX_BYTES + 1)
        with pytest.raises(UnusablePhoto, match="more than 12 MB"):
            await task

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "content_type",
    [
        # A codec of Python's that refuses every text.
        "multipart/form-data; boundary=XX; charset=undefined",
        "multipart/form-data",
        "text/plain",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=YY",
    ],
)
def test_a_form_that_is_none_is_400(tmp_path: Path, content_type: str) -> None:
    body = b'--XX\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n--XX--\r\n'
    with TestClient(create(tmp_path, "demo")) as client:
        answer = client.post("/pipelines/demo/try", content=body, headers={"content-type": content_type})
    assert answer.status_code == 400
    assert "This is no form with a photo" in answer.text


def test_a_visitor_who_leaves_is_no_failure_of_ours(tmp_path: Path) -> None:
    async def scenario() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"multipart/form-data; boundary=XX"), (b"host", b"localhost")]
        scope = {
            **{"type": "http", "method": "POST", "path": "/pipelines/demo/try", "raw_path": b""},
            **{"headers": headers, "query_string": b"", "scheme": "http", "http_version": "1.1"},
            **{"client": ("203.0.113.7", 1), "server": ("localhost", 80)},
        }
        await create(tmp_path, "demo")(scope, receive, send)
        return sent

    assert asyncio.run(scenario())[0]["status"] == 400


def test_a_malformed_form_says_why() -> None:
    async def scenario() -> None:
        uploads = Uploads()
        with uploads.upload() as upload, pytest.raises(BadForm, match="boundary"):
            await uploads.form(Sender({"content-type": "multipart/form-data"}).request, upload)

    asyncio.run(scenario())
