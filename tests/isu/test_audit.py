"""The audits of GraphQL over HTTP, as the specification's authors wrote them, against a real server."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.server import serving

AUDIT = Path(__file__).parent / "audit"
AUDITS = 61


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """The audit suite, installed from its lock file."""
    # Serving needs neither, so a machine without them is no failure; the last lines of a run name what it left out.
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"Not checked: the {AUDITS} audits of GraphQL over HTTP, which need Node and npm.")
    for name in ("package.json", "package-lock.json", "audit.mjs"):
        shutil.copy(AUDIT / name, tmp_path)
    installed = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert installed.returncode == 0, installed.stderr
    return tmp_path / "audit.mjs"


def test_the_server_passes_every_audit_of_graphql_over_http(register_app: Starlette, audit: Path) -> None:
    with serving(register_app) as address:
        ran = subprocess.run(
            ["node", audit, f"{address}/graphql"],
            cwd=audit.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert ran.returncode == 0, ran.stderr
    outcomes = json.loads(ran.stdout)
    assert [outcome for outcome in outcomes if outcome["status"] != "ok"] == []
    assert len(outcomes) == AUDITS
