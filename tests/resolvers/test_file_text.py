"""The text of issued files, good ones and others."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from resolvers.file_text import DOCX, PDF, text_of

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def a_pdf(text: str, pages: int = 1) -> bytes:
    shown = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("latin-1")
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number in range(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * number} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown))
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def a_docx(path: Path, *paragraphs: str, before: str = "", after: str = "") -> Path:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    document = f'<?xml version="1.0"?>{before}<w:document xmlns:w="{WORD}"><w:body>{body}{after}</w:body></w:document>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", document)
    return path


def test_a_pdf_has_the_text_of_its_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(a_pdf("La d\xe9pollution des zones", pages=3))

    assert text_of(path, PDF).split("\n") == ["La dépollution des zones"] * 3


def test_a_docx_has_the_text_of_its_paragraphs(tmp_path: Path) -> None:
    path = a_docx(
        tmp_path / "a.docx",
        "集束弹药公约",
        "قنابل &amp; Ливан",
        after="<w:p><w:r><w:instrText>no</w:instrText></w:r></w:p>",
    )

    assert text_of(path, DOCX).rstrip("\n") == "集束弹药公约\nقنابل & Ливан"


@pytest.mark.parametrize("media_type", [PDF, DOCX])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        b"\0" * 10_000,
        a_pdf("cut off")[:300],
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R /Kids [1 0 R] >>\nendobj\ntrailer << /Root 1 0 R >>\n",
    ],
    ids=["empty", "head", "zip head", "zeros", "cut off", "circle"],
)
def test_what_can_not_be_read_has_no_text(tmp_path: Path, media_type: str, content: bytes) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)

    assert text_of(path, media_type).strip() in ("", "cut off")


def test_a_plain_text_is_its_text_and_other_types_have_none(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("dépollution")

    assert text_of(path, "text/plain") == "dépollution"
    assert text_of(path, "image/png") == ""


def test_a_docx_that_is_a_bomb_has_no_text(tmp_path: Path) -> None:
    packed = a_docx(tmp_path / "packed.docx", "x" * 30_000_000)
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "boom"}">' for n in range(10))
    laughing = a_docx(tmp_path / "laughing.docx", "&e9;", before=f"<!DOCTYPE w:document [{entities}]>")
    reading = a_docx(
        tmp_path / "reading.docx", "&x;", before='<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )

    assert packed.stat().st_size < 100_000
    assert [text_of(path, DOCX) for path in (packed, laughing, reading)] == ["", "", ""]


def test_a_file_that_takes_too_long_has_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(a_pdf("late"))

    assert text_of(path, PDF, seconds=0.001) == ""


def test_of_a_long_file_a_beginning_is_read(tmp_path: Path) -> None:
    pages, words = (
        tmp_path / "a.pdf",
        a_docx(tmp_path / "a.docx", *(f"{number:x} paragraph" for number in range(60_000))),
    )
    pages.write_bytes(a_pdf("page", pages=501))

    assert text_of(pages, PDF).split() == ["page"] * 500
    assert len(text_of(words, DOCX)) == 200_000
