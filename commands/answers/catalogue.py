"""The answers that commands give under `--json`, by their types: docs/json has the schemas of these.

To let a command answer: `add_json` of `commands.arguments` adds its option, a function here names the type,
and the command calls `answer` once. Then `python -m commands.answers.schemas` writes the schema.
"""

from collections.abc import Callable
from typing import Any

from store.answers.answer import give


def answer(command: str, found: object) -> None:
    """Print what a command found, as JSON: the one document on standard output.

    Args:
        found: of the type that the catalogue names for the command.

    Raises:
        pydantic_core.PydanticSerializationError: it is of another type.
    """
    give(found, ANSWERS[command]())


def _canaries() -> Any:
    from store.answers.rows import row_type
    from store.schema import CANARIES

    return list[row_type("Canary", CANARIES)]  # type: ignore[misc]


def _caption() -> Any:
    from train.captions.answers import PhotoCaptions

    return list[PhotoCaptions]


def _compare() -> Any:
    from train.runs.compare import Comparison

    return Comparison


def _contains() -> Any:
    from dataset.held.answer import Contains

    return Contains


def _contest() -> Any:
    from judging.answers import Listed, Opened, Published
    from judging.figures.plan import Planned
    from judging.report import Report

    return Report | Opened | Published | list[Planned] | list[Listed]


def _diff() -> Any:
    from dataset.builds.diff import Changes

    return Changes | None


def _doctor() -> Any:
    from commands.doctor import Diagnosis

    return Diagnosis


def _encoder() -> Any:
    from featurize.feeding.check import EncoderCheck

    return EncoderCheck


def _evaluate() -> Any:
    from train.runs.evaluations import Evaluations

    return Evaluations


def _find() -> Any:
    from featurize.words.found import Found

    return Found


def _forget() -> Any:
    from commands.forget.report import ForgetReport

    return ForgetReport


def _history() -> Any:
    from store.register.crawl_runs import answer_type

    return answer_type()


def _import() -> Any:
    from crawler.imports.report import WarcReport
    from dataset.importers.tables import ImportReport

    return ImportReport | WarcReport


def _inspect() -> Any:
    from dataset.describe.inspection import Inspection

    return Inspection


def _leaks() -> Any:
    from featurize.likeness.leaks import Leaks

    return Leaks


def _parse() -> Any:
    import pyarrow as pa

    from store.answers.rows import row_type
    from store.schema import PAGES

    told_by_answers = {"etag", "last_modified", "source", "licence"}  # or by imports, not by a page
    return row_type("ParsedPage", pa.schema([each for each in PAGES if each.name not in told_by_answers]))


def _prune() -> Any:
    from train.lineage.prune import Pruned

    return Pruned


def _reparse() -> Any:
    from crawler.archive.changes import Changes

    return Changes


def _runs() -> Any:
    from train.lineage.listing import Listed

    return tuple[Listed, ...]


def _site() -> Any:
    from commands.stages.embedded import Facts

    return Facts


def _status() -> Any:
    from train.lineage.status import Status

    return Status


def _sweep() -> Any:
    from train.sweep.plan import PlannedSweep
    from train.sweep.report import Swept

    return Swept | PlannedSweep


def _verify() -> Any:
    from commands.verify import Verified

    return Verified


def _why() -> Any:
    from dataset.describe.why import Answer

    return list[Answer]


ANSWERS: dict[str, Callable[[], Any]] = {
    "canaries": _canaries,
    "caption": _caption,
    "compare": _compare,
    "contains": _contains,
    "contest": _contest,
    "diff": _diff,
    "doctor": _doctor,
    "encoder": _encoder,
    "evaluate": _evaluate,
    "find": _find,
    "forget": _forget,
    "history": _history,
    "import": _import,
    "inspect": _inspect,
    "leaks": _leaks,
    "parse": _parse,
    "prune": _prune,
    "reparse": _reparse,
    "runs": _runs,
    "site": _site,
    "status": _status,
    "sweep": _sweep,
    "verify": _verify,
    "why": _why,
}
"""For each command that takes `--json`, and `parse`, the function that returns the type of its answer."""
