"""A contest for others: one Parquet file with a row a vote, and a card that says what it is."""

import json
from datetime import UTC
from pathlib import Path

import pyarrow as pa

from judging.contest import PUBLISHED, VOTES, load, load_pairs
from judging.report import Report, of
from judging.told import told
from judging.votes import read
from store import schema
from store.shards import whole_parquet
from store.whole_file import write_whole

TABLE, CARD = "votes.parquet", "README.md"


def publish(directory: Path) -> Path:
    """Write `published/` in a contest's folder; return it. Judges get other numbers, and times become days.

    Raises:
        DamagedFile: a file of the contest was cut or edited.
    """
    contest, pairs, votes = load(directory), load_pairs(directory), read(directory / VOTES)
    votes = [vote for vote in votes if vote.pair in pairs]
    judges = {judge: number for number, judge in enumerate(sorted({vote.judge for vote in votes}))}
    rows = [
        {
            "pair": vote.pair,
            "sha256": (pair := pairs[vote.pair]).sha256,
            "captions": [vars(caption) for caption in pair.captions],
            "known": pair.known,
            "catch": pair.catch,
            "model": pair.model,
            "judge": judges[vote.judge],
            "choice": vote.choice,
            "left": vote.left,
            "day": vote.at.astimezone(UTC).date(),
        }
        for vote in sorted(votes, key=lambda vote: (judges[vote.judge], vote.pair))
    ]
    folder = directory / PUBLISHED
    with whole_parquet(folder / TABLE, schema.PUBLISHED) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema.PUBLISHED))
    write_whole(folder / CARD, _card(of(contest, pairs, votes), contest.systems, contest.created))
    return folder


_QUESTIONS = {
    "prefer": "Judges saw a photo and two captions, blind and on sides drawn by chance, and chose the "
    "funnier, neither, or “not fit for people”.",
    "match": "Judges saw a photo and five captions by people, one of them written for it, and chose one.",
}


def _card(report: Report, systems: tuple[str, ...], created: str) -> str:
    configs = f"configs:\n- config_name: default\n  data_files: {TABLE}\n"
    compared = ", ".join(systems)
    return f"""---
{configs}language:
- ja
---
# Votes of the contest {json.dumps(report.contest)}

{_QUESTIONS[report.task]} Compared: {compared}. The pairs were drawn on {created[:10]}.

`{TABLE}` has a row a vote. `captions` are in the order of drawing; `choice` is the number of the one that was
chosen (null: neither, -1: not fit for people), `left` of the one that stood first, `known` of the right one
where there is one; `catch` pairs have a known answer, and are no evidence of anything but care. `sha256` is
the photo's; photos are not here. `judge` is a number without a meaning: nothing else was kept of anybody.

```
{told(report)}
```

Such votes show what these judges, who found the page and stayed, preferred among these captions. They do not
show what is funny. Captions belong to who wrote them; whether they may be passed on, their licences say.
"""
