"""From a plan and its placed processes to text: the command line and environment of each process. Starts nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dynamo_recipes.plan.model import (
    Address,
    Branch,
    FileRef,
    Instance,
    LeaderOf,
    Member,
    ModelDir,
    OwnPort,
    Part,
    Plan,
    Probe,
    Program,
    Rank,
    RunDir,
    SecretRef,
    Text,
    Value,
)
from dynamo_recipes.plan.ports import members_of


@dataclass(frozen=True)
class Named:
    """A piece of text that a person may want to change: scripts write it as a variable, everything else its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Secret:
    """A secret: the launcher looks it up, scripts demand it from their environment. Never text here."""

    name: str
    variable: str


Piece: TypeAlias = "str | Named | Secret"
Pieces: TypeAlias = "tuple[Piece, ...]"


@dataclass(frozen=True)
class Places:
    """What a target knows and a plan does not: where things are on the machine that runs the processes."""

    python: str
    run_dir: str
    model: str  # folder as the processes see it, or hub id
    host: str = "127.0.0.1"
    gpus_are_real: bool = True
    files: tuple[tuple[str, str], ...] = ()  # the recipe's files by name, each with its path as the processes see it


@dataclass(frozen=True)
class ProcessSpec:
    """One process, ready to start: words and environment as pieces, and what is needed to watch it."""

    name: str
    component: str
    role: str
    argv: tuple[Pieces, ...]
    env: tuple[tuple[str, Pieces], ...]
    ports: tuple[tuple[str, int], ...]
    ready: Probe | None
    endpoint: str | None = None

    def words(self) -> tuple[str, ...]:
        """Return the command line as text."""
        return tuple(plain(each) for each in self.argv)


def plain(pieces: Pieces) -> str:
    """Return pieces as text; a secret stands as its reference, never as its value."""
    return "".join(_plain(each) for each in pieces)


def _plain(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    return piece.value if isinstance(piece, Named) else f"<secret {piece.name}>"


def bind(plan: Plan, instances: tuple[Instance, ...], places: Places) -> tuple[ProcessSpec, ...]:
    """Return the processes in starting order."""
    members = members_of(plan.components)
    first = {(each.component, each.replica): each for each in reversed(instances)}
    roles = {each.name: each.role for each in plan.components}
    specs = []
    for each in instances:
        binding = _Binding(each, first, places)
        member = members[each.component, each.member]
        specs.append(
            ProcessSpec(
                name=each.name,
                component=each.component,
                role=roles[each.component],
                argv=tuple(binding.pieces(word) for arg in member.argv for word in arg.words),
                env=_environment(member, binding),
                ports=each.ports,
                ready=member.ready,
                endpoint=member.endpoint,
            )
        )
    return tuple(specs)


def _environment(member: Member, binding: "_Binding") -> tuple[tuple[str, Pieces], ...]:
    env = {each.name: binding.pieces(each.value) for each in member.env}
    devices = binding.instance.devices
    if devices and binding.places.gpus_are_real:
        env["CUDA_VISIBLE_DEVICES"] = (",".join(map(str, devices)),)
    return tuple(sorted(env.items()))


@dataclass(frozen=True)
class _Binding:
    instance: Instance
    first: Mapping[tuple[str, int], Instance]
    places: Places

    def pieces(self, value: Value) -> Pieces:
        """Return a value as pieces."""
        if isinstance(value, Text):
            return joined(tuple(piece for part in value.parts for piece in self.part(part)))
        return joined(tuple(self.tree(value.root)))

    def part(self, part: Part) -> Pieces:  # noqa: C901, PLR0911 - one line for each kind of part
        """Return what a part stands for."""
        match part:
            case str():
                return (part,)
            case Program():
                return (Named(part.name.upper(), self.places.python),)
            case OwnPort():
                return (_port(self.instance, part.name),)
            case Rank():
                return (str(self.instance.rank),)
            case RunDir():
                return self._below(part.below)
            case ModelDir():
                return (Named("MODEL", self.places.model),)
            case SecretRef():
                return (Secret(part.name, part.variable),)
            case FileRef():
                return self._file(part.name)
            case LeaderOf():
                return self._at(self.first[self.instance.component, self.instance.replica], part.port)
            case Address():
                return self._at(self.first[part.component, 0], part.port)

    def _file(self, name: str) -> Pieces:
        path = dict(self.places.files).get(name)
        if path is None:
            return self._below(f"files/{self.instance.component}/{name}")
        # Both ends: SSL_CERT_FILE and the like have a meaning already, and the names of ports end in _PORT.
        return (Named(f"FILE_{name.replace('-', '_').upper()}_PATH", path),)

    def _below(self, path: str) -> Pieces:
        return (Named("RUN_DIR", self.places.run_dir), f"/{path}")

    def _at(self, instance: Instance, port: str | None) -> Pieces:
        return (self.places.host,) if port is None else (_port(instance, port),)

    def tree(self, branch: Branch) -> list[Piece]:
        """Return a JSON value as pieces; keys in order of name, lists as they are."""
        if isinstance(branch, Text):
            inner = self.pieces(branch)
            return ['"', *(_inside_json(each) for each in inner), '"']
        if isinstance(branch, Mapping):
            entries: list[list[Piece]]
            entries = [[json.dumps(key, ensure_ascii=False), ": ", *self.tree(branch[key])] for key in sorted(branch)]
            return ["{", *_with_commas(entries), "}"]
        if isinstance(branch, tuple):
            return ["[", *_with_commas([self.tree(each) for each in branch]), "]"]
        return [json.dumps(branch, ensure_ascii=False)]


def _with_commas(entries: list[list[Piece]]) -> list[Piece]:
    result: list[Piece] = []
    for entry in entries:
        result += [", ", *entry] if result else entry
    return result


def _inside_json(piece: Piece) -> Piece:
    if isinstance(piece, Secret):
        return piece
    text = json.dumps(piece if isinstance(piece, str) else piece.value, ensure_ascii=False)[1:-1]
    if isinstance(piece, str):
        return text
    # Another spelling is another variable: the same path may also stand in a word of its own.
    return Named(piece.name if text == piece.value else f"{piece.name}_IN_JSON", text)


def _port(instance: Instance, name: str) -> Named:
    return Named(f"{instance.name}_{name}_port".replace("-", "_").upper(), str(dict(instance.ports)[name]))


def joined(pieces: Pieces) -> Pieces:
    """Return pieces with neighbouring texts made one."""
    result: list[Piece] = []
    for each in pieces:
        if isinstance(each, str) and result and isinstance(result[-1], str):
            result[-1] += each
        else:
            result.append(each)
    return tuple(result) or ("",)


def variables(specs: tuple[ProcessSpec, ...]) -> dict[str, str]:
    """Return every named piece and its value, in order of first use."""
    words = [each for spec in specs for each in (*spec.argv, *(value for _, value in spec.env))]
    return {piece.name: piece.value for pieces in words for piece in pieces if isinstance(piece, Named)}
