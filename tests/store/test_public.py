"""Which addresses are public. Sources: IANA's special-purpose registries; RFC 6052, 3056, 4380."""

import pytest

from store.public import is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False), ("127.0.0.1", False), ("169.254.169.254", False), ("192.168.1.1", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fd00::1", False), ("fec0::1", False),
        ("ff02::1", False), ("::ffff:127.0.0.1", False), ("::ffff:93.184.215.14", True),
        ("::127.0.0.1", False), ("64:ff9b::7f00:1", False), ("64:ff9b::5db8:d70e", True),
        ("2002:7f00:1::", False), ("2002:a00:1::1", False),
        ("2001:0:7f00:1:0:0:80ff:fffe", False),
    ],
)  # fmt: skip
def test_an_address_is_public_only_if_all_in_it_is(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_what_is_no_address_is_an_error() -> None:
    with pytest.raises(ValueError):
        is_public("localhost")
