"""Fetching published weights: whole, checked, and continued where it stopped."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from commands.main import main
from featurize import fetch as fetching
from featurize import weights
from featurize.fetch import CAFFENET, KnownWeights, fetch
from store.errors import DamagedFile, UserError
from tests.featurize.small_networks import photo, write_dataset

CONTENT = np.random.default_rng(1).bytes(3 * 2**20 + 17)
SHA1 = hashlib.sha1(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `cut` ends each answer after so many bytes, `ranges` tells whether it can resume."""

    cut: int | None = None
    ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requested: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        range_header = self.headers["Range"]
        self.server.requested.append(range_header)
        start = (
            int(range_header.removeprefix("bytes=").removesuffix("-"))
            if range_header and self.server.ranges
            else 0
        )
        if start >= len(CONTENT):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:][: self.server.cut])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def known(server: Server) -> KnownWeights:
    return KnownWeights("net", "net.caffemodel", f"http://127.0.0.1:{server.server_port}/net", SHA1)


def test_the_published_file_is_fetched_once(server: Server, known: KnownWeights, tmp_path: Path) -> None:
    assert fetch(known, tmp_path).read_bytes() == CONTENT
    assert fetch(known, tmp_path) == tmp_path / "net.caffemodel"
    assert server.requested == [None]
    assert {path.name for path in tmp_path.iterdir()} == {"net.caffemodel", "net.caffemodel.sha256", ".lock"}


def test_an_interrupted_fetch_goes_on(server: Server, known: KnownWeights, tmp_path: Path) -> None:
    server.cut = 2**20
    with pytest.raises(UserError, match=r"ended after 1,048,576 of 3,145,745 bytes.*Run the same command"):
        fetch(known, tmp_path)
    server.cut = None
    assert fetch(known, tmp_path).read_bytes() == CONTENT
    assert server.requested == [None, "bytes=1048576-"]


def test_a_server_that_cannot_resume_sends_all(server: Server, known: KnownWeights, tmp_path: Path) -> None:
    (tmp_path / "net.caffemodel.part").write_bytes(CONTENT[:1000])
    server.ranges = False
    assert fetch(known, tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_whole_already(known: KnownWeights, tmp_path: Path) -> None:
    (tmp_path / "net.caffemodel.part").write_bytes(CONTENT)
    assert fetch(known, tmp_path).read_bytes() == CONTENT


def test_another_file_at_the_address_is_refused(known: KnownWeights, tmp_path: Path) -> None:
    other = KnownWeights("net", "net.caffemodel", known.url, "0" * 40)
    with pytest.raises(UserError, match=rf"the download has SHA-1 {SHA1}, and was deleted.* by hand"):
        fetch(other, tmp_path)
    assert not list(tmp_path.glob("net*"))


def test_a_truncated_file_placed_by_hand_is_refused(known: KnownWeights, tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(DamagedFile, match=r"Delete it, then fetch it again: bokeru weights --data .* net"):
        fetch(known, tmp_path)
    assert path.exists()


def test_no_network_says_how_to_place_it_by_hand(tmp_path: Path) -> None:
    known = KnownWeights("net", "net.caffemodel", "http://127.0.0.1:9/net", SHA1)
    with pytest.raises(UserError, match=rf"place it at {tmp_path}/net.caffemodel \(SHA-1 {SHA1}\)") as raised:
        fetch(known, tmp_path)
    assert re.search(r"name a mirror \(\S*bokeru weights .*net --mirror ADDRESS\)", str(raised.value))


def test_no_such_page(
    server: Server, known: KnownWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "do_GET", lambda handler: handler.send_error(404))
    with pytest.raises(UserError, match=r"could not be fetched \(.*Not Found"):
        fetch(known, tmp_path)


def test_the_address_and_the_sum_of_caffenet() -> None:
    assert CAFFENET.sha1 == "4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46"
    assert CAFFENET.url.endswith("/" + CAFFENET.file)


def test_a_file_of_the_users_own_is_read_once_for_its_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, directory = tmp_path / "own.caffemodel", tmp_path / "weights"
    path.write_bytes(CONTENT)
    first = weights.identity(str(path), directory)
    assert first == hashlib.sha256(CONTENT).hexdigest()
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert weights.identity(str(path), directory) == first


def test_a_changed_file_has_another_identity(tmp_path: Path) -> None:
    path, directory = tmp_path / "own.caffemodel", tmp_path / "weights"
    path.write_bytes(b"one")
    first = weights.identity(str(path), directory)
    path.write_bytes(b"two!")
    assert weights.identity(str(path), directory) != first


@pytest.mark.parametrize("memory", ["", "[]", "{", '{"x": 1}'])
def test_broken_digests_are_computed_again(tmp_path: Path, memory: str) -> None:
    path, directory = tmp_path / "own.caffemodel", tmp_path / "weights"
    path.write_bytes(b"one")
    directory.mkdir()
    (directory / weights.DIGESTS).write_text(memory)
    assert weights.identity(str(path), directory) == hashlib.sha256(b"one").hexdigest()
    assert str(path) in json.loads((directory / weights.DIGESTS).read_text())


def test_the_first_files_sha256_is_kept_and_another_is_refused(known: KnownWeights, tmp_path: Path) -> None:
    path = fetch(known, tmp_path)
    kept = tmp_path / "net.caffemodel.sha256"
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert kept.read_text() == f"{digest}  net.caffemodel\n"  # as sha256sum --check reads it
    kept.write_text(f"{'0' * 64}  net.caffemodel\n")
    with pytest.raises(DamagedFile, match=rf"has SHA-256 {digest}, the first file .* had {'0' * 64}"):
        fetch(known, tmp_path)
    path.unlink()
    with pytest.raises(UserError, match=rf"the download has SHA-256 {digest}, the first one had 000"):
        fetch(known, tmp_path)
    assert not path.exists()


def test_a_file_of_another_size_is_not_fetched(server: Server, known: KnownWeights, tmp_path: Path) -> None:
    whole = replace(known, least=len(CONTENT) - 1000)
    larger = replace(known, least=len(CONTENT) + 1)
    with pytest.raises(
        UserError, match=r"there are 3,145,745 bytes, the file has 3,145,746 or a little more"
    ):
        fetch(larger, tmp_path)
    assert not (tmp_path / "net.caffemodel").exists()
    (tmp_path / "net.caffemodel.part").unlink()
    assert fetch(whole, tmp_path).exists()
    (tmp_path / "net.caffemodel").write_bytes(CONTENT[:100])
    with pytest.raises(DamagedFile, match=r"it has 100 bytes, the published file 3,144,745 or a little more"):
        fetch(whole, tmp_path)


def test_an_address_that_says_no_length_and_has_no_end_is_left(
    known: KnownWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):  # whoever fetches goes
            for _ in range(50):
                handler.wfile.write(bytes(2**20))

    monkeypatch.setattr(Handler, "do_GET", endless)
    with pytest.raises(UserError, match=r"more than [\d,]+ bytes come, the file has 3,000,000"):
        fetch(replace(known, least=3_000_000), tmp_path)
    assert (tmp_path / "net.caffemodel.part").stat().st_size == 0


def features(tmp_path: Path, weights: str, mirror: str) -> int:
    write_dataset(tmp_path / "data" / "demo" / "dataset", [photo(1)])
    (tmp_path / "p.yaml").write_text("pipelines: {demo: {}}", encoding="utf-8")
    known = ("--config", str(tmp_path / "p.yaml"), "--data", str(tmp_path / "data"))
    return main(
        ["features", "--pipeline", "demo", *known, "--mirror", mirror, "--set", f"features.weights={weights}"]
    )


def test_features_takes_a_mirror(
    known: KnownWeights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is served is no network, which is said once it is there: it was fetched from the mirror."""
    gone = replace(known, name="caffenet", url=known.url.replace("http:", "nowhere:"))
    for module in (fetching, weights):
        monkeypatch.setattr(module, "CAFFENET", gone)
    assert features(tmp_path, "caffenet", known.url) == 5
    assert (tmp_path / "data" / "weights" / known.file).read_bytes() == CONTENT
    assert f"{known.file} is damaged" in capsys.readouterr().err


def test_a_mirror_of_other_weights_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert features(tmp_path, "random", "http://127.0.0.1:9/") == 2
    assert "--mirror names another address of caffenet's weights; features.weights is 'random'" in (
        capsys.readouterr().err
    )


def test_a_mirror_can_be_named(known: KnownWeights, tmp_path: Path) -> None:
    gone = replace(known, url="http://127.0.0.1:9/net")
    assert fetch(gone, tmp_path, mirror=known.url).read_bytes() == CONTENT


def test_the_published_file_is_its_weights_and_little_more() -> None:
    """Of CaffeNet: 60,965,224 floats, 243.9 MB."""
    assert CAFFENET.has_size(243_862_414)
    assert not CAFFENET.has_size(243_800_000)
    assert not CAFFENET.has_size(250_000_000)
