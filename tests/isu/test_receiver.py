"""Where webhooks never lead: refused as they are written, or by what they turn out to mean when a message is sent."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from isu.receiver import CONNECT_SECONDS, MOST_ADDRESSES, MOST_READ, Receivers, Response
from mandate.webhook import against_url, is_public
from tests.api import serving
from tests.make import key_for
from tests.receiver import receiving

pytestmark = pytest.mark.anyio

GOOD = "93.184.215.14"
OTHER = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

BADLY_WRITTEN = (
    "",
    "portal.example.org/hook",
    "http://portal.example.org/hook",
    "ftp://portal.example.org/hook",
    "file:///etc/passwd",
    "gopher://127.0.0.1:25/_HELO",
    "javascript:alert(1)",
    "https:///hook",
    "https://portal.example.org:22/",
    "https://portal.example.org:80/",
    "https://portal.example.org:25/",
    "https://portal.example.org:0443/",
    "https://portal.example.org:/",
    "https://portal.example.org:99999/",
    "https://user:password@portal.example.org/",
    "https://user@portal.example.org/",
    "https://@portal.example.org/",
    "https://portal.example.org@127.0.0.1/",
    "https://127.0.0.1\\@portal.example.org/",
    "https://portal.example.org#@127.0.0.1/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://2130706433/",
    "https://4294967297/",
    "https://127.0.0.1.:443/",
    "https://10.0.0.1/",
    "https://192.168.0.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    f"https://{GOOD}/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    f"https://[{OTHER}]/",
    "https://[::1/",
    "https://localhost/",
    "https://LOCALHOST:443/",
    "https://localhost.localdomain/",
    "https://portal.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://router/",
    "https://portal.example.org./",
    "https://portal..example.org/",
    "https://-portal.example.org/",
    "https://portal_one.example.org/",
    "https://por%74al.example.org/",
    "https://127.0.0.1%2eexample.org/",
    "https://portal.example.org%00.example.com/",
    "https://①②⑦.⓪.⓪.①/",
    "https://１２７.0.0.1/",
    "https://localhoſt/",
    "https://127。0。0。1/",
    "https://münchen.example.org/",
    "https://portal.example.org/ hook",
    "https://portal.example.org/\r\nX-Header: 1",
    "https://portal.example.org\t.evil.example.com/",
    "https://portal.example.org/<script>",
    "https://portal.example.org/#part",
    "https://portal.example.org/#",
    f"https://portal.example.org/{'x' * 2_000}",
    f"https://{'a' * 64}.example.org/",
    f"https://{'a.' * 127}example.org/",
)
LEADS_ASTRAY: Sequence[tuple[str, Sequence[str]]] = (
    ("127.0.0.1.nip.io", ["127.0.0.1"]),
    ("localtest.me", ["127.0.0.1"]),
    ("ten.example.org", ["10.1.2.3"]),
    ("home.example.org", ["192.168.1.1"]),
    ("middle.example.org", ["172.31.255.255"]),
    ("link.example.org", ["169.254.169.254"]),
    ("shared.example.org", ["100.100.100.200"]),
    ("nothing.example.org", ["0.0.0.0"]),  # noqa: S104  it is not listened to
    ("all.example.org", ["255.255.255.255"]),
    ("many.example.org", ["224.0.0.1"]),
    ("future.example.org", ["240.0.0.1"]),
    ("bench.example.org", ["198.18.0.1"]),
    ("written.example.org", ["192.0.2.1"]),
    ("protocol.example.org", ["192.0.0.192"]),
    ("host.example.org", ["168.63.129.16"]),
    ("relay.example.org", ["192.88.99.1"]),
    ("six.example.org", ["::1"]),
    ("none.example.org", ["::"]),
    ("mapped.example.org", ["::ffff:127.0.0.1"]),
    ("mapped-good.example.org", [f"::ffff:{GOOD}"]),
    ("compatible.example.org", ["::7f00:1"]),
    ("nat.example.org", ["64:ff9b::7f00:1"]),
    ("nat-here.example.org", ["64:ff9b:1::7f00:1"]),
    ("six-to-four.example.org", ["2002:7f00:1::"]),
    ("teredo.example.org", ["2001::7f00:1"]),
    ("unique.example.org", ["fd00:ec2::254"]),
    ("near.example.org", ["fe80::1"]),
    ("scoped.example.org", ["fe80::1%eth0"]),
    ("scoped-global.example.org", ["2a00:1450:4001:81b::200e%eth0"]),
    ("site.example.org", ["fec0::1"]),
    ("group.example.org", ["ff02::1"]),
    ("paper.example.org", ["2001:db8::1"]),
    ("paper-two.example.org", ["3fff::1"]),
    ("one-of-two.example.org", [GOOD, "10.0.0.1"]),
    ("one-of-both.example.org", [OTHER, "::1"]),
    ("no-address.example.org", []),
    ("nonsense.example.org", ["nonsense"]),
)


class Internet(httpx2.AsyncBaseTransport):
    """What is connected to, and what it says."""

    def __init__(self, *fails: str) -> None:
        self.asked: list[httpx2.Request] = []
        self._fails = fails

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if request.url.host in self._fails:
            raise httpx2.ConnectError("Connection refused")
        return httpx2.Response(204, stream=httpx2.ByteStream(b""))


def receivers(internet: Internet, *answers: Sequence[str], **options: Any) -> Receivers:
    """With a name server that gives these answers, one after the other."""
    given = iter(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(given)

    return Receivers(resolve=resolve, transport=internet, **options)


async def send(to: Receivers, url: str) -> Response:
    return await to.post(url, b"{}", {"webhook-id": "msg_1"})


def test_there_are_sixty_and_more() -> None:
    assert len(set(BADLY_WRITTEN)) == len(BADLY_WRITTEN) >= 60
    assert len({host for host, _ in LEADS_ASTRAY}) >= 30


@pytest.mark.parametrize("url", BADLY_WRITTEN)
async def test_nothing_is_sent_to_what_is_badly_written(url: str) -> None:
    internet = Internet()

    answer = await send(receivers(internet, [GOOD]), url)

    assert answer.error is not None
    assert answer.error.startswith("Nothing is sent there: ")
    assert internet.asked == []


async def test_no_webhook_is_made_with_what_is_badly_written(states_url: str) -> None:
    mutation = """mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) {
      __typename ... on Problem { message } ... on Invalid { fields { path } } } }"""
    async with serving(states_url) as api:
        partner = api.as_(await key_for(api.database, "STATE:DEU"))
        came_to = {}
        for url in BADLY_WRITTEN:
            given = {"label": "x", "url": url, "document": "{ __typename }"}
            came_to[url] = (await partner(mutation, input=given))["createWebhook"]
        listed = (await partner("{ viewer { webhooks { url } } }"))["viewer"]["webhooks"]

    assert [url for url, each in came_to.items() if each["__typename"] != "Invalid"] == []
    assert {tuple(field["path"]) for each in came_to.values() for field in each["fields"]} == {("url",)}
    assert listed == []


@pytest.mark.parametrize(("host", "addresses"), LEADS_ASTRAY)
async def test_nothing_is_sent_to_a_name_that_leads_anywhere_but_to_the_internet(
    host: str, addresses: Sequence[str]
) -> None:
    internet = Internet()

    answer = await send(receivers(internet, addresses), f"https://{host}/")

    assert list(against_url(f"https://{host}/")) == []
    assert answer.error == "Nothing is sent there: its host is no address of the internet."
    assert internet.asked == []


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", GOOD, OTHER, "2a00:1450:4001:80b::200e", "2620:fe::fe"])
def test_addresses_of_the_internet_are_good(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://portal.example.org",
        "https://portal.example.org:443/hook",
        "https://Portal.Example.ORG:8443/hook?key=value&other=%20",
        "https://xn--mnchen-3ya.example.org/",
        "https://a.b.c.d.e.xn--p1ai/",
        "HTTPS://1and1.com/",
    ],
)
def test_an_address_of_a_server_is_good(url: str) -> None:
    assert list(against_url(url)) == []


def test_an_address_with_a_password_is_told_of_nothing_else() -> None:
    assert list(against_url("https://user:word@portal.example.org/")) == [
        "It holds no user and no password: requests are signed."
    ]
    assert len(list(against_url("https://user:word@portal.example.org:80/"))) == 2


async def test_the_connection_goes_to_the_address_that_was_judged_under_the_name_that_was_given() -> None:
    internet = Internet()

    answer = await send(receivers(internet, [OTHER], ["127.0.0.1"]), "https://Portal.example.org:8443/hook?of=test")

    (request,) = internet.asked
    assert answer == Response(status_code=204)
    assert str(request.url) == f"https://[{OTHER}]:8443/hook?of=test"
    assert request.headers["host"] == "Portal.example.org:8443"
    assert request.extensions["sni_hostname"] == "portal.example.org"


async def test_whatever_goes_with_a_message_it_is_sent_to_that_name_as_it_is_and_not_waited_for_long() -> None:
    internet = Internet()

    await receivers(internet, [GOOD]).post(
        "https://portal.example.org/", b"{}", {"Host": "other.example.org", "Accept-Encoding": "gzip"}
    )

    (request,) = internet.asked
    assert request.headers.get_list("host") == ["portal.example.org"]
    assert request.headers.get_list("accept-encoding") == ["identity"]
    assert request.extensions["timeout"]["connect"] == CONNECT_SECONDS


async def test_a_name_that_leads_elsewhere_a_moment_later_is_judged_anew() -> None:
    internet = Internet()
    to = receivers(internet, [GOOD], ["127.0.0.1"])

    first, second = await send(to, "https://portal.example.org/"), await send(to, "https://portal.example.org/")

    assert (first.error, second.error) == (None, "Nothing is sent there: its host is no address of the internet.")
    assert [request.url.host for request in internet.asked] == [GOOD]


async def test_of_several_addresses_the_next_is_tried_up_to_a_bound() -> None:
    several = [f"93.184.215.{number}" for number in range(1, 10)]
    some, all_ = Internet(several[0]), Internet(*several)

    reached = await send(receivers(some, several), "https://portal.example.org/")
    failed = await send(receivers(all_, several), "https://portal.example.org/")

    assert reached.error is None
    assert failed.error == "The connection failed: Connection refused"
    assert len(all_.asked) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [
        (429, "120", 120),
        (503, "120", 120),
        (500, "120", None),
        (429, "9" * 5_000, 10**6),
        (429, "-1", None),
        (429, "soon", None),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 0),
        (429, "Wed, 21 Oct 2015 07:28:00 -0000", 0),
        (429, "Wed, 21 Oct 2015 07:28:00", 0),
        (429, None, None),
    ],
)
async def test_who_asks_for_time_is_understood_however_they_say_it(
    status: int, said: str | None, seconds: int | None
) -> None:
    async def there(_host: str, _port: int) -> Sequence[str]:
        return [GOOD]

    def answers(_request: httpx2.Request) -> httpx2.Response:
        headers = {} if said is None else {"Retry-After": said}
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(b""))

    answer = await send(
        Receivers(resolve=there, transport=httpx2.MockTransport(answers)), "https://portal.example.org/"
    )

    asked = None if seconds is None else timedelta(seconds=seconds)
    assert answer == Response(status_code=status, error=f"It answered {status}.", asked=asked)


class Endless(httpx2.AsyncByteStream):
    """An answer of a hundred times as much as is read of one."""

    given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.given < 100 * MOST_READ:
            self.given += 1_024
            yield bytes(1_024)


async def test_of_an_answer_without_end_so_much_is_read_and_no_more() -> None:
    async def there(_host: str, _port: int) -> Sequence[str]:
        return [GOOD]

    endless = Endless()
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, stream=endless))

    answer = await send(Receivers(resolve=there, transport=transport), "https://portal.example.org/")

    assert answer == Response(status_code=200)
    assert endless.given == MOST_READ + 1_024


async def test_a_name_that_leads_nowhere_is_told_as_that() -> None:
    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    answer = await send(Receivers(resolve=nowhere), "https://portal.example.org/")

    assert answer == Response(error="The name of its host leads nowhere.")


async def test_no_proxy_of_the_surroundings_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver, receiving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")

        await send(Receivers(local=True), receiver.url)

        assert (len(receiver.got), len(proxy.got)) == (1, 0)


# ---------- TLS ----------


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of that name, and for who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, private)
    return server, ssl.create_default_context(cafile=pem)


async def test_the_certificate_is_asked_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    async def here(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    server, trusts = _certificate(tmp_path, "portal.example.org")
    async with receiving(server) as receiver:
        to = Receivers(local=True, resolve=here, verify=trusts)
        known = await send(to, f"https://portal.example.org:{receiver.port}/")
        other = await send(to, f"https://other.example.org:{receiver.port}/")
        untrusted = await send(Receivers(local=True, resolve=here), f"https://portal.example.org:{receiver.port}/")

    assert known == Response(status_code=204)
    assert receiver.got[0].headers["host"] == f"portal.example.org:{receiver.port}"
    assert len(receiver.got) == 1
    for refused in (other, untrusted):
        assert refused.error is not None
        assert "certificate verify failed" in refused.error
