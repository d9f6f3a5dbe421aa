"""Who a visitor is."""

import pytest

from web.door.keys import Key
from web.door.visitor import Visitor, network


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        # RFC 4291, 2.2: the first four groups are the network of a /64.
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        # RFC 4291, 2.5.5.2: an IPv4 client of a socket that takes both.
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
    ],
)
def test_a_client_counts_by_what_it_has_for_sure(address: str, counted: str) -> None:
    assert network(address) == counted


def test_a_judge_is_known_by_the_key_and_others_by_their_address() -> None:
    shared, own = Key("0"), Key("1", "/contests/laughs", "Aki")
    assert Visitor("203.0.113.7").name == Visitor("203.0.113.7", shared).name, "many have the app's key"
    assert Visitor("203.0.113.7", own).name == Visitor("203.0.113.8", own).name, "a judge goes home"
    names = {Visitor("203.0.113.7").name, Visitor("203.0.113.8").name, Visitor("203.0.113.7", own).name}
    other = Key("2", "/contests/other", "Aki")
    assert len(names | {Visitor("203.0.113.7", other).name}) == 4
