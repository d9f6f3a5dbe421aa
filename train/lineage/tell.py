"""What is said of a pipeline's state: a line a stage, a tree from caption to page, what a run would do."""

from collections.abc import Iterator

from train.lineage.states import StageStatus
from train.lineage.status import Status


def lines(found: Status) -> Iterator[str]:
    """Yield a line for each stage, what is wrong with it below, and which run speaks for the pipeline."""
    for stage in found.stages:
        yield f"{stage.name:<9} {stage.state:<11} {_amount(stage)}".rstrip()
        yield from (f"          - {reason}" for reason in stage.reasons)
        if stage.command:
            yield f"          {stage.command}"
    yield f"captions  are by   {found.run}" if found.run else f"captions  by no run: {found.silent}"


def tree(found: Status) -> Iterator[str]:
    """Yield the same as a tree: what a caption comes from, and what that comes from, down to the pages."""
    crawl, dataset, features, train, evaluate = found.stages
    yield f"a caption is by the run {found.run}" if found.run else f"there is no caption: {found.silent}"
    yield from _node("├─ ", "│ ", evaluate, "measured")
    yield from _node("└─ ", "   │ ", train, "trained")
    yield from _node("   ├─ ", "   │ ", features, "on the vectors")
    yield from _node("   └─ ", "      │ ", dataset, "on the captions of the dataset")
    yield from _node("      └─ ", "         ", crawl, "from the pages and photos of the crawl")


def plan(found: Status, *, has_crawl: bool) -> Iterator[str]:
    """Yield what `bokeru run` would do, a line a stage; a stage after one that would change follows it.

    Args:
        has_crawl: whether there is a site to crawl for it.
    """
    follows = ""
    stages = [stage for stage in found.stages if has_crawl or stage.name != "crawl"]
    for number, stage in enumerate(stages, 1):
        start = f"[{number}/{len(stages)}] {stage.name}: "
        if stage.name == "crawl":
            yield start + "would fetch what is due; the site alone can tell whether anything is"
        elif stage.state != "up to date":
            yield start + f"would be made, as it is {stage.state}: {'; '.join(stage.reasons)}"
            follows = follows or stage.name
        elif follows:
            yield start + f"would follow {follows}"
        else:
            yield start + ("up to date, unless the crawl brings something new" if has_crawl else "up to date")


def _node(first: str, below: str, stage: StageStatus, how: str) -> Iterator[str]:
    yield f"{first}{how}: {stage.directory}, {stage.state}{_in_brackets(_amount(stage))}"
    yield from (f"{below}{reason}" for reason in stage.reasons)


def _amount(stage: StageStatus) -> str:
    """Return the rows of a stage's tables, and what it takes on disk."""
    rows = [f"{count:,} {name}" for name, count in stage.figures.items()]
    return ", ".join(rows + ([size(stage.bytes)] if stage.bytes else []))


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def size(count: int) -> str:
    """Return bytes as people read them."""
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
