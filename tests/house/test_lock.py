"""The lock files hold what pyproject.toml asks for, all of it and no more, and name no address."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {"requirements.txt": ("build",), "requirements-dev.txt": ("build", "dev")}
# The locks are made with the oldest Python that we promise; markers are read as it reads them.
OLDEST_PYTHON = {"python_version": "3.11", "python_full_version": "3.11.0"}

both = pytest.mark.parametrize("lock", LOCKS)


@both
def test_every_requirement_is_pinned_within_its_bounds(lock: str) -> None:
    pinned = pins(lock)
    wrong = [
        str(requirement)
        for requirement in roots(lock)
        if not requirement.specifier.contains(pinned.get(name(requirement), Version("0")))
    ]

    assert wrong == [], "run `make lock`"


@both
def test_every_pin_is_needed(lock: str) -> None:
    installed = {canonicalize_name(found.name) for found in metadata.distributions()}

    # What is not installed cannot be asked for its needs.
    assert pins(lock).keys() - installed == set(), "run `make setup`"
    assert pins(lock).keys() - needed(roots(lock)) == set(), "run `make lock`"


@both
def test_every_need_is_pinned(lock: str) -> None:
    assert needed(roots(lock)) - pins(lock).keys() == set(), "run `make lock`"


@both
def test_every_pin_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", text(lock).strip())

    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_the_two_files_agree() -> None:
    small, large = (pins(lock) for lock in LOCKS)

    assert small.items() <= large.items()


@both
def test_no_address_is_in_them(lock: str) -> None:
    assert re.findall(r"https?:|index-url|find-links|trusted-host| @ ", text(lock)) == []


@both
def test_no_package_shadows_a_floor_of_the_house(lock: str) -> None:
    floors = {"isu", "schema", "resolvers", "db", "mandate", "migrations", "data", "tests"}

    assert floors & pins(lock).keys() == set()


def text(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, Version]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text(lock), re.MULTILINE)
    return {canonicalize_name(package): Version(version) for package, version in found}


def roots(lock: str) -> list[Requirement]:
    extras = PROJECT["optional-dependencies"]
    lines = PROJECT["dependencies"] + [line for extra in LOCKS[lock] for line in extras[extra]]
    requirements = [Requirement(line) for line in lines]
    return [requirement for requirement in requirements if applies(requirement)]


def needed(roots: list[Requirement]) -> set[str]:
    """The roots and, through the metadata of what is installed, all that they lead to."""
    reached: set[tuple[str, str]] = set()
    waiting = list(roots)
    while waiting:
        requirement = waiting.pop()
        for extra in {"", *requirement.extras}:
            if (name(requirement), extra) not in reached:
                reached.add((name(requirement), extra))
                waiting += requirements_of(name(requirement), extra)
    return {package for package, _ in reached}


def requirements_of(package: str, extra: str) -> list[Requirement]:
    try:
        lines = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        return []
    requirements = [Requirement(line) for line in lines]
    return [requirement for requirement in requirements if applies(requirement, extra)]


def applies(requirement: Requirement, extra: str = "") -> bool:
    return not requirement.marker or requirement.marker.evaluate(OLDEST_PYTHON | {"extra": extra})


def name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)
