"""The `bokeru` command: its parser, and the exit status that each ending has."""

import argparse
import errno
import signal
import sys
from collections.abc import Sequence

from store.errors import UserError
from store.place import CONFIG, invoked
from store.processes.interruption import Interrupted, install, received
from store.version import VERSION


def main(argv: Sequence[str] | None = None) -> int:
    """Run one `bokeru` command; return its exit status, as the table in README.md has them."""
    install()
    try:
        return _run(argv)
    except UserError as error:
        return _fail(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _interrupted(received() or Interrupted(signal.SIGINT))
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has seen enough
        return 0
    except OSError as error:
        return _disk(error)
    except RuntimeError:
        # DuckDB and other libraries in C turn what a signal's handler raises into errors of their own.
        if stop := received():
            return _interrupted(stop)
        raise


def _run(argv: Sequence[str] | None) -> int:
    arguments = parser().parse_args(argv)
    with invoked(getattr(arguments, "config", CONFIG), getattr(arguments, "pipeline", None)):
        arguments.command(arguments)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the `bokeru` command; each command's function is `arguments.command`."""
    from commands import data, models, stages  # a signal that comes while these load is one already

    main = argparse.ArgumentParser(
        prog="bokeru",
        description="Crawl photos and jokes, build a dataset, cache features, train a captioning model.",
        epilog="First: `bokeru demo` runs all of it on a site that it draws itself.",
    )
    main.add_argument("--version", action="version", version=f"bokeru {VERSION}")
    commands = main.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (stages, models, data):
        module.register(commands)
    return main


def _disk(error: OSError) -> int:
    """Say what to do about a disk that is full or refuses; anything else is a mistake here, and is raised."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        place = f" on the disk of {error.filename}" if error.filename else ""
        return _fail(
            f"no space left{place}. Nothing that was whole is lost: free some space, then run it again.", 1
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return _fail(
            f"{error.filename} cannot be written or read: {error.strerror}. Choose another: --data DIR", 1
        )
    raise error


def _interrupted(stop: Interrupted) -> int:
    return _fail(
        f"stopped ({stop}). Nothing that was whole is lost: the same command goes on from here.",
        stop.exit_status,
    )


def _fail(message: str, status: int) -> int:
    print(f"bokeru: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
