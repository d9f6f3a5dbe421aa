"""Parquet files as others leave them: encrypted, broken, enormous, with values of all kinds."""

import base64
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

ROWS = pa.table({"key": [1, 2], "text": ["犬", "猫"], "photo": [b"a", b"b"]})


class OpenKeys(pe.KmsClient):  # type: ignore[misc]
    """Keeps keys as they are."""

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return base64.b64encode(key_bytes).decode()

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        return base64.b64decode(wrapped_key)


def encrypted(path: Path, rows: pa.Table = ROWS, *, column: str = "key", plain_footer: bool = True) -> Path:
    """Write a table of which one column is encrypted, and the footer too unless it is to be plain."""
    options = pe.EncryptionConfiguration("f", column_keys={"k": [column]}, plaintext_footer=plain_footer)
    factory = pe.CryptoFactory(lambda connection: OpenKeys())
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), options)
    with pq.ParquetWriter(path, rows.schema, encryption_properties=properties) as writer:
        writer.write_table(rows)
    return path


def broken_page(path: Path, *, checksums: bool) -> Path:
    """Write a table whose footer is sound, and the first page of `text` is not."""
    rows = pa.table({"key": range(1000), "text": [f"ボケ{n}" for n in range(1000)]})
    pq.write_table(rows, path, write_page_checksum=checksums, use_dictionary=False, compression="zstd")
    place = pq.read_metadata(path).row_group(0).column(1).data_page_offset
    content = bytearray(path.read_bytes())
    content[place + 40 : place + 90] = bytes(50)
    path.write_bytes(content)
    return path


def with_rows_claimed(path: Path, rows: int) -> Path:
    """Write a table of two rows whose footer claims more.

    Source: parquet.thrift, FileMetaData: field 3 is num_rows, a zigzag varint in the compact protocol, and
    after it the list of row groups begins.
    """
    pq.write_table(ROWS, path)
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    body, footer = content[: -8 - length], content[-8 - length : -8]
    mended = footer.replace(b"\x16\x04\x19\x1c", b"\x16" + _varint(2 * rows) + b"\x19\x1c", 1)
    assert mended != footer
    path.write_bytes(body + mended + len(mended).to_bytes(4, "little") + b"PAR1")
    return path


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])
