"""Safe decoding, and the content-addressed store: state, traces and checkpoints hold digests, never image bytes.

A file is stored byte for byte as it came, so its digest is what `sha256sum` prints. Every read decodes it again in
the same way: EXIF rotation applied, 16-bit scaled by its own range, alpha laid on white, CMYK and palettes to RGB.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import warnings
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import BadInput, RunFailed
from .schema import ImageRef

Picture = str | os.PathLike[str] | bytes | Image.Image | NDArray[np.uint8]
ImageLike = Picture | ImageRef
"""What every public function takes for an image: path, bytes, PIL image, uint8 array, digest or ImageRef."""

MAX_PIXELS = 500_000_000
MIN_SIDE = 8
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
        with warnings.catch_warnings():
            # The limit below is the one that holds; Pillow's own warning would only repeat it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise BadInput(name, f"the image is too large ({error})", "crop or scale it first") from None
        raise BadInput(name, "this is not an image that can be read", "give a PNG, JPEG, TIFF, BMP or WebP") from None
    width, height = image.size
    if width * height > max_pixels:
        raise BadInput(
            name,
            f"{width} x {height} pixels are more than the limit of {max_pixels:,}",
            "crop or scale it, or raise SAGE_INSPECT_MAX_PIXELS",
        )
    if min(width, height) < MIN_SIDE:
        raise BadInput(name, f"{width} x {height} pixels are too few to inspect", f"sides must be at least {MIN_SIDE}")
    try:
        image.load()
        return _to_8_bit(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, Image.DecompressionBombError) as error:
        reason = "the file is cut off or damaged" if "truncated" in str(error).lower() else f"damaged ({error})"
        raise BadInput(name, reason, "export or copy it again") from None


def _to_8_bit(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        return _scale_deep(np.asarray(image, dtype=np.float64))
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba)
    return image.convert("RGB")


def _scale_deep(values: NDArray[np.float64]) -> Image.Image:
    """16-bit and float images have no agreed white: a 16-bit range is kept, a smaller one is stretched."""
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if 0 <= low and high <= 65535 and high > 4095:
        low, high = 0.0, 65535.0
    elif 0 <= low and high <= 255:
        low, high = 0.0, 255.0
    span = (high - low) or 1.0
    return Image.fromarray(np.clip((finite - low) / span * 255 + 0.5, 0, 255).astype(np.uint8))


def encode_png(image: Image.Image | NDArray[np.uint8]) -> bytes:
    """PNG bytes of a PIL image or a uint8 array (H x W or H x W x 3); fast rather than small."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


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
        self._open = lru_cache(maxsize=16)(self._decode)

    def put(self, image: ImageLike) -> ImageRef:
        """Store an image and return its reference; a digest or ImageRef is looked up instead.

        Raises:
            BadInput: missing or unreadable file, a digest that is not stored, or a path outside the allowed roots.
            RunFailed: the store's folder cannot be written.
        """
        if isinstance(image, ImageRef):
            self.path(image.sha256)
            return image
        data, name = self._read(image)
        if isinstance(data, ImageRef):
            return data
        picture = decode(data, name, max_pixels=self.max_pixels)
        digest = hashlib.sha256(data).hexdigest()
        self._write(digest, data)
        return ImageRef(sha256=digest, width=picture.width, height=picture.height, name=name)

    def _read(self, image: Picture) -> tuple[bytes | ImageRef, str]:
        if isinstance(image, bytes | bytearray):
            return bytes(image), "image bytes"
        if isinstance(image, Image.Image):
            return encode_png(image if image.mode in ("L", "RGB") else _to_8_bit(image)), "PIL image"
        if isinstance(image, np.ndarray):
            if image.dtype != np.uint8:
                raise BadInput("image array", f"dtype {image.dtype} is not uint8", "scale it to 0..255 first")
            return encode_png(image), "array"
        match = _DIGEST.fullmatch(str(image))
        if match:
            digest = match.group(1)
            picture = self.open(digest)
            return ImageRef(sha256=digest, width=picture.width, height=picture.height), ""
        return self._read_file(Path(image)), Path(image).name

    def _read_file(self, path: Path) -> bytes:
        if self.roots is not None and not any(path.resolve().is_relative_to(r) for r in self.roots):
            raise BadInput(str(path), "it lies outside the allowed folders", "set SAGE_INSPECT_ALLOWED_ROOTS")
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise BadInput(str(path), "no such file", "check the path") from None
        except IsADirectoryError:
            raise BadInput(str(path), "this is a folder, not an image", "name one image file") from None
        except OSError as error:
            raise BadInput(str(path), f"it cannot be read ({error.strerror})", "check its permissions") from None

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
        return self._open(ref if isinstance(ref, str) else ref.sha256).copy()

    def array(self, ref: ImageRef | str) -> NDArray[np.uint8]:
        """The decoded image as uint8, H x W (grey) or H x W x 3 (RGB)."""
        return np.asarray(self.open(ref))

    def _decode(self, digest: str) -> Image.Image:
        return decode(self.path(digest).read_bytes(), f"image {digest[:12]}...", max_pixels=self.max_pixels)
