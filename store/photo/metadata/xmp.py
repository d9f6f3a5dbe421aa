"""XMP: reads what it says of a photo's rights, and writes a packet that says this alone."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from store.photo.metadata import data_mining
from store.photo.metadata.blocks import MOST_BYTES
from store.photo.metadata.words import address, plain

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_XMP_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_CC = "http://creativecommons.org/ns#"
_PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
_UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

_PROPERTIES = {
    (_DC, "creator"): "creator",
    (_PHOTOSHOP, "credit"): "credit",
    (_DC, "rights"): "copyright",
    (_XMP_RIGHTS, "usageterms"): "licence",
    (_CC, "license"): "licence_url",
    (_XMP_RIGHTS, "webstatement"): "statement",
    (_PLUS, "datamining"): "data_mining",
}
"""The properties that are read, by namespace and name in lower case: some programs write LDF in capitals.

Source: IPTC Photo Metadata Standard 2023.1, section "XMP implementation"; ccREL, section 4.2."""

_ONE_LANGUAGE = '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>'
_WRITTEN = {
    "creator": f'<dc:creator xmlns:dc="{_DC}"><rdf:Seq><rdf:li>{{}}</rdf:li></rdf:Seq></dc:creator>',
    "copyright": f'<dc:rights xmlns:dc="{_DC}">{_ONE_LANGUAGE}</dc:rights>',
    "credit": f'<photoshop:Credit xmlns:photoshop="{_PHOTOSHOP}">{{}}</photoshop:Credit>',
    "licence": f'<xmpRights:UsageTerms xmlns:xmpRights="{_XMP_RIGHTS}">{_ONE_LANGUAGE}'
    "</xmpRights:UsageTerms>",
    "licence_url": f'<xmpRights:WebStatement xmlns:xmpRights="{_XMP_RIGHTS}">{{}}</xmpRights:WebStatement>',
    "data_mining": f'<plus:DataMining xmlns:plus="{_PLUS}">{data_mining.VOCABULARY}{{}}</plus:DataMining>',
}
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{_RDF}"><rdf:Description rdf:about="">{{}}</rdf:Description></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="r"?>'
)


def rights(packet: bytes) -> dict[str, str | None]:
    """Return what a packet says of rights; of one that cannot be parsed, what it says of data mining.

    Only the photo's own properties count, not those of pictures that it was made from.
    """
    found: dict[str, str | None] = {}
    try:
        if len(packet) > MOST_BYTES:
            raise ValueError("too large")
        for name, text in _stated(fromstring(_trimmed(packet), forbid_dtd=True)):
            found.setdefault(name, text)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        found = {"data_mining": data_mining.spelled_out(packet)}
    terms = found.get("licence_url"), found.pop("statement", None)
    return found | {
        "licence_url": next(filter(None, map(address, terms)), None),
        "data_mining": data_mining.value(found.get("data_mining")),
    }


def _trimmed(packet: bytes) -> bytes:
    """Return a packet without the zeros that some programs end it with; in UTF-16 they belong to letters."""
    return packet if b"\0" in packet[:4] or packet[:2] in _UTF_16 else packet.strip(b"\0 \t\r\n")


def _stated(root: Element) -> Iterator[tuple[str, str]]:
    """Yield the name and text of each property that is read, of the descriptions at the top of RDF."""
    rdf = root if root.tag == f"{{{_RDF}}}RDF" else root.find(f"{{{_RDF}}}RDF")
    for description in rdf if rdf is not None else ():
        for attribute, value in description.attrib.items():
            if (name := _name(attribute)) and (text := plain(value)):
                yield name, text
        for element in description:
            if (name := _name(element.tag)) and (text := _text(element, name)):
                yield name, text


def _name(tag: object) -> str | None:
    namespace, _, name = str(tag).lstrip("{").partition("}")
    return _PROPERTIES.get((namespace.replace("/LDF/", "/ldf/"), name.lower()))


def _text(element: Element, name: str) -> str | None:
    """Return a property's text: its own, that of an address it names, or those of the items of its list."""
    items = element.findall(f"./*/{{{_RDF}}}li")
    if name == "creator":
        texts = [plain(_whole(item)) for item in items]
        return plain(", ".join(filter(None, texts)) if texts else _whole(element))
    chosen = next(
        (item for item in items if item.get(_LANGUAGE) == "x-default"), items[0] if items else element
    )
    return plain(chosen.get(f"{{{_RDF}}}resource")) or plain(_whole(chosen))


def _whole(element: Element) -> str:
    return (element.text or "") or (element.findtext(f"{{{_RDF}}}value") or "")


def rights_only(stated: Mapping[str, str | None]) -> bytes:
    """Return a packet that says of rights what is stated, in UTF-8; nothing, where nothing is."""
    properties = [form.format(escape(text)) for name, form in _WRITTEN.items() if (text := stated.get(name))]
    return _PACKET.format("".join(properties)).encode() if properties else b""
