"""Files as they are accepted: a short list of types, each known by what is in the file, never by what it is called."""

from __future__ import annotations

import codecs
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_NAME = 200
MOST_ENTRIES = 5_000
"""Of a document that is a ZIP archive: real ones have some hundreds."""
MOST_UNPACKED = 600_000_000
MOST_RATIO = 200
"""XML of a table packs to a fiftieth; a bomb to a thousandth."""
_FREE_OF_RATIO = 1_000_000
"""Bytes that an entry may unpack to, whatever it was packed to."""
_CHUNK = 64 * 1024
_END_OF_ZIP = b"PK\x05\x06"
_LONGEST_END = 22 + 65_535
_LONGEST_DIRECTORY = 400 * MOST_ENTRIES

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
PNG = "image/png"
JPEG = "image/jpeg"
TEXT = "text/plain"

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": PDF,
    "docx": DOCX,
    "xlsx": XLSX,
    "pptx": PPTX,
    "odt": ODT,
    "png": PNG,
    "jpg": JPEG,
    "jpeg": JPEG,
    "txt": TEXT,
}
"""By the ending of the name. Nothing that a browser would run, and no archive that holds whatever it likes."""

_MAIN_PART = {
    DOCX: ("word/document.xml", b"wordprocessingml.document.main+xml"),
    XLSX: ("xl/workbook.xml", b"spreadsheetml.sheet.main+xml"),
    PPTX: ("ppt/presentation.xml", b"presentationml.presentation.main+xml"),
}


class BadFile(ValueError):  # noqa: N818  it is named for what is wrong
    """What is wrong with a file, for whoever sent it."""


def media_type_of(name: str) -> str:
    """By the name of a file, which is a name and no path."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise BadFile(f"A file name has between 1 and {LONGEST_NAME} characters.")
    if re.search(r"[/\\:]", name) or name.startswith("."):
        raise BadFile("A file name is a name, and no path.")
    if name != name.strip() or any(unicodedata.category(each)[0] == "C" for each in name):
        raise BadFile("A file name has no control characters, and no spaces around it.")
    ending = name.rpartition(".")[2].lower()
    if "." not in name or ending not in MEDIA_TYPES:
        raise BadFile(f"Files end in {', '.join(f'.{each}' for each in MEDIA_TYPES)}.")
    return MEDIA_TYPES[ending]


def check_content(file: BinaryIO, media_type: str) -> None:
    """Whether the file is what it says to be; read in pieces, however large it is."""
    size = file.seek(0, 2)
    if size == 0:
        raise BadFile("The file is empty.")
    match media_type:
        case "application/pdf":
            _begins_and_ends(file, size, b"%PDF-", b"%%EOF", within=2_048, called="a PDF")
        case "image/png":
            _begins_and_ends(
                file, size, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"IEND", within=64, called="a PNG image"
            )
        case "image/jpeg":
            _begins_and_ends(file, size, b"\xff\xd8\xff", b"\xff\xd9", within=2_048, called="a JPEG image")
        case "text/plain":
            _is_text(file)
        case _:
            _is_document_in_zip(file, size, media_type)


def _begins_and_ends(file: BinaryIO, size: int, beginning: bytes, end: bytes, *, within: int, called: str) -> None:
    file.seek(0)
    if file.read(len(beginning)) != beginning:
        raise BadFile(f"The file is not {called}, whatever its name says.")
    file.seek(max(0, size - within))
    if end not in file.read(within):
        raise BadFile(f"The file is not the whole of {called}: its end is missing.")


def _is_text(file: BinaryIO) -> None:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            _is_readable(decoder.decode(chunk))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise BadFile("The file is not text in UTF-8.") from None


_NOT_READ = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def _is_readable(text: str) -> None:
    if _NOT_READ.search(text):
        raise BadFile("The file is not text: it has control characters.")


# ---------- documents that are ZIP archives ----------


def _is_document_in_zip(file: BinaryIO, size: int, media_type: str) -> None:
    _check_directory(file, size)
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries, size)
            _is_the_kind(archive, media_type)
            _unpack(archive, entries)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError):
        raise BadFile("The file is not what its name says, or it is damaged.") from None


def _check_directory(file: BinaryIO, size: int) -> None:
    """Before the library reads the directory, which it does as a whole, however long it is said to be."""
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise BadFile("The file is not what its name says.")
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read(_LONGEST_END)
    place = tail.rfind(_END_OF_ZIP)
    end = tail[place : place + 22]
    if place < 0 or len(end) < 22:
        raise BadFile("The file is not the whole of what its name says: its end is missing.")
    entries, length = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    if entries > MOST_ENTRIES or length > _LONGEST_DIRECTORY or b"PK\x06\x07" in tail[max(0, place - 20) : place]:
        raise BadFile(f"The file is an archive of more than {MOST_ENTRIES:,} parts.")


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MOST_ENTRIES:
        raise BadFile(f"The file is an archive of more than {MOST_ENTRIES:,} parts.")
    for entry in entries:
        parts = re.split(r"[/\\]", entry.filename)
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise BadFile("A part of the file has a path that leads out of it.")
        if entry.flag_bits & 0x1:
            raise BadFile("A part of the file is encrypted: what is in it can not be checked.")
        if entry.file_size > max(_FREE_OF_RATIO, MOST_RATIO * entry.compress_size):
            raise _bomb()
    if len({entry.filename for entry in entries}) < len(entries):
        raise BadFile("Two parts of the file have one name.")
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED or sum(e.compress_size for e in entries) > size:
        raise _bomb()


def _unpack(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """To see that each part has the length that it says, and its checksum: what is unpacked is thrown away."""
    unpacked = 0
    for entry in entries:
        with archive.open(entry) as part:
            while chunk := part.read(_CHUNK):
                unpacked += len(chunk)
                if unpacked > MOST_UNPACKED:
                    raise _bomb()


def _is_the_kind(archive: zipfile.ZipFile, media_type: str) -> None:
    names = set(archive.namelist())
    if media_type == ODT:
        is_it = _beginning(archive, names, "mimetype") == ODT.encode() and "content.xml" in names
    else:
        part, content_type = _MAIN_PART[media_type]
        types = _beginning(archive, names, "[Content_Types].xml")
        is_it = part in names and content_type in types
        if any(name.lower().endswith("vbaproject.bin") for name in names) or b"macroEnabled" in types:
            raise BadFile("The file has macros in it.")
    if not is_it:
        raise BadFile("The file is not what its name says.")


def _beginning(archive: zipfile.ZipFile, names: set[str], name: str) -> bytes:
    if name not in names:
        return b""
    with archive.open(name) as part:
        return part.read(1_000_000)


def _bomb() -> BadFile:
    return BadFile("The file unpacks to far more than it is: that is taken for a bomb.")


# ---------- ranges ----------


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a file: from its first byte up to, and without, its end."""

    start: int
    end: int


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII | re.IGNORECASE)


def stretch_of(header: str | None, size: int) -> Stretch | None:
    """The part that a `Range` asks for; None for the whole, also where it asks in a way that we do not know."""
    found = _RANGE.fullmatch(header or "")
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if last and first and int(last) < int(first):
        return None
    if start >= end:
        raise BadFile("The file has no such part.")
    return Stretch(start, end)
