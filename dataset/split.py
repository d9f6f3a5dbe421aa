"""The split: a photo group goes to dev or to train by a keyed hash of the group, and stays there."""

import hashlib

SPLITS = ("train", "dev")


def split_of(group: str, key: str, dev_fraction: float) -> str:
    """Return `dev` for about `dev_fraction` of all groups, else `train`; the same for ever under the same key."""
    digest = hashlib.blake2b(group.encode(), key=key.encode()[:64], digest_size=8).digest()
    return "dev" if int.from_bytes(digest, "big") < dev_fraction * 2**64 else "train"
