"""A plan as text for people, as JSON for programs, as Mermaid for documents. Byte-stable; secrets stay references."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from dynamo_recipes.plan.model import (
    Address,
    Arg,
    Branch,
    Component,
    Env,
    FileRef,
    Instance,
    LeaderOf,
    Member,
    ModelDir,
    OwnPort,
    Part,
    Plan,
    Program,
    Rank,
    RunDir,
    SecretRef,
    Text,
    Value,
)

_WIDE = 46


def part(value: Part) -> str:  # noqa: C901, PLR0911 - one line for each kind of part
    """Return a part as people read it."""
    match value:
        case str():
            return value
        case Program():
            return value.name
        case OwnPort():
            return f"<{value.name} port>"
        case Rank():
            return "<rank>"
        case RunDir():
            return f"<run>/{value.below}"
        case ModelDir():
            return "<model>"
        case SecretRef():
            return f"<secret {value.name}>"
        case FileRef():
            return f"<file {value.name}>"
        case LeaderOf():
            return f"<leader's {value.port or 'address'}>"
        case Address():
            return f"<{value.component}'s {value.port or 'address'}>"


def value(word: Value) -> str:
    """Return a word as people read it."""
    if isinstance(word, Text):
        return "".join(part(each) for each in word.parts)
    return json.dumps(_branch(word.root), sort_keys=True, ensure_ascii=False)


def _branch(branch: Branch) -> Any:
    if isinstance(branch, Text):
        return value(branch)
    if isinstance(branch, Mapping):
        return {key: _branch(inner) for key, inner in branch.items()}
    if isinstance(branch, tuple):
        return [_branch(inner) for inner in branch]
    return branch


def as_text(plan: Plan, instances: tuple[Instance, ...]) -> str:
    """Return the plan for a person: choices, processes, and each component's command with its reasons."""
    title = f"{plan.name}: {plan.service.model} ({plan.model.kind} {plan.model.value})"
    lines = ["".join(each if each.isprintable() else _visible(each) for each in title), "", "Choices"]
    lines += _table([(each.what, each.value, each.because) for each in plan.choices])
    lines += ["", "Processes, in starting order"]
    lines += _table([("NAME", "NODE", "DEVICES", "PORTS"), *(_process(each) for each in instances)])
    for component in plan.components:
        lines += ["", _headline(component)]
        for member in component.members:
            lines += _member(member, len(component.members) > 1)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _process(instance: Instance) -> tuple[str, ...]:
    devices = ",".join(map(str, instance.devices)) or "-"
    ports = " ".join(f"{name}={number or 'any'}" for name, number in instance.ports) or "-"
    return instance.name, str(instance.node), devices, ports


def _headline(component: Component) -> str:
    times = f", {component.replicas} replicas" if component.replicas > 1 else ""
    after = f", after {', '.join(component.after)}" if component.after else ""
    role = f" ({component.role})" if component.role != component.name else ""
    return f"{component.name}{role}{times}{after}"


def _member(member: Member, named: bool) -> Iterator[str]:
    if named:
        per_group = f" x {member.per_group}" if member.per_group > 1 else ""
        yield f"  {member.name}{per_group}"
    program, *rest = member.argv
    yield "  " + _words(program)
    for arg in rest:
        yield _reasoned(f"    {_words(arg)}", arg.because or f"by {arg.by}")
    for each in member.env:
        yield _reasoned(f"    {each.name}={_word(each.value)}", each.because or f"by {each.by}")


def _words(arg: Arg) -> str:
    return " ".join(_word(each) for each in arg.words)


def _word(word: Value) -> str:
    """Return a word, quoted as a shell needs it; one with a symbolic part as it is, for reading."""
    symbolic = isinstance(word, Text) and not all(isinstance(each, str) for each in word.parts)
    text = value(word)
    if not text.isprintable():
        return f"$'{''.join(_visible(each) for each in text)}'"
    return text if symbolic else shlex.quote(text)


def _visible(character: str) -> str:
    """Return a character as bash reads it between $' and ': it stays on its line and does nothing to a terminal."""
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\U{ord(character):08x}")


def _reasoned(line: str, because: str) -> str:
    return f"{line:<{_WIDE}}  # {because}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    return ["  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]


def as_json(plan: Plan, instances: tuple[Instance, ...]) -> str:
    """Return the plan as data. `plan: 1` is the version of this form."""
    data = {
        "plan": 1,
        "name": plan.name,
        "model": {"kind": plan.model.kind, "value": plan.model.value},
        "virtual_gpus": plan.virtual_gpus,
        "service": {
            "component": plan.service.component,
            "port": plan.service.port,
            "model": plan.service.model,
            "task": plan.service.task,
            "host": plan.service.host,
        },
        "install": {
            "requirements": list(plan.install.requirements),
            "options": list(plan.install.options),
            "python": plan.install.python,
        },
        "ready": {"timeout_seconds": plan.ready_timeout, "idle_timeout_seconds": plan.idle_timeout},
        "stop": {"grace_seconds": plan.stop_grace},
        "choices": [{"what": each.what, "value": each.value, "because": each.because} for each in plan.choices],
        "components": [_component(each) for each in plan.components],
        "instances": [_instance(each) for each in instances],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _component(component: Component) -> dict[str, Any]:
    return {
        "name": component.name,
        "role": component.role,
        "replicas": component.replicas,
        "after": list(component.after),
        "image": component.image,
        "members": [_member_data(each) for each in component.members],
    }


def _member_data(member: Member) -> dict[str, Any]:
    return {
        "name": member.name,
        "per_group": member.per_group,
        "nodes": member.nodes,
        "gpus": member.gpus,
        "argv": [_arg_data(each) for each in member.argv],
        "env": [_env_data(each) for each in member.env],
        "ports": [{"name": each.name, "fixed": each.fixed, "span": each.span} for each in member.ports],
        "ready": {"port": member.ready.port, "path": member.ready.path} if member.ready else None,
    }


def _arg_data(arg: Arg) -> dict[str, Any]:
    return {"words": [value(each) for each in arg.words], "by": arg.by, "because": arg.because}


def _env_data(each: Env) -> dict[str, Any]:
    return {"name": each.name, "value": value(each.value), "by": each.by, "because": each.because}


def _instance(each: Instance) -> dict[str, Any]:
    return {
        "name": each.name,
        "component": each.component,
        "member": each.member,
        "replica": each.replica,
        "rank": each.rank,
        "node": each.node,
        "devices": list(each.devices),
        "ports": dict(each.ports),
    }


def as_mermaid(plan: Plan) -> str:
    """Return the graph as a Mermaid flow chart: requests solid, KV transfer dotted."""
    frontend, *workers = plan.components
    lines = ["flowchart LR", f"  client([client]) --> {_node(frontend)}"]
    for each in workers:
        if each.role != "prefill" or all(other.role != "decode" for other in workers):
            lines.append(f"  {_id(frontend)} --> {_node(each)}")
        else:
            lines.append(f"  {_id(frontend)} -- prefill --> {_node(each)}")
            lines += [f"  {_id(each)} -. KV .-> {_id(other)}" for other in workers if other.role == "decode"]
    return "\n".join(lines) + "\n"


def _node(component: Component) -> str:
    times = f" x {component.replicas}" if component.replicas > 1 else ""
    return f'{_id(component)}["{component.name}{times}"]'


def _id(component: Component) -> str:
    """Return a name that is no word of Mermaid: a worker may be called `end` or `client`."""
    return f"n_{component.name}"
