"""What is wrong with a graph as a whole. Each check has rows that pass, that are refused and at its edge."""

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.engines import mocker
from dynamo_recipes.findings import dotted, finding
from dynamo_recipes.plan import build, checks, frontend, layout
from dynamo_recipes.recipe.fields import ROLES
from dynamo_recipes.support.catalogue import check as flags

HEAD = "schema: 1\nmodel: Qwen/Qwen3-0.6B\n"
MOCKER = "engine: mocker\n"

# Code of the check, rest of the recipe, place of the finding; no place: the recipe passes.
ROWS = [
    ("DR401", "", None),
    ("DR401", "workers: {prefill: {}, decode: {}}", None),
    ("DR401", "workers: {prefill: {}}", "workers.prefill"),
    ("DR401", "workers: {decode: {}}", "workers.decode"),
    ("DR401", "workers: {p1: {role: prefill}, p2: {role: prefill}}", "workers.p1"),
    ("DR401", "workers: {p1: {role: prefill}, p2: {role: prefill}, d: {role: decode}}", None),
    ("DR406", "workers: {aggregated: {}}", None),
    ("DR406", "workers: {a: {role: aggregated}, b: {role: aggregated}}", None),
    ("DR406", "workers: {prefill: {}, decode: {}, aggregated: {}}", "workers.aggregated"),
    ("DR406", "workers: {z: {role: aggregated}, y: {role: aggregated}, prefill: {}, decode: {}}", "workers.z"),
    ("DR404", "workers: {aggregated: {}}", None),
    ("DR404", "workers: {encode: {}, aggregated: {}}", "workers.encode"),
    ("DR404", "workers: {one: {role: pd}}", "workers.one"),
    ("DR405", "frontend: {router: round_robin}", None),
    ("DR405", "frontend: {router: kv}", None),
    ("DR405", "frontend: {router: {mode: kv, events: exact}}", None),
    ("DR405", "frontend: {router: {mode: kv, events: predicted}}", None),
    ("DR405", "frontend: {router: {mode: kv, events: none}}", "frontend.router.events"),
    ("DR405", "frontend: {router: {events: none}}", None),
    ("DR405", "frontend: {router: {events: exact}}", "frontend.router.events"),
    ("DR405", "frontend: {router: {mode: random, events: predicted}}", "frontend.router.events"),
    ("DR301", "frontend: {args: {migration-limit: 1}}", None),
    ("DR301", "frontend: {args: {http-port: 1}}", "frontend.args.http-port"),
    ("DR301", "frontend: {args: {--http_host: x}}", "frontend.args.--http_host"),
    ("DR301", "frontend: {args: {no-router-kv-events: true}}", "frontend.args.no-router-kv-events"),
    ("DR301", "frontend: {args: {router-kv-events: null}}", "frontend.args.router-kv-events"),
    ("DR304", "frontend: {args: {http-ports: 1}}", "frontend.args.http-ports"),
    ("DR301", "workers: {aggregated: {args: {speedup-ratio: 1}}}", None),
    ("DR301", "workers: {aggregated: {args: {model_path: x}}}", "workers.aggregated.args.model_path"),
    ("DR304", "workers: {aggregated: {args: {preemption-mode: lifo}}}", None),
    ("DR303", "workers: {aggregated: {args: {raw: [--reasoning, '']}}}", None),
    ("DR303", "workers: {aggregated: {args: {raw: []}}}", None),
    ("DR303", "workers: {aggregated: {args: {raw: [1]}}}", "workers.aggregated.args.raw"),
    ("DR302", "env: {RUST_LOG: info}", None),
    ("DR302", "env: {DYN_SYSTEM_PORT: 1}", "env.DYN_SYSTEM_PORT"),
    ("DR302", "workers: {aggregated: {env: {DYN_FILE_KV: x}}}", "workers.aggregated.env.DYN_FILE_KV"),
    ("DR302", "env: {DYN_SYSTEM_PORTS: 1}", None),
    ("DR402", "hardware: {gpus_per_node: 4}\nworkers: {aggregated: {parallel: {tensor: 3}}}", None),
    ("DR402", "hardware: {gpus_per_node: 4}\nworkers: {aggregated: {parallel: {tensor: 4}}}", None),
    ("DR402", "hardware: {gpus_per_node: 4}\nworkers: {aggregated: {parallel: {tensor: 5}}}", "workers.aggregated"),
    ("DR402", "workers: {aggregated: {parallel: {tensor: 4096}}}", None),
    ("DR403", "hardware: {gpus_per_node: 4}\nworkers: {aggregated: {replicas: 3}}", None),
    ("DR403", "hardware: {gpus_per_node: 4}\nworkers: {aggregated: {replicas: 4}}", None),
    ("DR403", "hardware: {gpus_per_node: 4}\nworkers: {aggregated: {replicas: 5}}", "workers.aggregated"),
    ("DR403", "hardware: {gpus_per_node: 4, nodes: 2}\nworkers: {aggregated: {replicas: 8}}", None),
    ("DR403", "hardware: {gpus_per_node: 4, nodes: 2}\nworkers: {aggregated: {replicas: 9}}", "workers.aggregated"),
    ("DR407", "workers: {prefill: {replicas: 6384}, decode: {replicas: 10000}}", None),
    ("DR407", "workers: {prefill: {replicas: 6385}, decode: {replicas: 10000}}", "workers"),
]


def refusals(rest: str, engine: str = MOCKER) -> list[tuple[str, str]]:
    found = planned((HEAD + engine + rest).encode(), "x.yaml").findings
    return [(each.code, dotted(each.where.path)) for each in found]


@pytest.mark.parametrize(("code", "rest", "place"), ROWS)
def test_what_passes_and_what_is_refused(code, rest, place):
    assert refusals(rest) == ([] if place is None else [(code, place)])


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ("{speedup-ratio: 1}", []),
        ("{--block-size: 1}", [("DR301", "engine.args.--block-size")]),
        ("{speedup-ratio: [1]}", [("DR303", "engine.args.speedup-ratio")]),
        ("{speedup-ratio: 1, speedup_ratio: 2}", [("DR115", "engine.args.speedup_ratio")]),
    ],
)
def test_the_engines_flags_for_all_workers_are_checked_too(args, found):
    assert refusals("", f"engine: {{name: mocker, args: {args}}}\n") == found


def test_all_that_is_wrong_is_said_at_once():
    rest = "frontend: {args: {http-port: 1}, router: {events: exact}}\nworkers: {prefill: {args: {raw: x}}}"
    assert sorted(refusals(rest)) == [
        ("DR301", "frontend.args.http-port"),
        ("DR303", "workers.prefill.args.raw"),
        ("DR401", "workers.prefill"),
        ("DR405", "frontend.router.events"),
    ]


def nothing(*_, **__):
    return ()


def no_clashes(*_, **__):
    return []


def everything_fits(components, *_, **__):
    return (), ()


# How each check is switched off: object, name, what stands there instead.
SWITCHES = {
    "DR401": (checks, "_roles_together", nothing),
    "DR406": (checks, "_roles_together", nothing),
    "DR404": (mocker, "ROLES", frozenset(ROLES)),
    "DR405": (frontend, "check", nothing),
    "DR301": (flags, "owned", lambda _: {}),
    "DR303": (flags, "_raw", nothing),
    "DR304": (flags.unknown, "finding_of", lambda *_: finding("DR307", (), "", "", "note")),
    "DR302": (build, "_clashes", no_clashes),
    "DR402": (layout, "place", everything_fits),
    "DR403": (layout, "place", everything_fits),
    "DR407": (layout, "assign", everything_fits),
}


@pytest.mark.parametrize("code", SWITCHES)
def test_a_check_that_is_switched_off_changes_its_rows(code, monkeypatch):
    module, name, instead = SWITCHES[code]
    monkeypatch.setattr(module, name, instead)
    passing = [rest for each, rest, place in ROWS if each == code and place is None]
    refused = [(rest, place) for each, rest, place in ROWS if each == code and place is not None]
    assert passing
    assert refused
    assert all(refusals(rest) == [] for rest in passing)
    assert all((code, place) not in refusals(rest) for rest, place in refused)


def test_every_row_belongs_to_a_check_that_can_be_switched_off():
    assert {code for code, _, _ in ROWS} == set(SWITCHES)


def test_a_refusal_says_what_to_do():
    for code, rest, place in ROWS:
        found = planned((HEAD + MOCKER + rest).encode(), "x.yaml").findings if place else ()
        assert all(each.hint and each.where.line and each.severity == "error" for each in found), code
