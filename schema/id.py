"""Global ids: opaque to callers, a type and a key to us."""

from __future__ import annotations

import base64
import binascii

from resolvers.error import UserError


def encode_id(type_name: str, key: str) -> str:
    return base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).rstrip(b"=").decode()


def decode_id(text: str) -> tuple[str, str]:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raw = ""
    type_name, found, key = raw.partition(":")
    if not found or not key or "\0" in key or encode_id(type_name, key) != text:
        raise UserError(f"{_shown(text)} is not an id of this API.")
    return type_name, key


def key_of(type_name: str, text: str) -> str:
    """The key in an id that must be of this type."""
    found, key = decode_id(text)
    if found != type_name:
        raise UserError(f"The id is not that of a {type_name}.")
    return key


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
