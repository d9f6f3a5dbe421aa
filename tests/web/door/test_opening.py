"""How the app is opened: what has to be said for it, what is said of it, and where the key is kept."""

import re
import stat
from pathlib import Path

import pytest

from store.errors import UsageError
from web.door.opening import Opening, ring

SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.0.1"])
def test_loopback_asks_for_nothing(host: str) -> None:
    opening = Opening(host)
    opening.check()
    assert not opening.is_beyond
    assert opening.secret() is None
    assert not ring(None).asked
    assert {host, "localhost", "127.0.0.1", "::1"} == set(opening.hosts)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "bokeru.example.org"])
def test_beyond_it_names_are_needed_and_a_key_is_asked_for(host: str) -> None:
    with pytest.raises(
        UsageError, match="Give each name or address that people open it by: --allow-host NAME"
    ):
        Opening(host).check()
    opening = Opening(host, ("Bokeru.example.org", "192.168.1.5"))
    opening.check()
    secret = opening.secret()
    assert secret
    assert SECRET.fullmatch(secret)
    assert secret != opening.secret()
    assert opening.hosts == ("Bokeru.example.org", "192.168.1.5", "127.0.0.1", "localhost", "::1")
    assert ring(secret).asked
    assert ring(secret).find("/", secret)
    assert opening.links(8000, secret) == [
        f"http://Bokeru.example.org:8000/?key={secret}",
        f"http://192.168.1.5:8000/?key={secret}",
    ]
    assert Opening(host, ("x",), key=False).secret() is None


def test_behind_a_proxy_it_is_beyond_loopback_too() -> None:
    with pytest.raises(UsageError, match=r"With the setting web\.proxies"):
        Opening(proxied=True).check()
    opening = Opening(names=("bokeru.example.org",), proxied=True)
    opening.check()
    assert opening.secret()
    assert "127.0.0.1" in opening.hosts


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "http://bokeru.example.org",
        "bokeru.example.org:8000",
        "bokeru.example.org/x",
        "a b",
        "-a",
        "ボケ",
    ],
)
def test_a_name_is_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a host"):
        Opening("0.0.0.0", (name,)).check()
    for good in ("localhost", "10.0.0.2", "::1", "[2001:db8::1]", "a-b.example", "xn--n8jx07h.example"):
        Opening("0.0.0.0", (good,)).check()


def test_what_it_opens_and_to_whom_is_said(tmp_path: Path) -> None:
    everywhere = Opening("0.0.0.0", ("x",)).warning(tmp_path, 8000)
    assert "port 8000 to every network of this machine" in everywhere
    assert "whoever has the link" in everywhere
    assert str(tmp_path) in everywhere
    assert "docs/deploying.md" in everywhere
    one = Opening("192.168.1.5", ("x",), key=False).warning(tmp_path, 80)
    assert "port 80 to the network of 192.168.1.5" in one
    assert "whoever comes, since no key is asked for" in one
    assert "to the proxy before it" in Opening(names=("x",), proxied=True).warning(tmp_path, 80)


def test_a_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    opening = Opening("0.0.0.0", ("x",), key_file=tmp_path / "key")
    secret = opening.secret()
    assert secret == opening.secret() == (tmp_path / "key").read_text().strip()
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(UsageError, match=r"Others can read .* chmod 600"):
        opening.secret()


@pytest.mark.parametrize("content", [b"", b"short\n", b"x" * 201, "ボ".encode() * 40, b"a b" * 20])
def test_a_file_that_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(UsageError, match="holds no key"):
        Opening("0.0.0.0", ("x",), key_file=tmp_path / "key").secret()
    with pytest.raises(UsageError, match="cannot be made"):
        Opening("0.0.0.0", ("x",), key_file=tmp_path / "nowhere" / "key").secret()
    with pytest.raises(UsageError, match="give one of the two"):
        Opening("0.0.0.0", ("x",), key=False, key_file=tmp_path / "key").check()
