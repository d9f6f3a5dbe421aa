"""The commands that use a model: captions at the terminal, and the browser app."""

import argparse
import sys
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_pipeline, add_run, path, pipeline_of, port
from commands.lineage import by_name, contacts, wanted
from store.errors import UserError
from train.captions.options import DecodingOptions, parse_decoding

FLAGS = {"n": "-n", "forbidden": "--forbid"}
"""Options of `bokeru caption` that are not called like their settings."""
METAVARS = {int: "N", float: "X", str: "WORD"}


def caption(arguments: argparse.Namespace) -> None:
    """Write captions for photos with a run's model: the one that is named or pinned, else the best on dev."""
    from train.captions.files import caption_files, print_table
    from train.captions.photo_captioner import PhotoCaptioner
    from train.lineage.choose import choose

    pipeline = pipeline_of(arguments)
    settings = {name: getattr(arguments, name) for name in DecodingOptions.model_fields}
    settings = {name: value for name, value in settings.items() if value is not None}
    parse_decoding(settings)  # a wrong value is told before a missing model is
    chosen = choose(wanted(pipeline), arguments.run)
    print(f"caption: {chosen}", file=sys.stderr)
    captioner = PhotoCaptioner(
        chosen.run,
        pipeline.weights,
        dataset=pipeline.dataset,
        features=pipeline.features,
        device=pipeline.settings.train.device,
    )
    results = list(caption_files(captioner, arguments.images, settings))
    if arguments.json:
        answer("caption", results)
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
    from demo.captions.gloss import gloss
    from web.content.speakers import Speakers

    pipeline = pipeline_of(arguments)
    speakers = Speakers(by_name(pipeline), pipeline.name, arguments.run)
    if arguments.run or any(each.startswith("train.") for each in pipeline.overrides):
        speakers.run(pipeline)  # what was asked for is refused before anything is served
    if arguments.export:
        from web.export import export

        contact = pipeline.settings.crawl.contact
        options = pipeline.settings.web
        index = export(pipeline.data, pipeline.name, arguments.export, options, speakers, contact, gloss)
        print(f"Open {index} in a browser")
    else:
        from web.app import serve

        serve(
            pipeline.data,
            pipeline.name,
            arguments.host,
            arguments.port,
            pipeline.settings.web,
            speakers=speakers,
            contact=contacts(pipeline),
            gloss=gloss,
            names=arguments.allow_host,
            key=not arguments.no_key,
            key_file=arguments.key_file,
        )


def add_decoding(command: argparse.ArgumentParser) -> None:
    """Add an option for each of the `DecodingOptions`, with its meaning and its default as help."""
    for name, field in DecodingOptions.model_fields.items():
        flag = FLAGS.get(name, f"--{name.replace('_', '-')}")
        # An option that is not given is None: the default is known where it is defined, and only there.
        command.add_argument(flag, dest=name, help=_help(field), default=None, **_kind(field.annotation))


def _help(field: FieldInfo) -> str:
    meaning = str(field.description).rstrip(".")
    unset = field.default is None or field.default is False or field.default == ()
    return meaning if unset else f"{meaning} ({field.default})"


def _kind(annotation: Any) -> dict[str, Any]:
    """Return what argparse has to know of a setting's type."""
    types = [kind for kind in get_args(annotation) or [annotation] if kind not in (type(None), ...)]
    if get_origin(annotation) is Literal:
        return {"choices": types}
    if annotation is bool:
        return {"action": "store_true"}
    many = {"action": "append"} if get_origin(annotation) is tuple else {}
    return {"type": types[0], "metavar": METAVARS[types[0]], **many}


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    one = add(commands, caption)
    add_pipeline(one)
    add_run(one)
    add_decoding(one)
    add_json(one, "the captions")
    one.add_argument(
        "images",
        nargs="+",
        type=path,
        metavar="IMAGE",
        help="a photo, a folder of them, or - for standard input",
    )
    one = add(commands, web)
    add_pipeline(one)
    add_run(one)
    one.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1: only this machine)")
    one.add_argument("--port", type=port, default=8000, help="the port to listen on (8000)")
    one.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name or address that people open the app by beyond this machine; as many as there are",
    )
    one.add_argument("--no-key", action="store_true", help="ask for no key beyond this machine")
    one.add_argument(
        "--key-file", type=path, metavar="FILE", help="keep the key in FILE, made if missing, for all starts"
    )
    one.add_argument(
        "--export",
        type=path,
        metavar="DIR",
        help="write the pages as files instead, which open without a server",
    )
