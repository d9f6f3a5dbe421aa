"""What each command and page may cost on a pipeline of any size. **All limits are here.**

A row's time is at most `times` of its yardstick (benchmarks/size/yardsticks.py says what they are), beside
what three starts take; its memory at most `gigabytes`, and `vectors` times what the vectors take. `line` is
what follows `bokeru`, with names in braces that `benchmarks.size.commands` fills in. Rows run in this order.
"""

from typing import NamedTuple, TypedDict

STARTS = 3.0
GROWTH = 1.3
"""How much more than ten times a tenth's time and memory something may take."""
LEAST = (0.5, 200e6)
"""Seconds and bytes beyond those of a start: what is less is taken for so much, where growth is judged."""


class Row(NamedTuple):
    """The limits of one command, in one use of it.

    Args:
        name: the command, and how it is used where it has several rows.
        line: its command line.
        of, times: the yardstick, and how many of them it may take.
        gigabytes, vectors: the memory that it may take.
        why: what the limits come from.
        status: the exit status that it has to have.
        is_stage: whether its growth is held in `make test-long`, too.
        grows: whether it works on the pipeline at all.
        power: of the photos, by which its work grows; None: as its yardstick does, if that is more.
    """

    name: str
    line: str
    of: str
    times: float
    gigabytes: float
    vectors: float = 0.0
    why: str = "a first limit: what its work should take"
    status: int = 0
    is_stage: bool = False
    grows: bool = True
    power: float | None = 1.0


class _Multiplies(TypedDict):
    is_stage: bool
    power: None


_MULTIPLIES = _Multiplies(is_stage=True, power=None)
"""A stage that multiplies matrices: with the photos its captions grow, and with these the vocabulary."""

COMMANDS = (
    Row("dataset", "dataset {place}", "decode", 6.0, 2.5, why="it looks at every photo", is_stage=True),
    # What was seen at this size on 3f851db, and has to be right.
    Row("train", "train {place}", "gemm", 4.0, 1.0, 1.5, "1.5 times the vectors and 1 GB", **_MULTIPLIES),
    Row("evaluate", "evaluate {place}", "gemm", 2.0, 3.0, 1.0, "3 GB beside the vectors", **_MULTIPLIES),
    Row("compare", "compare {place}", "read", 3.0, 1.0, why="it draws the photos of dev a thousand times"),
    Row("runs", "runs export csv {place} --out {out}/runs.csv", "start", 3.0, 0.5, why="it reads logs"),
    Row("web --export", "web {place} --export {out}/copy", "gemm", 1.0, 2.0, 1.0, "it ends with a copy"),
    Row("export coco", "export {place} --format coco {out}/coco", "decode", 1.5, 1.0, why="memory flat"),
    Row("verify --quick", "verify --quick {pipeline}", "read", 1.0, 0.5, why="by manifests alone"),
    Row("verify", "verify {pipeline}", "decode", 6.0, 2.0, why="two decodings, and every caption cut"),
    # The others.
    Row("crawl", "crawl {place}", "read", 5.0, 1.0, why="with nothing due it reads what is known"),
    Row("features", "features {place}", "read", 2.0, 0.5, why="it reads digests", is_stage=True),
    Row("features, few", "features {few}", "network", 8.0, 1.5, why="the network is the work", grows=False),
    Row("run", "run {place}", "read", 6.0, 1.0, why="every stage is up to date", is_stage=True),
    Row("caption", "caption {place} {photo}", "start", 10.0, 1.5, why="one photo: the model and the weights"),
    Row("contest", "contest new size {place}", "read", 6.0, 2.0, 1.0, "dev, and captions of 450 photos"),
    Row("inspect", "inspect {pipeline}/dataset", "read", 3.0, 1.0, why="it reads every column once"),
    Row("inspect, crawl", "inspect {pipeline}/crawl", "read", 3.0, 1.0, why="it reads every column once"),
    Row("export pairs", "export {place} --format pairs {out}/pairs", "decode", 1.6, 1.0, why="memory flat"),
    Row("export tar", "export {place} --format webdataset {out}/tar", "decode", 1.8, 1.0, why="memory flat"),
    Row("export files", "export {place} --format imagefolder {out}/f", "decode", 1.2, 1.0, why="memory flat"),
    Row("push", "push {place} you/jokes", "hash", 20.0, 1.5, why="it sends every byte"),
    Row("canaries", "canaries {place} --set crawl.site=https://bokete.jp -n 6", "read", 4.0, 1.5),
    Row("why", "why {place} --json {boke}", "read", 5.0, 1.0, why="it asks the tables for one caption"),
    Row("why, text", "why {place} --json 転職", "read", 5.0, 1.5, why="it asks the tables for a text"),
    Row("contains", "contains {place} {photo}", "read", 3.0, 1.5, why="it compares the views of all photos"),
    Row("score", "score colours {place} --python featurize.scoring.ours:colourfulness", "decode", 5.0, 1.5),
    Row("score, captions", "score kanji {place} --python featurize.scoring.ours:kanji", "mecab", 22.0, 1.5),
    Row("neighbours", "neighbours {place} --photos 4 -n 4 --out {out}/near.png", "vectors", 4.0, 1.0, 1.0),
    Row("find", "find {place} --photo {photo}", "vectors", 4.0, 1.0, 1.0, "one look at all vectors"),
    Row("find, words", "find {place} 犬", "read", 5.0, 1.5, why="it asks all captions for a text"),
    Row("leaks", "leaks {place} --out {out}/leaks.png", "vectors", 20.0, 1.0, 1.0, "all pairs", power=2),
    Row("forget", "forget {place} --odai {odai}", "decode", 2.2, 2.0, why="it reads all, rewrites some"),
    Row("dataset, again", "dataset {place}", "decode", 1.5, 2.5, why="photos are known", is_stage=True),
    Row("status", "status {place} --explain", "read", 4.0, 1.0, why="it compares settings with manifests"),
    Row("prune", "prune {place} --dry-run", "read", 3.0, 1.0, why="it looks at what each file takes"),
    Row("sweep", "sweep {place} --seeds 2 --dry-run", "read", 3.0, 1.0, why="it looks at the runs there are"),
    Row("diff", "diff {place} --json", "read", 3.0, 1.0, why="it compares two tables of keys"),
    # A tenth of the photos.
    Row("import", "import bokekan {can} --pipeline imported {places}", "decode", 0.8, 1.0),
    # Those that work on no pipeline, or on one of their own, cost the same at any size.
    Row("settings", "settings {place}", "start", 1.0, 0.5, grows=False),
    Row("doctor", "doctor", "start", 10.0, 1.5, grows=False),
    Row("encoder", "encoder check untrained {photo} --data {data}", "start", 10.0, 1.5, grows=False),
    # There is no network, and it says so.
    Row("weights", "weights caffenet --data {out}", "start", 3.0, 0.5, status=1, grows=False),
    Row("parse", "parse {page} --url https://bokete.jp/odai/1", "start", 2.0, 0.5, grows=False),
    Row("demo", "demo {demo}", "start", 60.0, 2.0, why="60 photos, two epochs", grows=False),
    Row("history", "history --pipeline demo {demo}", "start", 2.0, 0.5, grows=False),
    Row("reparse", "reparse --pipeline demo {demo} --dry-run", "start", 4.0, 0.5, grows=False),
)  # fmt: skip
"""`web` and `site` serve until they are ended: see PAGES."""

FIRST, LATER = (1.0, 3.0), (0.1, 0.3)
"""Seconds that the first page of a kind may take, and each later one, or so many starts if that is longer."""
UPLOAD = ((1.5, 5.0), (0.2, 0.6))
"""The same of a photo of one's own, which the network reads: its weights are loaded for the first one."""
LONGER = ("generate", "api, rows", "api, neighbours", "why", "find, like")
"""Pages that write captions, ask the shards as a user would, or read the vectors of all photos (of train) in
memory (1.5 GB at full size): each may take as long as a first one."""
MADE = ("map", "side by side")
"""Pages that say how far they are until what they show is made: a map of a thousand photos with their
captions; or the captions of a thousand photos."""
MAKING = ((12.0, 30.0), (0.3, 1.0))
"""Seconds, or starts, until the first such page shows itself, and that a later one may take."""
LISTENS = 8.0
"""Starts that a server may take until its first page is there."""
PREPARED = ("read", 10.0)
"""Yardstick, and how often: until the index and the vectors are there that the web app keeps on disk."""
SERVED = {"web": (1.5, 1.0), "site": (0.5, 0.0)}
"""Gigabytes, and times the vectors, that the servers may take."""
WHOLE = {"data, csv": ("mecab", 3.0)}
"""Yardstick, and how often, of pages that send every caption; the server's memory has to stay as it is."""
