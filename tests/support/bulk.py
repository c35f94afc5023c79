"""Many rows at once, as no user could make them."""

from collections.abc import Iterable

from pynamodb.models import Model


def put_all(rows: Iterable[Model]) -> None:
    """Writes rows as they are, 25 in each call."""
    by_table: dict[type[Model], list[Model]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    for table, some in by_table.items():
        with table.batch_write() as batch:
            for row in some:
                batch.save(row)
