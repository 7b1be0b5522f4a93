"""The whole application, over the register."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.applications import Starlette

from isu.app import create_app
from isu.settings import Settings
from tests.api import TODAY
from tests.conftest import Templates


@pytest.fixture(scope="module")
def register_app(templates_of: Callable[[str], Templates]) -> Starlette:
    """On SQLite alone: what these tests are about does not reach the database."""
    return create_app(Settings(database_url=templates_of("sqlite").shared_register), today=lambda: TODAY)
