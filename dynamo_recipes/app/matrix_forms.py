"""The support matrix as text for people, and as JSON."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from dynamo_recipes.app.matrix import ENGINES, NOT_VERIFIED, YES, Cell, Filters, Matrix, Row
from dynamo_recipes.support import data

_UNKNOWN = "?"
_END = f"{_UNKNOWN} is unknown. A code says why a path is closed: `dynamo-recipe explain CODE`."


def as_text(found: Matrix, filters: Filters) -> str:
    """Return the table for people; with an engine, all that is known of it."""
    lines: list[str] = []
    if found.rows:
        lines = [*(_of_engine(found) if filters.engine else _of_all(found)), ""]
        lines += _limits(found) if filters.engine or filters.release else ()
        lines.append(_END)
    if found.left_out:
        releases = "release is" if found.left_out == 1 else "releases are"
        lines.append(f"{found.left_out} {releases} left out: a rule refuses every path.")
    return "".join(f"{line}\n" for line in lines)


def _limits(found: Matrix) -> Iterator[str]:
    """Yield what limits the releases of the table, by the ids of caveats, and which of them."""
    oldest_first = tuple(reversed(found.rows))
    notes = dict.fromkeys(name for row in oldest_first for name in row.notes)
    if notes:
        having = ((name, spans((row.release, name in row.notes) for row in oldest_first)) for name in notes)
        yield from ("  ".join(line).rstrip() for line in _aligned([("LIMITED BY", "RELEASES"), *having]))
        yield ""


def spans(marked: Iterable[tuple[str, bool]]) -> str:
    """Return the names that are marked, in their order; three or more beside each other as one span."""
    groups: list[list[str]] = [[]]
    for name, is_marked in marked:
        if is_marked:
            groups[-1].append(name)
        elif groups[-1]:
            groups.append([])
    return ", ".join(f"{each[0]} to {each[-1]}" if len(each) > 2 else ", ".join(each) for each in groups if each)


def _of_engine(found: Matrix) -> Iterator[str]:
    head = ("DYNAMO", "DATE", "VERSION", "CUDA (DRIVER)", "WHEELS", "IMAGE", "K8S")
    return ("  ".join(line).rstrip() for line in _aligned([head, *(_line(row, row.cells[0]) for row in found.rows)]))


def _line(row: Row, cell: Cell) -> tuple[str, ...]:
    date, version, kubernetes = (each or _UNKNOWN for each in (row.date, cell.version, row.kubernetes))
    return row.release, date, version, cuda(cell.drivers), wheels(cell), cell.image, kubernetes


def _of_all(found: Matrix) -> Iterator[str]:
    """Yield lines of 100 columns: what belongs to one engine stands close together."""
    head = ("DYNAMO", "DATE", *(word for name in ENGINES for word in (name.upper(), "WHEELS", "IMAGE")))
    for release, date, *cells in _aligned([head, *(_short(row) for row in found.rows)]):
        engines = (" ".join(cells[at : at + 3]) for at in range(0, len(cells), 3))
        yield "  ".join((release, date, *engines)).rstrip()


def _short(row: Row) -> tuple[str, ...]:
    cells = (word for cell in row.cells for word in (cell.version or _UNKNOWN, _mark(cell.wheels), _mark(cell.image)))
    return row.release, row.date or _UNKNOWN, *cells


def _mark(verdict: str) -> str:
    return _UNKNOWN if verdict == NOT_VERIFIED else verdict


def _aligned(table: list[tuple[str, ...]]) -> Iterator[list[str]]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ([f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in table)


def cuda(drivers: tuple[tuple[str, str], ...] | None) -> str:
    """Return the CUDA of images, each with the lowest driver branch."""
    if drivers is None:
        return _UNKNOWN
    return ", ".join(f"{version} ({branch})" for version, branch in drivers) or "none"


def wheels(cell: Cell) -> str:
    """Return the Pythons on which wheels install; where the path is closed or not verified, that."""
    return pythons(cell.pythons) if cell.wheels == YES and cell.pythons else cell.wheels


def pythons(versions: tuple[str, ...]) -> str:
    """Return Pythons as one range where none between is left out."""
    minors = [int(each.split(".")[1]) for each in versions]
    if len(minors) > 2 and minors == list(range(minors[0], minors[-1] + 1)):
        return f"{versions[0]} to {versions[-1]}"
    return ", ".join(versions)


def as_json(found: Matrix) -> str:
    """Return the table as data, with all that is known of each release. `matrix: 1` is the version of this form.

    `facts` is the release's data file with its sources; what it names by id stands once, at the end.
    """
    rows = [_as_data(row) for row in found.rows]
    once = {name: data.load(f"{name}.json") for name in ("gpus", "drivers", "caveats", "sources")}
    document = {"matrix": 1, "releases": rows, "left_out": found.left_out, **once}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _as_data(row: Row) -> dict[str, Any]:
    return {
        "dynamo": row.release,
        "date": row.date,
        "kubernetes": row.kubernetes,
        "notes": list(row.notes),
        "engines": {
            cell.engine: {
                "version": cell.version,
                "cuda": None if cell.drivers is None else dict(cell.drivers),
                "pythons": list(cell.pythons),
                "wheels": cell.wheels,
                "image": cell.image,
                "because": {"wheels": cell.why_wheels, "image": cell.why_image},
            }
            for cell in row.cells
        },
        "facts": data.load(f"releases/{row.release}.json"),
    }
