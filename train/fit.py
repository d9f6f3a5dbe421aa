"""The training stage: from a dataset and its vectors to a run's directory."""

import shutil
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

import yaml

from dataset import read
from store.chainer_compat import chainer
from store.manifest import NAME as MANIFEST
from store.manifest import changed, is_fresh, write_manifest
from store.processes.lock import locked
from store.register.listed import damaged_files, entries, unlist
from store.register.stages import Stage
from store.whole_file import remove_leftovers, write_json, write_whole
from train.arithmetic.device import device, full_memory_told, on_gpu, only_card, operations
from train.arithmetic.processes import Processes, open_processes
from train.data import dataset_manifest, require_as_built
from train.job import Job
from train.options import TrainOptions
from train.prepare import prepare
from train.runs.find import EVALUATION
from train.runs.identity import SETTINGS, place_of, settings_of
from train.sharing import card, learned_from


class Variant(Protocol):
    """What an experiment changes of a run that no setting says."""

    @property
    def name(self) -> str:
        """What tells it from all others: part of the run's fingerprint."""

    def __call__(self, job: Job, /) -> None:
        """Change a run before its first update; also called when it goes on after a kill."""


def fit(
    options: TrainOptions,
    dataset: Path,
    features: Path,
    runs: Path,
    *,
    force: bool = False,
    sharing: int = 1,
    variant: Variant | None = None,
) -> Path:
    """Train a model, or finish the training that was interrupted; return the run's directory.

    Args:
        options: the settings.
        dataset: the dataset's directory.
        features: the directory of its photo vectors, `features/<key>`.
        runs: where the run's directory is made; its name follows from settings and inputs.
        force: train again from the first update, though the run is up to date.
        sharing: how many runs are trained on this machine at once: each takes its share of the cores.
        variant: for experiments.

    Raises:
        MissingStage: the dataset or the features are not there.
        TooLittleRoom: the disk has less free than `min_free_gb` says; what was trained stays.
        UserError: nothing to learn from, a photo without a vector, a loss that diverged, another process
            that trains the same run.
        DamagedFile: no snapshot can be read, or the dataset is not as it was built.
    """
    require_as_built(dataset)
    name = variant.name if variant else None
    run, run_fingerprint = place_of(options, dataset, features, runs, name)
    if is_fresh(run, run_fingerprint) and not force:
        print("train: up to date")
        return run
    work = operations(options.batch_size, len(read.vocabulary(dataset)), options.hidden)
    processes = open_processes(on_gpu(device(options.device, work)))
    with processes.abort_all_on_error():
        alone = processes.tells_apart(only_card() if processes.local_size > 1 else None)
        place = (0, 1) if alone else (processes.local_rank, processes.local_size)
        own = device(options.device, work, *place)
        # The current device, too: CuPy and NCCL put there what names none.
        with chainer.using_device(own), full_memory_told(own):
            job = prepare(options, dataset, features, run, run_fingerprint, processes, own)
            job.sharing = sharing
            if variant:
                variant(job)
            with _run_lock(run, processes):
                _complete(job, dataset, features, run_fingerprint, name, force=force)
    return run


def _complete(
    job: Job, dataset: Path, features: Path, run_fingerprint: str, variant: str | None, *, force: bool
) -> None:
    """Train from the newest snapshot to the end; the first process writes the run."""
    processes = job.updater.processes
    if processes.rank == 0:
        job.room.check()
        _open_again(job.run, force=force)
        _start_run(job, dataset, features, variant)
        _tell_left_out(job)
    processes.barrier()  # the first process has cleared leftovers before anyone reads snapshots
    if job.checkpoint.restore() and processes.rank == 0:
        print(
            f"train: goes on after epoch {job.updater.epoch_detail:.1f} of {job.options.epochs}", flush=True
        )
    if processes.rank == 0:
        _go_on_with_captions(job)
    job.train()
    if processes.rank == 0:
        job.publish()
        learned_from.keep(job.run, dataset)
        card.write(job.run)
        _finish_run(job, dataset, features, run_fingerprint)
    processes.barrier()  # nobody returns before the run is complete


def _run_lock(run: Path, processes: Processes) -> AbstractContextManager[None]:
    """Keep other commands from training the same run: the first process holds the lock, for all of them."""
    if processes.rank > 0:
        return nullcontext()
    return locked(run / "snapshots" / ".lock", f"is training {run}")


def _open_again(run: Path, *, force: bool) -> None:
    """Take back that a run was completed, and delete what is made again or is not as it was written.

    A kill at any point leaves an unfinished run. What was measured goes first: it is of a complete run only.
    """
    if (run / MANIFEST).is_file() and (names := changed(run)):
        print(f"train: made again, as missing or not as written: {', '.join(names)}")
    stage, measured = Stage("run", run), [run / name for name in EVALUATION]
    damaged = [run / name for name in damaged_files(stage)]
    earlier = ("snapshots/[!.]*.safetensors", "tensorboard/*")
    snapshots = [path for name in earlier for path in run.glob(name)] if force else []
    unlist(stage, measured)
    for path in (*measured, *damaged, run / MANIFEST, *snapshots):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _start_run(job: Job, dataset: Path, features: Path, variant: str | None) -> None:
    """Write what is known of the run before its first update."""
    remove_leftovers(job.run / "snapshots")
    write_json(job.run / "bounds.json", job.bounds)
    vocabulary = job.artifact.config.sizes.vocabulary
    settings = settings_of(job.options, dataset, features, vocabulary, variant)
    write_whole(job.run / SETTINGS, yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))


def _tell_left_out(job: Job) -> None:
    """Print how many captions are too long to learn from or to measure on, if any; and that dev is empty."""
    if not len(job.dev_split.examples):
        told = "nothing says how the model does on photos that it has not seen, and the last epoch is kept"
        print(f"train: dev has no captions, so {told}", flush=True)
    found = {split.name: split.left_out for split in (job.train_split, job.dev_split) if split.left_out}
    if found:
        counts = " and ".join(f"{count:,} of {name}" for name, count in found.items())
        limit = job.options.max_tokens
        print(f"train: left out as longer than train.max_tokens ({limit}): captions, {counts}", flush=True)


def _go_on_with_captions(job: Job) -> None:
    """Take out what was written after measurements that come again; print how many of the others are lost."""
    due = job.captions_due()
    if lost := job.progress.keep(job.history.measured_epochs, due):
        print(
            f"train: {job.progress.path.name} lacks {len(lost):,} of {len(due):,} measurements, the "
            f"first that of epoch {lost[0]}: the file was lost, or an earlier version began the run. Only "
            "--force, which trains from the first update, writes them",
            flush=True,
        )


def _finish_run(job: Job, dataset: Path, features: Path, run_fingerprint: str) -> None:
    """Write the manifest, which makes the run count as complete."""
    best = job.history.best or {}
    write_manifest(
        job.run,
        "train",
        run_fingerprint,
        entries(Stage("run", job.run)),
        dataset=dataset_manifest(dataset)["fingerprint"],
        features=features.name,
        epochs=job.updater.epoch,
        best_epoch=best.get("epoch"),
        processes=job.updater.processes.size,
        **job.checkpoint.spent(),
    )
