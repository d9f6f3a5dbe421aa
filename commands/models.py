"""The commands that use a model: captions at the terminal, and the browser app."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commands.arguments import Commands, add, add_pipeline, pipeline_of, port, positive
from store.errors import UserError

DRAWING: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "beam_width": (positive, "N", "unfinished captions that a beam search keeps (3)"),
    "length_normalisation": (float, "X", "rank beams by log p / length ** X (0)"),
    "no_repeat": (positive, "N", "no run of N tokens comes twice"),
    "temperature": (float, "T", "of sampling: below 1 plays safe, above 1 is bolder (1)"),
    "top_k": (positive, "K", "sample among the K likeliest tokens only"),
    "top_p": (float, "P", "sample among the fewest tokens that hold probability P"),
    "seed": (int, "N", "of sampling: the same seed gives the same captions (0)"),
    "max_tokens": (positive, "N", "the longest caption (as the model was trained for)"),
}
"""Options of `bokeru caption` that are settings of `train.captions.options.DecodingOptions`."""


def caption(arguments: argparse.Namespace) -> None:
    """Write captions for photos with the newest model."""
    from train.captions.files import caption_files, print_table
    from train.runs import newest

    pipeline = pipeline_of(arguments)
    given = {name: getattr(arguments, name) for name in DRAWING if getattr(arguments, name) is not None}
    results = list(
        caption_files(
            newest(pipeline.runs),
            arguments.images,
            pipeline.weights,
            dataset=pipeline.dataset,
            features=pipeline.features,
            strategy=arguments.strategy,
            distance=arguments.distance,
            n=arguments.n,
            forbidden=tuple(arguments.forbid),
            **given,
        )
    )
    if arguments.json:
        print(json.dumps(results, ensure_ascii=False, indent=1))
    else:
        print_table(results)
    failed = [result for result in results if "error" in result]
    if failed:
        first = failed[0]
        raise UserError(
            f"{len(failed)} of {len(results)} photos have no caption. {first['file']}: {first['error']}"
        )


def web(arguments: argparse.Namespace) -> None:
    """Serve the browser app until Ctrl-C, or write a copy of it that opens without a server."""
    pipeline = pipeline_of(arguments)
    if arguments.export:
        from web.export import export

        print(f"Open {export(pipeline.data, pipeline.name, arguments.export)} in a browser")
    else:
        from web.app import serve

        serve(pipeline.data, pipeline.name, arguments.host, arguments.port)


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    one = add(commands, caption)
    add_pipeline(one)
    strategies = ["greedy", "beam", "sample", "mismatch"]
    one.add_argument("--strategy", choices=strategies, default="beam", help="how captions are drawn (beam)")
    one.add_argument("-n", type=positive, default=1, metavar="N", help="captions per photo (1)")
    for name, (kind, metavar, text) in DRAWING.items():
        one.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)
    one.add_argument(
        "--distance", type=float, default=0.8, metavar="D", help="of a mismatch's photo: 0 to 2 (0.8)"
    )
    one.add_argument(
        "--forbid", action="append", default=[], metavar="WORD", help="a word that no caption may hold"
    )
    one.add_argument("--json", action="store_true", help="print JSON instead of a table")
    one.add_argument(
        "images",
        nargs="+",
        type=Path,
        metavar="IMAGE",
        help="a photo, a folder of them, or - for standard input",
    )
    one = add(commands, web)
    add_pipeline(one)
    one.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1: only this machine)")
    one.add_argument("--port", type=port, default=8000, help="the port to listen on (8000)")
    one.add_argument(
        "--export", type=Path, metavar="DIR", help="write the Generate and Training pages as files instead"
    )
