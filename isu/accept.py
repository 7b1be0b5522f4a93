"""What a client says that it takes: media types, which of ours it likes best, and what it has already."""

from collections.abc import Mapping
from functools import lru_cache

from starlette.requests import Request

MAX_LENGTH = 1_000
"""Of a header read here: what clients send is remembered, and must not fill the memory."""


@lru_cache(maxsize=256)
def negotiate(accept: str, offers: tuple[str, ...]) -> str | None:
    """The offer that the Accept header likes best; None if it likes none."""
    if not accept.strip():
        return offers[0]
    ranges = [media_type(part) for part in accept.split(",") if part.strip()]
    best: tuple[float, int, int] = (0.0, 0, 0)
    chosen = None
    for place, offer in enumerate(offers):
        specificity, quality = max((_fit(media, parameters, offer) for media, parameters in ranges), default=(0, 0.0))
        # Between equals by name the later offer wins; by wildcard the first, which all clients read.
        rank = (quality, specificity, place if specificity == 3 else -place)
        if quality > 0 and (chosen is None or rank > best):
            best, chosen = rank, offer
    return chosen


def names(accept: str, offer: str) -> bool:
    """Whether the header asks for the offer by its name: a wildcard means what everybody can read."""
    ranges = [media_type(part) for part in accept.split(",") if part.strip()]
    fits = (_fit(media, parameters, offer) for media, parameters in ranges)
    return any(specificity == 3 and quality > 0 for specificity, quality in fits)


def _fit(media: str, parameters: Mapping[str, str], offer: str) -> tuple[int, float]:
    """How exactly a range names the offer (0 if not at all), and with what quality."""
    if parameters.get("charset", "utf-8").lower() != "utf-8":
        return 0, 0.0
    kind = offer.partition("/")[0]
    specificity = {offer: 3, f"{kind}/*": 2, "*/*": 1}.get(media, 0)
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        return 0, 0.0
    return (specificity, quality) if specificity and 0 <= quality <= 1 else (0, 0.0)


@lru_cache(maxsize=256)
def media_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type, or range of them, and its parameters."""
    media, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest)
    return media.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def has(request: Request, tag: str) -> bool:
    """Whether If-None-Match, in however many lines, names what would be answered."""
    said = ",".join(request.headers.getlist("if-none-match"))
    known = {each.strip().removeprefix("W/") for each in said.split(",")}
    return bool(known & {tag, "*"})
