"""Recipes that compose, from the words of a command to the worker that gets the values."""

import json
import signal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from launching import Command, run_folder
from toy_dynamo import dumped, make_environment

from dynamo_recipes.app import composing, show
from dynamo_recipes.app.plan import plan
from dynamo_recipes.cli.main import run

HEAD = "schema: 1\nmodel: {packaged: tiny, served_name: toy}\nengine: mocker\ndynamo: '1.4.2'\nfrontend: {port: 0}\n"
ODD = "two  words 'q' \"d\" $( id ) `id` ${X} $$ \\ \\n\n\tthree é 東京 🦀 = # : {a: 1} "


@pytest.fixture
def file(tmp_path):
    """Write a recipe, or another file beside it, and return its path."""

    def write(text, name="r.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_values_of_every_way_reach_a_worker_byte_for_byte(tmp_path, file):
    quoted = json.dumps(ODD, ensure_ascii=False).replace("\t", "\\t")
    in_text = quoted.replace("$", "$$")
    env = {"OF_ENV": in_text, "OF_ENVIRONMENT": '"${GIVEN}"', "OF_FILE": '"${IN_FILE}"', "OF_PARAMETER": '"${chosen}"'}
    env |= {"INSIDE": '"<${GIVEN}|${chosen}>"', "DEFAULT": '"${NONE:-a b}"'}
    recipe = file(
        HEAD + f"parameters: {{chosen: {{default: {quoted}}}}}\n"
        f"env: {{{', '.join(f'{name}: {value}' for name, value in env.items())}}}\n",
        "ways.yaml",
    )
    escaped = ODD.replace("\\", "\\\\").replace('"', '\\"')
    words = ["--env-file", file(f'# odd\nexport IN_FILE="{escaped}"\n', "odd.env")]
    words += ["--set", f"env.OF_SET={in_text}", "--set-string", f"env.OF_SET_STRING={ODD.replace('$', '$$')}"]
    toy = make_environment(tmp_path / "toy")
    command = Command("run", recipe, "--environment", toy, *words, GIVEN=ODD)
    command.wait_for("stop      Ctrl-C")
    (worker,) = [each for name, each in dumped(run_folder("ways")).items() if name != "frontend"]
    command.send(signal.SIGINT)
    assert command.status() == 130
    ways = ("OF_ENV", "OF_ENVIRONMENT", "OF_FILE", "OF_PARAMETER", "OF_SET", "OF_SET_STRING")
    assert {name: worker["env"][name] for name in ways} == dict.fromkeys(ways, ODD)
    assert worker["env"]["INSIDE"] == f"<{ODD}|{ODD}>"
    assert worker["env"]["DEFAULT"] == "a b"


SIX = HEAD + "workers: {aggregated: {replicas: 2}}\nvariants:\n"
SIX += "".join(f"  size{n}: {{axis: size, workers: {{aggregated: {{replicas: {n}}}}}}}\n" for n in (1, 2, 4))
SIX += "".join(f"  block{n}: {{axis: block, kv: {{block_size: {n}}}}}\n" for n in (1, 2, 4))


def test_every_combination_of_six_variants_on_two_axes(file, capsys):
    recipe = file(SIX)
    assert run(["validate", "--all-variants", recipe]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 16
    assert run(["validate", "--all-variants", "-o", "json", recipe]) == 0
    results = json.loads(capsys.readouterr().out)["recipes"]
    assert [each["variants"] for each in results].count(["size2", "block4"]) == 1
    for each in results:
        words = [word for name in each["variants"] for word in ("--variant", name)]
        assert run(["plan", "--origins", "-o", "json", recipe, *words]) == 0
        plan = json.loads(capsys.readouterr().out)
        origins = {origin["path"]: origin["by"] for origin in plan["origins"]}
        chosen = {name[:-1]: f"variant {name}" for name in each["variants"]}
        assert origins["workers.aggregated.replicas"] == chosen.get("size")
        assert origins.get("kv.block_size", "none") == chosen.get("block", "none")


def test_a_variant_that_is_wrong_is_told_with_its_combination_and_place(file, capsys):
    recipe = file(SIX.replace("block_size: 4", "block_size: x"))
    assert run(["validate", recipe]) == 0
    assert run(["validate", "--all-variants", recipe]) == 2
    out, err = capsys.readouterr()
    assert err.count("DR108 `kv.block_size` must be a whole number") == 4
    assert f"{recipe} + size1 + block4:" in err
    assert f"{recipe}:13:" in err
    assert out.count("valid") == 13


@pytest.mark.parametrize("style", ["github", "sarif"])
def test_a_ci_service_is_told_the_combination(style, file, capsys):
    recipe = file(SIX.replace("block_size: 4", "block_size: x"))
    assert run(["validate", "--all-variants", "--format", style, recipe]) == 2
    out = capsys.readouterr().out
    assert "With block4: `kv.block_size` must be" in out
    assert "With size1 + block4: `kv.block_size` must be" in out


def test_the_order_of_keys_changes_neither_plan_nor_recipe(file, capsys):
    def shown(text):
        recipe = file(text)
        words = [recipe, "--variant", "block2", "--variant", "size4"]
        assert [run(["plan", "-o", "json", *words]), run(["show", *words])] == [0, 0]
        return capsys.readouterr().out

    def turned(data):
        if isinstance(data, dict):
            return {key: turned(data[key]) for key in reversed(data)}
        return data

    assert shown(SIX) == shown(yaml.safe_dump(turned(yaml.safe_load(SIX)), sort_keys=False))


def test_the_name_of_a_run_has_its_variants_and_at_most_40_characters(file):
    long = [f"v{number}-{'x' * 30}" for number in (1, 2)]
    recipe = file(HEAD + f"name: base\nvariants: {{{long[0]}: {{}}, {long[1]}: {{}}, kv: {{}}}}\n")

    def name(*variants):
        return plan(recipe, composing.inputs_of(variants)).plan.name

    assert name() == "base"
    assert name("kv") == "base-kv"
    names = {name(long[0]), name(long[1]), name(*long), name(*reversed(long))}
    assert len(names) == 4
    assert all(len(each) <= 40 and each.startswith("base-v") for each in names)


@pytest.mark.parametrize(
    ("words", "place", "code"),
    [
        (["--set", "frontend.prot=1"], "--set frontend.prot", "DR106"),
        (["--set", "frontend.port=x"], "--set frontend.port", "DR108"),
        (["--set-string", "frontend.port=1"], "--set-string frontend.port", "DR108"),
        (["--set", "frontend.port={"], "--set frontend.port", "DR102"),
        (["--set", "frontend.port=*a"], "--set frontend.port", "DR104"),
        (["--set", "frontend"], "--set frontend", "DR123"),
        (["--set", "=1"], "--set", "DR123"),
        (["--set", f"{'a.' * 40}b=1"], "--set a", "DR123"),
        (["--set", "frontend.prot="], "--set frontend.prot", "DR129"),
        (["--set", "env.HF_TOKEN=swordfish"], "--set env.HF_TOKEN", "DR112"),
        (["--variant", "smal"], "--variant", "DR121"),
        (["--variant", "small", "--variant", "big"], "--variant", "DR122"),
        (["--variant", "small", "--variant", "small"], "--variant", "DR122"),
    ],
)
def test_an_option_that_is_wrong_is_the_place(words, place, code, file, capsys):
    recipe = file(HEAD + "variants: {small: {axis: size}, big: {axis: size}}\n")
    assert run(["validate", recipe, *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith(place)
    assert f"error {code} " in err
    assert "swordfish" not in err


def test_settings_are_laid_over_in_the_order_of_the_words(file, capsys):
    recipe = file(HEAD)
    for words in ([1, 2], [2, 1]):
        options = [("--set", "name=a1"), ("--set-string", "name=a2")]
        chosen = [word for number in words for word in options[number - 1]]
        assert run(["show", recipe, *chosen]) == 0
        assert yaml.safe_load(capsys.readouterr().out)["name"] == f"a{words[-1]}"


def test_what_it_extends_has_its_own_places_and_paths(file, capsys):
    file("schema: 1\nmodel: {path: ./weights}\nengine: mocker\nworkers: {aggregated: {replicas: x}}\n", "low/base.yaml")
    file("schema: 1\nextends: low/base.yaml\nkv: {block_size: 16}\n", "middle.yaml")
    recipe = file("schema: 1\nextends: [../middle.yaml]\nframe: 1\n", "top/r.yaml")
    file("", ".git/HEAD")
    assert run(["validate", recipe]) == 2
    err = capsys.readouterr().err
    assert "/low/base.yaml:4:34 error DR108" in err
    assert "/top/r.yaml:3:1 error DR106" in err
    assert run(["show", recipe, "--set", "workers.aggregated.replicas=1", "--set", "frame=null"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["model"]["path"] == "../low/weights"


def test_parameters_come_from_an_option_before_the_environment_before_a_file_before_the_default(file, monkeypatch):
    recipe = file(HEAD + "parameters: {n: {type: int, default: 1}}\nworkers: {aggregated: {replicas: '${n}'}}\n")
    given = file("n=2\n", "n.env")

    def replicas(*settings, env_files=()):
        inputs = composing.inputs_of((), [("--set", each) for each in settings], env_files)
        return len(plan(recipe, inputs).instances) - 1

    assert replicas() == 1
    assert replicas(env_files=[given]) == 2
    monkeypatch.setenv("n", "3")
    assert replicas(env_files=[given]) == 3
    assert replicas("parameters.n=4", env_files=[given]) == 4


def test_a_wrong_value_of_the_environment_is_not_shown(file, monkeypatch, capsys):
    monkeypatch.setenv("n", "swordfish")
    recipe = file(HEAD + "parameters: {n: {type: int, default: 1}}\nworkers: {aggregated: {replicas: '${n}'}}\n")
    assert run(["validate", recipe]) == 2
    err = capsys.readouterr().err
    assert ":6:14 error DR126 The parameter `n`, which the environment gives, must be a whole number" in err
    assert "swordfish" not in err


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"a b\n", "DR123"), (b"A=1\nB\n", "DR123"), (b"\xff=1\n", "DR101"), (b"A=1\n" * 300_000, "DR105")],
)
def test_an_env_file_that_is_none(text, code, file, tmp_path, capsys):
    (tmp_path / "x.env").write_bytes(text)
    assert run(["validate", file(HEAD), "--env-file", str(tmp_path / "x.env")]) == 2
    assert f"error {code} " in capsys.readouterr().err


def test_an_env_file_that_is_missing(file, capsys):
    assert run(["validate", file(HEAD), "--env-file", "missing.env"]) == 2
    assert "error DR116 missing.env cannot be opened" in capsys.readouterr().err


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TRICKY = st.sampled_from(["0o17", "1e5", "no", "off", "012", "1:30", "0x1F", "~", "null", "", " a ", "$${x}", "${x}", "$$", "- a", "a: b", "#", "|", "\n", "a\n\nb\n", "1_000", "=", "<<", ".inf", "1.", "2026-10-01", "true"])  # fmt: skip  # noqa: E501


def in_yaml(data):
    text = json.dumps(data, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text)


@given(st.lists(TEXTS | TRICKY | st.integers() | st.booleans() | st.none(), max_size=8))
def test_what_is_shown_is_read_as_the_same(values):
    def reread(text):
        source = composing.Source("r.yaml", text.encode(), None, composing.NOTHING)
        reading = show.composed(source)
        return reading, show.as_text(reading, (), "yaml")

    keys = {"schema": 1, "name": "a", "model": {"packaged": "tiny"}, "engine": {"name": "mocker"}}
    escaped = [each.replace("$", "$$") if isinstance(each, str) else each for each in values]
    first, text = reread(
        in_yaml(
            {**keys, "x-values": escaped, "description": "".join(each for each in escaped if isinstance(each, str))}
        )
    )
    assert first.document.data["x-values"] == escaped, "the author's own keys are not looked at"
    again, same = reread(text)
    assert same == text
    assert again.document.data == {**first.document.data, "name": "a"}


def test_raw_is_the_text_with_its_secrets_masked(file, capsys):
    text = HEAD + "variants: {a: {}}\ndescription: ${NAME}\nenv: {HF_TOKEN: swordfish}\n"
    assert run(["show", "--raw", file(text)]) == 0
    assert capsys.readouterr().out == text.replace("swordfish", "***")
