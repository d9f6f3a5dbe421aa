"""How the app is opened: on loopback to whoever uses this machine, beyond it by names and with a key.

The names stop other sites from reaching the app through a visitor's browser by a name of their own; the key
stops whoever merely finds the port.
"""

import os
import re
import stat
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from store.errors import UsageError
from store.whole_file import read_whole
from web.door.keys import Key, KeyRing, digest, link, new_secret
from web.door.security import LOOPBACK

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252})|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?")
"""A host's name or IPv4 address, or an IPv6 address."""
SECRET = re.compile(r"[A-Za-z0-9_-]{32,200}")


@dataclass(frozen=True)
class Opening:
    """Where the app listens, what it is called there, and whether it asks for a key.

    Attributes:
        host: the address to listen on.
        names: the names that it may be called by, beside those of loopback.
        proxied: whether a proxy stands before it: then it is open beyond loopback wherever it listens.
        key: whether a key is asked for where it is open beyond loopback.
        key_file: where the key is kept from one start to the next; None: each start makes another.
    """

    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    proxied: bool = False
    key: bool = True
    key_file: Path | None = None

    @property
    def listens_beyond(self) -> bool:
        """Whether other machines can reach it themselves."""
        return self.host not in LOOPBACK and not self.host.startswith("127.")

    @property
    def is_beyond(self) -> bool:
        """Whether others than the users of this machine can reach it, by a proxy too."""
        return self.listens_beyond or bool(self.names) or self.proxied

    def check(self) -> None:
        """Check that everything is said that is needed.

        Raises:
            UsageError: the app listens beyond loopback and has no name there, or a name is none.
        """
        for name in self.names:
            if not NAME.fullmatch(name):
                raise UsageError(
                    f"--allow-host {name!r} is no name of a host. Write it as it stands in a browser between "
                    "http:// and the port, such as bokeru.example.org or 192.168.1.5"
                )
        if self.is_beyond and not self.names:
            by = f"--host {self.host}" if self.listens_beyond else "the setting web.proxies"
            raise UsageError(
                f"With {by} the app is open beyond this machine, and does not know what it may be called "
                "there. Give each name or address that people open it by: --allow-host NAME"
            )
        if self.key_file and not self.key:
            raise UsageError("--no-key asks for no key, and --key-file keeps one: give one of the two")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that are answered to."""
        return (*self.names, *LOOPBACK, *(() if self.listens_beyond else (self.host,)))

    def secret(self) -> str | None:
        """Return the secret that opens the app; None where none is asked for.

        Raises:
            UsageError: the key's file holds no key, or others can read it.
        """
        if not self.key or not (self.is_beyond or self.key_file):
            return None
        return _kept(self.key_file) if self.key_file else new_secret()

    def links(self, port: int, secret: str | None) -> list[str]:
        """Return the addresses that open the app, as far as this machine knows them."""
        hosts = self.names or (self.host,)
        addresses = [f"http://{_bracketed(host)}:{port}" for host in hosts]
        return [link(f"{address}/", secret) if secret else address for address in addresses]

    def warning(self, data: Path, port: int) -> str:
        """Return what is opened by this, and to whom."""
        if not self.listens_beyond:
            reach = "the proxy before it"
        else:
            reach = "every network of this machine" if _is_any(self.host) else f"the network of {self.host}"
        who = "whoever has the link" if self.key else "whoever comes, since no key is asked for,"
        return (
            f"This opens port {port} to {reach}: {who} sees every pipeline in {data}, photos and captions "
            "included, and lets the model work. Nothing is encrypted, the key neither, unless a proxy before "
            "the app does that: docs/deploying.md says how."
        )


def ring(secret: str | None) -> KeyRing:
    """Return the keys of an app that a secret opens; None: that everybody may open."""
    return KeyRing([Key(digest(secret))] if secret else [], asked=bool(secret))


def _kept(path: Path) -> str:
    """Return the secret in a file; where there is none, one is made that its owner alone can read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, f"{new_secret()}\n".encode())
        os.close(descriptor)
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(f"--key-file {path} cannot be made ({error.strerror}). Name another file") from None
    secret = read_whole(path).decode(errors="replace").strip()
    if not SECRET.fullmatch(secret):
        raise UsageError(
            f"--key-file {path} holds no key: 32 to 200 letters, digits, - and _. Name a file that is not "
            "there yet, and one is made"
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UsageError(f"Others can read --key-file {path}. Keep it to yourself: chmod 600 {path}")
    return secret


def _is_any(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
