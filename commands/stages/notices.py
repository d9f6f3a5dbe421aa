"""Tells somebody how a crawl, features or a training ended, as `notify:` in pipelines.yaml says."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from commands.pipeline import Pipeline
from store.errors import UserError
from store.notify.notice import Notice, send
from store.processes.interruption import Interrupted, received
from store.whole_file import read_object

P = ParamSpec("P")
_TIME_IS_OVER = 6


def notifying(stage: Callable[Concatenate[Pipeline, P], None]) -> Callable[Concatenate[Pipeline, P], None]:
    """Let a stage's function tell of its end; see `notice_at_end`."""

    def run(pipeline: Pipeline, /, *args: P.args, **kwargs: P.kwargs) -> None:
        with notice_at_end(pipeline, stage.__name__):
            stage(pipeline, *args, **kwargs)

    return functools.wraps(stage)(run)


@contextmanager
def notice_at_end(pipeline: Pipeline, stage: str, *arguments: str) -> Iterator[None]:
    """Send one notice of how the block ended; none where all was up to date.

    Whatever becomes of the notice, the block's own end stays as it was.

    Args:
        arguments: what the command needs to go on, beside the pipeline.
    """
    before, message, status = _made(pipeline, stage), "done", 0
    try:
        yield
    except BaseException as error:
        message, status = _message(error), _status(error)
        raise
    finally:
        if _is_first_process() and (status or _made(pipeline, stage) != before):
            is_alarm = status not in (0, _TIME_IS_OVER) and status < 128
            report = _report(pipeline, stage) if _made(pipeline, stage) != before else None
            notice = Notice(
                "alarm" if is_alarm else "end",
                stage,
                pipeline.name,
                message,
                pipeline.command(stage, *arguments),
                status,
                report,
            )
            send(notice, pipeline.settings.notify)


def _is_first_process() -> bool:
    """Tell whether this is the one of several processes under MPI that speaks for all."""
    return all(os.environ.get(name, "0") == "0" for name in ("PMI_RANK", "OMPI_COMM_WORLD_RANK"))


def _message(error: BaseException) -> str:
    if isinstance(error, UserError | OSError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return f"stopped ({error})"
    return f"{type(error).__name__}: {error}"


def _status(error: BaseException) -> int:
    """Return the exit status that the command will end with."""
    if isinstance(error, UserError):
        return error.exit_status
    if isinstance(error, KeyboardInterrupt):
        stop = error if isinstance(error, Interrupted) else received()
        return stop.exit_status if stop else 130
    return 1


def _files(pipeline: Pipeline, stage: str) -> Iterator[Path]:
    """Yield the files that a stage writes only where there was something to do."""
    if stage == "crawl":
        yield pipeline.crawl / "report.json"
    elif stage == "features":
        yield from pipeline.features.glob("*/*.parquet")
    else:
        yield from pipeline.runs.glob("*/manifest.json")


def _made(pipeline: Pipeline, stage: str) -> dict[Path, int]:
    """Return when each of these files was written, in nanoseconds."""
    return {path: path.stat().st_mtime_ns for path in _files(pipeline, stage) if path.exists()}


def _report(pipeline: Pipeline, stage: str) -> dict[str, Any] | None:
    """Return a stage's own figures; None where they cannot be read."""
    made = _made(pipeline, stage)
    newest = max(made, key=lambda path: made[path])
    try:
        if stage == "features":
            return {"cache": newest.parent.name, "shards": sum(path.parent == newest.parent for path in made)}
        report = read_object(newest)
    except (OSError, UserError):
        return None
    return report if stage == "crawl" else {"run": newest.parent.name, **report}
