"""Scenes as photos."""

from io import BytesIO

from PIL import Image, ImageDraw

from demo.scenes import Scene


def draw(scene: Scene) -> Image.Image:
    """Paint a scene."""
    from random import Random

    random = Random(f"{scene.seed}/{scene.photo}/drawing")
    image = Image.new("RGB", (600, 450), tuple(random.randrange(256) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(4):
        x, y = random.randrange(400), random.randrange(300)
        pen.ellipse((x, y, x + 200, y + 150), tuple(random.randrange(256) for _ in range(3)))
    return image


def jpeg(scene: Scene) -> bytes:
    """Return a scene as a JPEG file."""
    file = BytesIO()
    draw(scene).save(file, "JPEG", quality=85)
    return file.getvalue()
