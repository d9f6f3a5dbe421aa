"""What one does with a model: captions at the terminal, and the browser app."""

import argparse
import json
from pathlib import Path

from commands.arguments import Commands, add, add_pipeline, pipeline, port, positive


def caption(arguments: argparse.Namespace) -> None:
    """Write captions for photo files with the newest model."""
    from train.caption_files import caption_files, print_table
    from train.runs import newest

    of = pipeline(arguments)
    results = caption_files(
        newest(of.runs), arguments.images, of.weights, strategy=arguments.strategy, n=arguments.n
    )
    if arguments.json:
        print(json.dumps(results, ensure_ascii=False, indent=1))
    else:
        print_table(results)


def web(arguments: argparse.Namespace) -> None:
    """Serve the browser app until Ctrl-C."""
    from web.app import serve

    of = pipeline(arguments)
    serve(of.data, of.name, arguments.host, arguments.port)


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    one = add(commands, caption)
    add_pipeline(one)
    strategies = ["greedy", "beam", "sample", "mismatch"]
    one.add_argument("--strategy", choices=strategies, default="beam", help="how captions are drawn (beam)")
    one.add_argument("-n", type=positive, default=1, metavar="N", help="captions per photo (1)")
    one.add_argument("--json", action="store_true", help="print JSON instead of a table")
    one.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="a photo's file")
    one = add(commands, web)
    add_pipeline(one)
    one.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1: only this machine)")
    one.add_argument("--port", type=port, default=8000, help="the port to listen on (8000)")
