"""Exact answers again: what was answered is kept for as long as nothing whatever enters the journal.

So nobody is ever given an answer that an act has made old, in this process or another: where the journal stands is
asked each time, before anything is taken from here.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from functools import lru_cache

import brotli
import zstandard

from isu.accept import MAX_LENGTH, media_type

MOST_BYTES = 8 * 2**20
LARGEST = 2 * 2**20
"""Of one answer: what is larger is asked for once, by those who copy everything."""
SMALLEST_COMPRESSED = 1_000
WORTH = 0.0003
"""Seconds: what is answered in less is not kept."""
_BEGINS = b'{"data":'


class Data:
    """The data of an answer as JSON, compressed once in each way that somebody takes it."""

    __slots__ = ("_asked", "_compressed", "_tag", "json")

    def __init__(self, json: bytes, asked: int = 0) -> None:
        """`asked` is the size of the question, which is kept beside it."""
        self.json = json
        self._asked = asked
        self._compressed: dict[str, bytes] = {}
        self._tag: bytes | None = None

    @property
    def tag(self) -> bytes:
        """Weak, for the extensions beside the data tell each time what is left of fair use."""
        if self._tag is None:
            self._tag = b'W/"%s"' % hashlib.sha256(self.json).hexdigest()[:32].encode()
        return self._tag

    def body(self, extensions: bytes, coding: str | None = None) -> bytes:
        """The whole answer; extensions are what stands beside the data, as the members of an object."""
        rest = b"," + extensions + b"}" if extensions else b"}"
        if coding is None:
            return b"".join((_BEGINS, self.json, rest))
        begun = self._compressed.get(coding)
        if begun is None:
            begun = self._compressed[coding] = _BEGUN[coding](_BEGINS + self.json)
        return begun + _ENDED[coding](rest)

    @property
    def is_worth_compressing(self) -> bool:
        return len(self.json) >= SMALLEST_COMPRESSED

    @property
    def size(self) -> int:
        """With room for what may be compressed of it."""
        return self._asked + 2 * len(self.json)


class Again:
    """Answers by what was asked and who asked it, as of where the journal stands."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._version: str | None = None
        self._kept: OrderedDict[Hashable, Data] = OrderedDict()

    def find(self, key: Hashable, version: str) -> Data | None:
        if version != self._version:
            # What was erased in between is not to lie about here.
            self._kept.clear()
            self._bytes, self._version = 0, version
        data = self._kept.get(key)
        if data is not None:
            self._kept.move_to_end(key)
        return data

    def keep(self, key: Hashable, version: str, data: Data) -> None:
        """`version` is where the journal stood before the answer was read."""
        if version != self._version or len(data.json) > LARGEST:
            return
        replaced = self._kept.pop(key, None)
        self._kept[key] = data
        self._bytes += data.size - (0 if replaced is None else replaced.size)
        while self._bytes > self._most:
            self._bytes -= self._kept.popitem(last=False)[1].size


@lru_cache(256)
def coding_of(accept: bytes) -> str | None:
    """That of ours which the header Accept-Encoding likes best."""
    if len(accept) > MAX_LENGTH:
        return None
    wanted: dict[str, float] = {}
    for part in accept.decode("latin-1").split(","):
        name, parameters = media_type(part)
        try:
            wanted[name] = float(parameters.get("q", "1"))
        except ValueError:
            return None
    best = max(_BEGUN, key=lambda name: wanted.get(name, 0.0))
    return best if 0 < wanted.get(best, 0.0) <= 1 else None


# What is compressed ends open, and what differs from answer to answer follows in a last block, as it is.


def _zstd(text: bytes) -> bytes:
    writing = zstandard.ZstdCompressor(level=3, write_content_size=False).compressobj()
    begun: bytes = writing.compress(text) + writing.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return begun


def _zstd_end(text: bytes) -> bytes:
    """RFC 8878, 3.1.1.2: the last block, raw."""
    return (len(text) << 3 | 1).to_bytes(3, "little") + text


def _brotli(text: bytes) -> bytes:
    writing = brotli.Compressor(quality=4)
    begun: bytes = writing.process(text) + writing.flush()
    return begun


def _brotli_end(text: bytes) -> bytes:
    """RFC 7932, 9.2: an uncompressed meta-block, and an empty last one."""
    return (len(text) - 1 << 3 | 1 << 19).to_bytes(3, "little") + text + b"\x03"


_BEGUN = {"zstd": _zstd, "br": _brotli}
_ENDED = {"zstd": _zstd_end, "br": _brotli_end}
