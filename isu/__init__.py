"""The front door: the only place where everything meets."""

import sys

if "rich" not in sys.modules:
    # Where it finds rich, structlog loads it, for colours that our log does without: 4 MB of every server.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]
