"""Figures as a table."""

from typing import Any


def show(title: str, rows: list[dict[str, Any]]) -> None:
    """Prints rows of the same fields as a table."""
    print(f"\n{title}")
    names = list(rows[0])
    cells = [[f"{row[name]:.3g}" if isinstance(row[name], float) else str(row[name]) for name in names] for row in rows]
    widths = [max(len(line[index]) for line in [names, *cells]) for index in range(len(names))]
    for line in [names, *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
