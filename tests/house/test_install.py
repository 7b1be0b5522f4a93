"""The wheel holds the whole house, and `isu` starts from it anywhere."""

import fnmatch
import os
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import httpx2
import pytest

from tests.postgres import own_port

ROOT = Path(__file__).parents[2]
FLOORS = ("isu", "schema", "resolvers", "db", "mandate", "migrations", "data", "documents")
# Named one by one, lest the checkout itself be without them.
NOT_PYTHON = (
    "schema/schema.graphql",
    "data/ccm/*.csv",
    "documents/*.graphql",
    "mandate/sources/*.toml",
    "isu/graphiql/*.html",
    "isu/graphiql/vendor/*.js",
)
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
START_SECONDS = 60
STOP_SECONDS = 60


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [*PIP, "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel)],
        check=True,
    )
    return folder


def test_the_wheel_holds_the_whole_house(wheel: Path) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == ours
    for pattern in NOT_PYTHON:
        assert fnmatch.filter(held, pattern), pattern


def test_the_installed_house_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import sys, importlib as i; print(*(i.import_module(f).__file__ for f in sys.argv[1:]))"
    floors = FLOORS[:5]

    answer = run(python("-c", code, *floors), installed, tmp_path)

    assert answer.split() == [str(installed / floor / "__init__.py") for floor in floors]


def test_the_command_line_answers_from_a_foreign_folder(installed: Path, tmp_path: Path) -> None:
    assert "serve" in run(python("-m", "isu", "--help"), installed, tmp_path)


def test_a_fresh_house_serves_and_leaves_when_told(installed: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        own_port() as port,
        log.open("wb") as output,
        subprocess.Popen(
            python("-m", "isu", "serve", "--setup"),
            cwd=tmp_path,
            env=environment(installed, tmp_path, port),
            stdout=output,
            stderr=output,
        ) as server,
    ):
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                wait_until_ready(client, server, log)

                answer = client.post("/graphql", json={"query": "{ __typename }"})

            assert answer.json()["data"] == {"__typename": "Query"}
            server.send_signal(signal.SIGTERM)
            assert server.wait(STOP_SECONDS) in (0, -signal.SIGTERM)
        finally:
            server.kill()


def python(*arguments: str) -> list[str]:
    # Without `site` no .pth file is read, so that the editable install does not lead back here.
    return [sys.executable, "-S", "-P", *arguments]


def run(command: list[str], installed: Path, folder: Path) -> str:
    settings = environment(installed, folder, port=0)
    outcome = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def environment(installed: Path, folder: Path, port: int) -> dict[str, str]:
    dependencies = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ISU_")}
    return ours | {
        "PYTHONPATH": os.pathsep.join([str(installed), *dependencies]),
        "ISU_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/isu.db",
        "ISU_FILES": str(folder / "files"),
        "ISU_HOST": "127.0.0.1",
        "ISU_PORT": str(port),
    }


def wait_until_ready(client: httpx2.Client, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"The server did not become ready:\n{log.read_text(errors='replace')[-4000:]}")
