"""What files are taken for what they say to be."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from mandate.file import DOCX, MOST_ENTRIES, ODT, XLSX, BadFile, Stretch, check_content, media_type_of, stretch_of
from tests.paper import FILES, JPEG, PDF, PNG, TEXT, odt, office, zipped


def refused(content: bytes, name: str) -> str:
    with pytest.raises(BadFile) as bad:
        check_content(io.BytesIO(content), media_type_of(name))
    return str(bad.value)


@pytest.mark.parametrize("name", FILES)
def test_each_type_is_taken_for_what_it_is(name: str) -> None:
    check_content(io.BytesIO(FILES[name]), media_type_of(name))


@pytest.mark.parametrize("name", FILES)
def test_and_for_nothing_else(name: str) -> None:
    others = [other for other in FILES if media_type_of(other) != media_type_of(name)]

    assert all(refused(FILES[name], other) for other in others if other != "statement.txt")
    # A PDF of letters alone is text too; it is then served as text, which no browser runs.
    if name not in ("statement.txt", "paper.pdf"):
        assert "not text" in refused(FILES[name], "statement.txt")


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "paper",
        "paper.exe",
        "paper.html",
        "paper.svg",
        "paper.docm",
        "paper.pdf.exe",
        ".pdf",
        "../paper.pdf",
        "/etc/paper.pdf",
        "a/paper.pdf",
        "a\\paper.pdf",
        "C:paper.pdf",
        "paper\n.pdf",
        "paper\x00.pdf",
        " paper.pdf",
        "fdp.\u202eexe.pdf",
        "x" * 197 + ".pdf",
    ],
)
def test_a_name_that_is_a_path_or_of_no_known_type_is_refused(name: str) -> None:
    with pytest.raises(BadFile):
        media_type_of(name)


def test_names_of_every_script_are_names() -> None:
    assert {media_type_of(name) for name in ("工作文件.pdf", "ورقة عمل.PDF", "Документ №3 (rev. 1).pdf")} == {
        "application/pdf"
    }


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_empty_or_cut_short_is_refused(name: str) -> None:
    assert refused(b"", name) == "The file is empty."
    if name != "statement.txt":
        assert refused(FILES[name][: len(FILES[name]) // 2], name)


def test_text_is_utf_8_and_a_character_may_lie_across_two_pieces() -> None:
    check_content(io.BytesIO(b"a" * (64 * 1024 - 1) + "é".encode() + b"b"), "text/plain")

    assert refused("é".encode("latin-1"), "a.txt") == "The file is not text in UTF-8."
    assert refused(TEXT + b"\xd8", "a.txt") == "The file is not text in UTF-8."
    assert "control" in refused(b"a\x00b", "a.txt")


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    for more in (
        {"word/media/zeros.bin": bytes(50_000_000)},
        {f"word/{number}.xml": bytes(900_000) for number in range(700)},
    ):
        assert "bomb" in refused(office(DOCX, **more), "a.docx")


def test_a_file_of_too_many_parts_is_refused_without_reading_them() -> None:
    many = office(DOCX, **{f"{number}": b"" for number in range(MOST_ENTRIES)})

    assert "parts" in refused(many, "a.docx")


def test_a_directory_that_lies_about_its_length_is_refused() -> None:
    content = bytearray(FILES["paper.docx"])
    place = content.rfind(b"PK\x05\x06")
    content[place + 12 : place + 16] = struct.pack("<I", 0xFFFFFFF0)

    assert refused(bytes(content), "a.docx")


def test_a_part_that_lies_about_its_length_is_refused() -> None:
    content = bytearray(office(DOCX, more=b"x" * 10_000))
    place = content.rfind(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 5)

    assert refused(bytes(content), "a.docx")


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "word/../../x", "..\\x", "C:\\x"])
def test_a_part_with_a_path_that_leads_out_is_refused(path: str) -> None:
    assert "path" in refused(office(DOCX, **{path: b"x"}), "a.docx")


def test_macros_are_refused() -> None:
    assert "macros" in refused(office(DOCX, **{"word/vbaProject.bin": b"x"}), "a.docx")
    assert "macros" in refused(office(XLSX, **{"xl/VBAPROJECT.BIN": b"x"}), "a.xlsx")


def test_what_is_encrypted_can_not_be_checked() -> None:
    content = bytearray(FILES["paper.odt"])
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        content[place + offset] |= 1

    assert "encrypted" in refused(bytes(content), "a.odt")


def test_two_parts_of_one_name_are_refused() -> None:
    file = io.BytesIO(odt())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("content.xml", b"another")

    assert "one name" in refused(file.getvalue(), "a.odt")


def test_any_archive_is_no_document() -> None:
    assert refused(zipped({"a.txt": b"x"}), "a.docx") == "The file is not what its name says."
    assert refused(zipped({"mimetype": ODT.encode()}), "a.odt") == "The file is not what its name says."
    assert refused(zipped({"mimetype": b"application/epub+zip", "content.xml": b""}), "a.odt")


def test_what_stands_before_the_beginning_counts() -> None:
    assert refused(b"junk" + PDF, "a.pdf")
    assert refused(b"MZ" + PNG, "a.png")
    assert refused(JPEG[1:], "a.jpg")
    assert refused(b"#!/bin/sh\n" + odt(), "a.odt")


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-4", Stretch(0, 5)),
        ("bytes=5-", Stretch(5, 10)),
        ("Bytes=5-6", Stretch(5, 7)),
        ("bytes=-3", Stretch(7, 10)),
        ("bytes=-30", Stretch(0, 10)),
        ("bytes=8-100", Stretch(8, 10)),
        ("bytes=4-2", None),
        ("bytes=0-1,4-5", None),
        ("lines=1-2", None),
        ("bytes=-", None),
    ],
)
def test_a_range_is_a_part_or_else_it_is_the_whole(header: str | None, part: Stretch | None) -> None:
    assert stretch_of(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=11-12", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(header: str) -> None:
    with pytest.raises(BadFile):
        stretch_of(header, 10)
