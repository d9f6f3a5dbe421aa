"""What drawn captions say in English: on pages in English, of drawn data alone."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from store.place import Place
from web.app import create
from web.content.shown.glosses import Glosses
from web.export import export

DRAWN = {"photos": [["embedded", None, 40]], "captions": [["embedded", None, 160]]}
REAL = {"photos": [["embedded", None, 40]], "captions": [["bokete", None, 160]]}


def told(text: str) -> str:
    """Return a gloss that names what it is of."""
    return f"<{len(text)} characters>"


@pytest.fixture
def place(whole: Place, tmp_path: Path) -> Place:
    return replace(whole, data=shutil.copytree(whole.data, tmp_path / "data"))


def say(place: Place, origins: object) -> None:
    """Let a dataset say where its rows come from."""
    path = place.dataset / "statistics.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "origins": origins}))


def page(place: Place, language: str) -> str:
    with TestClient(create(place.data, "demo", gloss=told)) as client:
        sha256 = client.get("/api/pipelines/demo/photos").json()["photos"][0]["sha256"]
        answer = client.get(f"/pipelines/demo/photos/{sha256}?lang={language}")
        assert answer.status_code == 200
        return answer.text


def test_a_drawn_caption_has_its_english_below_it(place: Place) -> None:
    say(place, DRAWN)
    found = re.findall(
        r'<span lang="ja">([^<]*)</span> <span class="gloss[^>]*lang="en">([^<]*)<', page(place, "en")
    )
    assert len(found) == 4
    assert all(english == f"&lt;{len(japanese)} characters&gt;" for japanese, english in found)


def test_pages_in_japanese_and_real_captions_have_none(place: Place) -> None:
    say(place, DRAWN)
    assert "characters&gt;" not in page(place, "ja")
    say(place, REAL)
    assert "characters&gt;" not in page(place, "en")


def test_a_pipeline_without_figures_has_none(place: Place) -> None:
    glosses = Glosses(place.data, told)
    (place.dataset / "statistics.json").write_text("{")
    assert glosses.of("demo")("犬") is None
    assert glosses.of("none")("犬") is None


def test_a_copy_has_them_in_english_alone(place: Place, tmp_path: Path) -> None:
    say(place, DRAWN)
    index = export(place.data, "demo", tmp_path / "copy", gloss=told)
    english, japanese = (index.with_name(name).read_text() for name in ("index.html", "index.ja.html"))
    assert "characters&gt;" in english
    assert "characters&gt;" not in japanese
