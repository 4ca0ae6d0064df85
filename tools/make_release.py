"""Make or update the data file of a Dynamo release from its wheels, and say what is to be filled by hand.

    python tools/make_release.py 1.4.2                  fetch its wheels with uv, write data/releases/1.4.2.json
    python tools/make_release.py 1.4.2 --check          write nothing; exit 1 if the file differs from the wheels
    python tools/make_release.py 1.4.2 --wheels FOLDER  read the wheels in a folder (one runtime for each arch)
    python tools/make_release.py 1.4.2 --no-resolve     do not ask uv on which Pythons it installs

Wheels are read, never run. In a file that is there already, what wheels do not tell is kept as it is. What they do
tell is written, and each difference printed; only the engine's version stays: it may be that of the image. Same
wheels, same indexes: same bytes.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.release_blank import blank, to_fill, with_sections  # noqa: E402 - found in the folder above
from tools.release_resolution import ARCHES, Ask, ask, resolved, unpack  # noqa: E402
from tools.release_wheels import Flags, Wheels, flags_of, in_folder  # noqa: E402

RELEASES = ROOT / "dynamo_recipes" / "data" / "releases"
ENGINES: dict[str, dict[str, Any]] = json.loads((RELEASES.parent / "engines.json").read_text(encoding="utf-8"))
PACKAGES = {"trtllm": "tensorrt-llm"}  # else that of the engine's own name
SIMULATORS = ("aisimulate", "aiconfigurator")
# Fields of a recipe, and the spellings that its flag has had; the first that the frontend knows is it.
FRONTEND = {
    "frontend.host": ("--http-host",),
    "frontend.port": ("--http-port",),
    "frontend.router.mode": ("--router-mode",),
    "frontend.router.events": ("--no-router-kv-events", "--no-kv-events"),
}
# Capabilities that a flag tells, and the program that has it.
CAPABILITIES = {"response_plane": ("frontend", "--response-plane"), "worker_router_flags": ("mocker", "--router-mode")}

Place = tuple[str, ...]
Facts = dict[Place, Any]


def facts_of(wheels: Wheels) -> Facts:
    """Return what the wheels tell by themselves, by its place in the file."""
    frontend = flags_of(wheels, "frontend")
    facts: Facts = {("python", "minimum"): _minimum(wheels)}
    if wheels.platforms:
        low = max(wheels.platforms.values())
        facts["platform", "arch"] = list(wheels.platforms)
        facts["platform", "glibc"] = f"{low[0]}.{low[1]}"
    for engine in ENGINES:
        facts |= _engine(wheels, engine)
    for capability, (program, flag) in CAPABILITIES.items():
        facts["capabilities", capability] = flag in flags_of(wheels, program)
    facts["router_modes",] = list(frontend.get("--router-mode", ())) or None
    for field, spelled in _spelled(frontend):
        facts["frontend", "flags", field] = spelled
    return facts


def _minimum(wheels: Wheels) -> str | None:
    found = re.search(r">=\s*(\d+\.\d+)", wheels.metadata["Requires-Python"] or "")
    return found[1] if found else None


def _spelled(flags: Flags) -> Iterator[tuple[str, str]]:
    for field, spellings in FRONTEND.items():
        if known := [each for each in spellings if each in flags]:
            yield field, known[0]


def _engine(wheels: Wheels, engine: str) -> Iterator[tuple[Place, Any]]:
    """Yield the version that the engine's extra pins, its NIXL, and how both are installed."""
    place = ("engines", engine)
    if not ENGINES[engine]["container_only"]:
        yield (*place, "wheels", "requirements"), [_requirement(wheels, engine)]
    if not ENGINES[engine]["gpu"]:
        yield (*place, "version"), wheels.version  # simulated: a part of the release itself
        return
    wanted = wheels.requirements(engine)
    pin = re.compile(rf"{PACKAGES.get(engine, engine)}(?:\[.*\])?==(\S+)")
    yield (*place, "version"), next((found[1] for each in wanted if (found := pin.fullmatch(each))), None)
    yield (*place, "nixl", "wheels"), next((each for each in wanted if re.match(r"nixl\b", each)), None)


def _requirement(wheels: Wheels, engine: str) -> str:
    return f"ai-dynamo{f'[{engine}]' if ENGINES[engine]['gpu'] else ''}=={wheels.version}"


def installed(wheels: Wheels, document: dict[str, Any], asked: Ask = ask) -> Facts:
    """Return what uv tells of the engines' wheels. Overrides are those of the file."""
    facts: Facts = {}
    for engine in (each for each in ENGINES if not ENGINES[each]["container_only"]):
        overrides = document["engines"][engine]["wheels"]["overrides"]
        found = resolved(_requirement(wheels, engine), overrides, asked)
        facts |= {("engines", engine, "wheels", key): value for key, value in found.items()}
    return facts


def merge(document: dict[str, Any], facts: Facts) -> Iterator[str]:
    """Put facts into a document; yield each that was something else there. None says nothing."""
    for place, told in facts.items():
        *folders, key = place
        inner = document
        for each in folders:
            inner = inner[each]
        was = inner.get(key)
        if told is None or was == told:
            continue
        yield f"{'.'.join(place)}: the file has {json.dumps(was)}, the wheels say {json.dumps(told)}"
        # The engine's version is that of the image, where it is known: documentation tells it, wheels only their own.
        if was is None or (place[0], key) != ("engines", "version"):
            inner[key] = told


def fetch(version: str, folder: Path) -> Wheels:
    """Return the wheels of a release from the indexes that uv is set up for; `1.2.0` may be there as `1.2.0.post1`."""
    if not any(unpack(f"ai-dynamo=={each}", ARCHES[0], folder) for each in (version, f"{version}.*")):
        raise SystemExit(f"There is no wheel ai-dynamo {version}.")
    runtimes = [each for each in in_folder(folder).requirements() if each.startswith("ai-dynamo-runtime==")]
    for arch in ARCHES if runtimes else ():
        unpack(runtimes[0], arch, folder)
    return in_folder(folder)


def text_of(document: dict[str, Any]) -> str:
    """Return a release file's text."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _read(version: str, folder: Path | None) -> Wheels:
    if folder:
        wheels = in_folder(folder)
    else:
        with tempfile.TemporaryDirectory() as made:
            wheels = fetch(version, Path(made))
    if not re.fullmatch(rf"{re.escape(version)}(\.post\d+)?", wheels.version):
        raise SystemExit(f"The wheels are of {wheels.version}, not of {version}.")
    return wheels


def main(words: Sequence[str] | None = None, asked: Ask = ask) -> int:
    """Write or compare a release file; returns 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help="a Dynamo release, 1.4.2")
    parser.add_argument("--wheels", type=Path, help="folder of wheels; left out: uv fetches them")
    parser.add_argument("--out", type=Path, help="the file; left out: that of the package")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--no-resolve", action="store_true", help="do not ask uv what installs")
    options = parser.parse_args(words)
    file: Path = options.out or RELEASES / f"{options.version}.json"
    there = file.exists()
    wheels = _read(options.version, options.wheels)
    before = json.loads(file.read_bytes()) if there else blank(options.version, ENGINES)
    document = with_sections(before, ENGINES)
    facts = facts_of(wheels) | ({} if options.no_resolve else installed(wheels, document, asked))
    differs = list(merge(document, facts))
    if not options.check:
        file.write_text(text_of(document), encoding="utf-8")
    for line in _told(wheels, document, differs if there else []):
        print(line)
    return 1 if options.check and (differs or not there) else 0


def _told(wheels: Wheels, document: dict[str, Any], differs: Sequence[str]) -> Iterator[str]:
    yield from (f"differs: {each}" for each in differs)
    wanted = (*wheels.requirements(), *wheels.requirements("mocker"))
    yield from (f"read: the simulator is {each}" for each in wanted if each.startswith(SIMULATORS))
    yield from (f"to fill by hand: {each}" for each in to_fill(document))


if __name__ == "__main__":
    sys.exit(main())
