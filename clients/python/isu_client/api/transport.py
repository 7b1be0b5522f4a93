# Made by `make client` from queries/ and the schema; not to be edited.
from ..transport import Transport

__all__ = ["Transport"]
