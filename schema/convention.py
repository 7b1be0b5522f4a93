"""Instruments, and how their Parties organize the work, as the paper of 2011 compares them."""

from __future__ import annotations

import datetime
from typing import Any

from sqlmodel import col

import db
from schema.explanation import RuleCitation, paper_citations
from schema.reading import Connection, Node, column, connection, derived, down, many, node
from schema.text import LocalizedText, text
from schema.treaty_action import TreatyAction


@node(db.StructureElement, description="A body, post, task, rule or meeting of a convention, with its paragraph")
class StructureElement(Node):
    code: str = column(db.StructureElement.code)
    kind: str = column(db.StructureElement.kind)
    standing: str = column(db.StructureElement.standing, description="existing, proposed, considered, envisaged …")
    element: str = column(db.StructureElement.element)
    term: LocalizedText | None = text(db.StructureElement.term, description="In the words of the paper")
    detail: str | None = column(db.StructureElement.detail)
    role_title: str | None = column(db.StructureElement.role_title)
    guided_by: str | None = column(db.StructureElement.guided_by)
    part_of: str | None = column(db.StructureElement.part_of)
    item: str | None = column(db.StructureElement.item, description="Its letter or number in a list")
    citations: list[RuleCitation] = derived(paper_citations, uses=[db.StructureElement.paragraphs])


def _structures(*kinds: str, description: str) -> Any:
    return many(
        db.StructureElement.convention_code,
        only=col(db.StructureElement.kind).in_(kinds) if kinds else None,
        order_by=[db.StructureElement.code],
        description=description,
    )


@node(db.Convention, description="A convention, or a protocol to one")
class Convention(Node):
    code: str = column(db.Convention.code)
    title: LocalizedText = text(db.Convention.title)
    adopted_on: datetime.date | None = column(db.Convention.adopted_on)
    entry_into_force: datetime.date | None = column(db.Convention.entered_into_force_on)
    depositary: str | None = column(db.Convention.depositary)
    treaty_actions: Connection[TreatyAction] = connection(
        db.TreatyAction.convention_code,
        default_order=[down(db.TreatyAction.date)],
        description="Of all States, the latest first",
    )
    bodies: list[StructureElement] = _structures("body", "theme", description="With the themes they deal with")
    offices: list[StructureElement] = _structures("role", description="Posts")
    isu_tasks: list[StructureElement] = _structures("isu_task", description="Of its Implementation Support Unit")
    structures: list[StructureElement] = _structures(description="All that the paper says of it")
