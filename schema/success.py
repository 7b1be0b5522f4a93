"""What every act that was done answers with."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import feed


@strawberry.interface(description="What an act answers with that was done")
class Success:
    @strawberry.field(
        description="The place of the feed after this act: `changes(after:)` tells of what came later, and whoever has "
        "followed the feed to here sees what the act did"
    )
    async def change_cursor(self, info: strawberry.Info[Any, Any]) -> str:
        async with info.context.reader() as reader:
            return await feed.latest(reader)
