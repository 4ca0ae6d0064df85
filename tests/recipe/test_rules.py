"""What types alone cannot say. Each rule has rows that pass, that are refused, and at its edge."""

import pytest
import yaml
from smallest import smallest

from dynamo_recipes.findings import dotted
from dynamo_recipes.recipe import load, rules
from dynamo_recipes.recipe.fields import ROLES
from dynamo_recipes.recipe.model import Worker
from dynamo_recipes.recipe.read import read

# Rule, a line of the recipe, code and place of each finding.
ROWS: list[tuple[str, str, list[str]]] = [
    ("_model_source", "model: a/b", []),
    ("_model_source", "model: {id: a}", []),
    ("_model_source", "model: {path: a}", []),
    ("_model_source", "model: {packaged: tiny}", []),
    ("_model_source", "model: {id: a, path: ~}", []),
    ("_model_source", "model: {}", ["DR107 model"]),
    ("_model_source", "model: {served_name: a}", ["DR107 model"]),
    ("_model_source", "model: {id: ~}", ["DR107 model"]),
    ("_model_source", "model: {id: a, path: b}", ["DR115 model.path"]),
    ("_model_source", "model: {path: b, id: a}", ["DR115 model.path"]),
    ("_model_source", "model: {path: b, packaged: tiny}", ["DR115 model.packaged"]),
    ("_model_source", "model: {id: a, path: b, packaged: tiny}", ["DR115 model.path"]),
    ("_model_source", "model: {id: a, revision: v1}", []),
    ("_model_source", "model: {path: a, revision: ~}", []),
    ("_model_source", "model: {path: a, revision: main}", ["DR115 model.revision"]),
    ("_model_source", "model: {packaged: tiny, revision: v1}", ["DR115 model.revision"]),
    ("_model_source", "model: {id: a, path: b, revision: v1}", ["DR115 model.path"]),
    *(("_roles", f"workers: {{{role}: {{}}}}", []) for role in ROLES),
    ("_roles", "workers: {one: {role: decode}}", []),
    ("_roles", "workers: {decode: {role: prefill}}", []),
    ("_roles", "workers: {one: {}}", ["DR114 workers.one"]),
    ("_roles", "workers: {Decode: {}}", ["DR114 workers.Decode"]),
    ("_roles", "workers: {decoder: {}, prefil: {}}", ["DR114 workers.decoder", "DR114 workers.prefil"]),
    ("_roles", "workers: {one: {role: ~}}", ["DR114 workers.one"]),
    ("_roles", "workers: {frontend: {role: decode}}", ["DR115 workers.frontend"]),
    ("_roles", "workers: {Frontend: {role: decode}}", ["DR115 workers.Frontend"]),
    ("_roles", "workers: {planner: {role: decode}}", ["DR115 workers.planner"]),
    ("_roles", "workers: {frontend: {}}", ["DR115 workers.frontend"]),
    ("_roles", "workers: {frontends: {role: decode}}", []),
    ("_roles", "workers: {my-planner: {role: decode}}", []),
    ("_same_but_for_case", "workers: {a: {role: decode}, b: {role: decode}}", []),
    ("_same_but_for_case", "workers: {a: {role: decode}, A: {role: decode}}", ["DR115 workers.A"]),
    ("_same_but_for_case", "workers: {aB: {role: pd}, ab: {role: pd}, c: {role: pd}}", ["DR115 workers.ab"]),
    ("_same_but_for_case", "workers: {a: {role: pd}, A1: {role: pd}}", []),
    ("_variables", "env: {A: x}", []),
    ("_variables", "env: {A: ''}", []),
    ("_variables", "env: {A: {value: ''}}", []),
    ("_variables", "env: {A: {secret: hf}}", []),
    ("_variables", "env: {A: {secret: hf, value: ~}}", []),
    ("_variables", "env: {A: {}}", ["DR107 env.A"]),
    ("_variables", "env: {A: {x-note: 1}}", ["DR107 env.A"]),
    ("_variables", "env: {A: {value: ~, secret: ~}}", ["DR107 env.A"]),
    ("_variables", "env: {A: {value: '', secret: hf}}", ["DR107 env.A"]),
    ("_variables", "workers: {decode: {env: {A: {}}}}", ["DR107 workers.decode.env.A"]),
    ("unfit_values", "description: plain", []),
    ("unfit_values", 'description: "\\t\\n\\x1f\\x7f"', []),
    ("unfit_values", 'description: "\\0"', ["DR113 description"]),
    ("unfit_values", 'description: "é\\0"', ["DR113 description"]),
    ("unfit_values", 'x-mine: ["\\0"]', ["DR113 x-mine[0]"]),
    ("unfit_values", 'x-mine: {"a\\0": 1}', ["DR113 x-mine.a\0"]),
    ("unfit_values", 'frontend: {args: {x: {"a\\0": [1]}}}', ["DR113 frontend.args.x.a\0"]),
    ("unfit_values", 'env: {A: {value: "\\0"}}', ["DR113 env.A.value"]),
    ("unfit_values", "frontend: {args: {x: 1e308}}", []),
    ("unfit_values", "frontend: {args: {x: 1e309}}", ["DR110 frontend.args.x"]),
    ("unfit_values", "frontend: {args: {x: -.inf}}", ["DR110 frontend.args.x"]),
    ("unfit_values", "frontend: {args: {x: {y: [.nan]}}}", ["DR110 frontend.args.x.y[0]"]),
    ("unfit_values", "frontend: {args: {x: '.nan'}}", []),
    ("unfit_values", "x-a: &a [.inf]\nx-b: *a", ["DR110 x-a[0]", "DR110 x-b[0]"]),
]


def findings(line: str) -> list[str]:
    return [f"{each.code} {dotted(each.where.path)}" for each in read(smallest(line), "r.yaml").findings]


@pytest.mark.parametrize(("rule", "line", "expected"), ROWS, ids=[f"{rule} {line}"[:60] for rule, line, _ in ROWS])
def test_a_line_is(rule, line, expected):
    assert findings(line) == expected


@pytest.mark.parametrize("rule", sorted({rule for rule, _, _ in ROWS}))
def test_without_a_rule_its_rows_pass(rule, monkeypatch):
    monkeypatch.setattr(rules, rule, lambda _: ())
    assert all(findings(line) == [] for name, line, expected in ROWS if name == rule and expected)


def test_every_rule_has_rows_that_pass_and_rows_that_are_refused():
    named = {rule for rule, _, _ in ROWS}
    for rule in named:
        assert {bool(expected) for name, _, expected in ROWS if name == rule} == {True, False}
    steps = {name for name in rules.check.__code__.co_names if name.startswith("_")}
    assert steps < named


@pytest.mark.parametrize("text", ['"\\ud800"', '"x\\udfffy"', '{"\\udc00": 1}'])
def test_half_a_character_is_unfit(text, monkeypatch):
    """libyaml refuses such escapes itself; PyYAML without it lets them through."""
    monkeypatch.setattr(load, "_Loader", yaml.SafeLoader)
    found = read(f"schema: 1\nmodel: a/b\nengine: mocker\nx-mine: {text}\n".encode(), "r.yaml").findings
    assert [each.code for each in found] == ["DR113"]
    assert found[0].message.isprintable()


@pytest.mark.parametrize("role", ROLES)
def test_a_worker_plays_what_it_says_before_what_it_is_called(role):
    assert rules.role_of(role, Worker()) == role
    assert rules.role_of("one", Worker(role=role)) == role
    assert rules.role_of("decode", Worker(role=role)) == role


def test_a_worker_of_another_name_plays_nothing_unless_it_says_so():
    assert rules.role_of("Decode", Worker()) is None


SAID = [
    ("model: {}", "`model` says neither `id`, `path` nor `packaged`.", "Add `id:`."),
    ("model: {id: a, path: b}", "`model` has `id` and `path`.", "Keep the one that says where the model is."),
    (
        "workers: {planner: {role: pd}}",
        "A worker cannot be named `planner`: another component has that name.",
        "Rename the worker and give it a `role:`.",
    ),
    (
        "workers: {decod: {}}",
        "`decod` is not a role, and the worker has no `role:`.",
        "Did you mean decode or encode?",
    ),
    ("workers: {a: {role: pd}, A: {role: pd}}", "`A` and `a` differ only in case.", "Rename one."),
    ("env: {A: {}}", "`env.A` needs either a value or `secret:`.", "Write text, or `{secret: NAME}`."),
    ('name: "\\0"', "`name` holds NUL or half a character.", "Remove the escape that makes it."),
    ("frontend: {args: {x: .inf}}", "`frontend.args.x` must be a finite number.", "Write a number."),
]


@pytest.mark.parametrize(("line", "message", "hint"), SAID)
def test_what_is_said_of(line, message, hint):
    assert (message, hint) in [(each.message, each.hint) for each in read(smallest(line), "r.yaml").findings]
