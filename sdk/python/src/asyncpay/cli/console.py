"""What commands print: tables for people, JSON for programs. What is no result goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click


class Console:
    """The output of one command."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def rows(self, items: Sequence[Mapping[str, Any]], columns: Sequence[str], **members: Any) -> None:
        """A list: a table of some columns, or all there is as one JSON object with `data`."""
        if self.as_json:
            self._json({"data": list(items), **members})
            return
        texts = [[_text(item.get(column)) for column in columns] for item in items]
        if sys.stdout.isatty():
            self._table(columns, texts)
        else:
            for text in texts:
                click.echo("\t".join(text))
        if not items:
            self.note("Nothing there.")
        for name, value in members.items():
            if value not in (None, False):
                self.note(f"{name.replace('_', ' ')}: {_text(value)}")

    def one(self, item: Mapping[str, Any]) -> None:
        """One object: a line for each member, or JSON."""
        if self.as_json:
            self._json(dict(item))
            return
        width = max((len(name) for name in item), default=0)
        for name, value in item.items():
            click.echo(f"{name.ljust(width)}  {_text(value)}")

    def line(self, item: Mapping[str, Any], text: str, *, good: bool = True) -> None:
        """One of many things that happen one after another: a line of text, or of JSON."""
        if self.as_json:
            click.echo(json.dumps(dict(item), ensure_ascii=False))
        else:
            click.echo(click.style(printable(text), fg=None if good else "yellow"))

    def note(self, text: str) -> None:
        """What is no result."""
        click.echo(printable(text), err=True)

    def _json(self, content: Any) -> None:
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))

    def _table(self, columns: Sequence[str], texts: Iterable[Sequence[str]]) -> None:
        from rich.console import Console as RichConsole
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for column in columns:
            table.add_column(column.upper().replace("_", " "), overflow="fold")
        for text in texts:
            table.add_row(*(Text(cell) for cell in text))
        RichConsole().print(table)


def printable(text: str) -> str:
    """What came from elsewhere must not steer the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return printable(str(value)).replace("\n", " ").replace("\t", " ")
