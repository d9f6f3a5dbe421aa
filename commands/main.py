"""The `bokeru` command: its parser, and the exit status that each ending has."""

import argparse
import errno
import sys
from collections.abc import Sequence

from commands import data, models, stages
from store.errors import UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one `bokeru` command; return 0 for done, 1 for a failure the user can act on, 2 for wrong usage."""
    arguments = parser().parse_args(argv)
    try:
        arguments.command(arguments)
    except UserError as error:
        return _fail(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _fail(_STOPPED, 130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has seen enough
        return 0
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            place = f" on the disk of {error.filename}" if error.filename else ""
            return _fail(
                f"no space left{place}. Nothing that was whole is lost: free some space, then run it again.",
                1,
            )
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            return _fail(
                f"{error.filename} cannot be written or read: {error.strerror}. Choose another: --data DIR", 1
            )
        raise
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # so DuckDB says Ctrl-C
            return _fail(_STOPPED, 130)
        raise
    return 0


_STOPPED = "stopped. Nothing that was whole is lost: the same command goes on from here."


def parser() -> argparse.ArgumentParser:
    """Return the parser of the `bokeru` command; each command's function is `arguments.command`."""
    main = argparse.ArgumentParser(
        prog="bokeru",
        description="Crawl photos and jokes, build a dataset, cache features, train a captioning model.",
        epilog="First: `bokeru demo` runs all of it on a site that it draws itself.",
    )
    commands = main.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (stages, models, data):
        module.register(commands)
    return main


def _fail(message: str, status: int) -> int:
    print(f"bokeru: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
