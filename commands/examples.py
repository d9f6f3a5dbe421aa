"""An example or two of every command, which its --help shows. The tests of documents run each of them."""

import argparse

from store.place import program

EXAMPLES: dict[str, tuple[str, ...]] = {
    "crawl": (
        "bokeru crawl --pipeline demo",
        "bokeru crawl --pipeline bokete --set crawl.contact=you@example.org crawl.max_photos=500",
    ),
    "dataset": ("bokeru dataset --pipeline demo --set dataset.min_stars=3 dataset.max_characters=40",),
    "features": ("bokeru features --pipeline demo --set features.batch_size=16",),
    "train": (
        "bokeru train --pipeline demo --set train.epochs=3 train.hidden=64",
        "bokeru train --pipeline demo --set train.ranker=true",
    ),
    "sweep": (
        "bokeru sweep --pipeline demo --set train.hidden=64,128 train.dropout=0,0.3 --dry-run",
        "bokeru sweep --pipeline demo --set train.dropout=0,0.3 --json",
    ),
    "evaluate": ("bokeru evaluate --pipeline demo",),
    "runs": (
        "bokeru runs list --pipeline demo",
        "bokeru runs export csv --pipeline demo --out runs.csv",
        "bokeru runs export onnx --pipeline demo --out decoder",
    ),
    "prune": ("bokeru prune --pipeline demo --dry-run",),
    "compare": ("bokeru compare --pipeline demo", "bokeru compare --pipeline demo --split train --json"),
    "status": ("bokeru status --pipeline demo", "bokeru status --pipeline demo --explain"),
    "run": (
        "bokeru run --pipeline demo",
        "bokeru run --pipeline demo --dry-run",
        "bokeru run --pipeline demo --data elsewhere --set crawl.embedded.photos=60 train.epochs=2",
    ),
    "demo": ("bokeru demo", "bokeru demo --data small --set crawl.embedded.photos=60 train.epochs=5"),
    "caption": (
        "bokeru caption --pipeline demo photo.jpg",
        "bokeru caption --pipeline demo --strategy sample --temperature 0.8 -n 5 --json photo.jpg",
    ),
    "web": (
        "bokeru web --pipeline demo --port 8000",
        "bokeru web --pipeline demo --host 0.0.0.0 --allow-host bokeru.local --key-file bokeru.key",
        "bokeru web --pipeline demo --export copy",
    ),
    "site": (
        "bokeru site --port 8080",
        "bokeru site --layout next_2024 --faults 429 photo-404",
        "bokeru site --facts --dependence 0.5",
    ),
    "parse": ("bokeru parse page.html --url https://bokete.jp/odai/123",),
    "reparse": (
        "bokeru reparse --pipeline demo --dry-run",
        "bokeru reparse --pipeline demo --save recent.html --url /boke/recent",
    ),
    "inspect": ("bokeru inspect data/demo/dataset", "bokeru inspect data/demo/crawl/pages"),
    "verify": ("bokeru verify data/demo", "bokeru verify --quick data/demo"),
    "import": (
        "bokeru import bokekan downloads/bokekan --pipeline bokete",
        "bokeru import warc 'downloads/*.warc.gz' --pipeline bokete",
        "bokeru import table downloads/jokes/jokes.csv --pipeline bokete",
    ),
    "export": ("bokeru export --pipeline demo --format webdataset exported",),
    "push": (
        "bokeru push --pipeline demo you/jokes",
        "bokeru push --pipeline demo --model you/writer",
    ),
    "canaries": (
        "bokeru canaries --pipeline demo",
        "bokeru canaries --pipeline demo -n 6 --json",
    ),
    "history": ("bokeru history --pipeline demo", "bokeru history --pipeline demo --json"),
    "forget": (
        "bokeru forget --pipeline demo --odai 123 --near",
        "bokeru forget --pipeline demo",
    ),
    "diff": ("bokeru diff --pipeline demo --json",),
    "why": ("bokeru why --pipeline demo 犬", "bokeru why --pipeline demo --json 80000003"),
    "contains": (
        "bokeru contains --pipeline demo photo.jpg",
        "bokeru contains --pipeline demo --json 80000003",
    ),
    "leaks": ("bokeru leaks --pipeline demo --least 0.999 --out leaks.png",),
    "score": (
        "bokeru score colours --pipeline demo --python featurize.scoring.ours:colourfulness",
        "bokeru score kanji --pipeline demo --python featurize.scoring.ours:kanji",
    ),
    "encoder": ("bokeru encoder check model.onnx photo.jpg --set features.preprocess=imagenet",),
    "find": (
        "bokeru find 犬 --pipeline demo --count 6",
        "bokeru find --photo photo.jpg --pipeline demo --json",
    ),
    "weights": ("bokeru weights caffenet",),
    "neighbours": ("bokeru neighbours --pipeline demo --photos 6 -n 4 --out neighbours.png",),
    "contest": (
        "bokeru contest new funny --pipeline demo -n 20",
        "bokeru contest new whose --pipeline demo --task match -n 20",
        "bokeru contest plan --pipeline demo --share 0.6",
        "bokeru contest report funny --pipeline demo",
    ),
    "doctor": ("bokeru doctor",),
    "settings": ("bokeru settings --pipeline demo --set train.epochs=3",),
}
"""Command lines by command; they work after `bokeru demo`, in the folder that it ran in. The help shows them
with what the reader's shell has to call in place of `bokeru`."""


def epilog(command: str) -> str:
    """Return the last paragraph of a command's help.

    Raises:
        KeyError: the command has no example yet; every command needs one.
    """
    title = "examples" if len(EXAMPLES[command]) > 1 else "example"
    lines = (line.replace("bokeru", program(), 1) for line in EXAMPLES[command])
    return "\n".join([f"{title}:", *(f"  {line}" for line in lines)])


class HelpFormatter(argparse.HelpFormatter):
    """Wraps text as argparse does, but keeps the lines of a text that has several, as an epilog has."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)
