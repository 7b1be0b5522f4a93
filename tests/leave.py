"""Who is cancelled at a moment of our choice: the others of an operation are as good as never reached by chance."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


async def leaves(does: Coroutine[Any, Any, None], moment: int) -> bool:
    """Cancelled the so-manieth time that it waits for something; whether it came to that."""
    doing = _Doing(does, moment)
    task = asyncio.create_task(_in_a_task(doing))
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()
    return doing.waits >= moment


class _Doing:
    def __init__(self, does: Coroutine[Any, Any, None], moment: int) -> None:
        self._does = does
        self._moment = moment
        self.waits = 0

    def __await__(self) -> Generator[Any, Any, None]:
        failure: BaseException | None = None
        while True:
            try:
                waited_for = self._does.send(None) if failure is None else self._does.throw(failure)
            except StopIteration:
                return
            self.waits += 1
            if self.waits == self._moment:
                task = asyncio.current_task()
                assert task is not None
                asyncio.get_running_loop().call_soon(task.cancel)
            try:
                yield waited_for
            except BaseException as error:
                failure = error
            else:
                failure = None


async def _in_a_task(doing: _Doing) -> None:
    await doing
