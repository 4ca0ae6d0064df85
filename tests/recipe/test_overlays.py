"""Texts laid over each other: the data is that of JSON merge patches, and each value knows where it comes from."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamo_recipes.findings import dotted
from dynamo_recipes.recipe.compose import COMPOSING, Inputs, composed, origins
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.settings import Setting

FEW = settings(max_examples=120, derandomize=True, database=None)


def document(text, file="r.yaml"):
    return load(text.encode(), file)[0]


def laid(*texts, variants=(), options=()):
    """Lay texts over each other; the last is the recipe, and extends the others."""
    names = [f"b{number}.yaml" for number in range(len(texts) - 1)]
    files = {name: document(text, name) for name, text in zip(names, texts, strict=False)}
    line = f'"extends": {json.dumps(names)}'
    main = document(f"{{{line}, {texts[-1][1:]}" if texts[-1].startswith("{") else f"{line}\n{texts[-1]}")
    words = tuple(Setting(each) for each in options)
    return composed(main, Inputs(tuple(variants), words, documents=files))


def data(whole):
    return {key: value for key, value in whole.document.data.items() if key not in COMPOSING}


def codes(whole):
    return [f"{each.code} {each.where}" for each in whole.findings if each.code != "DR111"]


@pytest.mark.parametrize(
    ("base", "patch", "expected"),
    [
        ("a: 1", "a: 2", {"a": 2}),
        ("a: 1", "b: 2", {"a": 1, "b": 2}),
        ("{a: 1, b: 2}", "a: ~", {"b": 2}),
        ("a: {b: 1, c: 2}", "a: {b: ~}", {"a": {"c": 2}}),
        ("a: {b: 1}", "a: [1]", {"a": [1]}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: [1, 2]", "a: [~]", {"a": [None]}),
        ("a: [1]", "a: {b: 1}", {"a": {"b": 1}}),
        ("a: x", "a: {b: {c: ~}}", {"a": {"b": {}}}),
        ("a: {b: 1}", "a: {}", {"a": {"b": 1}}),
        ("a: 1", "a: {}", {"a": {}}),
        ("a: ~", "b: 1", {"a": None, "b": 1}),
        # Short forms.
        ("engine: vllm", "engine: {args: {x: 1}}", {"engine": {"name": "vllm", "args": {"x": 1}}}),
        ("engine: {name: a, args: {x: 1}}", "engine: vllm", {"engine": "vllm"}),
        ("model: a/b", "model: {task: chat}", {"model": {"id": "a/b", "task": "chat"}}),
        ("model: a/b", "model: {path: ./m, id: ~}", {"model": {"path": "./m"}}),
        ("dynamo: '1.4'", "dynamo: {x-a: 1}", {"dynamo": {"version": "1.4", "x-a": 1}}),
        (
            "frontend: {router: kv}",
            "frontend: {router: {events: exact}}",
            {"frontend": {"router": {"mode": "kv", "events": "exact"}}},
        ),
        (
            "hardware: {gpu: l4}",
            "hardware: {gpu: {memory: 24Gi}}",
            {"hardware": {"gpu": {"name": "l4", "memory": "24Gi"}}},
        ),
        ("hardware: {gpu: {name: x, memory: 9Gi}}", "hardware: {gpu: l4}", {"hardware": {"gpu": "l4"}}),
        ("kv: {offload: none}", "kv: {offload: {engine: kvbm}}", {"kv": {"offload": {"engine": "kvbm"}}}),
        ("kv: {offload: {engine: kvbm}}", "kv: {offload: none}", {"kv": {"offload": "none"}}),
        ("env: {A: x}", "env: {A: {secret: s}}", {"env": {"A": {"secret": "s"}}}),
        ("x: {engine: a}", "x: {engine: {b: 1}}", {"x": {"engine": {"b": 1}}}),
    ],
)
def test_two_texts(base, patch, expected):
    assert data(laid(base, patch)) == expected


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ("parameters: {n: 9}", {"type": "int", "default": 9}),
        ("parameters: {n: {default: 9}}", {"type": "int", "default": 9}),
        ("parameters: {n: {type: ~}}", {"default": 1}),
    ],
)
def test_a_value_alone_over_a_declaration_is_its_default(patch, expected):
    whole = laid("parameters: {n: {type: int, default: 1}}", patch)
    assert whole.document.data["parameters"]["n"] == expected
    assert laid("parameters: {n: {type: int}}", "parameters: {n: ~}").document.data["parameters"] == {}


def test_nulls_of_a_variant_wait_until_it_is_chosen():
    base = "kv: {block_size: 16, dtype: fp8}"
    recipe = "variants: {plain: {kv: {dtype: ~}}}"
    assert data(laid(base, recipe)) == {"kv": {"block_size": 16, "dtype": "fp8"}}
    assert codes(laid(base, recipe)) == []
    assert data(laid(base, recipe, variants=["plain"])) == {"kv": {"block_size": 16}}
    assert laid(base + "\n" + recipe, "variants: {plain: ~}").document.data["variants"] == {}


@pytest.mark.parametrize(
    ("base", "patch", "found"),
    [
        ("a: {b: 1}", "a:\n  c: ~", ["DR129 r.yaml:3:3"]),
        ("a: {b: 1}", "a:\n  b: ~", []),
        ("a: 1", "a: {b: {c: ~}}", ["DR129 r.yaml:2:9"]),
        ("a: [1]", "a: [~]", []),
        ("a: 1", "b: ~\nc: ~", ["DR129 r.yaml:2:1", "DR129 r.yaml:3:1"]),
        ("engine: vllm", "engine: {name: ~}", []),
    ],
)
def test_a_null_that_removes_nothing_is_told_at_its_place(base, patch, found):
    whole = laid(base, patch)
    assert codes(whole) == found
    assert {each.severity for each in whole.findings if each.code == "DR129"} <= {"warning"}


def test_a_null_that_removes_nothing_is_told_in_variant_and_option():
    text = "a: 1\nvariants:\n  v:\n    b: ~\n"
    assert codes(laid(text, variants=["v"])) == ["DR129 r.yaml:5:5"]
    assert codes(laid("c: 1", text, variants=["v"])) == ["DR129 r.yaml:5:5"]
    (found,) = laid("a: 1", options=["b.c=null"]).findings
    assert (found.code, str(found.where), found.severity) == ("DR129", "--set b.c", "error")


def place(whole, *path):
    return str(whole.document.where(path))


def test_a_section_stands_where_it_was_written_last_as_a_whole():
    base, recipe = "\n\nenv:\n  A: x\n  B: {value: y}\n", "env:\n  A: {secret: s}\n  B: {x-note: 1}\n"
    whole = laid(base, recipe)
    assert place(whole, "env") == "b0.yaml:3:1"
    assert place(whole, "env", "A") == "r.yaml:3:3", "a mapping over a text is a new one"
    assert place(whole, "env", "A", "secret") == "r.yaml:3:15"
    assert place(whole, "env", "B") == "b0.yaml:5:3"
    assert place(whole, "env", "B", "x-note") == "r.yaml:4:15"
    assert place(laid("engine: vllm", "\nengine: {args: {}}"), "engine") == "b0.yaml:1:1"


# --- The same by hand ----------------------------------------------------------------------------------------------

NAMES = ("a", "b", "c", "d-e")
SCALARS = st.one_of(st.integers(0, 9), st.sampled_from(["x", "y z", "no", "1", ""]), st.booleans())
VALUES = st.recursive(
    st.one_of(SCALARS, st.lists(SCALARS, max_size=2)), lambda v: st.dictionaries(st.sampled_from(NAMES), v, max_size=3)
)
NULLED = st.recursive(
    st.one_of(SCALARS, st.none(), st.lists(SCALARS, max_size=2)),
    lambda v: st.dictionaries(st.sampled_from(NAMES), v, max_size=3),
)
BASES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)
PATCHES = st.dictionaries(st.sampled_from(NAMES), NULLED, max_size=4)
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)


class By:
    """A leaf, and what wrote it."""

    def __init__(self, value, by):
        self.value, self.by = value, by


def marked(value, by):
    """Return a value with each leaf marked; lists are one leaf per entry, as they are replaced whole."""
    if isinstance(value, dict):
        return {key: marked(each, by) for key, each in value.items()} or By({}, by)
    return By(value, by)


def merged(target, patch, by):
    """RFC 7396, the pseudo-code of section 2, with leaves marked; an empty mapping is a leaf too."""
    if not isinstance(patch, dict):
        return By(patch, by)
    if isinstance(target, By):
        target = target if target.value == {} and isinstance(target.value, dict) else By({}, by)
        empty, result = target, {}
    else:
        empty, result = None, dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key, By(None, by)), value, by)
    return result or empty or By({}, "emptied")


def plain(target):
    if isinstance(target, By):
        return target.value
    return {key: plain(each) for key, each in target.items()}


def leaves(target, path=()):
    if isinstance(target, dict):
        for key, each in target.items():
            yield from leaves(each, (*path, key))
    elif isinstance(target.value, list) and target.value:
        yield from (((*path, at), target.by) for at in range(len(target.value)))
    elif path:
        yield path, target.by


@FEW
@given(BASES, st.lists(PATCHES, max_size=2), st.lists(PATCHES, max_size=3), st.lists(st.tuples(PATHS, NULLED)))
def test_any_stack_is_what_one_by_one_gives(base, patches, variants, options):
    texts = [base, *patches]
    named = {f"v{number}": each for number, each in enumerate(variants)}
    words = [f"{'.'.join(path)}={json.dumps(value)}" for path, value in options]
    recipe = json.dumps({**texts[-1], "variants": named})
    whole = laid(*map(json.dumps, texts[:-1]), recipe, variants=named, options=words)

    files = [*(f"b{number}.yaml" for number in range(len(texts) - 1)), "r.yaml"]
    by_hand = marked(base, files[0])
    for file, text in zip(files[1:], texts[1:], strict=True):
        by_hand = merged(by_hand, text, file)
    for name, variant in named.items():
        by_hand = merged(by_hand, variant, f"variant {name}")
    for path, value in options:
        for name in reversed(path):
            value = {name: value}
        by_hand = merged(by_hand, value, f"--set {'.'.join(path)}")

    assert data(whole) == plain(by_hand)
    found = {each.path: each.by or each.where.file for each in origins(whole.document)}
    expected = dict(leaves(by_hand))
    assert set(found) == set(expected)
    assert {path: by for path, by in expected.items() if by != "emptied"}.items() <= found.items()
    for each in origins(whole.document):
        value = whole.document.data
        for step in each.path:
            value = value[step]
        assert value == each.value
        if each.by.startswith("--set"):
            assert each.where.line == 0
        else:
            assert each.where.line > 0, dotted(each.path)


def shuffled(value, rng):
    if isinstance(value, list):
        return [shuffled(each, rng) for each in value]
    if not isinstance(value, dict):
        return value
    names = list(value)
    rng.shuffle(names)
    return {name: shuffled(value[name], rng) for name in names}


@FEW
@given(st.lists(PATCHES, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_keys_never_matters(texts, rng):
    one = laid(*map(json.dumps, texts))
    other = laid(*(json.dumps(shuffled(each, Random(rng.random()))) for each in texts))
    assert one.document.data == other.document.data
    rows = [[(each.path, each.value, each.by, each.where.file) for each in origins(w.document)] for w in (one, other)]
    assert rows[0] == rows[1]
