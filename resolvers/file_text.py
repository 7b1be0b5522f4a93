"""The text of an issued file, to be searched. Files are not to be trusted, so each is read by a process of its own.

That process has bounds of time and memory, holds no secret and no connection, and may end as it likes: a file that can
not be read has no text. It imports nothing of ours, so that it begins at once.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAIN = "text/plain"
SECONDS = 30.0
_PROCESSOR_SECONDS = 20
_MEMORY = 768 * 2**20
_MOST_BYTES = 100 * 2**20
_MOST_CHARACTERS = 200_000
_MOST_PAGES = 500
_MOST_XML = 50 * 2**20
_MOST_RATIO = 200
"""By how much a part of a DOCX may be larger than it is packed."""
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")


def text_of(path: Path, media_type: str, *, seconds: float = SECONDS) -> str:
    """At most 200,000 characters, of at most 500 pages; nothing of a type that is not read, or a file that can not be.

    It waits for the other process: whoever serves others meanwhile calls it in a thread.
    """
    if media_type not in (PDF, DOCX, PLAIN) or path.stat().st_size > _MOST_BYTES:
        return ""
    with path.open("rb") as file:
        try:
            read = subprocess.run(  # noqa: S603  this very file
                [sys.executable, "-I", __file__, media_type],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=True,
                env={},
            )
        except (subprocess.SubprocessError, OSError):
            return ""
    return read.stdout.decode(errors="replace")


def _read(file: BinaryIO, media_type: str) -> str:
    parts, length = [], 0
    for part in _READERS[media_type](file):
        parts.append(part)
        length += len(part) + 1
        if length >= _MOST_CHARACTERS:
            break
    return "\n".join(parts)[:_MOST_CHARACTERS].replace("\0", " ")


def _pages(file: BinaryIO) -> Iterator[str]:
    from pypdf import PdfReader

    for number, page in enumerate(PdfReader(file).pages):
        if number == _MOST_PAGES:
            return
        yield page.extract_text()


def _paragraphs(file: BinaryIO) -> Iterator[str]:
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        for name in _PARTS:
            if name in names:
                yield from _of_part(archive, name)


def _of_part(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    info = archive.getinfo(name)
    # What it says of itself is checked before it is unpacked; zipfile unpacks no more than that.
    if info.file_size > _MOST_XML or info.file_size > _MOST_RATIO * max(info.compress_size, 1):
        raise ValueError("unpacked, it is too large")
    paragraphs: list[str] = []
    texts: list[str] = []
    within: list[str] = []

    def begin(tag: str, _attributes: object) -> None:
        within.append(tag)
        if tag in ("w:tab", "w:br"):
            texts.append(" ")

    def say(text: str) -> None:
        if within[-1] == "w:t":
            texts.append(text)

    def end(tag: str) -> None:
        within.pop()
        if tag == "w:p":
            paragraphs.append("".join(texts))
            texts.clear()

    def refuse(*_: object) -> None:
        raise ValueError("it declares entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = begin, say, end
    parser.StartDoctypeDeclHandler = refuse
    with archive.open(info) as part:
        while chunk := part.read(65_536):
            parser.Parse(chunk)
            yield from paragraphs
            paragraphs.clear()
    parser.Parse(b"", True)
    yield from paragraphs


def _lines(file: BinaryIO) -> Iterator[str]:
    yield file.read(4 * _MOST_CHARACTERS).decode(errors="replace")


_READERS = {PDF: _pages, DOCX: _paragraphs, PLAIN: _lines}


def _bound() -> None:
    try:
        import resource
    except ImportError:  # not on Windows, where the time alone is bounded
        return
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    _bound()
    sys.stdout.buffer.write(_read(sys.stdin.buffer, sys.argv[1]).encode(errors="ignore"))
