"""Nothing goes out: guests are silenced before they come, and the program's sockets reach this computer alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autocode.encode import cache_folder
from autocode.formats.files import write_atomic
from tests.conftest import BUNDLED

_GUARDED = """
import json, socket, sys
from autocode import footprint
footprint.guard()
told = []
for reach in (
    lambda: socket.create_connection(("192.0.2.1", 80), 1),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: socket.create_connection(("2001:db8::1", 80), 1),
):
    try:
        reach()
        told.append("reached")
    except ConnectionRefusedError:
        told.append("refused")
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), 1)
with footprint.online():
    try:
        socket.getaddrinfo("host.invalid", 443)
    except socket.gaierror:
        told.append("let through")
try:
    socket.getaddrinfo("host.invalid", 443)
except ConnectionRefusedError:
    told.append("refused again")
print(json.dumps([told, footprint.refused]))
"""


def _run(code: str, **more: str) -> str:
    """Python code in a process of its own."""
    env = {k: v for k, v in os.environ.items() if "OFFLINE" not in k and "TELEMETRY" not in k} | more
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.row(13)
def test_the_guard_refuses_every_other_computer_and_no_socket_of_this_one() -> None:
    """Connections, names and datagrams to elsewhere are refused; a server of this computer is reached; a download is not."""
    told, refused = json.loads(_run(_GUARDED))
    assert told == ["refused"] * 5 + ["let through", "refused again"]
    assert refused == ["192.0.2.1", "example.org", "example.org", "192.0.2.1", "2001:db8::1", "host.invalid"]


@pytest.mark.row(13)
def test_telemetry_is_off_before_any_guest_library_comes() -> None:
    """Importing autocode sets every switch, and brings none of the libraries that they are for."""
    code = "import autocode, os, sys, json; print(json.dumps([os.environ['ORT_DISABLE_TELEMETRY'], "
    code += "os.environ['HF_HUB_DISABLE_TELEMETRY'], os.environ['RAY_USAGE_STATS_ENABLED'], "
    code += "sorted({'onnxruntime', 'openvino', 'huggingface_hub', 'spacy', 'ray', 'datasets'} & set(sys.modules))]))"
    assert json.loads(_run(code)) == ["1", "1", "0", []]


@pytest.mark.row(13)
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace, which shows every system call, is not on this computer")
def test_no_system_call_of_the_main_verbs_goes_out(tmp_path: Path) -> None:
    """Traced below Python, in an empty home: no thread asks for a name or connects to another computer."""
    trace = tmp_path / "trace"
    env = os.environ | {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache"), "ORT_LOGGING_LEVEL": "3"}
    (tmp_path / "home").mkdir()
    study, program = tmp_path / "s", [sys.executable, "-m", "autocode"]
    verbs = [["import", str(BUNDLED), "--study", str(study)], ["train", str(study), "--out", str(tmp_path / "m")]]
    verbs += [["suggest", str(tmp_path / "m"), str(BUNDLED / "new"), "--out", str(tmp_path / "s.html")]]
    for verb in verbs:
        command = ["strace", "-f", "-qq", "-A", "-o", str(trace), "-e", "trace=connect,sendto,sendmsg,sendmmsg"]
        started = subprocess.run([*command, *program, *verb], env=env, capture_output=True, text=True, check=False)
        if "ptrace" in started.stderr.lower() and not trace.exists():
            pytest.skip("this computer lets no process be traced")
        assert started.returncode == 0, started.stderr[-500:]
    calls = trace.read_text()
    out = [line for line in calls.splitlines() if "sa_family=AF_INET" in line and '"127.' not in line and '"::1"' not in line]
    assert out == []


_caches = list[Path]()


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_has_a_cache_of_its_own(
    own_cache: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, number: int
) -> None:
    """It is none of the user's, here and in programs that a test starts; no other test's marks stand in it, encodings do."""
    assert cache_folder() == own_cache
    assert own_cache.is_relative_to(tmp_path_factory.getbasetemp())
    code = "from autocode.encode import cache_folder; print(cache_folder())"
    assert Path(_run(code).strip()) == own_cache
    write_atomic(own_cache / "recent.csv", str(number))
    _caches.append(own_cache)
    assert len(set(_caches)) == len(_caches)
    assert sorted(path.name for path in own_cache.iterdir()) == ["graphs", "recent.csv", "vectors"]
    assert own_cache.joinpath("vectors").resolve() == request.getfixturevalue("encodings") / "vectors"
