"""Files that a recipe extends, as they lie on a disk: each oddity a finding, in time."""

import json
import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamo_recipes.app.composing import Inputs, inputs_of, read
from dynamo_recipes.app.planning import planned_at
from dynamo_recipes.app.validate import validate
from dynamo_recipes.errors import Refused
from dynamo_recipes.recipe.parameters import Given
from dynamo_recipes.recipe.settings import Setting

HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    inner = tmp_path / "repository"
    (inner / ".git").mkdir(parents=True)
    monkeypatch.chdir(inner)
    start = time.process_time()
    yield inner
    assert time.process_time() - start < 5


def write(**texts):
    for name, text in texts.items():
        with open(f"{name}.yaml", "w", encoding="utf-8") as file:
            file.write(text)


def said(**words):
    """Return code and place of what is said about r.yaml."""
    found = planned_at(read("r.yaml", Inputs(**words))).findings
    assert all(len(each.message) < 1000 for each in found)
    return sorted({f"{each.code} {each.where}" for each in found})


@pytest.mark.parametrize(
    ("extends", "code"),
    [
        ("nowhere.yaml", "DR116"),
        ("nowhere/b.yaml", "DR116"),
        ("r.yaml/b.yaml", "DR116"),
        (".git", "DR116"),
        ("pipe", "DR116"),
        ("x" * 300, "DR116"),
        ("../../etc/passwd", "DR118"),
        ("/etc/passwd", "DR118"),
        ("/dev/zero", "DR118"),
        ("out.yaml", "DR118"),
        ("zero.yaml", "DR118"),
        ("https://example.org/b.yaml", "DR118"),
        ("file:///etc/passwd", "DR118"),
        ("git@example.org:a/b.yaml", "DR116"),
        ("~/b.yaml", "DR118"),
        ("loop.yaml", "DR118"),
        ("a\\0b", "DR118"),
        ("r.yaml", "DR119"),
        ("a/../r.yaml", "DR119"),
        ("./r.yaml", "DR119"),
    ],
)
def test_what_cannot_be_extended_is_told_at_the_entry(folder, extends, code):
    (folder / "a").mkdir()
    os.mkfifo("pipe")
    os.symlink("/etc/passwd", "out.yaml")
    os.symlink("/dev/zero", "zero.yaml")
    os.symlink("loop.yaml", "loop.yaml")
    write(r=HEAD + f'extends:\n  - "{extends}"\n')
    assert f"{code} r.yaml:5:5" in said()


def test_what_is_wrong_inside_an_extended_file_is_told_there(folder):
    write(
        r="schema: 1\nextends: [b.yaml, c.yaml, d.yaml]\n", b=HEAD + "frontend:\n  port: x\n", c="a: [\n", d="b: !x 1\n"
    )
    assert said() == [
        "DR102 c.yaml:2:1",
        "DR104 d.yaml:1:4",
        "DR106 d.yaml:1:1",
        "DR108 b.yaml:5:9",
        "DR111 d.yaml:1:1",
    ]
    (folder / "c.yaml").write_bytes(b"\xff")
    (folder / "d.yaml").write_bytes(b"#" * (2 << 20))
    assert [each[:5] for each in said()] == ["DR101", "DR105", "DR108"]


def test_a_circle_of_links_is_a_circle(folder):
    os.symlink("r.yaml", "link.yaml")
    os.symlink(".", "same")
    write(r=HEAD + "extends: link.yaml\n")
    assert said() == ["DR119 link.yaml:4:10"] or said() == ["DR119 r.yaml:4:10"]
    write(r=HEAD + "extends: same/r.yaml\n")
    assert [each[:5] for each in said()] == ["DR119"]


def test_what_a_linked_file_extends_lies_beside_the_file(folder):
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "base.yaml").write_text(f"schema: 1\nx-{name}: 1\nmodel: {{path: ./{name}}}\n")
    (folder / "b" / "real.yaml").write_text("schema: 1\nextends: base.yaml\n")
    os.symlink("../b/real.yaml", "a/link.yaml")
    write(r="schema: 1\nengine: mocker\nextends: [a/base.yaml, a/link.yaml]\n")
    data = planned_at(read("r.yaml")).reading.document.data
    assert {"x-a", "x-b"} <= set(data)
    assert data["model"] == {"path": "b/b"}


def test_chains(folder):
    for number in range(1000):
        write(**{f"c{number}": f"schema: 1\nextends: c{number + 1}.yaml\n"})
    write(r=HEAD + "extends: c0.yaml\n", c1000="schema: 1\n")
    assert [each[:5] for each in said()] == ["DR105"]
    for number in range(30):
        write(**{f"c{number}": f"schema: 1\nextends: [c{number + 1}.yaml, c{number + 1}.yaml]\n"})
    write(c30="schema: 1\n")
    assert [each[:5] for each in said()] == ["DR105"]
    write(r=HEAD + f"extends: {json.dumps(['c20.yaml'] * 200)}\n")
    assert "DR105" in {each[:5] for each in said()}
    write(r=HEAD + "extends: c990.yaml\n")
    assert said() == []


def test_errors_stand_where_their_cause_is(monkeypatch):
    base = HEAD + "workers:\n  aggregated: {replicas: 0}\n"
    recipe = (
        "schema: 1\nextends: b.yaml\nvariants:\n  v:\n    kv: {block_size: x}\nframe: 1\nready: {timeout: '${T}'}\n"
    )
    write(b=base, r=recipe)
    found = said(variants=("v",), settings=(Setting("frontend.port=-1"),), given=Given({"T": "later"}))
    assert found == [
        "DR106 r.yaml:6:1",
        "DR108 r.yaml:5:22",
        "DR110 --set frontend.port",
        "DR110 b.yaml:5:26",
        "DR110 r.yaml:7:18",
    ]


LONG = "y" * (100 << 10)


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("${" * ((1 << 19) - 50), {"DR124", "DR105"}),
        ("$" * (1 << 19), set()),
        ("${A}" * 100_000, {"DR105"}),
        ("${A:-${B}}", {"DR124"}),
        ("${A:-" * 10_000, {"DR124"}),
        ("${" + "A" * 100_000 + "}", {"DR125"}),
        ("${" + "A" * 100_000, {"DR124"}),
        ("${N:?" + "w" * 100_000 + "}", {"DR125"}),
        ("${}", {"DR124"}),
        ("${1}", {"DR124"}),
        ("${A b}", {"DR124"}),
        ("${A-b}", {"DR124"}),
        ("${A:+b}", {"DR124"}),
        ("${HF_TOKEN}", {"DR112"}),
        ("${HF_TOKEN:-x}", {"DR112"}),
    ],
)
def test_references_of_any_size(value, codes):
    write(r=HEAD + f"description: '{value}'\n")
    result = planned_at(read("r.yaml", Inputs(given=Given({"A": LONG, "HF_TOKEN": "swordfish-9"}))))
    assert {each.code for each in result.findings} <= codes
    assert bool(result.findings) == bool(codes)
    assert not any("yyyyy" in str(each) or "swordfish" in str(each) for each in result.findings)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("a." * 10_000 + "a=1", "DR123"),
        (".".join("a" * 30) + "=1", "DR106"),
        ("x", "DR123"),
        ("", "DR123"),
        ("=1", "DR123"),
        (".a=1", "DR123"),
        ("a.=1", "DR123"),
        ("a..b=1", "DR123"),
        ('"a=1', "DR123"),
        ("a=[1", "DR102"),
        ("a=!x 1", "DR104"),
        ("a=--- 1\n--- 2", "DR104"),
        ("a={b: 1, b: 2}", "DR103"),
        ("a=" + "[" * 5_000, "DR105"),
        ("a=[&a [x,x,x,x,x,x,x,x,x]" + "".join(f", &{b} [{('*' + a + ',') * 9}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]", "DR105"),  # noqa: E501
        ("a=\0", "DR102"),
        ("a=\udcff", "DR101"),
        ("schema=2", "DR111"),
        ("extends=b.yaml", "DR123"),
        ("extends=~", "DR123"),
        ("model=~", "DR107"),
        ("nothing=~", "DR129"),
        ("workers.decode.replicas=x", "DR108"),
        ('workers."decode".replicas=x', "DR108"),
        ("workers=1", "DR108"),
        ("variants.a.b=1", "DR108"),
        ("parameters=1", "DR108"),
    ],
)  # fmt: skip
def test_settings_of_any_kind(words, code):
    write(r=HEAD)
    found = planned_at(read("r.yaml", Inputs(settings=(Setting(words),)))).findings
    assert code in {each.code for each in found} or (words == "variants.a.b=1" and not found)
    for each in found:
        if each.code == code and code not in ("DR107",):
            assert each.where.file.startswith("--set")


def test_text_settings_and_surrogates():
    write(r=HEAD)
    found = planned_at(
        read("r.yaml", Inputs(settings=(Setting("description=\udcff", True), Setting("env.\udcff=1", True))))
    ).findings
    assert {each.code for each in found} >= {"DR113"}


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("extends: 1", "DR108 r.yaml:4:10"),
        ("extends: {a: b}", "DR108 r.yaml:4:1"),
        ("extends: ['']", "DR110 r.yaml:4:11"),
        ("extends: [1]", "DR108 r.yaml:4:11"),
        ("extends: ${X}", "DR116 r.yaml:4:10"),
        ("variants: 1", "DR108 r.yaml:4:11"),
        ("variants: [a]", "DR108 r.yaml:4:1"),
        ("variants: {a: 1}", "DR108 r.yaml:4:15"),
        ("variants: {A_: {}}", "DR110 r.yaml:4:12"),
        ("parameters: 1", "DR108 r.yaml:4:13"),
        ("parameters: [a]", "DR108 r.yaml:4:1"),
        ("parameters: {a: [1]}", "DR108 r.yaml:4:14"),
        ("parameters: {a: {type: text}}", "DR109 r.yaml:4:24"),
        ("parameters: {a: {typ: int}}", "DR106 r.yaml:4:18"),
        ("parameters: {a: {choices: []}}", "DR110 r.yaml:4:18"),
        ("parameters: {a: {choices: 1}}", "DR108 r.yaml:4:27"),
        ("parameters: {a-b: 1}", "DR110 r.yaml:4:14"),
        ("parameters: {a: {default: [1]}}", "DR108 r.yaml:4:18"),
        ("parameters: {a: {type: int, default: x}}", "DR126 r.yaml:4:38"),
        ("parameters: {a: {type: int, default: 1, choices: [2]}}", "DR126 r.yaml:4:38"),
    ],
)
def test_wrong_shapes(lines, place):
    write(r=HEAD + lines + "\n")
    assert place in said()


def test_variants_by_name():
    write(r=HEAD + "variants:\n  a: {axis: x}\n  b: {axis: x}\n  c: {extends: b}\n  d: {axis: 1}\n")
    assert said(variants=("a",)) == []
    assert said(variants=("a", "b")) == ["DR122 --variant"]
    assert said(variants=("a", "a")) == ["DR122 --variant"]
    assert said(variants=("nein",)) == ["DR121 --variant"]
    assert said(variants=("c",)) == ["DR106 r.yaml:7:7"]
    write(r=HEAD)
    assert said(variants=("a",)) == ["DR121 --variant"]


AXES = """\
variants:
  s: {axis: size, workers: {aggregated: {replicas: 2}}}
  m: {axis: size, workers: {aggregated: {replicas: 3}}}
  l: {axis: size, workers: {aggregated: {replicas: x}}}
  one: {axis: block, kv: {block_size: 16}}
  two: {axis: block, kv: {block_size: 32}}
  bad: {axis: block, kv: {blocksize: 32}}
"""


def test_every_combination_is_checked_in_one_call():
    write(r=HEAD + AXES)
    results = list(validate(["r.yaml"], all_variants=True))
    assert len({each.variants for each in results}) == len(results) == 16
    for each in results:
        expected = [("DR108", 7)] * ("l" in each.variants) + [("DR106", 10)] * ("bad" in each.variants)
        assert [(found.code, found.where.line) for found in each.findings] == expected, each.variants


def test_too_many_combinations():
    write(r=HEAD + "variants:\n" + "".join(f"  v{number}: {{}}\n" for number in range(64)))
    (result,) = validate(["r.yaml"], all_variants=True)
    assert [each.code for each in result.findings] == ["DR105"]
    assert said(variants=tuple(f"v{number}" for number in range(64))) == []


NEW = st.sampled_from(["extends", "variants", "parameters", "env", "kv", "description", "model"])
WORDS = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.text("${}:-?A.ab/", max_size=9), st.sampled_from(  # noqa: E501
    ["r.yaml", "b.yaml", "${N}", "${N:-1}", "int", "type", "default", "choices", "axis", "N", "a", "workers", "~"]))  # fmt: skip  # noqa: E501
DATA = st.recursive(
    st.one_of(WORDS, st.integers(), st.none(), st.booleans(), st.floats()),
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(WORDS, v, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=150, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(NEW, DATA, max_size=4), st.dictionaries(NEW, DATA, max_size=3), st.lists(WORDS, max_size=2), WORDS
)
def test_any_data_under_the_new_keys(one, other, variants, words):
    write(r=json.dumps({"schema": 1, "engine": "mocker", **one}), b=json.dumps({"schema": 1, **other}))
    inputs = Inputs(
        tuple(variants),
        (Setting(words), Setting(f"{words}={words}"), Setting(f"{words}={words}", True)),
        Given({"N": words}),
    )
    planned_at(read("r.yaml", inputs))
    list(validate(["r.yaml"], inputs, all_variants=True))


def test_options_are_read_as_words(monkeypatch, folder):
    monkeypatch.setenv("N", "3")
    (folder / "e").write_text("N=4\nM=5\n")
    write(r=HEAD + "kv: {block_size: '${N}'}\nworkers: {aggregated: {replicas: '${M}'}}\n")
    inputs = inputs_of([], [("--set", "kv.dtype=fp8"), ("--set-string", "description=1")], ["e"])
    recipe = planned_at(read("r.yaml", inputs)).reading.recipe
    assert (recipe.kv.block_size, recipe.workers["aggregated"].replicas) == (3, 5)
    assert (recipe.kv.dtype, recipe.description) == ("fp8", "1")
    with pytest.raises(Refused):
        inputs_of([], [], ["nowhere"])
