"""The stages `train` and `evaluate`, for one model or for several that differ by their seed alone."""

import sys

from commands.answers.catalogue import answer
from commands.lineage import require_dataset, require_vectors, wanted
from commands.pipeline import Pipeline
from commands.stages.notices import notifying


@notifying
def train(pipeline: Pipeline, *, force: bool = False, seeds: int | None = None) -> None:
    """Train the captioning model, or go on with a run that was interrupted."""
    from train.arithmetic.processes import open_processes
    from train.fit import fit
    from train.ranking.stage import rank
    from train.runs.seeds import logged, of_seeds, pool, show

    require_dataset(pipeline)
    require_vectors(pipeline)
    folders = (pipeline.dataset, pipeline.feature_cache, pipeline.runs)
    runs = [fit(each, *folders, force=force) for each in of_seeds(pipeline.settings.train, seeds or 1)]
    if pipeline.settings.train.ranker and open_processes(False).rank == 0:
        for run in runs:
            rank(run, pipeline.dataset, pipeline.feature_cache, pipeline.settings.train.seed)
    if seeds:
        show("learned", seeds, pool([logged(run) for run in runs]))


def evaluate(
    pipeline: Pipeline, *, seeds: int | None = None, run: str | None = None, as_json: bool = False
) -> None:
    """Measure a model on both splits: the run that is named or pinned, else the pipeline's best on dev."""
    from featurize.words.open import words_of
    from train.evaluation.evaluate import evaluate
    from train.lineage.choose import choose
    from train.runs.evaluations import evaluations
    from train.runs.identity import place_of
    from train.runs.seeds import of_seeds, pool, show

    require_dataset(pipeline)
    require_vectors(pipeline)
    train, inputs = pipeline.settings.train, (pipeline.dataset, pipeline.feature_cache)
    runs = [place_of(each, *inputs, pipeline.runs)[0] for each in of_seeds(train, seeds or 0)]
    if not runs:
        chosen = choose(wanted(pipeline), run)
        print(f"evaluate: {chosen}", file=sys.stderr)
        runs = [chosen.run]
    words = words_of(pipeline.settings.features, pipeline.feature_cache, pipeline.weights)
    found = [
        evaluate(each, *inputs, train.metrics, train.evaluate_captions, train.device, words=words)
        for each in runs
    ]
    if as_json:
        return answer("evaluate", evaluations(runs, found, of_seeds=bool(seeds)))
    for split in ("dev", "train") if seeds else ():
        show(f"on {split}", len(found), pool([figures[split] for figures in found]))
