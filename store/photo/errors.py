"""Why a photo cannot be used. The texts have names in them, so that the web app can translate them."""

UNKNOWN = "not a photo in a known format ({formats})"
WEB_PAGE = "a web page, and no photo"
UNREADABLE = "a {format} of a kind that cannot be read here, or damaged or cut short"
HEIC = (
    "a HEIC photo, which cannot be read here. Make it a JPEG first: choose Settings, Camera, Formats, "
    "Most Compatible on an iPhone; elsewhere run: heif-convert PHOTO.heic PHOTO.jpg"
)
TOO_LARGE = "{width}x{height} pixels, more than {most} megapixels (photos.max_megapixels)"
FAR_TOO_LARGE = "far more than {most} megapixels (photos.max_megapixels)"
TOO_SMALL = "{width}x{height} pixels, a side of less than {least} (photos.min_side)"
TOO_THIN = "{width}x{height} pixels, one side more than {most} times the other (photos.max_aspect)"
DAMAGED = "damaged or cut short: {reason}"
TEXTS = (UNKNOWN, WEB_PAGE, UNREADABLE, HEIC, TOO_LARGE, FAR_TOO_LARGE, TOO_SMALL, TOO_THIN, DAMAGED)


class UnusablePhoto(ValueError):
    """Bytes that are not a whole photo, or one that is refused.

    Args:
        text: one of TEXTS.
        values: what stands for the names in it.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values))
        self.text, self.values = text, values


class OutsideLimits(UnusablePhoto):
    """A photo that the settings `photos:` refuse; with others it might be taken."""
