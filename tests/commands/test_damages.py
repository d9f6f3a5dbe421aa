"""48 damages: each is done to a copy of a whole pipeline, and `bokeru verify` must end with 5 and name it.

"Renewed" means that the manifest's sums and sizes were made to fit afterwards, as somebody would who edits on
purpose: only what is recomputed, or compared with another file, can tell.
"""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from commands.verify import exit_status, verify
from dataset.text.captions import Tokenizer, normalise
from store.manifest import NAME as MANIFEST
from store.register.stages import find
from tests.commands.small_pipeline import (
    SmallPipeline,
    exchange,
    exchange_files,
    flip,
    make,
    random_vectors,
    rewrite,
    rewrite_json,
)
from tests.test_made_by_0_1 import MADE

TOLD_OF_A_PHOTO = ("image", "sha256", "width", "height", "phash")
Damage = Callable[[SmallPipeline], Path]
"""Damages a copy; returns the file that verify must name."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a pipeline that nobody has touched."""
    return make(tmp_path_factory.mktemp("damages"))


@pytest.fixture
def whole(made: Path, tmp_path: Path) -> SmallPipeline:
    """Return a copy of it, in another folder."""
    return SmallPipeline(Path(shutil.copytree(made, tmp_path / "data")))


def gone(path: Path) -> Path:
    path.unlink()
    return path


def cut(path: Path, size: int | None = None) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 if size is None else size])
    return path


def garbage(path: Path) -> Path:
    path.write_text("garbage")
    return path


def first(change: Callable[[dict], object]) -> Callable[[list[dict]], object]:  # type: ignore[type-arg]
    """Return the change of a list of rows that changes the first one."""
    return lambda rows: change(rows[0])


def caption(change: Callable[[dict], object]) -> Callable[[list[dict]], object]:  # type: ignore[type-arg]
    """Return the change of a list of photos that changes one caption of the first."""
    return lambda rows: change(rows[0]["captions"][0])


def renewed(change: Damage) -> Damage:
    """Return the damage that makes the sums of all manifests fit afterwards."""

    def damage(copy: SmallPipeline) -> Path:
        path = change(copy)
        copy.renew()
        return path

    return damage


def flip_a_footer(path: Path) -> Path:
    """Change a bit of the metadata at a Parquet file's end: 4 bytes of length and PAR1 come after it."""
    size = path.stat().st_size
    length = int.from_bytes(path.read_bytes()[-8:-4], "little")
    return flip(path, (size - 8 - length / 2) / size)


def lose(count: int) -> Callable[[list[dict]], object]:  # type: ignore[type-arg]
    """Return the change of a list of rows that takes out the first ones."""
    return lambda rows: rows.__delitem__(slice(count))


def wrong_hash(row: dict) -> None:  # type: ignore[type-arg]
    row["phash"] = f"{int(row['phash'], 16) ^ 1:016x}"


def wrong_format(row: dict) -> None:  # type: ignore[type-arg]
    row["format"] = "gif"


def lose_5_rows(copy: SmallPipeline) -> Path:
    rewrite(copy.shard(), lose(5))
    return copy.dataset / "statistics.json"  # it has more photos than the shards


def swap_splits(copy: SmallPipeline) -> Path:
    exchange_files(copy.shard("train"), copy.shard("dev"))
    return copy.shard("train")


def edit_all_of_a_text(one: dict) -> None:  # type: ignore[type-arg]
    one["text"] = "隣の犬が笑った"
    one["text_nfkc"] = normalise(one["text"])
    one["tokens"] = Tokenizer().tokenize(one["text"])


def other_tokens(one: dict) -> None:  # type: ignore[type-arg]
    """Cut the text into characters: joined, they still make it."""
    one["tokens"] = list(one["text_nfkc"])


def foreign_shard(copy: SmallPipeline) -> Path:
    path = copy.shard().with_name("train-00001-of-00002.parquet")
    shutil.copy(next((MADE / "data/small/dataset").glob("train-*.parquet")), path)
    return path


def swap_tokens(copy: SmallPipeline, folder: str = "dataset") -> Path:
    def swap(content: dict) -> None:  # type: ignore[type-arg]
        tokens = content["tokens"]
        tokens[4], tokens[-1] = tokens[-1], tokens[4]

    return rewrite_json(copy.dataset / "vocabulary.json", swap)


def zero_counts(copy: SmallPipeline) -> Path:
    def zero(content: dict) -> None:  # type: ignore[type-arg]
        content["counts"] = [0] * len(content["counts"])

    return rewrite_json(copy.dataset / "vocabulary.json", zero)


def leak(copy: SmallPipeline) -> Path:
    """Add a token that only dev has, with its count there, behind all others."""
    known = set(json.loads((copy.dataset / "vocabulary.json").read_text())["tokens"])
    dev = pq.read_table(copy.shard("dev"))["captions"].combine_chunks().flatten().field("tokens").flatten()
    token = next(token for token in dev.to_pylist() if token not in known)

    def add(content: dict) -> None:  # type: ignore[type-arg]
        content["tokens"].append(token)
        content["counts"].append(1)

    return rewrite_json(copy.dataset / "vocabulary.json", add)


def wrong_croissant(copy: SmallPipeline) -> Path:
    def change(content: dict) -> None:  # type: ignore[type-arg]
        content["distribution"][0]["sha256"] = "0" * 64

    return rewrite_json(copy.dataset / "croissant.json", change)


def edit_settings(copy: SmallPipeline) -> Path:
    return rewrite_json(
        copy.dataset / "manifest.json", lambda content: content["settings"].update(min_stars=1)
    )


def wrong_floor(copy: SmallPipeline) -> Path:
    return rewrite_json(
        copy.dataset / "floor.json", lambda content: content.update(train=content["train"] / 2)
    )


def wrong_statistics(copy: SmallPipeline) -> Path:
    return rewrite_json(
        copy.dataset / "statistics.json", lambda content: content["splits"]["train"].update(captions=1)
    )


def zero_vectors(rows: list[dict]) -> None:  # type: ignore[type-arg]
    for row in rows:
        row["vector"] = [0.0] * len(row["vector"])


def lose_half(rows: list[dict]) -> None:  # type: ignore[type-arg]
    del rows[::2]


def no_number(row: dict) -> None:  # type: ignore[type-arg]
    row["vector"] = [float("nan"), *row["vector"][1:]]


def without_labels(rows: list[dict]) -> None:  # type: ignore[type-arg]
    for row in rows:
        row.update(labels=[], label_confidences=None)


def rotate(copy: SmallPipeline) -> Path:
    def change(content: dict) -> None:  # type: ignore[type-arg]
        content["tokens"] = content["tokens"][:4] + content["tokens"][5:] + content["tokens"][4:5]

    return rewrite_json(copy.run / "model/vocabulary.json", change)


def shorten(copy: SmallPipeline) -> Path:
    def change(content: dict) -> None:  # type: ignore[type-arg]
        for values in content.values():
            if values:
                values.pop()

    return rewrite_json(copy.run / "model/vocabulary.json", change)


def edit_evaluation(copy: SmallPipeline) -> Path:
    return rewrite_json(
        copy.run / "evaluation.json", lambda content: content["train"].update(nll=content["train"]["nll"] / 2)
    )


DAMAGES: dict[str, Damage] = {
    "images bit flip": lambda copy: flip(copy.crawled("images")),
    "images cut": lambda copy: cut(copy.crawled("images")),
    "images shard gone": lambda copy: gone(copy.crawled("images")),
    "images 10 rows gone": lambda copy: rewrite(copy.crawled("images"), lose(10)),
    "images hash wrong": lambda copy: rewrite(copy.crawled("images"), first(wrong_hash)),
    "images format wrong": lambda copy: rewrite(copy.crawled("images"), first(wrong_format)),
    "pages bit flip": lambda copy: flip(copy.crawled("pages")),
    "pages shard gone": lambda copy: gone(copy.crawled("pages")),
    "pages caption edited": lambda copy: rewrite(
        copy.crawled("pages"),
        lambda rows: next(row for row in rows if row["bokes"])["bokes"][0].update(text="隣の犬"),
    ),
    "train bit flip": lambda copy: flip(copy.shard()),
    "train footer flip": lambda copy: flip_a_footer(copy.shard()),
    "splits swapped": swap_splits,
    "splits swapped, manifest renewed": renewed(swap_splits),
    "5 rows gone, renewed": renewed(lose_5_rows),
    "text edited, renewed": renewed(
        lambda copy: rewrite(copy.shard(), caption(lambda one: one.update(text="隣の犬")))
    ),
    "text, nfkc, tokens edited, renewed": renewed(
        lambda copy: rewrite(copy.shard(), caption(edit_all_of_a_text))
    ),
    "tokens not of the text, renewed": renewed(
        lambda copy: rewrite(copy.shard(), caption(lambda one: one.update(tokens=["隣", "の", "犬"])))
    ),
    "stars edited, renewed": renewed(
        lambda copy: rewrite(copy.shard(), caption(lambda one: one.update(stars=one["stars"] + 1)))
    ),
    "two photos exchanged, renewed": renewed(
        lambda copy: rewrite(copy.shard(), lambda rows: exchange(rows, TOLD_OF_A_PHOTO))
    ),
    "labels gone, renewed": renewed(lambda copy: rewrite(copy.shard(), without_labels)),
    "foreign shard": foreign_shard,
    "statistics wrong": wrong_statistics,
    "statistics cut": lambda copy: cut(copy.dataset / "statistics.json"),
    "statistics gone": lambda copy: gone(copy.dataset / "statistics.json"),
    "vocabulary swapped": swap_tokens,
    "vocabulary counts zero": zero_counts,
    "vocabulary with a leak": leak,
    "card emptied": lambda copy: cut(copy.dataset / "README.md", 0),
    "card gone": lambda copy: gone(copy.dataset / "README.md"),
    "croissant sum wrong": wrong_croissant,
    "manifest gone": lambda copy: gone(copy.dataset / "manifest.json"),
    "manifest's settings edited": edit_settings,
    "floor wrong": wrong_floor,
    "vectors bit flip": lambda copy: flip(copy.vectors),
    "two vectors exchanged": lambda copy: rewrite(copy.vectors, lambda rows: exchange(rows, ("vector",))),
    "vectors zero": lambda copy: rewrite(copy.vectors, zero_vectors),
    "half the vectors gone": lambda copy: rewrite(copy.vectors, lose_half),
    "vectors shard gone": lambda copy: gone(copy.vectors),
    "vector NaN": lambda copy: rewrite(copy.vectors, first(no_number)),
    "weights bit flip": lambda copy: flip(copy.run / "model/model.safetensors"),
    "model's vocabulary swapped": rotate,
    "model's vocabulary short": shorten,
    "snapshot cut": lambda copy: cut(copy.snapshot(), 1_000),
    "evaluation edited": edit_evaluation,
    "evaluation gone": lambda copy: gone(copy.run / "evaluation.json"),
    "settings garbage": lambda copy: garbage(copy.run / "settings.yaml"),
    "forget list cut": lambda copy: cut(copy.pipeline / "forgotten.json"),
    "exports garbage": lambda copy: garbage(copy.pipeline / "exports.json"),
}


def test_what_the_stages_made_is_whole(whole: SmallPipeline) -> None:
    assert [str(problem) for problem in verify(whole.data)] == []


def test_sums_made_to_fit_are_no_damage(whole: SmallPipeline) -> None:
    """The tests of what is renewed would find the renewing itself otherwise."""
    whole.renew()
    assert [str(problem) for problem in verify(whole.data)] == []


def test_all_48_are_tried() -> None:
    assert len(DAMAGES) == 48


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_named(whole: SmallPipeline, damage: str) -> None:
    assert_found(whole, DAMAGES[damage])


def of_photo(**values: object) -> Damage:
    """Return the damage that gives the first photo of train other values, with sums that fit."""
    return renewed(lambda copy: rewrite(copy.shard(), first(lambda row: row.update(values))))


def of_caption(**values: object) -> Damage:
    """Return the damage that gives a caption of it other values, with sums that fit."""
    return renewed(lambda copy: rewrite(copy.shard(), caption(lambda one: one.update(values))))


def of_json(name: str, **values: object) -> Damage:
    """Return the damage that gives a JSON object other values, with sums that fit."""
    return renewed(lambda copy: rewrite_json(copy.pipeline / name, lambda content: content.update(values)))


def of_vectors(change: Callable[[list[dict]], object]) -> Damage:  # type: ignore[type-arg]
    return renewed(lambda copy: rewrite(copy.vectors, change))


def repeat_a_caption_s_words(row: dict) -> None:  # type: ignore[type-arg]
    row["captions"].append({**row["captions"][0], "boke_id": 1})


def edit_the_card(copy: SmallPipeline) -> Path:
    path = copy.dataset / "README.md"
    path.write_text(path.read_text().replace("| train | 18 |", "| train | 81 |"))
    return path


def edit_slim(copy: SmallPipeline) -> Path:
    path = next(copy.dataset.glob("captions/train-*"))
    return rewrite(path, first(lambda row: row.update(stars=row["stars"] + 7)))


def forget_a_bit_less(copy: SmallPipeline) -> Path:
    return rewrite_json(copy.pipeline / "forgotten.json", lambda content: content["entries"].pop())


def other_export(copy: SmallPipeline) -> Path:
    return rewrite_json(
        copy.pipeline / "exports.json", lambda content: content["exports"][0].update(directory="/elsewhere")
    )


OTHERS: dict[str, Damage] = {
    "raters edited": of_caption(raters=12_345),
    "boke's number edited": of_caption(boke_id=12_345),
    "category of a boke edited": of_caption(category="その他の何か"),
    "date edited": of_caption(posted=datetime(2020, 1, 1, tzinfo=UTC)),
    "address edited": of_caption(url="https://bokete.jp/boke/1"),
    "cut into characters": renewed(lambda copy: rewrite(copy.shard(), caption(other_tokens))),
    "normal form is another": of_caption(text_nfkc="ｶ", tokens=["ｶ"]),
    "odai's numbers edited": of_photo(odai_ids=[1]),
    "category edited": of_photo(category="何か"),
    "a confidence edited": of_photo(label_confidences=[0.25]),
    "group edited": of_photo(group="0" * 16),
    "hash edited": of_photo(phash="0123456789abcdef"),
    "width edited": of_photo(width=17),
    "facts edited": renewed(
        lambda copy: rewrite(copy.shard(), first(lambda row: row["facts"].update(blur=7.0)))
    ),
    "scores invented": of_photo(scores=[{"name": "light", "value": 1.0}]),
    "caption invented": renewed(lambda copy: rewrite(copy.shard(), first(repeat_a_caption_s_words))),
    "caption lost": renewed(lambda copy: rewrite(copy.shard(), first(lambda row: row["captions"].pop()))),
    "photo of dev in train too": renewed(
        lambda copy: rewrite(
            copy.shard(), lambda rows: rows.append(pq.read_table(copy.shard("dev")).to_pylist()[0])
        )
    ),
    "caption of the slim table edited": renewed(
        lambda copy: rewrite(
            next(copy.dataset.glob("captions/train-*")), first(lambda row: row.update(stars=7))
        )
    ),
    "statistics wrong, renewed": renewed(wrong_statistics),
    "vocabulary swapped, renewed": renewed(swap_tokens),
    "vocabulary with a leak, renewed": renewed(leak),
    "card edited, renewed": renewed(edit_the_card),
    "floor wrong, renewed": renewed(wrong_floor),
    "settings edited, renewed": renewed(edit_settings),
    "two vectors exchanged, renewed": of_vectors(lambda rows: exchange(rows, ("vector",))),
    "vectors zero, renewed": of_vectors(zero_vectors),
    "vectors random, renewed": of_vectors(random_vectors),
    "half the vectors gone, renewed": of_vectors(lose_half),
    "model's vocabulary swapped, renewed": renewed(rotate),
    "forget list one shorter": forget_a_bit_less,
    "export elsewhere": other_export,
}
"""More that sums do not tell, or that no manifest lists."""
FEW = (
    "caption of the slim table edited",
    "raters edited",
    "caption lost",
    "two vectors exchanged, renewed",
    "forget list one shorter",
)


@pytest.mark.parametrize(
    "damage", [name if name in FEW else pytest.param(name, marks=pytest.mark.long) for name in OTHERS]
)
def test_what_sums_do_not_tell_is_found(whole: SmallPipeline, damage: str) -> None:
    OTHERS[damage](whole)
    assert exit_status(verify(whole.data)) == 5


EVERY: dict[str, Callable[[Path, Path], object]] = {
    "cut": lambda path, _: cut(path),
    "one bit": lambda path, _: flip(path),
    "gone": lambda path, _: gone(path),
    "swapped": exchange_files,
}
"""What is done to a file of every kind; the other file is its neighbour."""
UNSEEN = {
    ("<pipeline>/exports.json", "gone"),
    ("<pipeline>/receipts/*.json", "gone"),
    ("<pipeline>/photos/*.parquet", "gone"),
    ("<pipeline>/index/*.arrow", "gone"),
    *(("<pipeline>/builds/*.parquet", damage) for damage in ("gone", "swapped", "one bit")),
}
"""No manifest lists these files: that one is gone, or another build's, shows nowhere. Footers have no sum."""


def of_every_kind(copy: SmallPipeline) -> dict[str, tuple[Path, Path]]:
    """Return a file of every kind with its neighbour: one of the same kind, else one of the same format."""
    files = [(stage, kind, path) for stage in find(copy.data) for kind, path in stage.files()]
    found: dict[str, tuple[Path, Path]] = {}
    for stage, kind, path in files:
        others = [(one, other) for at, one, other in files if at == stage and other.name != MANIFEST]
        others = [(one, other) for one, other in others if other != path]
        same = [other for one, other in others if one == kind]
        alike = [other for one, other in others if one.format == kind.format]
        found.setdefault(kind.path, (path, [*same, *alike, path][0]))
    return found


@pytest.mark.parametrize("damage", EVERY)
def test_damage_to_files_of_every_kind_is_found(whole: SmallPipeline, damage: str) -> None:
    """All kinds at once, but for manifests: a file's sum tells of it, whatever else is lost."""
    chosen = {kind: pair for kind, pair in of_every_kind(whole).items() if pair[0].name != MANIFEST}
    assert len(chosen) > 25
    changed: set[Path] = set()
    for kind, (path, neighbour) in chosen.items():
        touched = {path, neighbour} if damage == "swapped" else {path}
        differs = damage != "swapped" or path.read_bytes() != neighbour.read_bytes()
        if differs and (kind, damage) not in UNSEEN and not touched & changed:
            EVERY[damage](path, neighbour)
            changed |= touched
    told = "\n".join(str(problem) for problem in verify(whole.data) if problem.damaged)
    assert sorted(str(path) for path in changed if str(path) not in told) == []


@pytest.mark.parametrize("stage", ["demo/crawl", "demo/dataset", "features/*", "demo/runs/*"])
@pytest.mark.parametrize("damage", EVERY)
def test_damage_to_a_manifest_is_found(whole: SmallPipeline, stage: str, damage: str) -> None:
    (path,) = whole.data.glob(f"{stage}/{MANIFEST}")
    neighbour = whole.data / ("demo/crawl" if stage != "demo/crawl" else "demo/dataset") / MANIFEST
    EVERY[damage](path, neighbour)
    problems = verify(path.parent)
    assert exit_status(problems) == 5
    assert any(str(path) in str(problem) for problem in problems), problems


@pytest.mark.long
@pytest.mark.parametrize("damage", EVERY)
def test_damage_to_one_file_alone_is_found(whole: SmallPipeline, tmp_path: Path, damage: str) -> None:
    """Each kind in turn, so that nothing else gives it away."""
    missed = []
    for kind, (path, neighbour) in of_every_kind(whole).items():
        if path.name == MANIFEST and damage == "swapped":  # see the test above
            continue
        if damage == "swapped" and path.read_bytes() == neighbour.read_bytes():
            continue
        if (kind, damage) in UNSEEN:
            continue
        kept = {one: one.read_bytes() for one in {path, neighbour}}
        EVERY[damage](path, neighbour)
        if exit_status(verify(whole.data)) != 5:
            missed.append(kind)
        for one, content in kept.items():
            one.write_bytes(content)
    assert missed == []


def assert_found(copy: SmallPipeline, damage: Damage) -> None:
    path = damage(copy)
    problems = verify(copy.data)
    told = [str(problem) for problem in problems if problem.damaged]
    assert exit_status(problems) == 5, problems
    assert any(str(path) in line for line in told), told
    assert all("Traceback" not in line for line in told)
