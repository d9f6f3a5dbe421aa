"""What `bokeru verify` checks in a run: every file can be read, and they fit one another and their inputs."""

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.text.vocabulary import SPECIALS, Vocabulary
from store.errors import DamagedFile, MissingStage
from store.manifest import NAME as MANIFEST
from store.manifest import read_manifest
from store.place import Place
from store.register.stages import Stage
from store.register.verify import Problem, Problems, check_by, check_file, check_files, check_manifest
from store.shard_reader import Shard
from store.whole_file import read_json, read_object, read_whole
from train import artifact
from train.artifact import Artifact
from train.captions.measurements import NAME as CAPTIONS
from train.captions.measurements import parsed
from train.checkpoint import BEST
from train.history import read_log
from train.lineage.measurable import unlike
from train.ranking import artifact as ranking
from train.runs.find import complete
from train.sharing import learned_from

EVALUATION = "evaluation.json"
SNAPSHOTS = "snapshots/*.safetensors"


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a run; one that has no model yet may still be training."""
    model, manifest = stage.directory / "model", stage.directory / MANIFEST
    has_model = os.path.lexists(model / artifact.CONFIG)  # of a model's files it is written last
    parts = [f"model/{name}" for name in (artifact.TENSORS, artifact.VOCABULARY, artifact.CONFIG)]
    yield from check_files(stage, closer=(MANIFEST, SNAPSHOTS, CAPTIONS, *(parts if has_model else ())))
    if os.path.lexists(manifest):
        yield from check_manifest(stage)
    yield from _check_snapshots(stage)
    if has_model:
        yield from check_by(artifact.load, model)
        if os.path.lexists(model / learned_from.NAME):
            yield from check_by(learned_from.kept, stage.directory)
        yield from _check_model(stage.directory)
    if os.path.lexists(stage.directory / ranking.FOLDER / ranking.CONFIG):
        yield from check_by(ranking.load, stage.directory)
    if not has_model and os.path.lexists(manifest):
        yield Problem(f"{model / artifact.CONFIG} is missing, though the run was completed")
    if (stage.directory / EVALUATION).exists() and not os.path.lexists(manifest):
        yield Problem(f"{manifest} is missing, though the run was evaluated")
    yield from _check_losses(stage.directory)
    yield from _check_captions(stage.directory)


def _check_snapshots(stage: Stage) -> Problems:
    """Yield which snapshots cannot be read; an unfinished run needs one, and goes on from any."""
    problems = {path: list(check_file(kind, path)) for kind, path in stage.files() if kind.name == SNAPSHOTS}
    is_complete = os.path.lexists(stage.directory / MANIFEST)
    can_go_on = any(not found and path.name != BEST for path, found in problems.items())
    for path, found in problems.items():
        if is_complete or path.name == BEST or not can_go_on:
            yield from found


def _check_model(run: Path) -> Problems:
    """Yield where the parts of a model do not fit one another or the run's bounds."""
    try:
        model = artifact.load(run / "model")
        bounds = read_object(run / "bounds.json")
    except (DamagedFile, MissingStage, FileNotFoundError):
        return  # said already
    path = run / "model" / artifact.VOCABULARY
    if problem := _order(model.vocabulary):
        yield Problem(f"{path}: {problem}")
    stated, size = bounds.get("ln V"), len(model.vocabulary)
    if isinstance(stated, float) and not math.isclose(stated, math.log(size)):
        yield Problem(f"{run / 'bounds.json'}: ln V is {stated}, but {path} has {size:,} tokens")


def _order(vocabulary: Vocabulary) -> str | None:
    """Return the first token that does not stand in its place, which follows from the counts."""
    tokens, counts = vocabulary.tokens[len(SPECIALS) :], (vocabulary.counts or ())[len(SPECIALS) :]
    right = sorted(zip(counts, tokens, strict=False), key=lambda pair: (-pair[0], pair[1]))
    for place, (token, (_, expected)) in enumerate(zip(tokens, right, strict=False), len(SPECIALS)):
        if token != expected:
            return f"token {place} is {token!r}, but by the counts it is {expected!r}"
    return None


def _check_losses(run: Path) -> Problems:
    """Yield where a list of losses is not that of the log; they are written after it."""
    for name, field in (("average_loss.json", "loss"), ("article_loss.json", "article_loss")):
        try:
            losses, log = read_json(run / name), read_log(run)
        except (DamagedFile, FileNotFoundError):
            continue
        logged = [record.get(field) for record in log if isinstance(record, dict)]
        if isinstance(losses, list) and losses != logged[: len(losses)]:
            differ = f"{losses} is not {logged}"
            yield Problem(f"{run / name} has other losses than {run / 'log.jsonl'}: {differ}")


def _check_captions(run: Path) -> Problems:
    """Yield what is wrong with the captions of a training; a kill may have cut the last line short."""
    path, is_complete = run / CAPTIONS, os.path.lexists(run / MANIFEST)
    try:
        content = read_whole(path)
        log = read_log(run) if is_complete else []
    except FileNotFoundError:
        return  # an earlier version made the run, or dev is empty
    except DamagedFile as error:
        yield Problem(str(error))
        return
    lines = content.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n") and not is_complete:
        lines.pop()
    found = [parsed(line) for line in lines]
    if not content or None in found:
        yield Problem(f"{path} is damaged: a line is no measurement with captions")
        return
    epochs = [line["epoch"] for line in found if line]
    measured = [record.get("epoch") for record in log if record.get("dev_loss") is not None]
    if epochs != sorted(set(epochs)) or (is_complete and not set(epochs) <= set(measured)):
        yield Problem(f"{path} has captions of other epochs than {run / 'log.jsonl'}: {epochs}, {measured}")


def check_inputs(stage: Stage, *, everything: bool = False) -> Problems:
    """Yield where the model does not fit the dataset and the vectors that are there.

    One that learned from another build of the dataset is named where it could not even be measured on this
    one; that is no contradiction, only told, where another run of the pipeline could be.
    """
    with suppress(DamagedFile, MissingStage, OSError):  # said where that file is checked
        yield from _check_measurable(stage.directory)
    try:
        made_from = read_manifest(stage.directory) or {}
        place = Place.of(stage.directory)
        dataset = read_manifest(place.dataset) or {}
        if not made_from or made_from.get("dataset") != dataset.get("fingerprint"):
            return  # the dataset was built anew since, or is gone
        model = artifact.load(stage.directory / "model")
        yield from _check_vocabulary(stage.directory, place.dataset, model)
        yield from _check_floor(stage.directory, place.dataset)
        yield from _check_vectors(place, model)
    except (DamagedFile, MissingStage, pa.ArrowException, OSError):
        return  # said where that file is checked


def _check_measurable(run: Path) -> Problems:
    dataset = Place.of(run).dataset
    if reasons := unlike(run, dataset) if (run / MANIFEST).exists() else ():
        others = (each for each in complete(run.parent) if each != run)
        text = f"{run} does not fit {dataset}: {'; '.join(reasons)}"
        yield Problem(text, damaged=False, is_notice=any(not unlike(each, dataset) for each in others))


def _check_vocabulary(run: Path, dataset: Path, model: Artifact) -> Problems:
    known = Vocabulary.load(dataset / "vocabulary.json")
    path = run / "model" / artifact.VOCABULARY
    pairs = enumerate(zip(model.vocabulary.tokens, known.tokens, strict=False))
    place = next((place for place, (token, right) in pairs if token != right), None)
    if place is not None:
        token, right = model.vocabulary.tokens[place], known.tokens[place]
        yield Problem(f"{path}: token {place} is {token!r}, but {dataset / 'vocabulary.json'} has {right!r}")
    elif len(known) != len(model.vocabulary):
        sizes = f"{len(model.vocabulary):,} tokens, but {dataset / 'vocabulary.json'} has {len(known):,}"
        yield Problem(f"{path}: {sizes}")


def _check_floor(run: Path, dataset: Path) -> Problems:
    floor, bounds = read.floor(dataset) or {}, read_object(run / "bounds.json")
    stated: dict[Path, object] = {run / "bounds.json": bounds.get("grammar's floor")}
    if (run / EVALUATION).exists():
        stated[run / EVALUATION] = _of_train(read_object(run / EVALUATION)).get("floor")
    for path, value in stated.items():
        if value is not None and value != floor.get("train"):
            text = f"the floor of train is {floor.get('train')}, but {path} says {value}"
            yield Problem(f"{dataset / 'floor.json'}: {text}")


def _of_train(evaluation: Mapping[str, Any]) -> Mapping[str, Any]:
    found = evaluation.get("train")
    return found if isinstance(found, dict) else {}


def _check_vectors(place: Place, model: Artifact) -> Problems:
    """Yield the photos that the model learned from, or was measured on, and that have no vector any more."""
    cache = Stage("features", place.features / model.config.features.key)
    shards = cache.table("features").paths
    if not shards:
        if cache.directory.is_dir():
            yield Problem(f"{cache.directory} holds no vectors, though a model was trained on them")
        return
    captions = read.captions(place.dataset)
    lengths = pc.list_value_length(captions["tokens"])
    used = pc.and_(pc.greater(lengths, 0), pc.less_equal(lengths, model.config.max_tokens))
    needed = pc.unique(captions["sha256"].filter(used))
    held = pa.concat_arrays([Shard(path).read(["sha256"])["sha256"].combine_chunks() for path in shards])
    lost = needed.filter(pc.invert(pc.is_in(needed, held)))
    if len(lost):
        number = f"{len(lost):,} of {len(needed):,} photos of {place.dataset} have no vector"
        places = ", ".join(map(str, shards))
        yield Problem(f"{places}: {number}, though a model was trained on them; the first is {lost[0]}")
