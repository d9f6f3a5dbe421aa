"""The importer in docs/extending.md does what is said of it, by the command beside it."""

import re
from pathlib import Path

import pyarrow.parquet as pq

from tests.commands.commandline import run, write_config
from tests.crawl_tables import photo
from tests.docs.documents import ROOT

BLOCK = re.compile(r"```python\n(# mine\.py; bokeru import .*?)```", re.DOTALL)


def test_the_importer_reads_photos_with_texts_beside_them(tmp_path: Path) -> None:
    [code] = BLOCK.findall((ROOT / "docs" / "extending.md").read_text())
    (tmp_path / "mine.py").write_text(code)
    write_config(tmp_path / "pipelines.yaml")
    (tmp_path / "downloads").mkdir()
    for number in range(2):
        (tmp_path / "downloads" / f"{number}.jpg").write_bytes(photo(number))
        (tmp_path / "downloads" / f"{number}.txt").write_text(f"犬{number}")
    (tmp_path / "downloads" / "2.txt").write_bytes(b"\xff")
    told = re.search(r"bokeru (import \S+ \S+) --pipeline NAME", code)
    assert told
    result = run(tmp_path, *told[1].split(), "--pipeline", "demo")
    assert result.returncode == 0, result.stderr
    assert "2 boke and 2 photos imported; 1 records that could not be read" in result.stdout
    [pages] = (tmp_path / "data" / "demo" / "crawl" / "pages").glob("*.parquet")
    rows = pq.read_table(pages).to_pylist()
    assert {row["url"]: row["bokes"][0]["text"] for row in rows} == {"mine:0.jpg": "犬0", "mine:1.jpg": "犬1"}
    assert {row["licence"] for row in rows} == {"CC0-1.0"}
