"""A real browser for the tests: Chromium without a window, spoken to over its DevTools Protocol."""

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from websockets.sync.client import ClientConnection, connect

T = TypeVar("T")

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0  # seconds: how long anything may take before it counts as broken

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    # Nothing but the server under test can be reached, not through a proxy either.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)

# The log shows violations as text; the event says what was blocked, and where.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => reportViolation(JSON.stringify({
  directive: event.effectiveDirective, blocked: event.blockedURI,
  source: event.sourceFile, line: event.lineNumber, sample: event.sample,
})));
"""


def installed() -> str | None:
    """The path of the first browser found on PATH."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class BrowserError(Exception):
    """The browser, or a script in it, did not do as it was told."""


@dataclass(frozen=True)
class Sent:
    """One request that a page made."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


@dataclass
class Tab:
    """One page, and everything that went wrong in it."""

    call: Callable[..., dict[str, Any]]
    console_errors: list[str] = field(default_factory=list)
    violations: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Sent] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)

    def navigate(self, url: str) -> None:
        """Open a page and wait until it has loaded."""
        # Elsewhere first, or a page opened again would count as loaded before it is left.
        self.call("Page.navigate", url="about:blank")
        self.wait_for("location.href === 'about:blank'")
        answer = self.call("Page.navigate", url=url)
        if error := answer.get("errorText"):
            raise BrowserError(f"{url}: {error}")
        self.wait_for("location.href !== 'about:blank' && document.readyState === 'complete'")

    def evaluate(self, script: str) -> Any:
        """The value of an expression; a promise is awaited."""
        answer = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if details := answer.get("exceptionDetails"):
            raise BrowserError(text_of(details))
        return answer["result"].get("value")

    def wait_for(self, script: str, patience: float = PATIENCE) -> Any:
        """Ask again and again until the expression is true; its value."""

        def ask() -> Any:
            try:
                return self.evaluate(script)
            except BrowserError as error:
                # A page that is being replaced has nothing to answer with.
                if "context" in str(error) or "navigated" in str(error):
                    return None
                raise

        return wait_until(ask, f"{script} (console: {self.console_errors})", patience)

    def click(self, selector: str) -> None:
        """Click in the middle of the element, once it is there, with the mouse."""
        x, y = self.wait_for(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            if (!element) return null;
            element.scrollIntoView({{ block: "nearest" }});
            const box = element.getBoundingClientRect();
            return box.width ? [box.x + box.width / 2, box.y + box.height / 2] : null;
        }})()""")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Insert text where the cursor is."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int, *, ctrl: bool = False) -> None:
        """Press a key by its name and its Windows key code."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                modifiers=2 if ctrl else 0,
            )

    def screenshot(self, path: Path) -> None:
        """Keep what the page looks like as a PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def hear(self, method: str, params: dict[str, Any]) -> None:
        """Take note of one event."""
        match method:
            case "Runtime.exceptionThrown":
                self.console_errors.append(text_of(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "assert"):
                said = (part.get("value", part.get("description")) for part in params["args"])
                self.console_errors.append(" ".join(map(str, said)))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                entry = params["entry"]
                self.console_errors.append(f"{entry['text']} {entry.get('url', '')}".strip())
            case "Runtime.bindingCalled" if params["name"] == "reportViolation":
                self.violations.append(json.loads(params["payload"]))
            case "Network.requestWillBeSent":
                request = params["request"]
                self.addresses[params["requestId"]] = request["url"]
                self.requests.append(
                    Sent(
                        request["method"],
                        request["url"],
                        request["headers"],
                        request.get("postData", ""),
                    )
                )
            case "Network.loadingFailed":
                url = self.addresses.get(params["requestId"], "?")
                reason = params.get("blockedReason") or params["errorText"]
                self.failures.append(f"{url}: {reason}")
            case _:
                pass


class Browser:
    """The connection to a running Chromium; every tab has storage of its own."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.numbers = itertools.count(1)
        self.tabs: dict[str, Tab] = {}

    @contextmanager
    def tab(self, *, width: int = 1280, height: int = 800) -> Iterator[Tab]:
        """A fresh tab, as of somebody who has never been here."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        try:
            target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
            session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]

            def call(method: str, **params: Any) -> dict[str, Any]:
                return self.call(method, session, **params)

            tab = self.tabs[session] = Tab(call)
            for domain in ("Page", "Runtime", "Log", "Network"):
                call(f"{domain}.enable")
            call("Runtime.addBinding", name="reportViolation")
            call("Page.addScriptToEvaluateOnNewDocument", source=REPORT_VIOLATIONS)
            call(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=1,
                mobile=False,
            )
            yield tab
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send a command and listen until its answer comes; events on the way go to their tab."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        self.connection.send(json.dumps(message))
        deadline = time.monotonic() + PATIENCE
        while True:
            left = max(0.0, deadline - time.monotonic())
            try:
                heard = json.loads(self.connection.recv(timeout=left))
            except TimeoutError:
                raise BrowserError(f"{method}: no answer") from None
            if heard.get("id") == number:
                break
            if tab := self.tabs.get(heard.get("sessionId", "")):
                tab.hear(heard.get("method", ""), heard.get("params", {}))
        if "error" in heard:
            raise BrowserError(f"{method}: {heard['error']['message']}")
        answer: dict[str, Any] = heard["result"]
        return answer


@contextmanager
def started(program: str) -> Iterator[Browser]:
    """A browser with a profile of its own, both gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        said = profile / "stderr.txt"
        with said.open("wb") as stderr:
            process = subprocess.Popen(
                [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
        try:
            with connect(endpoint(process, profile, said), max_size=None, proxy=None) as connection:
                yield Browser(connection)
        finally:
            end(process)


def endpoint(process: subprocess.Popen[bytes], profile: Path, said: Path) -> str:
    """The address at which the browser listens, which it writes down once it does."""

    def read() -> list[str] | None:
        if process.poll() is not None:
            raise BrowserError(f"The browser did not start: {said.read_text(errors='replace')}")
        file = profile / "DevToolsActivePort"
        lines = file.read_text().splitlines() if file.exists() else []
        return lines if len(lines) == 2 else None

    port, path = wait_until(read, "the browser's port")
    return f"ws://127.0.0.1:{port}{path}"


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the browser to go, then make it go, with all the processes it started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(ask: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Ask until the answer is true; a fixed pause would be too short some day."""
    deadline = time.monotonic() + patience
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise BrowserError(f"Waited {patience:g} s in vain for {what}")
        time.sleep(0.05)
    return answer


def text_of(details: dict[str, Any]) -> str:
    """What an exception in a page says."""
    return str(details.get("exception", {}).get("description") or details["text"])
