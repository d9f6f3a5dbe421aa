"""What each `bokeru` command does, and the options it takes.

Every command is thin: it finds the directories and calls one function of a package, imported there, so that
each command starts as fast as what it needs.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from crawler.options import CrawlOptions
from dataset.errors import MissingStage, UsageError
from pipelines import Pipeline, Settings, describe, load

# ---- stages


def crawl(pipeline: Pipeline) -> None:
    """Fetch what is still missing of the pipeline's pages and photos."""
    from crawler.crawl import crawl, is_complete

    options = pipeline.settings.crawl
    if is_complete(options, pipeline.crawl):
        return print("crawl: up to date")
    with _embedded_site(options) as address:
        crawl(options, pipeline.crawl, address=address, pipeline=pipeline.name)


@contextmanager
def _embedded_site(options: CrawlOptions) -> Iterator[str | None]:
    """Serve the embedded site for as long as the block lasts, where the settings ask for it."""
    if options.site != "embedded":
        yield None
        return
    from demo.site import running

    site = options.embedded
    with running(site.photos, site.captions_per_photo, site.seed) as address:
        yield address


@contextmanager
def crawl_job(name: str) -> Iterator[tuple[CrawlOptions, Path, str | None]]:
    """Yield what `scrapy crawl bokete -a pipeline=NAME` needs: settings, directory, the site's address.

    The spider finds this function by the entry point `job` of the group `bokeru.crawl`.
    """
    pipeline = Pipeline(name, load(name), Path("data"))
    options = pipeline.settings.crawl
    with _embedded_site(options) as address:
        yield options, pipeline.crawl, address


def dataset(pipeline: Pipeline) -> None:
    """Build the dataset from the crawl; on the embedded site, with the least loss that a model can reach."""
    from dataset.build import build

    built = build(pipeline.settings.dataset, [pipeline.crawl], pipeline.dataset, name=pipeline.name)
    if pipeline.settings.crawl.site == "embedded":
        _write_floor(pipeline)
    if not built:
        print("dataset: up to date")


def _write_floor(pipeline: Pipeline) -> None:
    """Write floor.json: the grammar's own nats per target token, for the captions of each split."""
    path = pipeline.dataset / "floor.json"
    if path.exists():
        return
    from dataset.read import captions
    from dataset.whole_file import write_json
    from demo.floor import nats

    floor: dict[str, object] = {"unit": "nats per token"}
    for split in ("train", "dev"):
        table = captions(pipeline.dataset, split)
        tokens = sum(len(tokens) + 1 for tokens in table["tokens"].to_pylist())
        pairs = zip(table["odai_id"].to_pylist(), table["text"].to_pylist(), strict=True)
        total = nats(pairs, pipeline.settings.crawl.embedded.seed)
        floor[split] = total / tokens if tokens else None
    write_json(path, floor)


def features(pipeline: Pipeline) -> None:
    """Compute and cache the vectors of the photos that have none yet."""
    from featurize.extract import extract

    _need(pipeline.dataset, pipeline, "dataset")
    extract(pipeline.settings.features, pipeline.dataset, pipeline.data / "features", pipeline.weights)


def train(pipeline: Pipeline) -> None:
    """Train the captioning model, or go on with a run that was interrupted."""
    from train.fit import fit

    _need(pipeline.dataset, pipeline, "dataset")
    _need(pipeline.features(), pipeline, "features")
    fit(pipeline.settings.train, pipeline.dataset, pipeline.features(), pipeline.runs)


def evaluate(pipeline: Pipeline) -> None:
    """Measure the newest model on both splits."""
    from train.evaluate import evaluate
    from train.runs import newest

    _need(pipeline.dataset, pipeline, "dataset")
    _need(pipeline.features(), pipeline, "features")
    evaluate(newest(pipeline.runs), pipeline.dataset, pipeline.features())


STAGES = {"crawl": crawl, "dataset": dataset, "features": features, "train": train, "evaluate": evaluate}


def _need(directory: Path, pipeline: Pipeline, stage: str) -> None:
    if not directory.exists():
        raise MissingStage(directory, pipeline.command(stage))


def run(pipeline: Pipeline) -> None:
    """Run every stage in order; stages that are up to date say so."""
    started = time.monotonic()
    for number, (name, stage) in enumerate(STAGES.items(), 1):
        print(f"[{number}/{len(STAGES)}] {name}, after {time.monotonic() - started:.0f} s", flush=True)
        stage(pipeline)


def demo(pipeline: Pipeline) -> None:
    """Run every stage on the embedded site, then show what the model learned."""
    from train.report import report
    from train.runs import newest

    run(pipeline)
    report(newest(pipeline.runs), pipeline.dataset)


# ---- the rest


def site(arguments: argparse.Namespace) -> None:
    """Serve the embedded site until Ctrl-C."""
    from demo.site import serve

    serve(
        photos=arguments.photos,
        captions_per_photo=arguments.captions_per_photo,
        seed=arguments.seed,
        port=arguments.port,
    )


def caption(arguments: argparse.Namespace) -> None:
    """Write captions for photo files with the newest model."""
    from train.caption_files import caption_files, print_table
    from train.runs import newest

    pipeline = _pipeline(arguments)
    results = caption_files(
        newest(pipeline.runs), arguments.images, pipeline.weights, strategy=arguments.strategy, n=arguments.n
    )
    if arguments.json:
        print(json.dumps(results, ensure_ascii=False, indent=1))
    else:
        print_table(results)


def web(arguments: argparse.Namespace) -> None:
    """Serve the browser app until Ctrl-C."""
    from web.app import serve

    pipeline = _pipeline(arguments)
    serve(pipeline.data, pipeline.name, arguments.host, arguments.port)


def parse(arguments: argparse.Namespace) -> None:
    """Print as JSON what the spider would take from a saved page."""
    from crawler.parse import parse

    try:
        body = Path(arguments.file).read_bytes()
    except OSError as error:
        raise UsageError(f"{arguments.file} cannot be read: {error.strerror}") from None
    row = parse(body, arguments.url, datetime.now(UTC))
    print(json.dumps(row, ensure_ascii=False, indent=1, default=str))


def inspect(arguments: argparse.Namespace) -> None:
    """Show schema, rows, nulls, sizes and a few rows of any stage's directory."""
    from dataset.inspect import inspect

    inspect(arguments.path)


def verify(arguments: argparse.Namespace) -> None:
    """Check every shard below a directory; exit 1 and the reasons where one is damaged."""
    from dataset.verify import verify

    if problems := verify(arguments.path):
        print("\n".join(problems))
        sys.exit(1)
    print(f"{arguments.path}: whole")


def doctor(arguments: argparse.Namespace) -> None:
    """Say what works on this machine, and what to do about what does not."""
    from featurize.doctor import examine, print_findings

    if not print_findings(examine(arguments.data / "weights")):
        sys.exit(1)


def settings(arguments: argparse.Namespace) -> None:
    """Print every setting of a pipeline with its value and meaning."""
    values = load(arguments.pipeline, arguments.config, arguments.set) if arguments.pipeline else Settings()
    print("\n".join(describe(values)))


# ---- the command line


def parser() -> argparse.ArgumentParser:
    """Return the parser of the `bokeru` command; each command's function is `arguments.command`."""
    main = argparse.ArgumentParser(
        prog="bokeru",
        description="Crawl photos and jokes, build a dataset, cache features, train a captioning model.",
        epilog="First: `bokeru demo` runs all of it on a site that it draws itself.",
    )
    commands = main.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(function: Callable[[argparse.Namespace], None], name: str = "") -> argparse.ArgumentParser:
        text = (function.__doc__ or "").strip()
        command = commands.add_parser(name or function.__name__, help=text, description=text)
        command.set_defaults(command=function)
        return command

    _add_stages(commands)
    _add_models(add)
    _add_data(add)
    one = add(settings)
    one.add_argument("--pipeline", help="whose settings; without it, the defaults")
    _add_settings(one)
    one = add(doctor)
    one.add_argument(
        "--data", type=Path, default=Path("data"), help="the folder of all stages' output (data)"
    )
    return main


def _add_stages(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, stage in {**STAGES, "run": run, "demo": demo}.items():
        text = (stage.__doc__ or "").strip()
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=lambda arguments, stage=stage: stage(_pipeline(arguments)))
        if name == "demo":
            command.set_defaults(pipeline="demo")
        else:
            _add_pipeline(command)
        _add_settings(command)


def _add_models(add: Callable[..., argparse.ArgumentParser]) -> None:
    one = add(caption)
    _add_pipeline(one)
    _add_settings(one)
    one.add_argument(
        "--strategy", choices=["greedy", "beam", "sample", "mismatch"], default="beam", help="(beam)"
    )
    one.add_argument("-n", type=_positive, default=1, metavar="N", help="captions per photo (1)")
    one.add_argument("--json", action="store_true", help="print JSON instead of a table")
    one.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="a photo's file")
    one = add(web)
    _add_pipeline(one)
    _add_settings(one)
    one.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (127.0.0.1: this machine only)"
    )
    one.add_argument("--port", type=_port, default=8000, help="the port to listen on (8000)")


def _add_data(add: Callable[..., argparse.ArgumentParser]) -> None:
    one = add(site)
    one.add_argument(
        "--port", type=_port, default=8080, help="the port to listen on, on this machine only (8080)"
    )
    one.add_argument("--photos", type=_positive, default=600, help="how many distinct photos it has (600)")
    one.add_argument("--captions-per-photo", type=_positive, default=5, help="how many captions each has (5)")
    one.add_argument("--seed", type=int, default=1, help="another seed draws another site (1)")
    one = add(parse)
    one.add_argument("file", metavar="FILE", help="the saved page")
    one.add_argument("--url", required=True, help="the address that the page was saved from")
    for function in (inspect, verify):
        add(function).add_argument(
            "path", type=Path, metavar="PATH", help="a stage's directory, or one shard"
        )


def _add_pipeline(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pipeline", required=True, metavar="NAME", help="a pipeline of the config file")


def _add_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config", type=Path, default=Path("pipelines.yaml"), metavar="FILE", help="(pipelines.yaml)"
    )
    command.add_argument(
        "--data", type=Path, default=Path("data"), metavar="DIR", help="the folder of all output (data)"
    )
    command.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="such as train.epochs=3: before the file",
    )


def _pipeline(arguments: argparse.Namespace) -> Pipeline:
    settings = load(arguments.pipeline, arguments.config, arguments.set)
    return Pipeline(arguments.pipeline, settings, arguments.data)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: ports are 0 to 65535 (0: any that is free)")
    return int(text)
