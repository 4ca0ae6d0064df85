"""Parameters and `${...}`: where a value comes from, which type it takes, and that no message shows one."""

import pytest

from dynamo_recipes.recipe.compose import Inputs, origins
from dynamo_recipes.recipe.parameters import Given
from dynamo_recipes.recipe.read import read
from dynamo_recipes.recipe.settings import Setting

HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"


def reading(text, env=None, file=None, options=()):
    inputs = Inputs((), tuple(Setting(each) for each in options), Given(env or {}, file or {}))
    return read((HEAD + text).encode(), "r.yaml", inputs)


def value(text, path, **given):
    result = reading(text, **given)
    assert result.recipe, result.findings
    data = result.document.data
    for step in path.split("."):
        data = data[int(step) if isinstance(data, list) else step]
    return data


@pytest.mark.parametrize(
    ("line", "path", "env", "expected"),
    [
        ("kv: {block_size: '${N}'}", "kv.block_size", "16", 16),
        ("kv: {block_size: '${N:-16}'}", "kv.block_size", "", 16),
        ("kv: {block_size: '1${N}'}", "kv.block_size", "", None),
        ("frontend: {port: '${N}'}", "frontend.port", "8001", 8001),
        ("frontend: {port: '${N}'}", "frontend.port", "0o17", 15),
        ("description: ${N}", "description", "16", "16"),
        ("description: ${N}", "description", "no", "no"),
        ("description: a ${N} b ${N}", "description", "x", "a x b x"),
        ("description: ${N:-d}", "description", "", "d"),
        ("description: ${N:?why}", "description", "x", "x"),
        ("description: ${N}", "description", "", ""),
        ("description: $$ $${N} $N $(N)", "description", "x", "$ ${N} $N $(N)"),
        ("description: ${N}", "description", "${N} $$ {a: b} # - *x", "${N} $$ {a: b} # - *x"),
        ("env: {A: '${N}'}", "env.A", "16", "16"),
        ("about: {maintainers: [a, '${N}']}", "about.maintainers.1", "1", "1"),
        ("x-own: ['${N}']", "x-own.0", "1", "${N}"),
    ],
)
def test_a_value_takes_the_type_of_its_field(line, path, env, expected):
    if expected is None:
        assert [each.code for each in reading(line, env={"N": env}).findings] == ["DR108"]
    else:
        found = value(line, path, env={"N": env})
        assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("declared", "env", "expected"),
    [
        ("{type: int}", "5", 5),
        ("{type: float}", "5", 5),
        ("{type: float}", "1.5", 1.5),
        ("{type: bool}", "true", True),
        ("{type: string}", "5", "5"),
        ("{}", "5", "5"),
        ("{default: ~}", "5", "5"),
        ("{type: int, default: ~}", "5", 5),
        ("1", "5", 5),
        ("1.5", "5", 5),
        ("false", "true", True),
        ("x", "5", "5"),
        ("{default: 1, choices: [1, 5]}", "5", 5),
        ("{type: int, default: 7}", None, 7),
        ("x y", None, "x y"),
    ],
)
def test_types_of_parameters(declared, env, expected):
    text = f"parameters: {{N: {declared}}}\nworkers: {{aggregated: {{args: {{a: ['${{N}}']}}}}}}\n"
    found = value(text, "workers.aggregated.args.a.0", env={} if env is None else {"N": env})
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("declared", "env"),
    [
        ("{type: int}", "swordfish"),
        ("{type: int}", "1.5"),
        ("{type: int}", ""),
        ("{type: bool}", "swordfish"),
        ("{type: bool}", "yes"),
        ("{type: float}", "swordfish"),
        ("{choices: [a, b]}", "swordfish"),
        ("{default: 1, choices: [1]}", "77777"),
    ],
)
def test_a_wrong_value_is_told_and_never_shown(declared, env):
    for given in ({"env": {"N": env}}, {"file": {"N": env}}):
        found = reading(f"parameters:\n  N: {declared}\ndescription: a ${{N}}\n", **given).findings
        assert [(each.code, each.where.line) for each in found] == [("DR126", 5)]
        assert not any(word in str(found) for word in ("swordfish", "77777"))
        assert ("environment" in found[0].message) == ("env" in given)


@pytest.mark.parametrize(
    "line",
    [
        "model: {packaged: '${N}'}",
        "model: {packaged: tiny, task: '${N}'}",
        "frontend: {port: '${N}'}",
        "frontend: {host: '/${N}'}",
        "kv: {dtype: 'a-${N}'}",
        "name: ${N}",
    ],
)
@pytest.mark.parametrize("env", ["swordfish /", "77777777"])
def test_no_message_shows_what_the_environment_gave(line, env):
    text = HEAD.replace("model: {packaged: tiny}\n", "") if line.startswith("model") else HEAD
    found = read((text + line).encode(), "r.yaml", Inputs(given=Given({"N": env}))).findings
    assert found
    assert not any(word in str(found) for word in ("swordfish", "77777777"))


def test_who_gives_a_value():
    text = "parameters: {N: 1}\nkv: {block_size: '${N}'}\n"
    env, file = {"N": "2"}, {"N": "3"}
    rows = [
        (value(text, "kv.block_size"), 1),
        (value(text, "kv.block_size", file=file), 3),
        (value(text, "kv.block_size", file=file, env=env), 2),
        (value(text, "kv.block_size", file=file, env=env, options=["parameters.N=4"]), 4),
        (value(text, "kv.block_size", env=env, options=["parameters.N.default=4"]), 4),
        (value(text, "kv.block_size", env=env, options=["kv.block_size=5"]), 5),
    ]
    assert [one for one, _ in rows] == [other for _, other in rows]
    by = [each.by for each in origins(reading(text, env=env).document) if each.path[0] == "kv"]
    assert by == ["environment N, parameter N"]


def test_a_value_that_nobody_gives():
    found = reading("description: ${N:?set it}\nname: ${M}\nparameters: {M: {type: int}}\n").findings
    assert [(each.code, each.where.line) for each in found if each.code == "DR125"] == [("DR125", 4), ("DR125", 5)]
    assert "set it" in found[0].message


def test_a_secret_given_from_outside_is_refused_and_not_shown():
    key = "hf_" + "a" * 34
    found = reading("env: {NOTE: '${N}', DB_PASSWORD: '${M}'}", env={"N": key, "M": "swordfish"}).findings
    assert [each.code for each in found] == ["DR112", "DR112"]
    assert key not in str(found)
    assert "swordfish" not in str(found)
