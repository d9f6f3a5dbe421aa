"""Whether a photo forbids that a machine learns from it: the property DataMining of IPTC and PLUS.

Source: IPTC Photo Metadata Standard 2023.1, "Data Mining"; PLUS License Data Format, vocabulary of
`plus:DataMining` (http://ns.useplus.org/ldf/vocab/), held to it on 2026-11-29.
"""

import re

VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
PROHIBITED = {
    "DMI-PROHIBITED": "Prohibited",
    "DMI-PROHIBITED-AIMLTRAINING": "Prohibited for AI/ML training",
    # A captioner generates text, and is trained on the photo.
    "DMI-PROHIBITED-GENAIMLTRAINING": "Prohibited for Generative AI/ML training",
    # Training is no indexing.
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": "Prohibited except for search engine indexing",
    # What they refer to is prose, or another language of rights. It may except some uses; until somebody
    # has read that, the prohibition holds.
    "DMI-PROHIBITED-SEECONSTRAINT": "Prohibited, see Other Constraints property",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR": "Prohibited, see Embedded Encoded Rights Expression property",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR": "Prohibited, see Linked Encoded Rights Expression property",
}
"""The values that forbid training, with their labels; tools write either, alone or behind VOCABULARY."""
PERMITTED = {"DMI-UNSPECIFIED": "Unspecified - no prohibition defined", "DMI-ALLOWED": "Allowed"}

_KEYS = {label.lower(): key for key, label in {**PROHIBITED, **PERMITTED}.items()}
_SPELLED = re.compile(rb"DataMining[^<]{0,300}?(DMI-[A-Z]+(?:-[A-Z]+){0,8})", re.IGNORECASE)


def value(text: str | None) -> str | None:
    """Return a value of the vocabulary as its key, such as DMI-ALLOWED; None where there is none.

    A key that is not known yet is returned as it is written.
    """
    text = " ".join((text or "").split())
    if text.lower() in _KEYS:
        return _KEYS[text.lower()]
    key = text.rpartition("/")[2].upper()
    return key[:100] if key.startswith("DMI-") else None


def prohibits(key: str | None) -> bool:
    """Tell whether a value forbids training; a newer one that begins so does, whatever it excepts."""
    return key is not None and (key in PROHIBITED or key.startswith("DMI-PROHIBITED-"))


def spelled_out(packet: bytes) -> str | None:
    """Return the value in XMP that is broken or too large to be parsed: a prohibition holds all the same."""
    found = {value(match[1].decode("ascii")) for match in _SPELLED.finditer(packet.replace(b"\0", b""))}
    return next((key for key in sorted(filter(None, found)) if prohibits(key)), next(iter(found), None))
