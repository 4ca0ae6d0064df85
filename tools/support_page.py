"""The page docs/support-matrix.md, made from the packaged data and from the table of rules."""

import inspect
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from dynamo_recipes.app.matrix import ENGINES, Filters, Row, matrix
from dynamo_recipes.app.matrix_forms import cuda, spans, wheels
from dynamo_recipes.findings import CODES
from dynamo_recipes.support import data, gpus, rules
from dynamo_recipes.support.releases import release

_HEAD = """# Support matrix

Which Dynamo releases there are, what each is made of, and which rules say what fits together: all from the data that
dynamo-recipes ships with, as `dynamo-recipe resolve` and `matrix` use it. `?` is unknown: no source that was read says
it. A code in place of a yes says why a path is closed; [findings](reference/findings.md) explains it.
"""


def page() -> str:
    """Return the page."""
    rows = matrix(Filters()).rows
    parts = [
        _HEAD,
        *_releases(rows),
        *_drivers(),
        *_clusters(rows),
        *_gpus(),
        *_features(),
        *_rules(),
        *_caveats(),
        *_rests_on(rows),
        *_sources(),
    ]
    return "\n".join(parts) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = tuple(head)
    lines = [head, tuple("---" for _ in head), *(tuple(_cell(each) for each in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    return "?" if value is None or value == "" else str(value).replace("|", "\\|")


def _releases(rows: tuple[Row, ...]) -> Iterator[str]:
    for at, name in enumerate(ENGINES):
        title = data.load("engines.json")[name]["title"]
        yield f"## {title} in each release\n"
        head = ("Dynamo", "date", title, "NIXL, documented", "CUDA of images (driver)", "wheels on Python", "image")
        yield _table(head, (_release(row, at) for row in rows))


def _release(row: Row, at: int) -> tuple[object, ...]:
    cell = row.cells[at]
    raw = data.load(f"releases/{row.release}.json")["engines"][cell.engine]
    nixl = raw["nixl"]["documented"] if raw["nixl"] else None
    return row.release, row.date, cell.version, nixl, cuda(cell.drivers), wheels(cell), cell.image


def _drivers() -> Iterator[str]:
    drivers = data.load("drivers.json")
    yield "## Drivers\n"
    yield "The lowest branch of NVIDIA's driver with which images of a CUDA run.\n"
    floors = ((version, each["branch"], each["exact"]) for version, each in drivers["floors"].items())
    yield _table(("CUDA", "branch", "exact version"), floors)


def _clusters(rows: tuple[Row, ...]) -> Iterator[str]:
    yield "## Kubernetes\n"
    facts = ((row.release, *release(row.release).cluster) for row in rows)
    yield _table(("Dynamo", "Kubernetes", "Grove", "KAI scheduler"), facts)


def _gpus() -> Iterator[str]:
    yield "## GPUs\n"
    yield "Memory is what the driver reports; `(vendor)` marks the vendor's decimal gigabytes, not verified.\n"
    raw = data.load("gpus.json")
    head = ("name", "GPU", "architecture", "capability", "memory, MiB", "per node", "NVLink domain", "hosts", "sources")
    yield _table(head, (_gpu(name, each) for name, each in raw.items()))


def _gpu(name: str, raw: dict[str, Any]) -> tuple[object, ...]:
    found = gpus.known(name)
    memory = found.memory_mib if found else None
    mark = " (vendor)" if found and memory and not found.verified else ""
    lists = (", ".join(raw["host_arch"] or ()), ", ".join(raw["sources"]))
    values = (raw["name"], raw["architecture"], raw["compute_capability"], f"{memory}{mark}" if memory else None)
    return f"`{name}`", *values, raw["gpus_per_node"], raw["nvlink_domain"], *lists


def _features() -> Iterator[str]:
    yield "## Features\n"
    yield "A recipe that asks for a feature whose status is unknown gets no release unasked.\n"
    for engine in ENGINES:
        yield f"### {data.load('engines.json')[engine]['title']}\n"
        names = _known_of(engine)
        head = ("Dynamo", *(name.replace("_", " ") for name in names))
        yield _table(head, _by_releases(engine, names))


def _known_of(engine: str) -> tuple[str, ...]:
    """Return the features whose status some release knows."""
    known = [release(each) for each in data.release_names()]
    names = dict.fromkeys(name for each in known for name in each.features)
    return tuple(name for name in names if any(each.feature(name, engine).status for each in known))


def _by_releases(engine: str, names: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    """Yield a row for releases beside each other that do not differ, newest first."""

    def statuses(version: str) -> tuple[object, ...]:
        return tuple(release(version).feature(name, engine).status for name in names)

    for found, versions in groupby(data.release_names(), key=statuses):
        yield spans((each, True) for each in reversed([*versions])), *found


def _rules() -> Iterator[str]:
    yield "## Rules\n"
    yield _table(("code", "what", "in short", "sources"), sorted(_rule(rule) for rule in rules.RULES.values()))


def _rule(rule: object) -> tuple[str, str, str, str]:
    """Return a row of the table from the rule's docstring: `DRnnn: what it does.`, and below it the ids of sources."""
    first, _, rest = (inspect.getdoc(rule) or "").partition("\n\n")
    code, _, words = first.replace("\n", " ").partition(": ")
    sources = [each for each in re.findall(r"[A-Z0-9]+", rest) if each in data.load("sources.json")]
    return code, CODES[code], words[:1].upper() + words[1:], ", ".join(dict.fromkeys(sources)) or "the release files"


def _caveats() -> Iterator[str]:
    yield "## Limitations\n"
    head = ("id", "severity", "releases", "what", "sources")
    rows = (
        (name, each["severity"], _releases_with(name), each["text"], ", ".join(each["sources"]))
        for name, each in data.load("caveats.json").items()
    )
    yield _table(head, rows)


def _releases_with(caveat: str) -> str:
    return spans((each, caveat in release(each).caveats) for each in reversed(data.release_names()))


def _rests_on(rows: tuple[Row, ...]) -> Iterator[str]:
    yield "## What the facts of each release rest on\n"
    yield "All of a release's sources; `dynamo-recipe matrix -o json` says which of them each fact is from.\n"
    by_sources = groupby((row.release for row in rows), key=_sources_of)
    told = ((spans((each, True) for each in reversed([*versions])), ", ".join(ids)) for ids, versions in by_sources)
    yield _table(("Dynamo", "sources"), told)


def _sources_of(version: str) -> list[str]:
    by_fact = data.load(f"releases/{version}.json")["sources"].values()
    return sorted({each for ids in by_fact for each in ids})


def _sources() -> Iterator[str]:
    yield "## Sources\n"
    yield _table(("id", "what was read"), data.load("sources.json").items())
