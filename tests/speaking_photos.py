"""Photos whose metadata say a great deal, made by the specifications of each format, not by our own code.

Source: EXIF 3.0 (CIPA DC-008), IPTC-IIM 4.2, XMP specification parts 1 and 3, IPTC Photo Metadata Standard
2023.1, JFIF 1.02, PNG (third edition), RFC 9649, GIF89a, ISO/IEC 14496-12 and 23008-12, TIFF 6.0.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

SERIAL, NOTE, PROGRAM, COMMENT = b"SN-0042-7781", b"NOTE-OF-THE-MAKER", b"Retouche 9.1", b"for my eyes only"
LATITUDE = 22_011_967
"""The numerator of a fraction of a minute: nothing else has these bytes."""
PLACE = "35,41.2201967N"
CREATOR, CREDIT, COPYRIGHT = "山田 太郎", "写真 & 社", "© 2026 <山田>"
TERMS, ADDRESS = "CC BY 2.0", "https://creativecommons.org/licenses/by/2.0/"
STATED = {
    "creator": CREATOR,
    "credit": CREDIT,
    "copyright": COPYRIGHT,
    "licence": TERMS,
    "licence_url": ADDRESS,
    "data_mining": None,
}
SECRETS = (
    *(SERIAL, NOTE, PROGRAM, COMMENT, PLACE.encode()),
    *(SERIAL.hex().encode(), LATITUDE.to_bytes(4, "little"), LATITUDE.to_bytes(4, "big")),
    b"a second picture",
)
"""What no file that is given away may hold."""
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture(seed: int = 0, size: tuple[int, int] = (48, 36)) -> Image.Image:
    """Return a picture, no two of which look alike."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def exif(orientation: int = 6, order: str = "<") -> bytes:
    """Return EXIF with place, serial number and note, and without a name before it."""
    one = Image.Exif()
    one.endian = order
    one[0x0112], one[0x010F], one[0x0131] = orientation, "Maker of cameras", PROGRAM.decode()
    details = one.get_ifd(0x8769)
    details[0xA431], details[0x927C] = SERIAL.decode(), NOTE
    places = one.get_ifd(0x8825)
    places[1], places[2] = "N", (35.0, 41.0, TiffImagePlugin.IFDRational(LATITUDE, 1_000_003))
    return one.tobytes().removeprefix(b"Exif\0\0")


def xmp(data_mining: str | None = None) -> bytes:
    """Return a packet with all rights, and with secrets."""
    mining = f'plus:DataMining="{data_mining}"' if data_mining else ""
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 6.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
    xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" {mining} exif:GPSLatitude="{PLACE}"
    aux:SerialNumber="{SERIAL.decode()}" photoshop:Credit="写真 &amp; 社">
   <dc:creator><rdf:Seq><rdf:li>山田 太郎</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt><rdf:li xml:lang="fr">à Yamada</rdf:li>
     <rdf:li xml:lang="x-default">© 2026 &lt;山田&gt;</rdf:li></rdf:Alt></dc:rights>
   <xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">{TERMS}</rdf:li></rdf:Alt>
   </xmpRights:UsageTerms>
   <xmpRights:WebStatement>{ADDRESS}</xmpRights:WebStatement>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>{" " * 400}
<?xpacket end="w"?>""".encode()


def iptc(charset: bytes = b"\x1b%G", encoding: str = "utf-8") -> bytes:
    """Return IPTC-IIM with creator, credit, copyright, and a city."""
    texts = ((80, CREATOR), (110, CREDIT), (116, COPYRIGHT), (90, PLACE))
    datasets = [(1, 90, charset)] if charset else []
    datasets += [(2, number, text.encode(encoding, "replace")) for number, text in texts]
    return b"".join(struct.pack(">BBBH", 0x1C, a, b, len(data)) + data for a, b, data in datasets)


def photoshop(*resources: tuple[int, bytes]) -> bytes:
    """Return image resources."""
    return b"".join(
        b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + b"\0" * (len(data) % 2)
        for number, data in resources
    )


def _saved(kind: str, seed: int, **options: object) -> bytes:
    file = io.BytesIO()
    picture(seed).save(file, kind, **options)
    return file.getvalue()


def _segment(name: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, name, len(data) + 2) + data


def jpeg(packet: bytes | None = None, seed: int = 0, *, progressive: bool = False) -> bytes:
    """Return a JPEG with thumbnails, EXIF, XMP, IPTC, a note between its scans, and a second picture."""
    plain = _saved("JPEG", seed, progressive=progressive, icc_profile=PROFILE)
    thumbnail = b"JFIF\0\1\2\0\0\1\0\1\2\2" + SERIAL  # 2 by 2 pixels of 3 bytes
    said = [
        _segment(0xE0, thumbnail),
        _segment(0xE0, b"JFXX\0\x13" + SERIAL),
        _segment(0xE1, b"Exif\0\0" + exif()),
        _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + (xmp() if packet is None else packet)),
        _segment(0xED, b"Photoshop 3.0\0" + photoshop((0x040C, SERIAL), (0x0404, iptc()))),
        _segment(0xE2, b"MPF\0" + NOTE),
        _segment(0xE5, NOTE),
        _segment(0xFE, COMMENT),
    ]
    end = plain.rindex(b"\xff\xd9")
    between = _segment(0xFE, COMMENT)
    body = plain[20:end] + between + b"\xff\xd9"
    return plain[:2] + b"".join(said) + body + b"\xff\xd8a second picture" + exif() + b"\xff\xd9"


def png(packet: bytes | None = None, seed: int = 0) -> bytes:
    """Return a PNG with EXIF, XMP, texts packed and plain, a time, a private chunk, and a tail."""
    texts = PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", (xmp() if packet is None else packet).decode("utf-8", "replace"))
    texts.add_text("Software", PROGRAM.decode())
    texts.add_text("Comment", COMMENT.decode() * 40, zip=True)
    texts.add_text("Raw profile type iptc", _raw("iptc", photoshop((0x0404, iptc()))))
    texts.add(b"tIME", b"\x07\xea\1\2\3\4\5")
    texts.add(b"noTE", NOTE)
    return _saved("PNG", seed, pnginfo=texts, exif=exif(), icc_profile=PROFILE) + b"a second picture"


def _raw(name: str, data: bytes) -> str:
    return f"\n{name}\n{len(data):8}\n{data.hex()}\n"


def webp(packet: bytes | None = None, seed: int = 0) -> bytes:
    """Return a WebP with EXIF, XMP, and a chunk that nobody knows."""
    plain = _saved("WEBP", seed, exif=exif(), xmp=xmp() if packet is None else packet, icc_profile=PROFILE)
    body = plain[8:] + struct.pack("<4sI", b"NOTE", len(NOTE)) + NOTE + b"\0" * (len(NOTE) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body + b"a second picture"


def gif(packet: bytes | None = None, seed: int = 0) -> bytes:
    """Return an animated GIF with comments, XMP, and another application's data."""
    frames = [picture(seed + 100).convert("P")]
    plain = _saved("GIF", seed, save_all=True, append_images=frames, loop=3, comment=COMMENT)
    start = 13 + 3 * 2 ** (plain[10] % 8 + 1)
    packet = xmp() if packet is None else packet
    magic = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    said = b"!\xff\x0bXMP DataXMP" + packet + magic
    said += b"!\xff\x0bMAKERSNT1.0" + bytes((len(NOTE),)) + NOTE + b"\0"
    said += b"!\xfe" + bytes((len(SERIAL),)) + SERIAL + b"\0"
    return plain[:start] + said + plain[start:] + b"a second picture"


def avif(packet: bytes | None = None, seed: int = 0) -> bytes:
    """Return an AVIF with EXIF and XMP, and a box of the maker's."""
    plain = _saved("AVIF", seed, exif=exif(1), xmp=xmp() if packet is None else packet, icc_profile=PROFILE)
    box = struct.pack(">I4s16s", 24 + len(NOTE), b"uuid", b"a maker's number") + NOTE
    return plain + box + struct.pack(">I4s", 8 + len(SERIAL), b"free") + SERIAL


def tiff(packet: bytes | None = None, seed: int = 0) -> bytes:
    """Return a TIFF with everything in its tags, and a second page."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x0112], tags[0x010F], tags[0x0131] = 1, "Maker of cameras", PROGRAM.decode()
    tags[700], tags[33723] = (xmp() if packet is None else packet), iptc()
    tags.tagtype[700] = tags.tagtype[33723] = 7
    tags[0xC62F] = SERIAL.decode()
    tags[0x8825] = {1: "N", 2: (35.0, 41.0, TiffImagePlugin.IFDRational(LATITUDE, 1_000_003))}
    pages = [picture(seed + 100)]
    return _saved("TIFF", seed, tiffinfo=tags, icc_profile=PROFILE, save_all=True, append_images=pages)


FORMATS = {"jpeg": jpeg, "png": png, "webp": webp, "gif": gif, "avif": avif, "tiff": tiff}


def broken_png_text(packet: bytes) -> bytes:
    """Return a PNG whose packed XMP is cut short."""
    whole = _saved("PNG", 0)
    data = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)[:-9]
    chunk = struct.pack(">I4s", len(data), b"iTXt") + data + struct.pack(">I", zlib.crc32(b"iTXt" + data))
    return whole[:33] + chunk + whole[33:]
