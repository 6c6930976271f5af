"""JPEG and PNG as Pillow writes them: the same pixels as Pillow decodes, and as it resizes.

usage: pictures_test.py PICTURE_PIXELS
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from PIL import Image, ImageOps

PIXELS = None
EXPECT_WHITE = (255, 255, 255, 255)


def scene(width, height):
    """Edges, slopes and noise, in colour."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[0:height, 0:width]
    red = 127 + 120 * np.sin(x / 9.0 + y / 31.0)
    green = np.where((x // 16 + y // 12) % 2 == 0, 230, 25)
    blue = 255 * y / max(1, height - 1)
    pixels = np.stack([red, green, blue], axis=2) + random.normal(0, 8, (height, width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


class Pictures(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="sinter-pictures-")
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)

    def decode(self, path, *words):
        done = subprocess.run([PIXELS, path, *map(str, words)], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        head, pixels = done.stdout.split(b"\n", 1)
        height, width, channels = map(int, head.split())
        return np.frombuffer(pixels, np.uint8).reshape(height, width, channels).astype(int)

    def compare(self, image, name, most=0, mode=None, **how):
        """Writes it, and compares our pixels with Pillow's own reading."""
        path = self.folder / name
        image.save(path, **how)
        read = ImageOps.exif_transpose(Image.open(path))
        if read.mode in ("RGBA", "LA") or "transparency" in read.info:
            read = Image.alpha_composite(Image.new("RGBA", read.size, EXPECT_WHITE), read.convert("RGBA"))
        expected = np.array(read.convert(mode or "RGB")).astype(int)
        if expected.ndim == 2:
            expected = expected[:, :, None]
        ours = self.decode(path)
        self.assertEqual(ours.shape, expected.shape, name)
        self.assertLessEqual(int(np.abs(ours - expected).max()), most, name)

    def test_jpeg(self):
        image = scene(150, 97)
        for subsampling in (0, 1, 2):
            for progressive in (False, True):
                self.compare(image, f"s{subsampling}{progressive}.jpg", most=1, quality=85, subsampling=subsampling,
                             progressive=progressive)
        self.compare(image.convert("L"), "grey.jpg", most=1, mode="L", quality=90)
        self.compare(image.convert("CMYK"), "cmyk.jpg", most=2, quality=95)
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            self.compare(image, f"turned{orientation}.jpg", most=1, exif=exif)

    def test_png(self):
        image = scene(61, 43)
        self.compare(image, "rgb.png")
        self.compare(image.convert("L"), "l.png", mode="L")
        self.compare(image.convert("1"), "1.png", mode="L")
        self.compare(image.convert("P"), "p.png")
        self.compare(image.convert("P", palette=Image.Palette.ADAPTIVE, colors=13), "p4.png", bits=4)
        self.compare(image.convert("P"), "clear.png", most=1, transparency=7)
        alpha = Image.fromarray((np.arange(61 * 43).reshape(43, 61) % 256).astype(np.uint8), "L")
        clear = image.copy()
        clear.putalpha(alpha)
        self.compare(clear, "rgba.png", most=1)
        self.compare(clear.convert("LA"), "la.png", most=1, mode="L")
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            self.compare(image, f"turned{orientation}.png", exif=exif)

    def test_sixteen_bits_are_scaled(self):
        values = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
        path = self.folder / "16.png"
        Image.fromarray(values).save(path)
        expected = np.round(values / 257).astype(int)[:, :, None]
        self.assertLessEqual(int(np.abs(self.decode(path) - expected).max()), 0)

    def test_resizing(self):
        image = scene(320, 214)
        path = self.folder / "scene.png"
        for mode in ("RGB", "L"):
            image.convert(mode).save(path)
            for height, width, resample in ((64, 64, Image.LANCZOS), (100, 17, Image.LANCZOS), (213, 319, Image.LANCZOS),
                                            (1, 1, Image.LANCZOS), (500, 700, Image.BILINEAR),
                                            (215, 321, Image.BILINEAR)):
                expected = np.array(image.convert(mode).resize((width, height), resample)).astype(int)
                ours = self.decode(path, height, width).reshape(expected.shape)
                apart = np.abs(ours - expected)
                self.assertLessEqual(int(apart.max()), 1, (mode, height, width))
                self.assertLess(apart.mean(), 0.02, (mode, height, width))

    def test_letterbox_and_crop(self):
        image = scene(320, 214)
        path = self.folder / "scene.png"
        image.save(path)
        boxed = np.array(ImageOps.pad(image, (64, 64), Image.LANCZOS)).astype(int)
        self.assertLessEqual(int(np.abs(self.decode(path, 64, 64, "letterbox") - boxed).max()), 1)
        left = (320 - 214) // 2
        cropped = image.crop((left, 0, left + 214, 214)).resize((64, 64), Image.LANCZOS)
        self.assertLessEqual(int(np.abs(self.decode(path, 64, 64, "crop") - np.array(cropped).astype(int)).max()), 1)


if __name__ == "__main__":
    PIXELS = sys.argv.pop(1)
    unittest.main(verbosity=2)
