"""`python -m isu` is `isu`."""

from isu.cli import app

app()
