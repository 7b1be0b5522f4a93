"""A typed client of the API, and three scripts of the office."""

from isu_client.api import Client
from isu_client.transport import ApiError

__all__ = ["ApiError", "Client"]
