"""LibreOffice, where it is installed: the tests' second reader of Word files."""

from __future__ import annotations

import subprocess
from pathlib import Path


def convert(path: Path, form: str, folder: Path) -> Path:
    """Let LibreOffice open a file and save it in another form; it keeps its settings in `folder`.

    Raises:
        subprocess.CalledProcessError: It could not open the file.
    """
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", form, "--outdir", str(folder), str(path)]
    subprocess.run(words, check=True, capture_output=True, timeout=180)
    return folder / f"{path.stem}.{form}"
