"""What is special in the command lines of SGLang's workers."""

import pytest

from dynamo_recipes.support.catalogue import types
from dynamo_recipes.support.catalogue.chain import chain, read
from dynamo_recipes.support.catalogue.model import catalogue, versions
from dynamo_recipes.support.catalogue.reading import Word, words_of
from dynamo_recipes.support.catalogue.rewriting import rewritten

MODES = {"--mode": {"agg": "null", "encode": None}}


@pytest.mark.parametrize(
    ("kind", "text", "taken"),
    [
        ("amount", "4096", True),
        ("amount", "1_000", True),
        ("amount", " 4k ", True),
        ("amount", "4.5M", True),
        ("amount", "4Ki", True),
        ("amount", "4.5Ki", False),
        ("amount", "4K", False),
        ("amount", "4 k", False),
        ("amount", "", False),
        ("strict_json", '{"a": [1, "\\ud83d\\ude00"]}', True),
        ("strict_json", "NaN", False),
        ("strict_json", "[-Infinity]", False),
        ("strict_json", "1e400", False),
        ("strict_json", '"\\ud800"', False),
        ("strict_json", "{", False),
        ("sections", '{"decode": {"bs": [1]}}', True),
        ("sections", '{"decode": 1}', False),
        ("sections", "[]", False),
        ("lora", "name=path", True),
        ("lora", "{name", True),
        ("lora", ' {"lora_name": "a", "lora_path": "b", "pinned": true} ', True),
        ("lora", '{"lora_name": "a"}', False),
        ("lora", "{name}", False),
        ("renamed", "aic", True),
        ("conditions", '{"policy": "x", "eff_isl_threshold": 1, "decode_busy_threshold": null}', True),
        ("conditions", '{"eff_isl_threshold": true}', False),
        ("conditions", '{"eff_isl_ratio_threshold": null}', False),
        ("conditions", '{"other": 1}', False),
        ("conditions", "[]", False),
        ("structural_tag", " On ", True),
        ("structural_tag", '{"scope": "auto", "exclude_special_tokens": null}', True),
        ("structural_tag", '{"scope": null}', False),
        ("structural_tag", '{"scope": []}', False),
        ("structural_tag", "null", False),
    ],
)
def test_converters(kind, text, taken):
    assert types.takes(kind, text) is taken


@pytest.mark.parametrize(
    ("words", "got"),
    [
        (["--a", "--mode", "agg", "b"], ["--a", "b", "--mode", "null"]),
        (["--mode=agg"], ["--mode", "null"]),
        (["--mode", "encode", "--a"], ["--a"]),
        (["--mode", "other", "--mode", "agg"], ["--mode", "null"]),
        (["--mode", "agg", "--mode=prefill"], ["--mode", "agg", "--mode=prefill"]),
        (["--mod", "agg"], ["--mod", "agg"]),
        (["--mode", "agg", "--mode"], ["--mode", "null"]),
        (["--mode"], ["--mode"]),
        (["--mode=agg", "--mode", "--a"], ["--mode=agg", "--mode", "--a"]),
    ],
)
def test_values_that_the_engine_gets_in_place_of_others(words, got):
    assert [each.text for each in rewritten(words_of(words), MODES)] == got


def test_a_rewritten_word_keeps_its_place():
    assert rewritten(words_of(["--a", "--mode", "agg"]), MODES)[1:] == (Word("--mode", 1), Word("null", 1))


def problems(release, engine, *words):
    program = chain("dynamo.sglang", release, "sglang", engine)
    return [each.kind for each in read(program, words_of(words)).problems]


MODEL = ("--model-path", "m")


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (MODEL, []),
        (("--model", "m"), []),
        ((), ["required"]),
        (("--config", "f.yaml"), []),
        (("--disagg-config", "f.yaml", "--disagg-config-key", "a"), []),
        ((*MODEL, "--tp", "2"), []),
        ((*MODEL, "--tp=2", "--dp", "2"), []),
        ((*MODEL, "--tp_size", "2"), ["unknown", "stray"]),
        ((*MODEL, "--disaggregation-mode", "pd"), []),
        ((*MODEL, "--disaggregation-mode", "encode"), []),
        ((*MODEL, "--disaggregation-mod", "pd"), ["choice"]),
        ((*MODEL, "--disaggregation-mode", "prefill_and_decode"), ["choice"]),
        ((*MODEL, "--load-format", "gms"), []),
        ((*MODEL, "--load-format", "gsm"), ["choice"]),
        ((*MODEL, "--disable-piecewise-cuda-graph"), []),
        ((*MODEL, "--enable-multimodal"), []),
        ((*MODEL, "--enable-multimodal=true"), ["switch"]),
        ((*MODEL, "--context-length", "128k"), []),
        ((*MODEL, "--context-length", "128K"), ["type"]),
        ((*MODEL, "--cuda-graph-config", '{"decode": {"max_bs": 8}}'), []),
        ((*MODEL, "--cuda-graph-config", '{"decode": {"max_sb": 8}}'), ["key"]),
        ((*MODEL, "--chunked-prefill-size", "-1"), []),
        ((*MODEL, "--gate", "x"), ["type"]),  # short for one flag of Dynamo's and one of the engine's: Dynamo's
    ],
)
def test_command_lines_of_a_worker(words, wrong):
    assert problems("1.6.1", "0.5.21", *words) == wrong


def test_what_another_release_makes_of_them():
    assert problems("1.2.1", "0.5.11", *MODEL, "--disaggregation-mode", "pd") == ["choice"]
    assert problems("1.5.1", "0.5.18", *MODEL, "--enable-expert-distribution-metrics") == ["refused"]


@pytest.mark.parametrize("version", versions("sglang"))
def test_choices_that_plugins_extend_are_open(version):
    found = catalogue("sglang", version)
    assert found is not None
    (parser,) = found.parsers
    for name in ("--quantization", "--attention-backend", "--load-format", "--tool-call-parser", "--reasoning-parser"):
        assert parser.flag(name).open
    assert not parser.flag("--disaggregation-mode").open
    assert all(each.choices or not each.open for each in parser.flags)
    assert not [each.name for each in parser.flags if each.type == "any"]
