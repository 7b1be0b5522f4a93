"""E-mail: a message for one recipient, and the two ways out: a mail server, or a folder of files."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from html import escape
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from mandate.communication import DeliveryOutcome
from resolvers.delivery import Enclosed, Letter, Outcome
from resolvers.markdown import direction_of, html_of

_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "en": ("Reference", "Corrects", "Documents", "Please confirm that you have received this"),
    "fr": ("Référence", "Corrige", "Documents", "Veuillez confirmer que vous avez reçu la présente communication"),
    "es": ("Referencia", "Corrige", "Documentos", "Sírvase confirmar que ha recibido la presente comunicación"),
    "ar": ("المرجع", "تصويب", "الوثائق", "يرجى تأكيد استلام هذه الرسالة"),
    "ru": ("Номер", "Исправление к", "Документы", "Просьба подтвердить получение этого сообщения"),
    "zh": ("文号", "更正", "文件", "请确认收到本函"),
}
"""Reference, what it corrects, what goes with it, what is asked; in English where the language has none."""
_LONGEST_LINE = 78


def words(language: str) -> tuple[str, str, str, str]:
    return _WORDS.get(language.lower().partition("-")[0], _WORDS["en"])


def message_of(letter: Letter, *, sender: str, link: str) -> EmailMessage:
    """The same for every attempt, so that a second copy is known as one."""
    reference, corrects, documents, confirm = words(letter.language)
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    # A value with a line break in it is refused by the policy, and no header can be added by one.
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.address)
    message["Subject"] = _Subject(letter.subject)
    message["Date"] = format_datetime(letter.sent_at)
    message["Message-ID"] = f"<{letter.recipient}@{domain}>"
    facts = [(reference, letter.reference)]
    if letter.corrects is not None:
        number, before = letter.corrects
        facts.append((corrects, number))
        message["In-Reply-To"] = message["References"] = f"<{before}@{domain}>"
    enclosed = [_enclosed(each, letter.language) for each in letter.documents]
    text = [letter.body, "", "-- ", *(f"{word}: {value}" for word, value in facts)]
    if enclosed:
        text += [f"{documents}:", *(f"- {title} {url or ''}".rstrip() for title, url in enclosed)]
    text += ["", f"{confirm}:", link, ""]
    message.set_content("\n".join(text))
    message.add_alternative(
        _page(letter, facts, (documents, enclosed), f'<p><a href="{escape(link)}">{escape(confirm)}</a></p>'),
        subtype="html",
    )
    # Last, for whatever sets a content takes all that was said of one before.
    message["Content-Language"] = letter.language
    return message


class _Subject(str):
    """Written word for word: the policy takes what looks like an encoded word for one, line breaks and headers within,
    and loses spaces where it breaks a line of several scripts."""

    __slots__ = ()
    name = "Subject"

    def __new__(cls, subject: str) -> _Subject:
        if "".join(subject.splitlines()) != subject:
            # As the policy does of all other values.
            raise ValueError("A subject holds no line break.")
        return super().__new__(cls, subject)

    def fold(self, *, policy: EmailPolicy) -> str:
        is_plain = self.isascii() and "=?" not in self and len(f"{self.name}: {self}") <= _LONGEST_LINE
        written = str(self) if is_plain else Header(str(self), "utf-8", header_name=self.name).encode()
        return f"{self.name}: {written}".replace("\n", policy.linesep) + policy.linesep


def _page(
    letter: Letter,
    facts: list[tuple[str, str]],
    documents: tuple[str, list[tuple[str, str | None]]],
    confirm: str,
) -> str:
    word, enclosed = documents
    lines = "<br>".join(f"{escape(name)}: {escape(value)}" for name, value in facts)
    titles = "".join(
        f'<li><a href="{escape(url)}">{escape(title)}</a></li>' if url else f"<li>{escape(title)}</li>"
        for title, url in enclosed
    )
    listed = f"<p>{escape(word)}:</p><ul>{titles}</ul>" if enclosed else ""
    return (
        f'<!doctype html><html lang="{escape(letter.language)}" dir="{direction_of(letter.language)}">'
        f'<head><meta charset="utf-8"><title>{escape(letter.subject)}</title></head><body>'
        f"{html_of(letter.body)}<hr><p>{lines}</p>{listed}{confirm}</body></html>\n"
    )


def _enclosed(document: Enclosed, language: str) -> tuple[str, str | None]:
    """The title and, where it has a symbol, the address under which the United Nations keep it."""
    chosen = document.title.choose(language, [document.title.original]) or document.title.original
    title = document.title.wordings[chosen].value
    if document.symbol is None:
        return title, None
    return f"{document.symbol}: {title}", f"https://undocs.org/{quote(document.symbol)}"


# ---------- the ways out ----------


class Way(Protocol):
    """Blocking: it runs in a thread of its own."""

    def send(self, message: EmailMessage, recipient: str, address: str) -> Outcome: ...

    def close(self) -> None: ...


class Folder:
    """Without a mail server: a file for each message, under the recipient's id, so that none is there twice."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: EmailMessage, recipient: str, address: str) -> Outcome:
        text, waiting = message.as_bytes(), self._path / f".{recipient}.part"
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with waiting.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            waiting.replace(self._path / f"{recipient}.eml")
        except OSError as error:
            # Of no recipient's making, and nothing is in doubt: no half of a message is there.
            with suppress(OSError):
                waiting.unlink()
            return Outcome(of=DeliveryOutcome.UNREACHABLE, text=error.strerror)
        return Outcome(of=DeliveryOutcome.ACCEPTED)

    def close(self) -> None:
        pass


class MailServer:
    """One connection for as many messages as go through it."""

    def __init__(self, url: str, sender: str, *, timeout: float) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or "localhost"
        self._port = parts.port or {"smtps": 465, "smtp+starttls": 587}.get(parts.scheme, 25)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = parseaddr(sender)[1]
        self._timeout = timeout
        self._open: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, recipient: str, address: str) -> Outcome:
        is_handed_over = False
        said: bytes | str
        try:
            server = self._connected()
            code, said = server.mail(self._sender)
            if code != 250:
                # Who refuses us as a sender refuses every message: no recipient is to suffer for it.
                return self._lost(DeliveryOutcome.UNREACHABLE, code, said)
            code, said = server.rcpt(address)
            if code in (250, 251):
                is_handed_over = True
                code, said = server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            # It refused to have the message at all.
            is_handed_over, code, said = False, error.smtp_code, error.smtp_error
        except smtplib.SMTPResponseException as error:
            return self._lost(DeliveryOutcome.UNREACHABLE, error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            unsure = DeliveryOutcome.UNCONFIRMED if is_handed_over else DeliveryOutcome.UNREACHABLE
            return self._lost(unsure, None, type(error).__name__)
        if code == 421:
            return self._lost(DeliveryOutcome.UNREACHABLE, code, said)
        if not (is_handed_over and code == 250):
            self._reset()
        accepted = code == 250
        refused = DeliveryOutcome.REFUSED if code >= 500 else DeliveryOutcome.PUT_OFF
        return Outcome(of=DeliveryOutcome.ACCEPTED if accepted else refused, code=code, text=_text(said))

    def close(self) -> None:
        if self._open is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._open.quit()
            self._open = None

    def _connected(self) -> smtplib.SMTP:
        if self._open is None:
            if self._scheme == "smtps":
                context = ssl.create_default_context()
                server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
            else:
                server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
            try:
                server.ehlo_or_helo_if_needed()
                if self._scheme == "smtp+starttls":
                    server.starttls(context=ssl.create_default_context())
                    server.ehlo()
                if self._user:
                    server.login(self._user, self._password)
            except BaseException:
                server.close()
                raise
            self._open = server
        return self._open

    def _reset(self) -> None:
        """For the next message; where that can not be, it gets a connection of its own."""
        assert self._open is not None  # noqa: S101  it has just answered
        try:
            self._open.rset()
        except (smtplib.SMTPException, OSError):
            self._open = None

    def _lost(self, outcome: DeliveryOutcome, code: int | None, said: bytes | str) -> Outcome:
        if self._open is not None:
            self._open.close()
            self._open = None
        return Outcome(of=outcome, code=code, text=_text(said))


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return "".join(each if each.isprintable() else " " for each in text)
