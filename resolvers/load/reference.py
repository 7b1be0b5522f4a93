"""What the CSV files do not hold: conventions, bodies, posts, and labels of codes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

import db
from db.table import CodeTable, Kept
from mandate.office import BodyKind
from mandate.text import LocalizedText

_FILE = Path(__file__).parent.parent.parent / "data" / "reference.toml"
CONVENTION = "CCM"


@cache
def _reference() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def label(table: type[CodeTable], code: str) -> LocalizedText:
    labels = _reference().get(inspect(table).local_table.name, {})
    return _text(labels.get(code) or {"en": code.replace("_", " ").capitalize()})


def rows() -> Iterator[Kept]:
    reference = _reference()
    for code in reference["language"]:
        yield db.Language(code=code, label=label(db.Language, code))
    for code in reference["meeting_kind"]:
        yield db.MeetingKind(code=code, label=label(db.MeetingKind, code))
    for code in reference["document_kind"]:
        yield db.DocumentKind(code=code, label=label(db.DocumentKind, code))
    for convention in reference["convention"]:
        yield db.Convention(
            code=convention["code"],
            title=_text(convention["title"]),
            adopted_on=convention.get("adopted_on"),
            entered_into_force_on=convention.get("entered_into_force_on"),
            depositary=convention.get("depositary"),
        )
    for position, body in enumerate(reference["body"], start=1):
        yield db.Body(
            code=body["code"],
            convention_code=CONVENTION,
            kind=BodyKind(body["kind"]),
            name=_text(body["name"]),
            position=position,
            paragraph=body["paragraph"],
            discussed_under_code=body.get("discussed_under"),
            seats=body.get("seats"),
        )
    posts = [
        (post, body)
        for post in reference["office"]
        for body in [b for b in reference["body"] if b["kind"] == post.get("of")] or [None]
    ]
    for position, (post, body) in enumerate(posts, start=1):
        role = post["role"]
        yield db.OfficeRole(code=role, label=label(db.OfficeRole, role))
        yield db.Office(
            code=f"{role}:{body['code']}" if body else role,
            role_code=role,
            convention_code=CONVENTION,
            body_code=body["code"] if body else post.get("body"),
            title=_text(post["title"], body),
            position=position,
            paragraph=post.get("paragraph"),
        )


def _text(texts: Mapping[str, str], body: Mapping[str, Any] | None = None) -> LocalizedText:
    if body:
        texts = {
            language: text.format(name=body["name"][language], theme=body["theme"]) for language, text in texts.items()
        }
    others = {language: text for language, text in texts.items() if language != "en"}
    return LocalizedText.of(texts["en"], **others)
