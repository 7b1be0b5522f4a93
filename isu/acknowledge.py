"""The page behind the link in a message: opening it says nothing, as scanners open every link; a button does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from html import escape

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from db.engine import Database
from isu.turned_away import LATER
from resolvers import delivery
from resolvers.error import is_connection_lost, is_full, is_timeout
from resolvers.markdown import direction_of

_WORDS: Mapping[str, tuple[str, str]] = {
    "en": ("Confirm receipt", "Receipt is confirmed. Thank you."),
    "fr": ("Accuser réception", "La réception est confirmée. Merci."),
    "es": ("Acusar recibo", "La recepción está confirmada. Gracias."),
    "ar": ("تأكيد الاستلام", "تم تأكيد الاستلام. شكرا لكم."),
    "ru": ("Подтвердить получение", "Получение подтверждено. Спасибо."),
    "zh": ("确认收到", "已确认收到，谢谢。"),
}
_NOT_NOW = "<p>This can not be done at the moment. Please try again later.</p>"
_LONGEST = 200
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

log = structlog.get_logger(__name__)


def route(database: Database) -> Route:
    async def page(request: Request) -> Response:
        try:
            return await answered(request)
        except Exception as error:
            if not (is_connection_lost(error) or is_full(error) or is_timeout(error)):
                raise
            log.warning("acknowledge.put_off", reason=repr(error)[:200])
            # Nobody knows whose link it is, and so in which language to say it.
            answer = _page("en", "ltr", "503", _NOT_NOW, 503)
            answer.headers.update(LATER)
            return answer

    async def answered(request: Request) -> Response:
        token = request.path_params["token"]
        key = await delivery.kept_key(database) if len(token) <= _LONGEST else None
        recipient = None if key is None else delivery.recipient_of(key, token)
        receipt = None if recipient is None else await delivery.receipt(database, recipient)
        if recipient is None or receipt is None:
            return _page("en", "ltr", "404", "<p>There is no such link.</p>", 404)
        button, thanks = _WORDS.get(receipt.language.partition("-")[0], _WORDS["en"])
        done = receipt.acknowledged
        if request.method == "POST" and not done:
            await delivery.acknowledge_by_link(database, recipient, uuid.uuid4().hex)
            done = True
        what = f"<p>{escape(receipt.reference)}<br>{escape(receipt.subject)}</p>"
        act = f"<p>{escape(thanks)}</p>" if done else f'<form method="post"><button>{escape(button)}</button></form>'
        return _page(receipt.language, direction_of(receipt.language), receipt.reference, what + act)

    return Route("/acknowledge/{token}", page, methods=["GET", "POST"])


def _page(language: str, direction: str, title: str, body: str, status: int = 200) -> Response:
    page = (
        f'<!doctype html><html lang="{escape(language)}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title></head>'
        f"<body>{body}</body></html>"
    )
    return HTMLResponse(page, status, _HEADERS)
