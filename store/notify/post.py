"""Sends a notice to an address: a POST of JSON, to an IP address that was checked, no redirect followed."""

import http.client
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

from store.notify.options import NotifyOptions
from store.public import is_public
from store.version import VERSION


class NotSent(Exception):
    """A notice was not taken; the message says why, as a clause about who should have."""


def post(content: bytes, options: NotifyOptions) -> None:
    """Post a notice to `options.address` within `options.seconds`, names and slow answers included.

    Raises:
        NotSent: it was not taken.
    """
    failures: list[Exception] = []

    def run() -> None:
        try:
            _post(content, options, time.monotonic() + options.seconds)
        except (OSError, ValueError, http.client.HTTPException, NotSent) as error:
            failures.append(error)

    # Neither a resolver nor a server that sends a byte now and then knows of our limit: leave them alone.
    posting = threading.Thread(target=run, daemon=True)
    posting.start()
    posting.join(options.seconds)
    if posting.is_alive():
        raise NotSent(f"takes longer than {options.seconds:g} seconds")
    if failures:
        raise NotSent(_in_words(failures[0])) from failures[0]


def _post(content: bytes, options: NotifyOptions, until: float) -> None:
    assert options.address
    parts = urlsplit(options.address)
    host, is_https = parts.hostname or "", parts.scheme == "https"
    connection = http.client.HTTPConnection(host, parts.port)
    # http.client would ask for the name again; only the address that was checked is connected to.
    raw = _connected(host, parts.port or (443 if is_https else 80), options, until)
    with raw:
        tls = ssl.create_default_context(cafile=options.ca_file) if is_https else None
        connection.sock = tls.wrap_socket(raw, server_hostname=host) if tls else raw
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"bokeru/{VERSION}",
            "Connection": "close",
        }
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, content, headers)
        status = connection.getresponse().status
        connection.close()
    if not 200 <= status < 300:
        also = ", and redirects are not followed" if 300 <= status < 400 else ""
        raise NotSent(f"answers {status}{also}")


def _connected(host: str, port: int, options: NotifyOptions, until: float) -> socket.socket:
    """Return a connection to one of a host's addresses.

    Raises:
        NotSent: one of them is not public and may not be, or is public where http should stay private.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    for address in addresses:
        if not is_public(address) and not options.allow_private:
            raise NotSent(f"has the address {address}, which is not public; notify.allow_private allows it")
        if is_public(address) and (options.address or "").startswith("http:"):
            raise NotSent(f"has the public address {address}, where a notice goes by https only")
    for number, address in enumerate(addresses, 1):
        try:
            return socket.create_connection((address, port), max(until - time.monotonic(), 0.1))
        except OSError:
            if number == len(addresses):
                raise
    raise NotSent("has no address")


def _in_words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "has a name that is not known"
    if isinstance(error, ConnectionRefusedError):
        return "refuses connections"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted ({error.verify_message}); notify.ca_file names others"
    if isinstance(error, TimeoutError):
        return "takes too long"
    if isinstance(error, NotSent):
        return str(error)
    return f"fails: {type(error).__name__}: {error}"
