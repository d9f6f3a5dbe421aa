"""Crawls of pages whose text was once lost on the way, and of a site whose certificate nobody has signed."""

import ssl
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crawler.options import CrawlOptions
from store.errors import UserError
from tests.crawl_tables import photo, rows
from tests.crawler.answering import Answer, answering, odai_page
from tests.crawler.stage import crawl

JPEG = Answer(photo(1), headers={"Content-Type": "image/jpeg"})
TEXTS = ("①番のりは㈱髙島", "山﨑が3㌔走る", "会社をやめた日")
HEADERS = ("text/html; charset=EUC-JP", "text/html", "text/html; charset=ISO-8859-1")
STARS = {
    "1.2万": 12_000,
    "12.3K": 12_300,
    "1\u2009234": 1234,
    "2億": 200_000_000,
    "1.5千": 1500,
    "1,2万": None,
}


def crawled(path: Path, pages: list[Answer]) -> list[dict[str, object]]:
    """Return the rows of odai 1 to N, in that order, after a crawl of a site with these pages."""

    def answer(path: str, _: Message) -> Answer | None:
        number = path.removeprefix("/odai/")
        return JPEG if path.startswith("/photo/") else pages[int(number) - 1] if number.isdigit() else None

    with answering(answer) as site:
        options = CrawlOptions(
            site=site.address, start=(), odai=(f"1-{len(pages)}",), delay=0, image_hosts=()
        )
        crawl(options, path, address=None, pipeline="p")
    return sorted(rows(path, "pages"), key=lambda row: int(str(row["url"]).rpartition("/")[2]))


def in_euc_jp(text: str) -> bytes:
    """Return EUC-JP as browsers write it: NEC's row 13 and IBM's kanji, which Python's codec lacks."""
    web = {"①": b"\xad\xa1", "㈱": b"\xad\xea", "㌔": b"\xad\xc1", "髙": b"\xfc\xe2", "﨑": b"\xf9\xf5"}
    return b"".join(web.get(character) or character.encode("euc_jp") for character in text)


def test_neither_circled_numbers_nor_short_numbers_cost_anything(tmp_path: Path) -> None:
    """One crawl of both, since each crawl takes seconds."""
    euc_jp = []
    for number, kind in enumerate(HEADERS, 1):
        page = str(odai_page(number, *TEXTS).body).replace("<body>", '<meta charset="euc-jp"><body>', 1)
        euc_jp.append(Answer(in_euc_jp(page), headers={"Content-Type": kind}))
    short = [
        Answer(str(odai_page(number, "犬", "猫").body).replace("</i> 10<", f"</i> {shown}<", 1))
        for number, shown in enumerate(STARS, len(HEADERS) + 1)
    ]
    found = crawled(tmp_path, [*euc_jp, *short])
    assert [(row["outcome"], row["error"]) for row in found] == [("ok", None)] * len(found)
    bokes: list[list[dict[str, object]]] = [row["bokes"] for row in found]  # type: ignore[misc]
    for of_page in bokes[: len(HEADERS)]:
        assert tuple(boke["text"] for boke in of_page) == TEXTS
        assert all(boke["posted"] for boke in of_page)
    assert [of_page[0]["stars"] for of_page in bokes[len(HEADERS) :]] == list(STARS.values())


def self_signed(folder: Path) -> Path:
    """Return a file with a new key and a certificate for localhost that only it has signed."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_that_is_not_trusted_is_said_in_words(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    options = CrawlOptions(
        site=f"https://localhost:{server.server_port}", delay=0, image_hosts=(), pause=0.1, patience=1
    )
    try:
        with pytest.raises(UserError, match="its certificate is not trusted") as told:
            crawl(options, tmp_path / "crawl", address=None, pipeline="p")
    finally:
        server.shutdown()
        server.server_close()
    assert "OpenSSL" not in str(told.value)
