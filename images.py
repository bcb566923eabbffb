"""Safe decoding, and the content-addressed store: state, traces and checkpoints hold digests, never image bytes.

A file is stored byte for byte as it came, so its digest is what `sha256sum` prints. Every read decodes it again in
the same way: EXIF rotation applied, deep images scaled by their bit depth, alpha laid on white, CMYK and palettes to
RGB.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tempfile
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import BadInput, RunFailed
from .schema import ImageRef

Picture = str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | NDArray[np.uint8]
ImageLike = Picture | ImageRef
"""What every public function takes for an image: path, bytes, PIL image, uint8 array, digest or ImageRef."""

MAX_PIXELS = 100_000_000
"""Default limit of width x height; Pillow's own, which would fire first for larger settings, is switched off."""
Image.MAX_IMAGE_PIXELS = None
MAX_BYTES = 1 << 30
"""Files above 1 GiB are refused unread."""
KEPT_BYTES = 256_000_000
"""Decoded images that a store keeps in memory, all together."""
MIN_SIDE = 8
FULL_SCALES = tuple((1 << bits) - 1 for bits in (8, 10, 12, 14, 16, 24, 32))
SCALE_SLACK = 1.05
_TAKEN = "give a path, bytes, a PIL image, a uint8 array, a digest or an ImageRef"
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM")


def decode(data: bytes, name: str = "image", *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode `data` to an 8-bit `L` or `RGB` PIL image, or say in one line why not.

    Grey stays grey (`L`); everything else becomes `RGB`. The first frame of an animation or a multi-page TIFF counts.

    Raises:
        BadInput: empty, not an image, truncated, more than `max_pixels` pixels, or a side below 8 pixels.
    """
    if not data:
        raise BadInput(name, "the file is empty (0 bytes)", "give a PNG, JPEG, TIFF, BMP or WebP image")
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise BadInput(name, "this is not an image that can be read", "give a PNG, JPEG, TIFF, BMP or WebP") from None
    _check_size(image.size, name, max_pixels)
    try:
        image.load()
        return _to_8_bit(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise _damaged(name, error) from None


def _check_size(size: tuple[int, int], name: str, max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise BadInput(
            name,
            f"{width} x {height} pixels are more than the limit of {max_pixels:,}",
            "crop or scale it, or raise SAGE_INSPECT_MAX_PIXELS",
        )
    if min(width, height) < MIN_SIDE:
        raise BadInput(name, f"{width} x {height} pixels are too few to inspect", f"sides must be at least {MIN_SIDE}")


def _damaged(name: str, error: Exception) -> BadInput:
    reason = "the file is cut off or damaged" if "truncated" in str(error).lower() else f"damaged ({error})"
    return BadInput(name, reason, "export or copy it again")


def _to_8_bit(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        return _scale_deep(np.asarray(image, dtype=np.float32), unit=image.mode == "F")
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba)
    return image.convert("RGB")


def _scale_deep(values: NDArray[np.float32], unit: bool = False) -> Image.Image:
    """Deep images to 8 bits by the full scale of the bit depth they use, never by their own range.

    The full scale is the least of 255, 1023, 4095, 16383, 65535 ... (`unit`: or 1, of float images) that holds the
    largest value, give or take 5 % that are clipped: a test and a golden image on either side of it stay alike. One
    pixel in 100,000 (from 10,000 pixels on at least one) may lie above: a hot pixel must not decide. Zero stays zero.
    """
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    hot = max(finite.size // 100_000, 1 if finite.size >= 10_000 else 0)
    last = finite.size - 1 - hot
    high = float(finite.max()) if hot == 0 else float(np.partition(finite.ravel(), last)[last])
    scales = (1, *FULL_SCALES) if unit else FULL_SCALES
    full = next((f for f in scales if high <= f * SCALE_SLACK), scales[-1])
    return Image.fromarray(np.clip(finite * (255.0 / full) + 0.5, 0, 255).astype(np.uint8))


def encode_png(image: Image.Image | NDArray[np.uint8]) -> bytes:
    """PNG bytes of a PIL image or a uint8 array (H x W or H x W x 3); fast rather than small."""
    if isinstance(image, Image.Image) and image.mode not in ("L", "RGB"):
        # Deep images and palettes, as they are.
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()
    import cv2

    array = np.asarray(image)
    pixels = array if array.ndim == 2 else cv2.cvtColor(array, cv2.COLOR_RGB2BGR)
    # One filter and runs only: a third to a half of the time that Pillow's search for the best filter takes.
    how = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)
    return cv2.imencode(".png", pixels, (*how, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB))[1].tobytes()


def _printable(name: str) -> str:
    """`name` without the surrogates of a file name that is not UTF-8, so that it can be written as JSON or text."""
    return name.encode("utf-8", "replace").decode()


def _from_array(array: NDArray[np.uint8]) -> Image.Image:
    if array.dtype != np.uint8:
        raise BadInput("image array", f"dtype {array.dtype} is not uint8", "scale it to 0..255 first")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        shape = " x ".join(map(str, array.shape)) or "()"
        raise BadInput("image array", f"shape {shape} is no image", "give H x W, H x W x 3 (RGB) or H x W x 4 (RGBA)")
    return _to_8_bit(Image.fromarray(np.ascontiguousarray(array)))


class _Recent:
    """The images used last, up to a number of bytes; safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held, self._lock = limit, 0, Lock()
        self._images: OrderedDict[str, Image.Image] = OrderedDict()

    def get(self, digest: str) -> Image.Image | None:
        with self._lock:
            if digest in self._images:
                self._images.move_to_end(digest)
            return self._images.get(digest)

    def add(self, digest: str, image: Image.Image) -> None:
        with self._lock:
            if digest in self._images or self._size(image) > self._limit:
                return
            self._images[digest] = image
            self._held += self._size(image)
            while self._held > self._limit:
                self._held -= self._size(self._images.popitem(last=False)[1])

    @staticmethod
    def _size(image: Image.Image) -> int:
        # Pillow holds RGB as four bytes a pixel.
        return image.width * image.height * (1 if image.mode == "L" else 4)


class ImageStore:
    """Images by sha256 on disk, one file each; safe to share between threads and processes.

    Args:
        root: folder; made when the first image is put.
        max_pixels: passed to `decode`.
        roots: where given, paths outside these folders are refused (for callers that are models or clients).
    """

    def __init__(self, root: Path, *, max_pixels: int = MAX_PIXELS, roots: Iterable[Path] | None = None) -> None:
        self.root = Path(root)
        self.max_pixels = max_pixels
        self.roots = None if roots is None else tuple(Path(r).resolve() for r in roots)
        self._recent = _Recent(KEPT_BYTES)

    def put(self, image: ImageLike) -> ImageRef:
        """Store an image and return its reference; a digest or ImageRef is looked up instead.

        Raises:
            BadInput: missing or unreadable file, a digest that is not stored, or a path outside the allowed roots.
            RunFailed: the store's folder cannot be written.
        """
        if isinstance(image, ImageRef):
            self.path(image.sha256)
            return image
        data, name, picture = self._read(image)
        if isinstance(data, ImageRef):
            return data
        if picture is None:
            picture = decode(data, name, max_pixels=self.max_pixels)
        digest = hashlib.sha256(data).hexdigest()
        self._write(digest, data)
        self._recent.add(digest, picture)
        return ImageRef(sha256=digest, width=picture.width, height=picture.height, name=name)

    def _read(self, image: Picture) -> tuple[bytes | ImageRef, str, Image.Image | None]:
        """Bytes to store (or what is stored already), a name, and the picture where the bytes were made of one."""
        if isinstance(image, bytes | bytearray | memoryview):
            return bytes(image), "image bytes", None
        if isinstance(image, Image.Image):
            _check_size(image.size, "PIL image", self.max_pixels)
            try:
                upright = ImageOps.exif_transpose(image)
                return encode_png(upright if upright.mode in ("L", "RGB") else _to_8_bit(upright)), "PIL image", None
            except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
                raise _damaged("PIL image", error) from None
        if isinstance(image, np.ndarray):
            # A copy of the caller's array; decoding what was just encoded would give the same picture, at a cost.
            picture = _from_array(image)
            _check_size(picture.size, "array", self.max_pixels)
            return encode_png(picture), "array", picture
        if not isinstance(image, str | os.PathLike):
            raise BadInput("image", f"{type(image).__name__} is not an image", _TAKEN)
        name = os.fsdecode(image)
        match = _DIGEST.fullmatch(name)
        if match:
            digest = match.group(1)
            picture = self._shared(digest)
            return ImageRef(sha256=digest, width=picture.width, height=picture.height), "", None
        return self._read_file(Path(name)), _printable(Path(name).name), None

    def _read_file(self, path: Path) -> bytes:
        name = _printable(str(path))
        try:
            if self.roots is not None and not any(path.resolve().is_relative_to(r) for r in self.roots):
                raise BadInput(name, "it lies outside the allowed folders", "set SAGE_INSPECT_ALLOWED_ROOTS")
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                raise BadInput(name, "this is a folder, not an image", "name one image file")
            # A pipe would be waited for without end, a device read without end.
            if not stat.S_ISREG(status.st_mode):
                raise BadInput(name, "this is no regular file (a pipe, device or socket)", "name one image file")
            if status.st_size > MAX_BYTES:
                raise BadInput(name, f"{status.st_size:,} bytes are more than the limit of 1 GiB", "crop or scale it")
            return path.read_bytes()
        except FileNotFoundError:
            raise BadInput(name, "no such file", "check the path") from None
        except (ValueError, RuntimeError):
            raise BadInput(name.replace("\0", "\\0"), "this is no file name", "check the path") from None
        except OSError as error:
            raise BadInput(name, f"it cannot be read ({error.strerror})", "check its name and permissions") from None

    def _write(self, digest: str, data: bytes) -> None:
        target = self.root / digest[:2] / digest
        if target.exists():
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Written beside and renamed: a kill leaves no half image under a digest that promises a whole one.
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
                part.write(data)
            os.replace(part.name, target)
        except OSError as error:
            raise RunFailed(
                str(self.root),
                f"the image store cannot be written ({error.strerror})",
                "free space or set SAGE_INSPECT_HOME",
            ) from None

    def path(self, digest: str) -> Path:
        """The stored file of a digest.

        Raises:
            BadInput: no such image in the store.
        """
        target = self.root / digest[:2] / digest
        if not target.exists():
            raise BadInput(f"image {digest[:12]}...", f"not in the image store {self.root}", "give the file instead")
        return target

    def open(self, ref: ImageRef | str) -> Image.Image:
        """The decoded image, `L` or `RGB` (a copy: the caller may draw on it)."""
        return self._shared(ref if isinstance(ref, str) else ref.sha256).copy()

    def array(self, ref: ImageRef | str) -> NDArray[np.uint8]:
        """The decoded image as uint8, H x W (grey) or H x W x 3 (RGB); read-only."""
        return np.asarray(self._shared(ref if isinstance(ref, str) else ref.sha256))

    def _shared(self, digest: str) -> Image.Image:
        picture = self._recent.get(digest)
        if picture is None:
            data = self.path(digest).read_bytes()
            picture = decode(data, f"image {digest[:12]}...", max_pixels=self.max_pixels)
            self._recent.add(digest, picture)
        return picture
