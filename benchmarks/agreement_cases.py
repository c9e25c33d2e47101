"""Run a file of published agreement cases: `python benchmarks/agreement_cases.py FILE.json`."""

from __future__ import annotations

import sys
from pathlib import Path

from agreement import run_cases

if __name__ == "__main__":
    sys.exit(run_cases(Path(sys.argv[1])))
