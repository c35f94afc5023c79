"""Reading the feed: all of a merchant's events, page by page."""

from collections.abc import Collection
from datetime import datetime, timedelta

from gateway.domain.webhooks.feed import FeedCursor, FeedPage, take_page
from gateway.use_cases.dependencies import Dependencies

# How many rows are read to find those that a filter lets through.
FILTERED_ROWS_MAX = 300


def read_feed(
    deps: Dependencies,
    merchant_id: str,
    *,
    after: FeedCursor | None,
    since: datetime | None = None,
    limit: int,
    names: Collection[str] = (),
) -> FeedPage:
    """The merchant's events behind `after`, or of `since` and later, or all that are kept, oldest first.

    A `since` that has not come yet is now: a caller whose clock is ahead misses nothing of what follows.
    A page may hold fewer than `limit`, or none, and say that there is more: then nothing of what was read
    fits the filter.
    """
    now = deps.now()
    cursor = FeedCursor.at_the_beginning(now - timedelta(days=deps.config.events_kept_days))
    if since is not None:
        cursor = FeedCursor(max(FeedCursor.at_the_beginning(min(since, now)).position, cursor.position))
    if after is not None:
        cursor = FeedCursor(max(after.position, cursor.position), after.recent)
    rows_max = limit + len(cursor.recent) + 1
    if names:
        rows_max = max(rows_max, FILTERED_ROWS_MAX)
    read = deps.database.feed.read(merchant_id, cursor.position[0], rows_max)
    rows = {event.position[:2] for event in read}
    return take_page(cursor, read, limit=limit, names=names, now=now, is_cut=len(rows) >= rows_max)
