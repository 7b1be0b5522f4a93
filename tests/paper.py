"""Small files of every type that is accepted, and of some that only look like it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from mandate.file import DOCX, ODT, PPTX, XLSX

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(17) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + bytes(100) + b"\xff\xd9"
TEXT = "Déclaration du Liban\nالبيان\n集束弹药\n".encode()
_PARTS = {
    DOCX: ("word/document.xml", "wordprocessingml.document"),
    XLSX: ("xl/workbook.xml", "spreadsheetml.sheet"),
    PPTX: ("ppt/presentation.xml", "presentationml.presentation"),
}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def office(media_type: str, **more: bytes) -> bytes:
    """A document of one of the three kinds of Office, with further parts."""
    part, name = _PARTS[media_type]
    types = f'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.{name}.main+xml"/></Types>'
    return zipped({"[Content_Types].xml": types.encode(), part: b"<w/>", **more})


def odt() -> bytes:
    return zipped({"mimetype": ODT.encode(), "content.xml": b"<office/>"})


FILES = {
    "paper.pdf": PDF,
    "map.png": PNG,
    "photo.JPG": JPEG,
    "statement.txt": TEXT,
    "paper.docx": office(DOCX),
    "table.xlsx": office(XLSX),
    "slides.pptx": office(PPTX),
    "paper.odt": odt(),
}
