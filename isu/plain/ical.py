"""Meetings as a calendar (RFC 5545). The register has no times of day: each meeting is an event of whole days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from isu.plain.entry import AUTHORITY, LONG_AGO
from mandate.day import PartialDate

_LONGEST_LINE = 75
"""In octets, without its end."""
_STATUS = {"TENTATIVE": "TENTATIVE", "POSTPONED": "CANCELLED", "CANCELLED": "CANCELLED"}
"""Of an event; all others are CONFIRMED. On the days for which a postponed meeting was called there is none."""
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")

# Of the six: postponed; known only so far; first planned; the title in another language.
_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "en": (
        "Postponed; new days are not set yet.",
        "Known so far: {}. The days are not on record.",
        "First planned for {}.",
        "The title is not on record in this language; it is shown in: {}.",
    ),
    "fr": (
        "Reportée ; les nouvelles dates ne sont pas encore fixées.",
        "Connu à ce jour : {}. Les jours ne sont pas enregistrés.",
        "Prévue d'abord pour le {}.",
        "Le titre n'est pas enregistré dans cette langue ; il est donné en : {}.",
    ),
    "es": (
        "Aplazada; las nuevas fechas aún no se han fijado.",
        "Se conoce solo: {}. Los días no constan.",
        "Prevista inicialmente para el {}.",
        "El título no consta en este idioma; se muestra en: {}.",
    ),
    "ar": (
        "تأجل الاجتماع، ولم تحدد المواعيد الجديدة بعد.",
        "المعروف حتى الآن: {}. الأيام غير مسجلة.",
        "كان مقررا أصلا في {}.",
        "العنوان غير مسجل بهذه اللغة، وهو معروض باللغة: {}.",
    ),
    "ru": (
        "Перенесено; новые даты ещё не назначены.",
        "Пока известно: {}. Дни не записаны.",
        "Первоначально назначено на {}.",
        "Название не записано на этом языке; показано на языке: {}.",
    ),
    "zh": (
        "会议已推迟，新日期尚未确定。",
        "目前所知：{}。具体日期未记录。",
        "原定日期：{}。",
        "标题没有该语言的记录，显示语言为：{}。",
    ),
}
_NAMES: Mapping[str, str] = {
    "en": "Meetings of the Convention on Cluster Munitions",
    "fr": "Réunions de la Convention sur les armes à sous-munitions",
    "es": "Reuniones de la Convención sobre Municiones en Racimo",
    "ar": "اجتماعات اتفاقية الذخائر العنقودية",
    "ru": "Совещания Конвенции по кассетным боеприпасам",
    "zh": "《集束弹药公约》会议",
}


def written(
    meetings: Sequence[Mapping[str, Any]], changed: Mapping[str, str], *, url: str, path: str, language: str
) -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Implementation Support Unit//ISU API//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{_escaped(_NAMES.get(language, _NAMES['en']))}",
        f"X-WR-CALNAME:{_escaped(_NAMES.get(language, _NAMES['en']))}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        "X-PUBLISHED-TTL:PT12H",
        f"SOURCE;VALUE=URI:{url}{path}",
    ]
    for meeting in meetings:
        if meeting["startsOn"] is not None:
            lines += _event(meeting, changed.get(meeting["id"], LONG_AGO), url, language)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(meeting: Mapping[str, Any], at: str, url: str, language: str) -> Iterator[str]:
    starts = PartialDate.parse(meeting["startsOn"])
    ends = PartialDate.parse(meeting["endsOn"] or meeting["startsOn"])
    stamp = datetime.fromisoformat(at).strftime("%Y%m%dT%H%M%SZ")
    title = meeting["title"]["in"]
    yield "BEGIN:VEVENT"
    yield f"UID:{meeting['id']}@{AUTHORITY.partition(',')[0]}"
    yield f"SEQUENCE:{meeting['version']}"
    yield f"DTSTAMP:{stamp}"
    yield f"LAST-MODIFIED:{stamp}"
    yield f"DTSTART;VALUE=DATE:{_day(starts.earliest)}"
    # The first day no longer of it.
    yield f"DTEND;VALUE=DATE:{_day(ends.latest + timedelta(days=1))}"
    yield f"SUMMARY;LANGUAGE={title['language']}:{_escaped(title['value'])}"
    if place := ", ".join(filter(None, (meeting["venue"], meeting["city"], meeting["country"]))):
        yield f"LOCATION:{_escaped(place)}"
    if told := list(_told(meeting, starts, ends, language)):
        of = language if language in _WORDS else "en"
        yield f"DESCRIPTION;LANGUAGE={of}:{_escaped(chr(10).join(told))}"
    yield f"STATUS:{_STATUS.get(meeting['status'], 'CONFIRMED')}"
    # That a meeting is on does not make whoever subscribes to the calendar busy.
    yield "TRANSP:TRANSPARENT"
    yield f"CATEGORIES:{_escaped(meeting['kind']['code'])}"
    yield f"URL:{url}/q/meetings?code={quote(meeting['code'], safe='')}"
    yield "END:VEVENT"


def _told(meeting: Mapping[str, Any], starts: PartialDate, ends: PartialDate, language: str) -> Iterator[str]:
    postponed, so_far, first, fallback = _WORDS.get(language, _WORDS["en"])
    if meeting["status"] == "POSTPONED":
        yield postponed
    if starts.exact is None or ends.exact is None:
        yield so_far.format(meeting["startsOn"])
    if meeting["firstPlannedOn"] not in (None, meeting["startsOn"]):
        yield first.format(meeting["firstPlannedOn"])
    if meeting["title"]["in"]["isFallback"]:
        yield fallback.format(meeting["title"]["in"]["language"])


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _escaped(text: str) -> str:
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Lines that are too long go on in the next, which begins with a space; no letter is cut in two."""
    parts, part = [], b""
    for letter in line:
        octets = letter.encode()
        if len(part) + len(octets) > _LONGEST_LINE:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part]) + b"\r\n"
