"""The stages `train` and `evaluate`, for one model or for several that differ by their seed alone."""

from commands.answers.catalogue import answer
from commands.pipeline import Pipeline
from commands.stages.notices import notifying


@notifying
def train(pipeline: Pipeline, *, force: bool = False, seeds: int | None = None) -> None:
    """Train the captioning model, or go on with a run that was interrupted."""
    from train.fit import fit
    from train.runs.seeds import logged, of_seeds, show

    pipeline.require_dataset()
    pipeline.require(pipeline.feature_cache, "features")
    folders = (pipeline.dataset, pipeline.feature_cache, pipeline.runs)
    runs = [fit(each, *folders, force=force) for each in of_seeds(pipeline.settings.train, seeds or 1)]
    if seeds:
        show("learned", [logged(run) for run in runs])


def evaluate(pipeline: Pipeline, *, seeds: int | None = None, as_json: bool = False) -> None:
    """Measure the newest model on both splits."""
    from train.evaluation.evaluate import evaluate
    from train.fit import place_of
    from train.runs.evaluations import evaluations
    from train.runs.find import newest
    from train.runs.seeds import of_seeds, show

    pipeline.require_dataset()
    pipeline.require(pipeline.feature_cache, "features")
    train, inputs = pipeline.settings.train, (pipeline.dataset, pipeline.feature_cache)
    runs = [place_of(each, *inputs, pipeline.runs)[0] for each in of_seeds(train, seeds or 0)]
    runs = runs or [newest(pipeline.runs)]
    found = [evaluate(run, *inputs, train.metrics, train.evaluate_captions, train.device) for run in runs]
    if as_json:
        return answer("evaluate", evaluations(runs, found, of_seeds=bool(seeds)))
    for split in ("dev", "train") if seeds else ():
        show(f"on {split}", [figures[split] for figures in found])
