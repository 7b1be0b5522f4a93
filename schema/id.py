"""Global ids: opaque to callers, a type and a key to us."""

from __future__ import annotations

import binascii
from collections.abc import Collection

from resolvers.error import Invalid, UserError

_TO_URLS, _FROM_URLS = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


def encode_id(type_name: str, key: str) -> str:
    return _encoded(f"{type_name}:{key}".encode())


def _encoded(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).rstrip(b"=").translate(_TO_URLS).decode()


def decode_id(text: str) -> tuple[str, str]:
    try:
        raw = binascii.a2b_base64(text.encode().translate(_FROM_URLS) + b"=" * (-len(text) % 4))
        named = raw.decode()
    except ValueError:
        raw, named = b"", ""
    type_name, found, key = named.partition(":")
    # Whatever was overlooked in the text is not in this one.
    if not found or not key or "\0" in key or _encoded(raw) != text:
        raise UserError(f"{_shown(text)} is not an id of this API.")
    return type_name, key


def key_of(type_name: str, text: str, member: str | None = None) -> str:
    """The key in an id that must be of this type. An act names the member of its input that holds it."""
    return id_among((type_name,), with_article(type_name), text, member)[1]


def id_among(type_names: Collection[str], in_words: str, text: str, member: str | None = None) -> tuple[str, str]:
    """Type and key of an id that must be of one of these types: a bad one in an act's input is told in its result."""
    try:
        return _decode(type_names, in_words, text)
    except UserError as error:
        if member is None:
            raise
        raise Invalid((member, error.message)) from None


def _decode(type_names: Collection[str], in_words: str, text: str) -> tuple[str, str]:
    type_name, key = decode_id(text)
    if type_name not in type_names:
        raise UserError(f"The id is not that of {in_words}.")
    return type_name, key


def with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIOU' else 'a'} {noun}"


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
