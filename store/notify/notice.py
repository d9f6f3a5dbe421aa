"""A notice: what it says, and how it is sent. One that fails is in the log, and stops nothing."""

import json
import logging
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from store.notify.options import Event, NotifyOptions
from store.notify.post import NotSent, post
from store.processes import child

_LOG = logging.getLogger(__name__)
_ENDING_SECONDS = 5.0
"""What `store.notify.limited` may take beyond the limit: to start, and to end a program that will not."""


@dataclass(frozen=True)
class Notice:
    """What somebody is told; its fields are those of the JSON.

    Args:
        event: `end`, `alarm` or `pause`.
        stage: `crawl`, `features`, `train` or `sweep`.
        status: the exit status that the command ends with; None while it runs.
        message: what the command says, in one or two lines.
        command: what goes on from here.
        report: the stage's own figures, where it has any: of a crawl, report.json.
    """

    event: Event
    stage: str
    pipeline: str
    message: str
    command: str
    status: int | None = None
    report: Mapping[str, Any] | None = None
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    machine: str = field(default_factory=socket.gethostname)


def send(notice: Notice, options: NotifyOptions) -> None:
    """Send a notice in every way that the settings name, if they ask for it; returns within the time limits.

    Never raises but for a signal: a notice that is not sent is a warning in the log.
    """
    if not options.wants(notice.event):
        return
    content = json.dumps(asdict(notice), ensure_ascii=False).encode(errors="replace")
    if options.command:
        _log("notify.command", options.command[0], notice, lambda: _run(content, options))
    if options.address:
        host = urlsplit(options.address).hostname or ""  # the rest may be a key, as in addresses of chats
        _log("notify.address", host, notice, lambda: post(content, options))


def _log(setting: str, whom: str, notice: Notice, sending: Any) -> None:
    try:
        sending()
    except NotSent as error:
        _LOG.warning("notice of %s not sent: %s (%s) %s", notice.event, setting, whom, error)
    except Exception as error:  # whatever it is, the work that it tells of is done
        _LOG.warning("notice of %s not sent: %s (%s): %r", notice.event, setting, whom, error)
    else:
        _LOG.info("notice of %s sent: %s (%s)", notice.event, setting, whom)


def _run(content: bytes, options: NotifyOptions) -> None:
    """Run `options.command`, which reads the notice.

    Raises:
        NotSent: it cannot be run, fails, or takes too long.
    """
    limited = child.command("store.notify.limited", f"{options.seconds:g}", *options.command)
    process = subprocess.Popen(
        limited,
        env=child.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, errors = process.communicate(content, options.seconds + _ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise NotSent(f"takes longer than {options.seconds:g} seconds") from None
    if process.returncode:
        lines = errors.decode(errors="replace").splitlines() or [child.ending(process.returncode)]
        raise NotSent(lines[-1])
