"""Where a finding points: at the key for sections and unknown keys, at the value for values, through aliases too."""

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.findings import dotted, finding
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.read import read

HEAD = "schema: 1\nmodel: a/b\nengine: mocker\n"  # three lines: what follows starts on line 4

ROWS = [
    # A wrong key is shown at the key.
    ("nmae: x", "4:1 DR106 nmae"),
    ("x-a: 1\n\n# note\nnmae: x", "7:1 DR106 nmae"),
    ("kv:\n  blok: 1", "5:3 DR106 kv.blok"),
    ("kv: {block_size: 1, blok: 1}", "4:21 DR106 kv.blok"),
    ("workers:\n  decode: {}\n  prefill:\n    parallel: {tensr: 1}", "7:16 DR106 workers.prefill.parallel.tensr"),
    ("kv:\n  ? blok\n  : 1", "5:5 DR106 kv.blok"),
    ("'nmae': x", "4:1 DR106 nmae"),
    ("kv: {é: 1, blok: 1}", "4:6 DR106 kv.é | 4:12 DR106 kv.blok"),
    ('"a\\tb": 1', "4:1 DR106 a\tb"),
    # A wrong value at the value.
    ("kv: {dtype: f8}", "4:13 DR109 kv.dtype"),
    ("kv:\n  dtype:   f8", "5:12 DR109 kv.dtype"),
    ("kv:\n  dtype:\n    f8", "6:5 DR109 kv.dtype"),
    ("frontend: {port: 70000}", "4:18 DR110 frontend.port"),
    ("frontend: {port: '1'}", "4:18 DR108 frontend.port"),
    ("description: 5", "4:14 DR108 description"),
    ('about: {source: "é", maintainers: x}', "4:35 DR108 about.maintainers"),
    ("ready: {timeout: >-\n    long\n    time}", "4:18 DR102 "),
    ("ready:\n  timeout: >-\n    long\n    time\nstop: {grace: 1}", "5:12 DR110 ready.timeout | 8:15 DR108 stop.grace"),
    # An empty value where it would stand.
    ("kv:", "4:4 DR108 kv"),
    ("kv:\nstop: {}", "4:4 DR108 kv"),
    ("frontend: {port: }", "4:18 DR108 frontend.port"),
    # A section or list of a wrong kind at its key.
    ("kv: [1]", "4:1 DR108 kv"),
    ("about:\n  source: {a: 1}", "5:3 DR108 about.source"),
    ("about:\n  maintainers:\n    - a\n    - [b]", "7:7 DR108 about.maintainers[1]"),
    # A missing key at the section that lacks it.
    ("about:\n  tested:\n    - {dynamo: 1.4.2, status: works}", "6:7 DR107 about.tested[0].date"),
    ("about:\n  tested: [{dynamo: 1.4.2}]", "5:12 DR107 about.tested[0].date | 5:12 DR107 about.tested[0].status"),
    ("env:\n  A: {}", "5:3 DR107 env.A"),
    # Entries of lists.
    (
        "about:\n  maintainers:\n    - a\n    - 5\n    - b\n    - ~",
        "7:7 DR108 about.maintainers[1] | 9:7 DR108 about.maintainers[3]",
    ),
    ("about: {maintainers: [a, 5,\n  6]}", "4:26 DR108 about.maintainers[1] | 5:3 DR108 about.maintainers[2]"),
    ("about: {tested: [{date: x, dynamo: 1.4.2, status: works}]}", "4:25 DR110 about.tested[0].date"),
    # A wrong name of an entry at the name.
    ("env:\n  1A: x", "5:3 DR110 env.1A"),
    ("workers: {a_b: {role: decode}}", "4:11 DR110 workers.a_b"),
    ("frontend: {args: {'a b': x}}", "4:19 DR110 frontend.args.a b"),
    # What the rules say, at the entry they speak of.
    ("workers:\n  one: {}", "5:3 DR114 workers.one"),
    ("workers:\n  a: {role: aggregated}\n  A: {role: aggregated}", "6:3 DR115 workers.A"),
    ('description: "a\\0"', "4:14 DR113 description"),
    ("frontend:\n  args:\n    x: [1, .inf]", "6:12 DR110 frontend.args.x[1]"),
    # Later stages.
    ("frontend: {args: {tokenizer: [1]}}", "4:19 DR303 frontend.args.tokenizer"),
    ("hardware: {gpu: h1000}", "4:17 DR204 hardware.gpu"),
    # Through an alias: where the value is written.
    ("x-kv: &kv {dtype: f8}\nkv: *kv", "4:19 DR109 kv.dtype"),
    ("x-type: &type f8\nkv: {dtype: *type}", "4:9 DR109 kv.dtype"),
    ("x-kv: &kv {blok: 1}\nkv: *kv", "4:12 DR106 kv.blok"),
    ("x-any: &any [1]\nkv: *any", "5:1 DR108 kv"),
    (
        "workers:\n  prefill: &w {replicas: 0}\n  decode: *w",
        "5:26 DR110 workers.decode.replicas | 5:26 DR110 workers.prefill.replicas",
    ),
    # The second of two keys is the one that counts.
    ("kv: {dtype: fp8}\nkv: {dtype: f8}", "5:1 DR103  | 5:13 DR109 kv.dtype"),
]


def places(text: str) -> str:
    found = planned(text.encode(), "r.yaml").findings
    return " | ".join(f"{each.where.line}:{each.where.column} {each.code} {dotted(each.where.path)}" for each in found)


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_finding_points_at(text, expected):
    assert places(HEAD + text) == expected


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_line_ends_of_other_systems_change_no_place(text, expected, end):
    assert places((HEAD + text).replace("\n", end)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 DR107 engine | 1:1 DR107 model | 1:1 DR107 schema"),
        ("# only a comment\n", "1:1 DR107 engine | 1:1 DR107 model | 1:1 DR107 schema"),
        ("\n\nschema: 1\nmodel: a/b\n", "3:1 DR107 engine"),
        ("schema: 1\nmodel: a/b\nengine: {args: {}}\n", "3:1 DR107 engine.name"),
        ("schema: 1\nmodel:\n  task: chat\nengine: mocker\n", "2:1 DR107 model"),
        ("- a\n", "1:1 DR108 "),
        ("text", "1:1 DR108 "),
    ],
)
def test_what_is_missing_is_shown_where_it_belongs(text, expected):
    assert places(text) == expected


PATHS = [
    ((), False, (1, 1)),
    (("a",), False, (1, 1)),
    (("a",), True, (1, 1)),
    (("a", "b"), False, (2, 6)),
    (("a", "b"), True, (2, 3)),
    (("a", "c"), False, (3, 3)),
    (("a", "c", 0), False, (3, 7)),
    (("a", "c", 1), False, (3, 10)),
    (("a", "c", 1, "d"), False, (3, 14)),
    (("a", "c", 1, "d"), True, (3, 11)),
    # What is not written: its nearest parent.
    (("a", "c", 1, "e"), False, (3, 10)),
    (("a", "c", 9), False, (3, 3)),
    (("a", "b", "z"), False, (2, 6)),
    (("z", "y"), False, (1, 1)),
    # Keys are text, entries are numbers.
    (("a", "c", "1"), False, (3, 3)),
]


@pytest.mark.parametrize(("path", "key", "mark"), PATHS)
def test_the_place_of_a_path(path, key, mark):
    document, _ = load(b"a:\n  b: 1\n  c: [1, {d: 2}]\n", "r.yaml")
    where = document.where(path, key=key)
    assert (where.file, where.line, where.column, where.path) == ("r.yaml", *mark, path)


def test_findings_of_later_stages_get_their_place():
    reading = read((HEAD + "kv: {dtype: fp8}\n").encode(), "r.yaml")
    (placed,) = reading.placed([finding("DR205", ("kv", "dtype"), "No.")])
    assert str(placed.where) == "r.yaml:4:13"
    unreadable = read(b"a: [", "r.yaml")
    assert unreadable.placed([placed]) == (placed,)
