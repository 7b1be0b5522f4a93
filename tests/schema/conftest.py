"""The register, served; and what a module of acts begins with."""

from collections.abc import AsyncIterator, Iterator

import pytest

from db.engine import Database
from tests.api import Api, serving
from tests.conftest import Templates
from tests.institution import Institution


@pytest.fixture
async def api(shared_register_url: str) -> AsyncIterator[Api]:
    """For tests that only read."""
    async with serving(shared_register_url) as api:
        yield api


@pytest.fixture
def begun_url(request: pytest.FixtureRequest, templates: Templates) -> Iterator[str]:
    """Private to the test: States, organisations, and what `begin` of its module has done, once for all of them."""
    url = templates.databases.copy(templates.begun(request.module.begin))
    yield url
    templates.databases.drop(url)


@pytest.fixture
async def isu(begun_url: str) -> AsyncIterator[Institution]:
    database = Database(begun_url)
    yield Institution(database)
    await database.close()
