"""The scripts of clients/python as their users run them: in a process of their own, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients/python"
# Without `site` no .pth file is read, so that nothing of the server can be imported.
PYTHON = [sys.executable, "-S", "-P"]


def environment(url: str, key: str | None = None) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ISU_")}
    paths = dict.fromkeys([str(CLIENT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    return {
        **ours,
        "PYTHONPATH": os.pathsep.join(paths),
        "ISU_URL": url,
        **({} if key is None else {"ISU_KEY": key}),
    }


def command(script: str, *arguments: str) -> list[str]:
    return [*PYTHON, "-m", f"isu_client.{script}", *arguments]


def run(script: str, *arguments: str, url: str, folder: Path, key: str | None = None) -> str:
    """What it prints."""
    done = subprocess.run(
        command(script, *arguments), cwd=folder, env=environment(url, key), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
