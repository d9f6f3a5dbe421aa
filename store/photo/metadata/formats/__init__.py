"""Each format of photos: which of its parts hold metadata, and the file without them, pixel for pixel.

Each module has `blocks(content)`, which returns the metadata, and `cut(content, exif, packet)`, which returns
the file without them, but with this EXIF and this packet of XMP; either is empty for none.
"""
