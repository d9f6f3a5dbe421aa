"""One place opens pictures: what the syntax trees of all that ships say, however it is spelled."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DECODER = ROOT / "store" / "photo"
MAY_OPEN = ("tests", "demo", "benchmarks")
"""Beside the decoder: what looks at pictures that the project drew itself."""
OPENERS = (
    *("PIL.Image.open", "PIL.Image.preinit", "PIL.Image.init", "PIL.Image.OPEN", "PIL.Image.ID"),
    *("PIL.ImageFile", "PIL.ImageShow", "PIL.ImageGrab", "PIL.ImageTk", "PIL.features", "PIL.*Plugin"),
    *("cv2", "pyvips", "imageio", "skimage", "tifffile", "rawpy", "wand", "pillow_heif", "pillow_avif", "av"),
    *("matplotlib.image", "matplotlib.pyplot.imread", "scipy.misc", "scipy.ndimage", "pylab"),
    *("torchvision.io", "torchvision.datasets", "torchvision.transforms", "tensorflow", "keras"),
    *("datasets.Image", "datasets.features.Image", "datasets.load_dataset", "transformers"),
    *("turbojpeg", "simplejpeg", "imagecodecs", "tkinter", "pygame"),
    "scrapy.pipelines.images",
)
"""What opens encoded pictures, by its dotted name; `*` stands for the beginning of a module's name."""


def opened(source: str) -> Iterator[str]:
    """Yield the dotted name of all in a module that opens pictures."""
    tree = ast.parse(source)
    names = _names(tree)
    for node in ast.walk(tree):
        for name in _mentioned(node, names):
            if any(_is_opener(name, opener) for opener in OPENERS):
                yield name


def _names(tree: ast.AST) -> dict[str, str]:
    """Return what the names of a module stand for: what is imported, and other names for that."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                names[alias.asname or whole] = whole
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for _ in range(2):  # a name may be given on
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.NamedExpr) and (known := _dotted(node.value, names)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {target.id: known for target in targets if isinstance(target, ast.Name)}
    return names


def _dotted(node: ast.AST | None, names: dict[str, str]) -> str | None:
    """Return the dotted name that an expression stands for; None for one that stands for no module's part."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, names)
        return owner and f"{owner}.{node.attr}"
    if isinstance(node, ast.Call) and node.args:
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        first, *rest = (arg.value if isinstance(arg, ast.Constant) else arg for arg in node.args)
        if called in ("import_module", "__import__") and isinstance(first, str):
            return first
        if called == "getattr" and rest and isinstance(first, ast.AST) and (owner := _dotted(first, names)):
            return f"{owner}.{rest[0]!s}"
    return None


def _mentioned(node: ast.AST, names: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        # `import *` brings all that the module has.
        yield from (f"{node.module}.{alias.name.replace('*', 'open')}" for alias in node.names)
    elif isinstance(node, ast.expr) and (name := _dotted(node, names)):
        yield name


def _is_opener(name: str, opener: str) -> bool:
    start, star, end = opener.partition("*")
    if star:
        return name.startswith(start) and any(part.endswith(end) for part in name.split("."))
    return f"{name}.".startswith(f"{opener}.")


def shipped() -> list[Path]:
    """Return every module but the decoder's and those that may open pictures."""
    packages = {path.parent for path in ROOT.glob("*/__init__.py")} - {ROOT / name for name in MAY_OPEN}
    found = [*ROOT.glob("*.py"), *(path for package in packages for path in package.rglob("*.py"))]
    return sorted(path for path in found if not path.is_relative_to(DECODER))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_but_the_decoder_opens_pictures(path: Path) -> None:
    assert list(opened(path.read_text())) == []


def test_all_that_ships_is_read() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in shipped()}
    assert {"commands", "crawler", "dataset", "featurize", "pipelines.py", "store", "train", "web"} <= folders
    opening = [path.name for path in DECODER.glob("*.py") if list(opened(path.read_text()))]
    assert opening == ["decode.py"]


@pytest.mark.parametrize(
    "source",
    [
        "from PIL import Image\nImage.open('a')",
        "import PIL.Image\nPIL.Image.open('a')",
        "import PIL.Image as P\nP.open('a')",
        "from PIL import Image as P\nmap(P.open, names)",
        "from PIL.Image import open as read",
        "from PIL.Image import *",
        "from PIL import Image\nread = Image.open",
        "from PIL import Image\nP = Image\nread = P\nread.open('a')",
        "from PIL import Image\ngetattr(Image, 'open')('a')",
        "import importlib\nimportlib.import_module('PIL.Image').open('a')",
        "__import__('cv2').imread('a')",
        "from PIL import ImageFile\nImageFile.Parser()",
        "from PIL.ImageFile import Parser",
        "from PIL import PngImagePlugin",
        "from PIL.JpegImagePlugin import JpegImageFile",
        "def f():\n    import cv2",
        "from cv2 import imdecode as d",
        "import pyvips",
        "import matplotlib.pyplot as plt\nplt.imread('a')",
        "from matplotlib.pyplot import imread",
        "import matplotlib.image as m",
        "from imageio import v3",
        "from skimage import io",
        "from datasets import Image",
        "from datasets import features\nfeatures.Image().decode_example(row)",
        "from torchvision.io import read_image",
        "from scrapy.pipelines.images import ImagesPipeline",
    ],
)
def test_every_spelling_is_found(source: str) -> None:
    assert list(opened(source))


@pytest.mark.parametrize(
    "source",
    [
        "from PIL import Image\nImage.fromarray(pixels).save('a')",
        "from PIL.Image import Resampling",
        "from PIL import Image, ImageDraw, ImageOps\nImage.new('RGB', (1, 1)).resize((2, 2))",
        "open('a')\npath.open()",
        "import matplotlib.pyplot as plt\nplt.savefig('a')",
        "from train import features\nfeatures.Image",
    ],
)
def test_what_opens_no_picture_is_not(source: str) -> None:
    assert not list(opened(source))
