"""What the wheels of a Dynamo release say, by reading them: metadata, tags, syntax trees. Runs nothing of them."""

import ast
import re
import zipfile
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import NamedTuple

_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_(\w+)$")
_KEPT = re.compile(r"dynamo/.*\.py$|[^/]+\.dist-info/(METADATA|WHEEL)$")

Flags = dict[str, tuple[str, ...]]  # flag, its choices: () where it has none, or none that can be read


class Wheels(NamedTuple):
    """The wheels of a release. `platforms`: lowest glibc of each arch that has a runtime."""

    metadata: Message
    platforms: dict[str, tuple[int, int]]
    modules: dict[str, str]  # "dynamo/frontend/main.py", its text

    @property
    def version(self) -> str:
        """The version of `ai-dynamo`: that of the release, or one with a `.post`."""
        return str(self.metadata["Version"])

    def requirements(self, extra: str = "") -> tuple[str, ...]:
        """Return what the wheel requires in all cases, or what an extra adds, without the conditions."""
        found: list[str] = self.metadata.get_all("Requires-Dist") or []
        wanted = re.compile(rf"""extra\s*==\s*['"]{extra}['"]""") if extra else re.compile(r"^(?!.*extra\s*==)")
        return tuple(each.split(";")[0].strip() for each in found if wanted.search(each))


def in_folder(folder: Path) -> Wheels:
    """Return the wheels in a folder: files `*.whl`, or what was unpacked from them."""
    packed = sorted(folder.glob("*.whl"))
    texts = [text for each in packed for text in _zipped(each)] if packed else list(_unpacked(folder))
    parser, metadata, platforms = Parser(), None, dict[str, tuple[int, int]]()
    for name, text in texts:
        if name.startswith("ai_dynamo-") and name.endswith("METADATA"):
            metadata = parser.parsestr(text)
        elif name.startswith("ai_dynamo_runtime-") and name.endswith("WHEEL"):
            platforms |= _platforms(parser.parsestr(text).get_all("Tag") or [])
    if metadata is None:
        raise SystemExit("There is no wheel of ai-dynamo in the folder.")
    modules = {name: text for name, text in texts if name.startswith("dynamo/")}
    return Wheels(metadata, dict(sorted(platforms.items(), reverse=True)), modules)


def _zipped(wheel: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if _KEPT.match(name):
                yield name, archive.read(name).decode("utf-8", "replace")


def _unpacked(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the same from folders into which wheels were unpacked, one for each platform."""
    for each in sorted(folder.glob("*/")):
        for pattern in ("dynamo/**/*.py", "*.dist-info/*"):
            for file in each.glob(pattern):
                name = file.relative_to(each).as_posix()
                if _KEPT.match(name):
                    yield name, file.read_text(encoding="utf-8", errors="replace")


def _platforms(tags: Iterable[str]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for tag in tags:
        if match := _MANYLINUX.search(tag):
            glibc = int(match[1]), int(match[2])
            found[match[3]] = min(glibc, found.get(match[3], glibc))
    return found


def flags_of(wheels: Wheels, program: str) -> Flags:
    """Return the flags of `dynamo.<program>`: of its own modules, and of the shared ones that they import from."""
    found: Flags = {}
    waiting, seen = [f"dynamo/{program}/__main__.py"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in wheels.modules:
            continue
        seen.add(name)
        tree = ast.parse(wheels.modules[name])
        found |= dict(_flags(tree))
        own = (f"dynamo/{program}/", "dynamo/common/")
        waiting += [each for each in _imported(tree, name, wheels.modules) if each.startswith(own)]
    return found


def _flags(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what calls such as `add_argument` and `add_negatable_bool_argument` add."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not re.fullmatch(r"add_(\w+_)?argument", _name(call.func)):
            continue
        words = {each.arg: each.value for each in call.keywords}
        spelled = [*call.args, *(words[key] for key in ("flag_name", "alias", "obsolete_flag") if key in words)]
        negatable = "negatable" in _name(call.func) or _name(words.get("action")) == "BooleanOptionalAction"
        for flag in (each for each in map(_text, spelled) if each.startswith("--")):
            yield flag, _texts(words.get("choices"))
            if negatable:
                yield f"--no-{flag.removeprefix('--')}", ()


def _name(node: ast.expr | None) -> str:
    """Return the last part of a name: `add_argument` of `group.add_argument`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _texts(node: ast.expr | None) -> tuple[str, ...]:
    return tuple(map(_text, node.elts)) if isinstance(node, ast.List | ast.Tuple) else ()


def _imported(tree: ast.Module, name: str, modules: dict[str, str]) -> Iterator[str]:
    """Yield the files that a module imports names from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            # A relative import starts at the folder of the module, one folder up for each further dot.
            folder = name.split("/")[: -node.level] if node.level else []
            base = "/".join([*folder, *(node.module.split(".") if node.module else [])])
            for each in node.names:
                yield from _files(base, each.name, modules)


def _files(base: str, wanted: str, modules: dict[str, str]) -> Iterator[str]:
    """Yield the file of a name: a module, or that from which a package takes the name; not all of the package."""
    if f"{base}.py" in modules:
        yield f"{base}.py"
        return
    yield from (f"{base}/{wanted}.py", f"{base}/{wanted}/__init__.py")
    package = f"{base}/__init__.py"
    for node in ast.walk(ast.parse(modules.get(package, ""))):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and wanted in {each.name for each in node.names}:
            yield f"{base}/{(node.module or wanted).replace('.', '/')}.py"
