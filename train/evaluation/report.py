"""A run's results for a terminal: captions beside people's, losses beside their bounds."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from store.errors import MissingStage
from store.place import Place, bokeru
from store.whole_file import read_json

Gloss = Callable[[str], str | None]
"""What a caption says in English; None where nobody knows."""


def report(run: Path, dataset: Path, rows: int = 6, gloss: Gloss = lambda _: None) -> None:
    """Print samples of both splits, the losses, the paths of everything, and what to run next.

    Args:
        rows: how many photos of each split are shown.
        gloss: what stands under a caption.

    Raises:
        MissingStage: the run has not been evaluated.
        DamagedFile: what the evaluation wrote is not JSON.
    """
    samples, evaluation = _read(run / "samples.json"), _read(run / "evaluation.json")
    console = Console()
    for split, title in (
        ("dev", "photos that the model has not seen"),
        ("train", "photos that it learned from"),
    ):
        of_split = [sample for sample in samples if sample["split"] == split][:rows]
        console.print(_captions(of_split, title, gloss))
    console.print(_losses(evaluation))
    if any(_below_floor(evaluation[split]) for split in ("dev", "train")):
        console.print(
            "A loss below the floor means that captions were memorised. Only dev shows what was learned."
        )
    _places(console, run, dataset)


def _captions(samples: Sequence[Mapping[str, Any]], title: str, gloss: Gloss) -> Table:
    names = ("in the photo", "people's captions with most stars", "the model's")
    table = Table(*(Column(name, overflow="fold") for name in names), title=title, show_lines=True)
    for sample in samples:
        labels, people, model = "、".join(sample["labels"]), sample["human"][:2], sample["model"][:1]
        table.add_row(Text(labels), _glossed(people, gloss), _glossed(model, gloss))
    return table


def _glossed(captions: Sequence[str], gloss: Gloss) -> Text:
    """Return captions, each on a line, and under it what it says; no bracket in them is markup."""
    lines = []
    for caption in captions:
        lines.append(Text(caption))
        if english := gloss(caption):
            lines.append(Text(english, style="dim"))
    return Text("\n").join(lines)


_LOSSES = {
    "ln V: knowing nothing": "ln_v",
    "unigram entropy: knowing word frequencies": "unigram",
    "the model, with another photo's vector": "shuffled_nll",
    "the model": "nll",
    "the floor: knowing the grammar itself": "floor",
    "the model, over tokens that train has": "nll_known",
    "the floor, over tokens that train has": "floor_known",
}
_SHARES = {
    "captions that name what is in the photo": "names",
    "... with another photo's vector": "names_shuffled",
    "its own caption first, by what the photo adds": "recall_pmi@1",
    "... by chance": "chance@1",
}


def _losses(evaluation: Mapping[str, Any]) -> Table:
    table = Table("nats per token", "dev", "train", title="losses, with 95% intervals")
    for lines, text in ((_LOSSES, _number), (_SHARES, _share)):
        for label, name in lines.items():
            table.add_row(label, *(_cell(evaluation[split], name, text) for split in ("dev", "train")))
    return table


def _cell(figures: Mapping[str, Any], name: str, text: Callable[[float | None], str]) -> str:
    """Return a figure and the interval that it lies in."""
    low_high = (figures.get("intervals") or {}).get(name)
    interval = f"  ({text(low_high[0])} – {text(low_high[1])})" if low_high else ""
    return text(figures.get(name)) + interval


def _below_floor(figures: Mapping[str, Any]) -> bool:
    nll, floor = figures.get("nll"), figures.get("floor")
    return nll is not None and floor is not None and nll < floor


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _places(console: Console, run: Path, dataset: Path) -> None:
    places = {
        "photos and captions": dataset,
        "curves": run / "curves.png",
        "the model": run / "model",
        "figures": run / "evaluation.json",
    }
    for what, path in places.items():
        console.print(f"  {what:20} {path}", highlight=False, soft_wrap=True)
    console.print("\nNext:", highlight=False)
    place = Place.of(dataset)
    for command in (
        f"{place.command('web')}          # look at all of it in the browser",
        bokeru("inspect", dataset),
        place.command("caption", "PHOTO.jpg"),
        place.command("train", "--set", "train.sampling=one-to-one"),
    ):
        console.print(f"  {command}", highlight=False, soft_wrap=True, markup=False)


def _read(path: Path) -> Any:
    try:
        return read_json(path, f"Delete it and run: {Place.of(path).command('evaluate')}")
    except FileNotFoundError:
        raise MissingStage(path, Place.of(path).command("evaluate")) from None
