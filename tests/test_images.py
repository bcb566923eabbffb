"""Safe decoding and the content-addressed store."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.images import ImageStore, decode, encode_png


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(mode: str = "RGB") -> Image.Image:
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    return Image.fromarray(ramp).convert(mode)


def test_digest_is_that_of_the_file(images, tmp_path):
    data = saved(gradient())
    path = tmp_path / "part.png"
    path.write_bytes(data)
    ref = images.put(path)
    assert ref.sha256 == hashlib.sha256(data).hexdigest()
    assert (ref.width, ref.height, ref.name) == (64, 48, "part.png")
    assert images.path(ref.sha256).read_bytes() == data


def test_path_bytes_pil_array_digest_and_ref_are_all_images(images):
    picture = gradient("L")
    array = np.asarray(picture)
    refs = [images.put(picture), images.put(array), images.put(encode_png(array))]
    assert len({r.sha256 for r in refs}) == 1
    assert images.put(refs[0].sha256).sha256 == images.put("sha256:" + refs[0].sha256).sha256 == refs[0].sha256
    assert images.put(refs[0]) == refs[0]
    assert (images.array(refs[0]) == array).all()


def test_exif_rotation_is_applied():
    picture = gradient()
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side: shown 48 wide, 64 high
    assert decode(saved(picture, "JPEG", exif=exif)).size == (48, 64)


def test_sixteen_bit_keeps_its_range():
    # 0, 32768, 65535 on a 16-bit scale are 0, 128, 255 on an 8-bit one
    deep = np.tile(np.array([0, 32768, 65535], dtype=np.uint16), (9, 4))
    shallow = np.asarray(decode(saved(Image.fromarray(deep))))
    assert shallow.dtype == np.uint8
    assert shallow[0, :3].tolist() == [0, 128, 255]


def test_twelve_bit_data_in_sixteen_is_stretched():
    deep = np.tile(np.array([0, 2048, 4095], dtype=np.uint16), (9, 4))
    assert np.asarray(decode(saved(Image.fromarray(deep))))[0, :3].tolist() == [0, 128, 255]


def test_alpha_lies_on_white_and_palettes_and_cmyk_become_rgb():
    clear = Image.new("RGBA", (16, 16), (255, 0, 0, 0))
    assert decode(saved(clear)).getpixel((3, 3)) == (255, 255, 255)
    assert decode(saved(gradient().convert("P"))).mode == "RGB"
    assert decode(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")).mode == "RGB"
    assert decode(saved(gradient("1"))).mode == "L"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"this is not a picture\n" * 40, "not an image"),
        (saved(gradient().resize((640, 480)), "JPEG")[:2000], "cut off"),
        (saved(gradient().resize((640, 480)))[:900], "cut off"),
        (saved(Image.new("L", (1, 1))), "too few"),
    ],
)
def test_what_cannot_be_inspected_is_refused_in_one_line(data, why):
    with pytest.raises(BadInput) as refused:
        decode(data, "x.png")
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_decompression_bomb_is_refused_before_it_is_decoded():
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(60_000)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(BadInput, match="too large|more than the limit"):
        decode(bomb, "bomb.png")


def test_missing_file_folder_and_unknown_digest_are_named(images, tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        images.put(tmp_path / "gone.png")
    with pytest.raises(BadInput, match="folder"):
        images.put(tmp_path)
    with pytest.raises(BadInput, match="not in the image store"):
        images.put("0" * 64)


def test_a_confined_store_reads_only_its_roots(home, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        gradient().save(folder / "a.png")
    store = ImageStore(home / "images", roots=[inside])
    assert store.put(inside / "a.png").width == 64
    with pytest.raises(BadInput, match="outside the allowed folders"):
        store.put(outside / "a.png")
    with pytest.raises(BadInput, match="outside the allowed folders"):
        store.put(inside / ".." / "out" / "a.png")


def test_a_store_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunFailed, match="image store cannot be written"):
        ImageStore(tmp_path / "file" / "images").put(gradient())
