import logging

import numpy as np
import pytest

from sage_inspect.errors import BadInput, RunFailed
from sage_inspect.images import ImageStore, encode_png
from sage_inspect.tools.wrapping import Arguments, Guide, confined, named_image, wrap

PICTURE = np.tile(np.arange(60, dtype=np.uint8), (40, 1))
GUIDE = Guide("Doubles a number.", "when a number is too small.", "for text.")


class Given(Arguments):
    number: int


def call(function, args):
    tool = wrap("double", GUIDE, Given, function)
    return tool.invoke({"name": "double", "args": args, "id": "1", "type": "tool_call"})


def test_the_message_is_text_and_the_artifact_is_kept():
    message = call(lambda number: (f"{2 * number}", {"value": 2 * number}), {"number": 4})
    assert (message.content, message.artifact, message.status) == ("8", {"value": 8}, "success")


def test_the_description_says_when_and_when_not():
    tool = wrap("double", GUIDE, Given, lambda number: ("", {}))
    assert tool.description == ("Doubles a number.\nUse it when a number is too small.\nDo not use it for text.")


@pytest.mark.parametrize("kind", [BadInput, RunFailed])
def test_what_the_project_raises_becomes_one_line(kind):
    def fail(number):
        raise kind("number\n[F1]", "it is <odd>", "give another")

    message = call(fail, {"number": 4})
    assert message.status == "error" and message.artifact is None
    assert message.content == "double: number (F1): it is ‹odd›; give another"


def test_a_bug_becomes_one_line_too_and_is_logged(caplog):
    with caplog.at_level(logging.ERROR):
        message = call(lambda number: 1 / 0, {"number": 4})
    assert message.status == "error"
    assert message.content.startswith("double: it failed (ZeroDivisionError)") and "\n" not in message.content
    assert "ZeroDivisionError" in caplog.text and "Traceback" in caplog.text


@pytest.mark.parametrize(("args", "named"), [({}, "number"), ({"number": "x"}, "number"), ({"number": 1, "y": 2}, "y")])
def test_wrong_arguments_are_named_in_one_line(args, named):
    message = call(lambda number: ("", {}), args)
    assert message.status == "error"
    assert message.content.startswith(f"double: {named}: ") and "\n" not in message.content


def test_an_image_is_known_by_digest_by_its_beginning_or_by_a_file_in_an_allowed_folder(images, tmp_path):
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "a.png").write_bytes(encode_png(PICTURE))
    store = confined(images, [allowed])
    ref = named_image(store, str(allowed / "a.png"))
    for name in (ref.sha256, f"sha256:{ref.sha256}", ref.sha256[:12], f" {ref.sha256[:20].upper()} "):
        assert named_image(store, name).sha256 == ref.sha256


def test_what_a_model_may_not_or_cannot_name(images, tmp_path):
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    secret, link = tmp_path / "secret.png", allowed / "link.png"
    secret.write_bytes(encode_png(PICTURE))
    link.symlink_to(secret)
    store = confined(images, [allowed])
    for name in (secret, link, allowed / ".." / "secret.png", "/dev/zero", "~/secret.png", "/etc/passwd"):
        with pytest.raises(BadInput, match="outside the allowed folders; give the digest of an image"):
            named_image(store, str(name))
    for name in ("f" * 64, "f" * 12):
        with pytest.raises(BadInput) as told:
            named_image(store, name)
        assert str(images.root) not in str(told.value), "where the store lies is not a model's business"
    with pytest.raises(BadInput, match="no such file"):
        named_image(store, str(allowed / "missing.png"))
    with pytest.raises(BadInput, match="no file name"):
        named_image(store, "a\0b")


def test_a_beginning_that_fits_two_images_is_refused(images):
    store, start = confined(images, []), "ab" + "0" * 10
    folder = images.root / "ab"
    folder.mkdir(parents=True)
    for end in "12":
        (folder / (start + end * 52)).write_bytes(encode_png(PICTURE))
    with pytest.raises(BadInput, match="several images begin with it"):
        named_image(store, start)
    assert named_image(store, start + "1").width == 60


def test_confined_keeps_the_store_and_its_limits(images):
    small = ImageStore(images.root, max_pixels=100)
    with pytest.raises(BadInput, match="more than the limit"):
        confined(small, []).put(PICTURE)
