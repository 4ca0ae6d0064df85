"""From what pydantic says of a recipe, a site or a facts file to findings: code, place, words, near names.

Judges nothing itself.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from dynamo_recipes.findings import Finding, Path, dotted
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.recipe.positions import Document


class _Problem(NamedTuple):
    """One error of pydantic: the path in the text, its context, the keys known at that place, and what the text is."""

    path: Path
    context: Mapping[str, Any]
    known: tuple[str, ...]
    value: object
    what: str = "recipe"


_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "is_instance_of": "text, a number, true, false, null, a list or a mapping",
    "invalid-json-value": "text, a number, true, false, null, a list or a mapping",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "too_short": ("min_length", "at least"),
    "too_long": ("max_length", "at most"),
    "string_too_short": ("min_length", "at least"),
    "string_too_long": ("max_length", "at most"),
}
_FORMS = {
    "name": "a DNS label of at most 40 characters: small letters, digits and -, a letter first",
    "secret": "a DNS label of at most 40 characters: small letters, digits and -, a letter first",
    "timeout": "a duration such as 30m or 100s",
    "grace": "a duration such as 30m or 100s",
    "id": "a hub id such as Qwen/Qwen3-0.6B",
    "date": "a day such as 2026-10-01",
    "host": "a host name or an address",
    "served_name": "a name without spaces at its start and without control characters",
    "namespace": "a DNS label: small letters, digits and -, at most 63 characters",
    "operator": "a version such as 1.4.2",
    "class": "the name of a storage class: small letters, digits, dots and -",
    "size": "a size such as 500Gi",
    "env": "a variable name: letters, digits and _, no digit first",
    "gpu.name": "a name of letters, digits and signs",
    "kubernetes.name": "the name of a Secret: small letters, digits, dots and -",
    "kubernetes.key": "a key of a Secret: letters, digits, dots, - and _",
    "os": "a word such as linux",
    "arch": "a word such as x86_64",
    "glibc": "a version such as 2.36",
    "revision": "a commit, tag or branch such as main",
    "engine.version": "a version such as 0.26.0",
    "image": "an image such as registry.example.org/vllm-runtime:1.4.2",
    "offload.cpu": "a size such as 128Gi",
    "disk": "a size such as 500Gi",
    "gpu.memory": "a size such as 80Gi",
    "distribution": "the name of a distribution such as ubuntu",
    "os_version": "a version such as 24.04",
    "python": "a version of Python such as 3.11.7",
    "driver": "a version such as 580.65.06",
    "cuda": "a version of two numbers such as 12.9",
    "fabric": "a word such as efa",
    "cpu": "a name without control characters",
    "memory": "a size such as 80Gi",
    "compute_capability": 'a compute capability such as "9.0"',
    "docker.version": "a version such as 28.2.2",
    "grove": "a version such as v0.7.0, or none",
    "kai_scheduler": "a version such as v0.7.0, or none",
    "lws": "a version such as v0.7.0, or none",
}
_NAMES = {"FactsFile": "facts file"}  # of models whose name is not what people call them
# Sections that may be written as one text.
_SHORT = (("dynamo",), ("engine",), ("model",), ("frontend", "router"), ("hardware", "gpu"))
# Sections that may be `none`.
_OR_NONE = (("kv", "offload"),)
_KEY_FORMS = {
    "workers": "a name of letters, digits and -, a letter first, at most 40 characters",
    "files": "a DNS label of at most 40 characters: small letters, digits and -, a letter first",
    "env": "a variable name: letters, digits and _, no digit first",
    "args": "a flag such as speedup-ratio",
    "secrets": "a DNS label of at most 40 characters: small letters, digits and -, a letter first",
    "roles": "a role: all, frontend, planner, aggregated, prefill, decode, encode or pd",
    "hosts": "a DNS label of at most 40 characters: small letters, digits and -, a letter first",
    "mirrors": "a registry, or the beginning of an image's name",
    "node_selector": "the key of a label such as nvidia.com/gpu.product",
}


def findings(error: ValidationError, document: Document, model: type[BaseModel]) -> tuple[Finding, ...]:
    """Return one finding for each thing that pydantic found wrong."""
    found = {_finding(each, document, model): None for each in error.errors(include_url=False)}
    return tuple(found)


def _finding(error: Any, document: Document, model: type[BaseModel]) -> Finding:
    is_key = error["loc"][-1:] == ("[key]",) and error["type"] != "extra_forbidden"
    path = error["loc"][:-1] if is_key else error["loc"]
    known = _known_keys(model, path[:-1])
    what = _NAMES.get(model.__name__, model.__name__.lower())
    problem = _Problem(path, error.get("ctx") or {}, known, error.get("input"), what)
    kind = error["type"]
    if is_key:
        found = _bad_key(problem)
    elif kind in _TYPES:
        found = _wrong_type(problem, _TYPES[kind])
    elif kind in _BOUNDS:
        found = _out_of_bounds(problem, *_BOUNDS[kind])
    else:
        found = _OTHERS.get(kind, _anything_else)(problem)
    return found.at(document.where(path, key=is_key or kind == "extra_forbidden"))


def _place(problem: _Problem) -> str:
    return f"`{shown(dotted(problem.path), 120)}`" if problem.path else f"The {problem.what}"


def _bad_key(problem: _Problem) -> Finding:
    form = _KEY_FORMS.get(str(problem.path[-2]) if len(problem.path) > 1 else "", "a name")
    return Finding("DR110", f"The key {_place(problem)} is not {form}.", "Rename the key.")


def _wrong_type(problem: _Problem, wanted: str) -> Finding:
    hint = ""
    if len(problem.path) > 1 and problem.path[-2] == "env":
        wanted, hint = "text, a whole number or {secret: NAME}", "Put the value in quotes."
    elif wanted == "text" and isinstance(problem.value, (int, float)):
        hint = f"Write {form}." if (form := _form(problem.path)) else "Put it in quotes."
    elif problem.path in _OR_NONE:
        wanted = "none or a mapping"
    elif problem.path in _SHORT and problem.value is not None:
        wanted, hint = "text or a mapping", "Put it in quotes." if isinstance(problem.value, (int, float)) else ""
    elif isinstance(problem.value, str) and wanted.endswith("number"):
        hint = "Write it without quotes." if problem.value.isdecimal() else ""
    elif problem.value is None:
        hint = "Give it a value, or remove the key."
    return Finding("DR108", f"{_place(problem)} must be {wanted}, not {_kind(problem.value)}.", hint)


def _kind(value: object) -> str:
    """Return what a value is, never the value: it may be a secret in the wrong place."""
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a decimal number",
        str: "text",
        list: "a list",
        dict: "a mapping",
        type(None): "empty",
    }
    return names.get(type(value), "this")


def _out_of_bounds(problem: _Problem, key: str, words: str) -> Finding:
    bound = problem.context.get(key)
    if "length" in key:
        things = "characters" if isinstance(problem.value, str) else "entries"
        return Finding("DR110", f"{_place(problem)} must have {words} {bound} {things}.")
    return Finding("DR110", f"{_place(problem)} must be {words} {bound}, and is {shown(str(problem.value))}.")


def _unknown_key(problem: _Problem) -> Finding:
    name = str(problem.path[-1])
    parent = f"in `{shown(dotted(problem.path[:-1]))}`" if problem.path[1:] else f"at the top of a {problem.what}"
    hint = did_you_mean(name, problem.known)
    return Finding("DR106", f"`{shown(name)}` is not a key {parent}.", hint)


def _missing_key(problem: _Problem) -> Finding:
    return Finding("DR107", f"{_place(problem)} is missing.", f"Add `{problem.path[-1]}:`.")


def _not_allowed(problem: _Problem) -> Finding:
    if problem.path in (("schema",), ("site",), ("facts",)):
        key = problem.path[0]
        return Finding("DR111", f"`{key}` must be 1.", f"This version of dynamo-recipes reads `{key}: 1`.")
    allowed = str(problem.context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
    if not isinstance(problem.value, str):
        return Finding(
            "DR108", f"{_place(problem)} must be text, not {_kind(problem.value)}.", did_you_mean("", allowed)
        )
    return Finding(
        "DR109", f"{_place(problem)} cannot be {shown(problem.value) or 'empty'}.", did_you_mean(problem.value, allowed)
    )


def _wrong_form(problem: _Problem) -> Finding:
    form = _form(problem.path) or "of the form that the schema gives"
    return Finding("DR110", f"{_place(problem)} must be {form}.")


def _form(path: Path) -> str | None:
    """Return the form that a text at a path must have, in words."""
    names = [step for step in path if isinstance(step, str)]  # of an entry of a list, the list's
    return _FORMS.get(".".join(names[-2:])) or _FORMS.get(names[-1])


def _anything_else(problem: _Problem) -> Finding:
    return Finding("DR108", f"{_place(problem)} has a value of the wrong kind.")


_OTHERS: dict[str, Callable[[_Problem], Finding]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing_key,
    "literal_error": _not_allowed,
    "string_pattern_mismatch": _wrong_form,
}


def _known_keys(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """Return the keys that the section at `path` has; none when the path leaves the model."""
    current: Any = model
    for step in path:
        current = _inner(current, str(step))
        if current is None:
            return ()
    fields = getattr(current, "model_fields", {})
    return tuple(sorted(field.alias or name for name, field in fields.items()))


def _inner(current: Any, step: str) -> Any:
    if isinstance(current, _Each):
        return current.section
    for name, field in getattr(current, "model_fields", {}).items():
        if (field.alias or name) == step:
            return _section_in(field.annotation)
    return None


class _Each:
    """A list or mapping whose every entry is one section."""

    def __init__(self, section: Any) -> None:
        self.section = section


def _section_in(annotation: Any) -> Any:
    """Return the section inside an annotation, or the list or mapping of sections."""
    if hasattr(annotation, "model_fields"):
        return annotation
    for inner in reversed(getattr(annotation, "__args__", ())):
        found = _section_in(inner)
        if found is not None:
            return _Each(found) if getattr(annotation, "__origin__", None) in (list, dict) else found
    return None
