"""The register, served."""

from collections.abc import AsyncIterator

import pytest

from tests.api import Api, serving


@pytest.fixture
async def api(shared_register_url: str) -> AsyncIterator[Api]:
    """For tests that only read."""
    async with serving(shared_register_url) as api:
        yield api
