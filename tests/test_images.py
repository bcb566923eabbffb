"""Safe decoding and the content-addressed store."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.images import ImageStore, _Recent, decode, encode_png


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


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # 12 bits: 2048 / 4095 * 255 = 127.5, rounded up; nothing is stretched to the image's own range
        ([0, 2048, 4095], [0, 128, 255]),
        # 10 bits by its maximum 600 <= 1023: 400 / 1023 * 255 = 99.7, 600 / 1023 * 255 = 149.6; the minimum stays
        ([400, 400, 600], [100, 100, 150]),
        # 14 bits: 5000 / 16383 * 255 = 77.8
        ([0, 5000, 16383], [0, 78, 255]),
        # 4200 <= 4095 * 1.05 = 4299.75 is still 12 bits, clipped; 4300 is 14: 4300 / 16383 * 255 = 66.9
        ([0, 2048, 4200], [0, 128, 255]),
        ([0, 2048, 4300], [0, 32, 67]),
        # 8 bits in 16: 100 and 200 as they are
        ([0, 100, 200], [0, 100, 200]),
    ],
)
def test_deep_data_is_scaled_by_its_bit_depth(values, expected):
    deep = np.tile(np.array(values, dtype=np.uint16), (9, 4))
    assert np.asarray(decode(saved(Image.fromarray(deep))))[0, :3].tolist() == expected


def test_one_hot_pixel_changes_nothing_else():
    deep = np.random.default_rng(0).integers(200, 900, (120, 120)).astype(np.uint16)
    hot = deep.copy()
    hot[50, 50] = 4095
    calm, burnt = (np.asarray(decode(saved(Image.fromarray(d)))) for d in (deep, hot))
    assert burnt[50, 50] == 255 and np.count_nonzero(calm != burnt) == 1


def test_float_images_from_zero_to_one_keep_their_range():
    values = np.tile(np.array([0.0, 0.5, 1.0], np.float32), (9, 4))
    assert np.asarray(decode(saved(Image.fromarray(values), "TIFF")))[0, :3].tolist() == [0, 128, 255]


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


def hollow_png(width: int, height: int) -> bytes:
    """A PNG whose header promises more than its data holds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(60_000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# 20,000 x 20,000 lies above Pillow's own limits of 89 and 179 million pixels, 10,001 x 10,000 below.
@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (20_000, 20_000), (10_001, 10_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(width, height):
    with pytest.raises(BadInput, match=f"{width} x {height} pixels are more than the limit of 100,000,000"):
        decode(hollow_png(width, height), "bomb.png")


def test_the_limit_is_ours_alone():
    with pytest.raises(BadInput, match="cut off"):
        decode(hollow_png(20_000, 10_000), "large.png", max_pixels=300_000_000)


def test_pipes_devices_and_huge_files_are_refused_unread(images, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(BadInput, match="no regular file"):
            images.put(path)
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(BadInput, match="limit of 1 GiB"):
        images.put(tmp_path / "huge.png")


def test_odd_names(images, tmp_path):
    for name in ("a\0b.png", "x" * 5000):
        with pytest.raises(BadInput) as refused:
            images.put(name)
        assert "\0" not in str(refused.value)
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    gradient().save(path)
    assert images.put(path).name == "caf?.png"
    with pytest.raises(BadInput, match="no such file") as refused:
        images.put(path + ".gone")
    str(refused.value).encode()


def test_arrays_of_all_usual_shapes_are_taken(images):
    grey = np.asarray(gradient("L"))
    assert images.put(grey[..., None]) == images.put(grey)
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[:8, :, 3] = 255  # the upper half black, the lower half clear: white
    assert images.array(images.put(rgba))[[0, 15], 0].tolist() == [[0, 0, 0], [255, 255, 255]]
    assert images.put(np.asarray(gradient())[:, ::-1]).width == 64


@pytest.mark.parametrize("shape", [(), (9,), (0, 9), (9, 9, 2), (9, 9, 5), (9, 9, 0), (2, 9, 9, 3)])
def test_other_arrays_are_refused(images, shape):
    with pytest.raises(BadInput, match="is no image"):
        images.put(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("thing", [None, 7, 2.5, ["a.png"], object()])
def test_what_is_no_image_is_told_what_is_taken(images, thing):
    with pytest.raises(BadInput, match=f"{type(thing).__name__} is not an image; give a path, bytes"):
        images.put(thing)


def test_a_memoryview_counts_as_bytes(images):
    data = saved(gradient())
    assert images.put(memoryview(data)) == images.put(data)


def test_a_pil_image_that_is_lazy_or_lies_on_its_side(images):
    whole = saved(gradient().resize((640, 480)), "JPEG")
    with pytest.raises(BadInput, match="PIL image: the file is cut off"):
        images.put(Image.open(io.BytesIO(whole[:2000])))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert images.put(Image.open(io.BytesIO(saved(gradient(), "JPEG", exif=exif)))).width == 48
    with pytest.raises(BadInput, match="too few"):
        images.put(Image.new("RGB", (0, 20)))


def test_decoded_images_are_kept_up_to_a_number_of_bytes():
    recent = _Recent(10_000)
    pictures = {name: Image.new("L", (80, 50)) for name in "abc"}  # 4000 bytes each: two fit
    for name, picture in pictures.items():
        recent.add(name, picture)
    assert recent.get("a") is None and recent.get("b") is pictures["b"] and recent.get("c") is pictures["c"]
    recent.get("b")
    recent.add("a", pictures["a"])  # puts out c, which was not used since
    assert recent.get("c") is None and recent.get("b") is pictures["b"]
    recent.add("large", Image.new("RGB", (80, 50)))  # 16,000 bytes
    assert recent.get("large") is None and recent.get("a") is pictures["a"]


def test_an_opened_image_is_the_caller_s_own(images):
    ref = images.put(gradient("L"))
    images.open(ref).paste(9, (0, 0, 64, 48))
    assert images.array(ref)[0, 63] == 252 and not images.array(ref).flags.writeable


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
