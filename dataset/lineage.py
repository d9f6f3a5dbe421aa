"""Whether a dataset is the one that a pipeline wants: what it was built with and from, beside what there is.

Its manifest tells; what an earlier version did not write there is unknown, and counts as no difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset import filters, outside
from dataset.build.stage import VERSION, forgotten_of, named_files
from dataset.options import DatasetOptions
from dataset.scores import tables as scores
from dataset.text.tokenizer_process import tokenizer_version
from dataset.where.evaluate import scores_in
from store.errors import DamagedFile
from store.lineage.difference import Difference
from store.lineage.difference import differences as settings_that_differ
from store.manifest import fingerprint, read_manifest
from store.options import odai_range
from store.photo.options import Limits
from store.place import Place
from store.processes.lock import is_held
from store.register.listed import replaced_names
from store.register.stages import Stage

TABLES = ("pages", "images")
"""Of a crawl, what a dataset is built from."""
File = tuple[str, int]
"""Name, which stands for one content for ever, and size in bytes."""


def differences(
    directory: Path, options: DatasetOptions, crawls: Sequence[Path], held_out: int | None = None
) -> tuple[Difference, ...]:
    """Return in what the dataset `directory` is not the one that these settings and crawls make.

    Settings of the crawl say nothing of a dataset: only what was fetched does. Nothing is read but manifests,
    lists of files, forget lists and the files that settings name. Where there is no dataset, nothing differs.

    Args:
        crawls: what it is to be built from, in the order that `build` is given them.
        held_out: odai from this number on are in dev whatever the settings say: the crawl's say it.

    Raises:
        UserError: a file that the settings name, or a forget list, cannot be read.
    """
    manifest = _manifest(directory)
    found, inputs = manifest.get("settings"), manifest.get("inputs")
    if not isinstance(found, dict):
        return ()
    found = {**found, "dev_odai": without_held_out(found.get("dev_odai", []), held_out)}
    wanted, defaults = options.of_result(), DatasetOptions().of_result()
    return (
        *settings_that_differ("dataset", found, wanted, defaults),
        *_of_tokens(manifest, options),
        *(_of_inputs(inputs, options, crawls, directory) if isinstance(inputs, dict) else ()),
        *(_of_filters(found, inputs, options) if isinstance(inputs, dict) else ()),
    )


def without_held_out(ranges: Sequence[str], held_out: int | None) -> list[str]:
    """Return ranges of odai but for those that begin at `held_out` or above."""
    return [text for text in ranges if held_out is None or odai_range(text)[0] < held_out]


def _manifest(directory: Path) -> Mapping[str, Any]:
    try:
        return read_manifest(directory) or {}
    except DamagedFile:  # whoever reads the dataset says so
        return {}


def _of_tokens(manifest: Mapping[str, Any], options: DatasetOptions) -> Iterator[Difference]:
    """Yield where another version of the tokenizer cut the captions; another tokenizer is a setting."""
    found, wanted = str(manifest.get("tokens")), tokenizer_version(options.tokenizer)
    if found.split()[0] == options.tokenizer and not f"{found} ".startswith(f"{wanted} "):
        yield Difference("version of the tokenizer", found, wanted, refused=False, is_setting=False)


def _of_inputs(
    inputs: Mapping[str, Any], options: DatasetOptions, crawls: Sequence[Path], directory: Path
) -> Iterator[Difference]:
    digests = named_files(
        filters.forbidden_words(options.forbidden_words), filters.opt_outs(options.opt_outs)
    )
    for name, digest in digests.items():
        if inputs.get(name, digest) != digest:
            yield Difference(
                f"the file of dataset.{name}", "as it was then", "with other lines", is_setting=False
            )
    limits = Limits.options.model_dump(mode="json")
    yield from settings_that_differ("photos", inputs.get("photos", limits), limits, limits)
    if (version := inputs.get("version", VERSION)) != VERSION:
        yield Difference("version of the build", version, VERSION, refused=False, is_setting=False)
    if (scored := inputs.get("scores")) is not None:
        yield from _of_scores(scored, Place.of(directory).scores, options)
    forgotten = fingerprint(sorted(forgotten_of(directory, crawls)))
    if inputs.get("forgotten", forgotten) != forgotten:
        yield Difference("the forget list", "as it was then", "with more", refused=False, is_setting=False)
    listed: list[Any] = [inputs.get(table) for table in TABLES]
    if all(isinstance(table, list) and len(table) == len(crawls) for table in listed):
        for number, crawl in enumerate(crawls):
            files = (file for table in listed for file in table[number])
            yield from _of_crawl(crawl, {(str(name), int(size)) for name, size in files})


def _of_scores(then: list[Any], folder: Path, options: DatasetOptions) -> Iterator[Difference]:
    """Yield which scores are others by now.

    Where `dataset.where` asks for them they decide rows; elsewhere no model learns from them, and it is said.
    """
    if changed := scores.changes(then, scores.versions(folder)):
        asked = {name.partition(".")[0] for name in scores_in(options.where)}
        told = ", ".join(f"{name} {what}" for name, what in changed.items())
        refused = not asked.isdisjoint(changed)
        yield Difference("scores", "as they were then", told, refused=refused, is_setting=False)


def _of_filters(
    found: Mapping[str, Any], inputs: Mapping[str, Any], options: DatasetOptions
) -> Iterator[Difference]:
    """Yield where the code of a filter is another one by now; other filters are a setting."""
    then = inputs.get("filters")
    if then is None or found.get("filters") != list(options.filters):
        return
    if then != (now := outside.versions(options.filters)):
        yield Difference(
            "version of dataset.filters", ", ".join(then), ", ".join(now), refused=False, is_setting=False
        )


def _of_crawl(crawl: Path, then: set[File]) -> Iterator[Difference]:
    """Yield how many files a crawl has that the dataset was not built from, or no longer has.

    A dataset is behind any crawl that is running: then it is only said. A crawl that is gone tells nothing.
    """
    stage = Stage("crawl", crawl)
    paths = [path for table in TABLES for path in stage.table(table).paths if path.exists()]
    now = {(path.name, path.stat().st_size) for path in paths}
    if not now or now == then:
        return
    replaced = {Path(name).name for name in replaced_names(stage)}  # a kill leaves such
    now = {file for file in now if file[0] not in replaced}
    if now != then:
        told = f"{len(now):,} files, {len(now - then):,} of them new"
        is_running = is_held(crawl / ".lock")
        name = f"{crawl}, which is being crawled" if is_running else str(crawl)
        yield Difference(
            name, f"built from {len(then):,} files", told, refused=not is_running, is_setting=False
        )
