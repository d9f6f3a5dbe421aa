"""What TensorBoard is told of a run, read as the TFRecord format says: length, its checksum, data, theirs."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event, SessionLog

from tests.train import test_resume, toy_training
from tests.train.test_resume import kill_after, start
from train.fit import fit
from train.runs.board import EVERY, Curve, board


def crc32c(content: bytes) -> int:
    """Return the CRC of RFC 3720, B.4, a bit at a time."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(content: bytes) -> int:
    crc = crc32c(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def events(path: Path) -> list[Any]:
    """Return the events of a file; a record that a kill cut short ends it."""
    content, found, place = path.read_bytes(), [], 0
    while place + 12 <= len(content):
        length, header = struct.unpack_from("<QI", content, place)
        data = content[place + 12 : place + 12 + length]
        if place + 16 + length > len(content):
            break
        assert header == masked(content[place : place + 8])
        assert struct.unpack_from("<I", content, place + 12 + length) == (masked(data),)
        found.append(Event.FromString(data))
        place += 16 + length
    return found


def curves(directory: Path) -> dict[str, dict[int, Any]]:
    """Return what TensorBoard shows: each curve's points by step, without those that a restart drops."""
    found: dict[str, dict[int, Any]] = {}
    for path in sorted(path for path in directory.iterdir() if path.is_file()):
        first, *rest = events(path)
        assert first.file_version == "brain.Event:2"
        for event in rest:
            if event.session_log.status == SessionLog.START:
                for points in found.values():
                    for step in [step for step in points if step >= event.step]:
                        del points[step]
            for value in event.summary.value:
                assert event.step not in found.setdefault(value.tag, {}), "no point stands twice"
                found[value.tag][event.step] = _shown(value)
    return found


def _shown(value: Any) -> Any:
    """Return a point as the plugin shows it that its metadata name: a text, or a number without any."""
    if not value.HasField("metadata"):
        return value.simple_value
    assert value.metadata.plugin_data.plugin_name == "text"
    (content,) = value.tensor.string_val
    return content.decode()


def test_the_checksum_is_that_of_the_rfc() -> None:
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_a_run_is_followed_by_update_and_by_epoch(toy: toy_training.Toy) -> None:
    settings = {"epochs": 5, "batch_size": 1, "schedule": "cosine"}
    run = fit(toy_training.options(tensorboard=True, **settings), toy.dataset, toy.features, toy.runs)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    found = curves(run / "tensorboard")
    for name in (
        "loss",
        "dev_loss",
        "dev_known_loss",
        "dev_character_loss",
        "learning_rate",
        "gradient_norm",
    ):
        expected = {record["iteration"]: record[name] for record in log}
        assert found[f"epoch/{name}"] == pytest.approx(expected, rel=1e-6), name
    assert set(found["update/loss"]) == {48, 96, 144, 192, 240}, "epochs have 48 updates, less than a point"
    assert set(found["update/tokens_per_second"]) == set(found["update/learning_rate"])
    assert found["update/loss"] == pytest.approx(found["epoch/loss"], rel=1e-6)
    assert fit(toy_training.options(**settings), toy.dataset, toy.features, toy.runs) == run, "the same run"


def test_captions_are_told_as_texts(toy: toy_training.Toy) -> None:
    settings = {"epochs": 5, "dev_every": 2, "tensorboard": True, "seed": 2}
    run = fit(toy_training.options(**settings), toy.dataset, toy.features, toy.runs)
    lines = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    updates = [json.loads(line)["iteration"] for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [2, 5], "not after every measurement"
    found = curves(run / "tensorboard" / "captions")
    assert len(found) == 6
    for number, photo in enumerate(lines[0]["photos"]):
        assert found[f"captions/photo {number + 1}/text_summary"] == {
            updates[line["epoch"] - 1]: f"{each['greedy']['text']}\n\n{each['sample']['text']}\n\n"
            f"`{photo['sha256']}`"
            for line in lines
            for each in [line["photos"][number]]
        }


def test_a_curve_has_a_point_every_so_many_updates_and_at_the_end_of_an_epoch() -> None:
    def totals(updates: int) -> dict[str, float]:
        return {
            "updates": updates, "nats": 6.0 * updates, "tokens": 2 * updates, "gradient_norm": 5 * updates,
            "seconds": updates / 4,
        }  # fmt: skip

    curve = Curve()
    assert curve.point(totals(EVERY - 1), is_end=False) is None
    expected = {"loss": 3.0, "gradient_norm": 5.0, "tokens_per_second": 8.0}
    assert curve.point(totals(EVERY), is_end=False) == expected
    assert curve.point(totals(EVERY + 3), is_end=False) is None
    assert curve.point(totals(EVERY + 5), is_end=True) == expected
    assert curve.point(totals(3), is_end=False) is None, "the next epoch counts from 0"
    assert curve.point(totals(4), is_end=True) == expected


def test_what_a_kill_undoes_stands_once(
    toy: toy_training.Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.captions.progress.EVERY", test_resume.EVERY)  # as the other process has it
    settings = {"tensorboard": True, "epochs": 20, "snapshot_seconds": 0.2, "batch_size": 1}
    kill_after(start(toy, tmp_path, **settings), tmp_path, 60)
    (directory,) = tmp_path.glob("*/tensorboard")
    assert not (directory.parent / "manifest.json").exists()
    fit(toy_training.options(**settings), toy.dataset, toy.features, tmp_path)
    assert len([path for path in directory.iterdir() if path.is_file()]) == 2
    found = curves(directory)
    assert sorted(found["epoch/dev_loss"]) == [48 * epoch for epoch in range(1, 21)]
    captions = curves(directory / "captions")["captions/photo 1/text_summary"]
    assert sorted(captions) == [48 * epoch for epoch in (*range(1, 20, 2), 20)]


def test_files_of_updates_that_come_again_go(tmp_path: Path) -> None:
    for update in (0, 70, 30):
        with board(tmp_path, update) as write:
            write("epoch", update + 100, {"loss": float(update), "dev_loss": None})
    assert curves(tmp_path) == {"epoch/loss": {130: 30.0}}
    assert len(list(tmp_path.iterdir())) == 2
