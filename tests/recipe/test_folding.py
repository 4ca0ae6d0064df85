"""Texts laid over each other: against a naive merge and a naive replay of who wrote what last."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dynamo_recipes.recipe.compose import Inputs, combinations, composed, origins
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.parameters import Given
from dynamo_recipes.recipe.positions import Document
from dynamo_recipes.recipe.settings import Setting

LEAVES = (
    st.none() | st.integers(0, 9) | st.sampled_from(["a", "b c", "$x", "é"]) | st.lists(st.integers(0, 3), max_size=2)
)
KEYS = st.sampled_from(["x-a", "x-b", "env", "kv", "stop"])  # no short forms: those are tested by a table
TREES = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6),
    max_size=4,
)


def naive(target: Any, patch: Any) -> Any:
    """The pseudo code of RFC 7396, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = naive(result.get(name), value)
    return result


def document(file: str, data: dict[str, Any]) -> Document:
    found, findings = load(json.dumps({"schema": 1, **data}).encode(), file)
    assert found is not None, findings
    return found


def written(target: Any, patch: Any, by: str) -> Any:
    """The same, each value beside who wrote it last, each mapping beside who made it."""
    if isinstance(patch, list):
        return ([written(None, each, by) for each in patch], by)
    if not isinstance(patch, dict):
        return (patch, by)
    inside, maker = target if target is not None and isinstance(target[0], dict) else ({}, by)
    result = dict(inside)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = written(result.get(name), value, by)
    return (result, maker)


def leaves(pair: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], str]:
    """Return who wrote each value that has none below it."""
    inside, by = pair
    items = inside.items() if isinstance(inside, dict) else enumerate(inside) if isinstance(inside, list) else ()
    below = {key: value for step, inner in items for key, value in leaves(inner, (*path, step)).items()}
    return below or {path: by}


@given(st.lists(TREES, min_size=1, max_size=4), st.lists(TREES, max_size=3), st.lists(TREES, max_size=2))
def test_a_stack_is_the_same_as_folding_one_by_one(files, variants, options):
    files[0] = naive({}, files[0])  # the lowest is no patch: its nulls are values
    names = [f"f{number}.yaml" for number in range(len(files))]
    chosen = {f"v{number}": each for number, each in enumerate(variants)}
    texts = [{**each, **({"extends": names[at - 1]} if at else {})} for at, each in enumerate(files)]
    texts[-1] |= {"variants": chosen}
    settings = [Setting(f"{key}={json.dumps(value)}") for tree in options for key, value in tree.items()]
    documents = {name: document(name, each) for name, each in zip(names[:-1], texts, strict=False)}
    inputs = Inputs(variants=tuple(chosen), settings=tuple(settings), documents=documents)
    whole = composed(document(names[-1], texts[-1]), inputs)

    stack = [(name, {"schema": 1, **each}) for name, each in zip(names, files, strict=True)]
    stack += [(f"variant {name}", each) for name, each in chosen.items()]
    stack += [(f"--set {key}", {key: value}) for tree in options for key, value in tree.items()]
    expected: Any = {}
    for _, patch in stack:
        expected = naive(expected, patch)
    data = {key: value for key, value in whole.document.data.items() if key not in ("extends", "variants")}
    assert data == expected
    assert [each.code for each in whole.findings if each.code != "DR129"] == []

    told: Any = None
    for name, patch in stack:
        told = written(told, patch, name)
    assert {each.path: each.by or each.where.file for each in origins(whole.document)} == leaves(told)


@given(TREES, TREES, st.randoms())
def test_the_order_of_keys_never_matters(base, patch, random):
    def shuffled(data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        items = [(key, shuffled(value)) for key, value in data.items()]
        random.shuffle(items)
        return dict(items)

    def result(one: Any, other: Any) -> Any:
        extended = {"b.yaml": document("b.yaml", one)}
        return composed(document("a.yaml", {**other, "extends": "b.yaml"}), Inputs(documents=extended)).document.data

    assert result(base, patch) == result(shuffled(base), shuffled(patch))


SHORT = [
    ("engine: mocker", "engine: {args: {a: 1}}", "engine: {name: mocker, args: {a: 1}}"),
    ("engine: {name: mocker, args: {a: 1}}", "engine: vllm", "engine: vllm"),
    ("model: a/b", "model: {max_length: 8}", "model: {id: a/b, max_length: 8}"),
    ("dynamo: 1.4.2", "dynamo: {version: 1.6.0}", "dynamo: {version: 1.6.0}"),
    ("frontend: {router: kv}", "frontend: {router: {events: none}}", "frontend: {router: {mode: kv, events: none}}"),
    ("parameters: {n: {type: int}}", "parameters: {n: 2}", "parameters: {n: {type: int, default: 2}}"),
    ("parameters: {n: 1}", "parameters: {n: 2}", "parameters: {n: 2}"),
    ("workers: {w: {args: {a: 1}}}", "workers: {w: {args: {a: null}}}", "workers: {w: {args: {}}}"),
    ("workers: {w: {}}", "workers: {w: {args: {a: null}}}", "workers: {w: {args: {a: null}}}"),
    ("env: {A: x}", "env: {A: {secret: s}}", "env: {A: {secret: s}}"),
    ("variants: {v: {kv: {a: 1}}}", "variants: {v: {kv: {a: null}}}", "variants: {v: {kv: {a: null}}}"),
    ("variants: {v: {kv: {a: 1}}, w: {}}", "variants: {v: null}", "variants: {w: {}}"),
]


@pytest.mark.parametrize(("base", "patch", "expected"), SHORT)
def test_short_forms_open_up_and_a_worker_keeps_its_nulls(base, patch, expected):
    def read(text: str) -> Any:
        return yaml.safe_load(text)

    extended = {"b.yaml": document("b.yaml", read(base))}
    text = document("a.yaml", {**read(patch), "extends": "b.yaml"})
    assert composed(text, Inputs(documents=extended)).document.data == {
        "schema": 1,
        "extends": "b.yaml",
        **read(expected),
    }


def test_every_choice_of_two_axes_and_the_origins_in_each():
    variants = {f"{axis}{number}": {"axis": axis, "x-v": {axis: number}} for axis in ("a", "b") for number in (1, 2, 3)}
    text = document("r.yaml", {"x-v": {"a": 0, "b": 0}, "variants": variants})
    choices = combinations(text)
    assert len(choices) == len(set(choices)) == 16
    for chosen in choices:
        whole = composed(text, Inputs(variants=chosen))
        assert whole.findings == ()
        said = {each.path: each.by for each in origins(whole.document) if each.path[0] == "x-v"}
        of = {each[0]: f"variant {each}" for each in chosen}
        assert said == {("x-v", "a"): of.get("a", ""), ("x-v", "b"): of.get("b", "")}


def value(text: str, name: str = "x-v", given: Given = Given(), **keys: Any) -> Any:  # noqa: B008
    data = {"v": text} if name == "description" else {}
    whole = composed(document("r.yaml", {"description": text, **data, **keys}), Inputs(given=given))
    assert whole.findings == (), whole.findings
    return whole.document.data["description"]


ODD = "two  words 'q' \"d\" $( id ) `id` ${X} $$ \\ \n\ttab é 東京 🦀 = # : {a: 1}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", ODD),
        ("<${A}>", f"<{ODD}>"),
        ("${A}${A}", ODD * 2),
        ("$${A}", "${A}"),
        ("$$$${A}", "$${A}"),
        ("$A $ $(A) a$", "$A $ $(A) a$"),
        ("${NONE:-it is $A}", "it is $A"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY}", ""),
        ("${EMPTY:?x}${A:?x}", None),
        ("${FILE}", "of the file"),
        ("${BOTH}", "of the environment"),
    ],
)
def test_a_reference_stands_for_its_value_byte_for_byte(text, expected):
    given = Given({"A": ODD, "EMPTY": "", "BOTH": "of the environment"}, {"FILE": "of the file", "BOTH": "no"})
    if expected is None:
        whole = composed(document("r.yaml", {"description": text}), Inputs(given=given))
        assert [each.code for each in whole.findings] == ["DR125"]
    else:
        assert value(text, given=given) == expected


@pytest.mark.parametrize("text", ["${", "${}", "${a b}", "${1}", "${A-b}", "${A:+b}", "${A:=b}", "${A:-${B}}", "x${A"])
def test_what_is_no_reference(text):
    whole = composed(document("r.yaml", {"description": text}), Inputs(given=Given({"A": "x", "B": "y"})))
    assert [each.code for each in whole.findings if each.code != "DR125"] == ["DR124"]
    assert whole.document.data["description"] == text


@pytest.mark.parametrize("name", ["HF_TOKEN", "API_KEY", "MY_SECRET", "DB_PASSWORD"])
def test_a_secret_is_never_put_into_the_text(name):
    whole = composed(document("r.yaml", {"x": f"${{{name}}}"}), Inputs(given=Given({name: "swordfish"})))
    assert [each.code for each in whole.findings] == ["DR112"]
    assert "swordfish" not in str((whole.findings, whole.document.data))
