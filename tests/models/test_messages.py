import base64
import io

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from PIL import Image

from sage_inspect.errors import BadInput
from sage_inspect.images import encode_png
from sage_inspect.models.messages import human, image_block, read_blocks


def b64(image):
    return base64.b64encode(encode_png(image)).decode()


def same(a, b):
    return np.array_equal(np.asarray(a), np.asarray(b))


def test_round_trip(picture):
    message = human([picture(1), picture(2)], "What is it?")
    assert [block["type"] for block in message.content] == ["image", "image", "text"]
    images, text = read_blocks(message)
    assert text == "What is it?" and same(images[0], picture(1)) and same(images[1], picture(2))


def test_grey_stays_grey_and_bytes_are_decoded(picture):
    grey = picture(1).convert("L")
    buffer = io.BytesIO()
    grey.save(buffer, "BMP")
    images, _ = read_blocks(human([grey, buffer.getvalue()], ""))
    assert [i.mode for i in images] == ["L", "L"] and same(images[0], images[1])


@pytest.mark.parametrize("mode", ["RGBA", "P", "LA", "CMYK", "1", "I;16", "I", "F"])
def test_other_modes_can_be_sent(picture, mode):
    source = picture(1).convert("L") if mode in ("I;16", "I", "F") else picture(1)
    images, _ = read_blocks(human([source.convert(mode)], ""))
    assert images[0].size == (50, 40) and images[0].mode in ("L", "RGB")


def test_openai_takes_the_block(picture):
    from langchain_openai import ChatOpenAI

    payload = ChatOpenAI(model="x", api_key="none")._get_request_payload([human([picture(1)], "hi")])
    image, text = payload["messages"][0]["content"]
    assert image["type"] == "image_url" and image["image_url"]["url"] == f"data:image/png;base64,{b64(picture(1))}"
    assert text == {"type": "text", "text": "hi"}


def test_every_known_form_of_an_image_block(picture):
    data = b64(picture(3))
    url = f"data:image/png;base64,{data}"
    blocks = [
        {"type": "image", "base64": data, "mime_type": "image/png"},
        {"type": "image", "source_type": "base64", "data": data, "mime_type": "image/png"},
        {"type": "image", "url": url},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": url},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}},
    ]
    images, text = read_blocks(HumanMessage([*blocks, "a", {"type": "text", "text": "b"}]))
    assert len(images) == 6 and all(same(i, picture(3)) for i in images) and text == "a\nb"


def test_plain_string():
    assert read_blocks(AIMessage("True.")) == ([], "True.")


@pytest.mark.parametrize("url", ["http://localhost/x.png", "https://example.org/x.png", "file:///etc/passwd", "x.png"])
@pytest.mark.parametrize("form", ["image", "image_url"])
def test_urls_are_not_fetched(url, form):
    block = {"type": "image", "url": url} if form == "image" else {"type": "image_url", "image_url": {"url": url}}
    with pytest.raises(BadInput, match="not fetched"):
        read_blocks(HumanMessage([block]))


@pytest.mark.parametrize(
    "block",
    [
        {"type": "audio", "base64": "AAAA"},
        {"type": "image"},
        {"type": "image", "file_id": "f-1"},
        {"type": "image", "base64": "not base64!"},
        {"type": "image", "base64": base64.b64encode(b"no image").decode()},
    ],
)
def test_bad_blocks(block):
    with pytest.raises(BadInput):
        read_blocks(HumanMessage([block]))


def test_bad_bytes():
    with pytest.raises(BadInput):
        image_block(b"no image")


def test_16_bit_is_scaled_not_cut():
    deep = Image.fromarray(np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16))
    images, _ = read_blocks(human([deep], ""))
    assert np.asarray(images[0]).max() == 255 and np.asarray(images[0]).mean() == pytest.approx(127.5, abs=1)
