"""A process that has imported all that a crawl imports, and forks itself for every crawl.

Most tests of crawls crawl for real and need a process for each, of which more than a third of the time would
go to the same imports. The fork runs what `store.processes.child` starts, with the same pipes, environment
and session; that a new interpreter can do so, too, the tests of commands show.
"""

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any
from unittest.mock import patch

from store.processes import child

MODULE = "crawler.run"
LAZY = ("duckdb", "store.photo.decode", "PIL.JpegImagePlugin", "PIL.PngImagePlugin")
COMPONENTS = ("EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "ITEM_PIPELINES")
"""What a crawl imports only as it runs; none of it installs a reactor."""
_REQUEST_BYTES = 1 << 20


@contextmanager
def crawls_are_forked() -> Iterator[None]:
    """Let `child.running` fork the crawls of the block; what is traced, and other modules, start as ever."""
    if any(name.startswith("COVERAGE_") for name in os.environ):
        yield
        return
    names = {name: getattr(subprocess, name) for name in ("PIPE", "TimeoutExpired")}
    with patch.object(child, "subprocess", SimpleNamespace(Popen=_popen, **names)):
        yield


def _popen(command: Sequence[str], *, env: Mapping[str, str], pass_fds: Sequence[int], **how: Any) -> Any:
    if command[-1] != MODULE or len(pass_fds) != 1 or how["stdout"] != subprocess.PIPE:
        return subprocess.Popen(command, env=env, pass_fds=pass_fds, **how)
    errors = how["stderr"].fileno() if how["stderr"] else 2
    return Forked(env, pass_fds[0], errors)


class Forked:
    """What `child.running` needs of a `subprocess.Popen`."""

    def __init__(self, env: Mapping[str, str], pipe: int, errors: int) -> None:
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        self.stdin, self.stdout = open(ours_in, "wb"), open(ours_out, "rb")  # noqa: PTH123, SIM115
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_address())
        request = json.dumps({"env": dict(env), "folder": str(Path.cwd())}).encode()
        socket.send_fds(self._connection, [request], [theirs_in, theirs_out, errors, pipe])
        self._connection.shutdown(socket.SHUT_WR)
        os.close(theirs_in)
        os.close(theirs_out)
        self._answers = self._connection.makefile()
        self.pid = int(self._answers.readline())

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._answers.readline())
            except TimeoutError:
                raise subprocess.TimeoutExpired(MODULE, timeout or 0) from None
        return self.returncode

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, 9)

    def __enter__(self) -> "Forked":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stdout.close()
        with suppress(BrokenPipeError):
            self.stdin.close()
        self.wait()
        self._answers.close()
        self._connection.close()


@cache
def _address() -> str:
    """Start the process that forks; return the path of its socket."""
    folder = Path(tempfile.mkdtemp())
    path = str(folder / "socket")
    process = subprocess.Popen(
        [*child.command("tests.crawler.warm", path)],
        env=child.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.kill()
        process.wait()
        shutil.rmtree(folder)

    atexit.register(end)
    return path


def main() -> None:
    """Fork for each connection, until the process that started this has ended."""
    import selectors

    _import()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    print("ready", flush=True)
    with selectors.DefaultSelector() as ready:
        for source in (listener, sys.stdin):
            ready.register(source, selectors.EVENT_READ)
        while all(key.fileobj is listener for key, _ in ready.select()):
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                _oversee(connection)
            connection.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _import() -> None:
    import importlib

    from scrapy.settings import Settings
    from scrapy.utils.misc import load_object

    for name in (MODULE, *LAZY):
        importlib.import_module(name)
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    for name in COMPONENTS:
        for component in settings.getwithbase(name):
            load_object(component)
    assert "twisted.internet.reactor" not in sys.modules, "a process that has it cannot be forked"


def _oversee(connection: socket.socket) -> None:
    """Fork the process that crawls; answer with its number, and with its status once it has ended."""
    request, files, _, _ = socket.recv_fds(connection, _REQUEST_BYTES, 4)
    while more := connection.recv(_REQUEST_BYTES):
        request += more
    pid = os.fork()
    if not pid:
        connection.close()
        _become(json.loads(request), files)
    for file in files:
        os.close(file)
    connection.sendall(f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):
        connection.sendall(f"{status}\n".encode())
    os._exit(0)


def _become(request: dict[str, Any], files: Sequence[int]) -> None:
    """Run a crawl as `python -m store.processes.follow` would."""
    from store.processes import follow

    os.setsid()
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    sys.argv = ["follow", str(files[3]), MODULE]
    status = 1
    try:
        follow.main()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    with suppress(OSError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
