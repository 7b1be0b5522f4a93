"""Where a webhook may lead, when a delivery is tried again, and what becomes of one that never arrives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from mandate.actor import Act, Actor, Permission


class WebhookStatus(StrEnum):
    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class WebhookDeliveryStatus(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD_LETTER = "DEAD_LETTER"
    SET_ASIDE = "SET_ASIDE"


MOST_WEBHOOKS = 20
"""Of an account."""
MOST_APART = 5
"""Messages of a webhook that wait to be sent outside of the order: others wait for their turn meanwhile."""
DEAD_LETTERS_IN_A_ROW = 5
"""After which nobody listens any more; with all their attempts, that takes days."""
SECRETS_OVERLAP = timedelta(hours=24)
"""For so long is signed with a secret that was replaced, too."""
MOST_SECRETS = 5
"""Good at one time; a header has an end."""

_WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
)
_JITTER = 0.2
_LONGEST_ASKED = timedelta(hours=10)


def wait_after(attempts: int, *, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """How long until the next attempt, after so many; None where there is none.

    Somewhat later by chance, from 0 to 1, so that those who failed together do not come back together. What a
    receiver asks for (Retry-After) is heeded where it is longer, up to the longest wait of the schedule.
    """
    if attempts >= len(_WAITS):
        return None
    wait = _WAITS[attempts] * (1 + _JITTER * chance)
    return wait if asked is None else max(wait, min(asked, _LONGEST_ASKED))


# ---------- where to ----------

PORTS = (443, 8443)
LONGEST_URL = 2_000
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])", re.ASCII)
"""Of a host that the domain name system knows: what ends in a number is an address in one of its many spellings."""
_NOWHERE = frozenset(
    {"arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain"}
    | {"localhost", "onion", "private", "test"}
)
"""Last labels of names that lead into a house, or nowhere."""


def against_url(url: str, *, local: bool = False) -> Iterator[str]:
    """All that is wrong with the way an address is written; what it resolves to is judged at each delivery.

    For development, `local` allows http, any host and any port.
    """
    if len(url) > LONGEST_URL:
        yield f"At most {LONGEST_URL:,} characters."
    if not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        yield "In ASCII, without spaces: a name in another script is written xn--…, what else there is as %…."
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        yield "It is no URL."
        return
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        yield "It begins with https://."
    if "@" in parts.netloc:
        yield "It holds no user and no password: requests are signed."
    if parts.fragment or url.endswith("#"):
        yield "It has no part after #."
    if local:
        if not host:
            yield "It names a host."
        return
    if _NAME.fullmatch(host) is None or len(host) > 253:
        yield "It names its host by a full domain name, and by no address."
    elif host.rpartition(".")[2] in _NOWHERE:
        yield "Its host can not be reached from here."
    elif parts.netloc.rpartition("@")[2].lower() not in {host, *(f"{host}:{each}" for each in PORTS)}:
        yield f"The port is {' or '.join(map(str, PORTS))}."


_OURS = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
"""Nobody's on the internet; and one that a large provider answers its own machines at."""
_THE_INTERNET = IPv6Network("2000::/3")
_NOT_OF_IT = tuple(IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
"""What leads to an address of the other kind (Teredo, 6to4), and what is for writing about."""


def is_public(address: str) -> bool:
    """Whether it is an address of the internet, and leads to no other by a detour.

    Of the sixth version all is refused that is not known as good: addresses with one of the fourth inside (mapped,
    NAT64) stand outside of what is given to anybody.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return found.scope_id is None and found in _THE_INTERNET and not any(found in network for network in _NOT_OF_IT)
    return not any(found in network for network in _OURS)


# ---------- whose it is ----------

_BY_MANAGERS = frozenset({Act.DISABLE_WEBHOOK, Act.DELETE_WEBHOOK})


def may_act_upon(actor: Actor, act: Act, *, account: str, scopes: Iterable[str]) -> Permission | None:
    """Whether somebody may do an act upon a webhook of an account, which reads by some scopes; None where for them
    there is no such webhook.

    A narrow key could else have the secret of what a wider one is told. Who manages accounts ends what others hold.
    """
    if account == actor.account:
        beyond = sorted(set(scopes) - actor.scopes)
        return Permission(
            not beyond, tuple(f"The webhook reads by {each}, which this key is not for." for each in beyond)
        )
    if not actor.manages_accounts:
        return None
    return Permission(True) if act in _BY_MANAGERS else Permission(False, ("That is for the account that holds it.",))
