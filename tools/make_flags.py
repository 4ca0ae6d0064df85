"""Make the catalogues of flags of a Dynamo release, and of the vLLM and SGLang that it pins, from their wheels.

    python tools/make_flags.py 1.6.1          fetch the wheels, write the catalogues, print what changed
    python tools/make_flags.py 1.6.1 --check  write nothing; exit 1 if a file differs from the wheels
    python tools/make_flags.py --all          of every release that has wheels

Two methods must agree: a recording import, which runs the code that makes a parser with all heavy packages replaced,
and syntax trees, which only read. What but one of them can see is in `tools/flags/allowed.json`, with a reason.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dynamo_recipes.support import data  # noqa: E402 - found in the folder above
from dynamo_recipes.support.catalogue import model  # noqa: E402
from dynamo_recipes.support.catalogue.changes import between  # noqa: E402
from dynamo_recipes.support.releases import Release, release  # noqa: E402
from tools.flags import compare, recording  # noqa: E402
from tools.flags.programs import PROGRAMS  # noqa: E402
from tools.flags.text import text_of  # noqa: E402
from tools.flags.wheels import fetch  # noqa: E402

FLAGS = data.DATA / "flags"
_OLDEST = "1.0.2"
_DOTTED = Path("dynamo", "trtllm", "dynamic_flags.py")  # since 1.1 what is left may be `--trtllm.<key> <value>`


def releases() -> tuple[str, ...]:
    """Return the releases whose wheels are on the package index, oldest first."""
    known = [each for each in data.release_names() if each != "main" and not data.is_newer(_OLDEST, each)]
    return tuple(reversed([each for each in known if release(each).engine("mocker").wheels]))


def wheel_of(known: Release) -> str:
    """Return the version of a release's wheel: `1.2.0.post1` of 1.2.0."""
    wheels = known.engine("mocker").wheels
    if wheels is None:
        raise SystemExit(f"Dynamo {known.version} has no wheels.")
    return wheels.requirements[0].partition("==")[2]


def made(version: str) -> Iterator[dict[str, Any]]:
    """Yield the catalogues of a release's programs, and of its engines. Raises SystemExit when the methods differ."""
    known = release(version)
    wheel = wheel_of(known)
    folders = [fetch("ai-dynamo", wheel), fetch("ai-dynamo-runtime", wheel)]
    sources = [f"ai-dynamo {wheel}", f"ai-dynamo-runtime {wheel}"]
    for component, program in PROGRAMS.items():
        if not (folders[0] / "dynamo" / component.partition(".")[2]).is_dir():
            continue
        if program.engine is None:
            whole = recording.catalogue(component, version, sources, recording.record(component, folders))
            if (folders[0] / _DOTTED).is_file():
                whole["dotted"] = component == "dynamo.trtllm"
            yield compare.agreed(whole, folders[0])
            continue
        number = known.engine(program.engine).version or ""
        behind = fetch(program.engine, number)
        plain = recording.record(program.engine, [behind])
        yield compare.agreed(recording.catalogue(program.engine, number, [f"{program.engine} {number}"], plain), behind)
        *own, last = recording.record(component, [*folders, behind])
        whole = recording.catalogue(component, version, sources, own)
        whole["engine"] = recording.changes(last, plain[0]) | recording.rewrites(component, [*folders, behind])
        yield compare.agreed(whole, folders[0])


def main(words: Sequence[str] | None = None) -> int:
    """Write or compare catalogues; returns 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", nargs="*", help="a Dynamo release, 1.4.2")
    parser.add_argument("--all", action="store_true", help="every release that has wheels")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(words)
    differs = False
    for version in releases() if options.all else options.version:
        for catalogue in made(version):
            differs |= _kept(catalogue, options.check)
    return 1 if options.check and differs else 0


def _kept(catalogue: dict[str, Any], check: bool) -> bool:
    """Write a catalogue, or compare it; tell whether it differs from the file that is there."""
    file = FLAGS / catalogue["component"] / f"{catalogue['version']}.json"
    text = text_of(catalogue)
    differs = not file.exists() or file.read_text(encoding="utf-8") != text
    if differs:
        print(f"{'differs' if check else 'wrote'}: {file.relative_to(ROOT)}")
    if differs and not check:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        for line in _since_last(catalogue):
            print(f"  {line}")
    return differs


def _since_last(catalogue: dict[str, Any]) -> Iterator[str]:
    """Yield what changed since the version before."""
    for each in (model.catalogue, model.versions, data.versions_in, data.load):  # a file has come since they looked
        each.cache_clear()
    names = sorted((FLAGS / catalogue["component"]).glob("*.json"), key=lambda file: data.order(file.stem))
    before = names.index(FLAGS / catalogue["component"] / f"{catalogue['version']}.json") - 1
    if before >= 0:
        yield from between(catalogue["component"], names[before].stem, catalogue["version"]).lines()


if __name__ == "__main__":
    sys.exit(main())
