"""What this process leaves behind: nothing on the network, and a list of the files it wrote.

Guest libraries are silenced when this module is imported, which is before any of them is. The program
(not the library) also guards its sockets: only this computer itself can be reached, but while an
encoder is added. Files and studies are noted as they are written and read, so that the study can keep
a list of every output that may hold words of it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_SILENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime looks for a telemetry host and keeps a device id otherwise
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "WANDB_DISABLED": "true",
}
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
"""What tells the model hub's libraries to use what is on this disk alone."""

_REACHING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_ASKING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")

os.environ.update(_SILENT)

_open = [True]  # whether other computers may be reached; closed by `guard`
_guarded = [False]
refused: list[str] = []
"""Hosts that were asked for and not reached since the guard stands."""

_written: dict[Path, None] = {}
_studies: dict[Path, None] = {}


def stay_offline() -> None:
    """Tell the model hub's libraries, imported already or not, to leave the network alone."""
    os.environ.update(dict.fromkeys(OFFLINE, "1"))
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        constants.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]


def guard() -> None:
    """Refuse every connection of this process to another computer, for good; for the program, not for a library's user.

    Where `RAY_ADDRESS` names a cluster, the work was meant to go to other computers, and nothing is refused.
    """
    stay_offline()
    _open[0] = bool(os.environ.get("RAY_ADDRESS"))
    if not _guarded[0]:
        _guarded[0] = True
        sys.addaudithook(_watch)  # cannot be taken away again, so it is put up once


def guarded() -> bool:
    """Whether other computers cannot be reached from Python's sockets now."""
    return _guarded[0] and not _open[0]


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _open[0] or not event.startswith("socket."):
        return
    if event in _ASKING:
        host = arguments[0]
    elif event in _REACHING and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return  # a socket of this computer's own file system
    if not _is_here(host):
        refused.append(str(host))
        raise ConnectionRefusedError("autocode reaches no other computer (but for 'autocode encoder add')")


def _is_here(host: Any) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "0.0.0.0", "::"):  # noqa: S104 (compared with, not bound to)
        return True
    try:
        return ipaddress.ip_address(str(name).split("%")[0]).is_loopback
    except ValueError:
        return False


@contextmanager
def online() -> Iterator[None]:
    """Let other computers be reached inside the block, and no longer at its end, whatever happens."""
    before, _open[0] = _open[0], True
    for flag in OFFLINE:
        os.environ.pop(flag, None)
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        constants.HF_HUB_OFFLINE = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        _open[0] = before
        stay_offline()


def wrote(path: Path) -> None:
    """Note an output: a file, or a folder that came into its place as a whole."""
    _written[Path.cwd() / path] = None


def moved(old: Path, new: Path, whole: bool) -> None:
    """Note that what was written in one folder stands in another now; as one output where it is a whole."""
    old, new = Path.cwd() / old, Path.cwd() / new
    inside = [path for path in _written if path.is_relative_to(old)]
    for path in inside:
        del _written[path]
    _written.update(dict.fromkeys([new] if whole else [new / path.relative_to(old) for path in inside]))


def touched(store: Path) -> None:
    """Note a study file that was opened, or whose model was read."""
    _studies[Path.cwd() / store] = None


def touched_studies() -> list[Path]:
    """The study files touched since they were last taken."""
    return list(_studies)


def written_paths() -> list[Path]:
    """The outputs written since they were last taken."""
    return list(_written)


def taken() -> tuple[list[Path], list[Path]]:
    """The study files touched and the outputs written since the last call, which are forgotten here."""
    found = list(_studies), list(_written)
    _studies.clear()
    _written.clear()
    return found


_TEMPORARY = re.compile(r"\..*\.autocode-([0-9a-f]{4})-(\d+)-[^.]*")
_SECONDS = 86_400  # after which what another computer left is taken for abandoned
_swept: set[Path] = set()
_started = time.time()


def temporary(name: str) -> str:
    """How the name of a hidden temporary file or folder begins: it tells later whose it was."""
    return f".{name[:60]}.autocode-{_host()}-{os.getpid()}-"


def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:4]


def sweep(folder: Path) -> None:
    """Remove the hidden temporary files that killed runs left in a folder, once for each folder and process."""
    place = Path.cwd() / folder
    if place in _swept:
        return
    _swept.add(place)
    with suppress(OSError):
        for entry in list(os.scandir(place)):
            if (match := _TEMPORARY.fullmatch(entry.name)) and _abandoned(entry, match):
                with suppress(OSError):
                    shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)  # noqa: PTH108


def temporary_folder() -> Path:
    """The system's own folder for temporary files, cleared of what killed runs of ours left there."""
    place = Path(tempfile.gettempdir())
    sweep(place)
    return place


def is_temporary(name: str) -> bool:
    """Whether a file or folder of this name is a temporary one of ours."""
    return _TEMPORARY.fullmatch(name) is not None


def _abandoned(entry: os.DirEntry[str], match: re.Match[str]) -> bool:
    """Whether the run that made a temporary file is over, as far as can be told."""
    since = entry.stat(follow_symlinks=False).st_mtime
    if match[1] != _host() or sys.platform == "win32":
        return time.time() - since > _SECONDS
    if int(match[2]) == os.getpid():
        return since < _started - 1  # an earlier run of the same number
    try:
        os.kill(int(match[2]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
