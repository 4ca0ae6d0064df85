"""What a Dynamo worker does besides its engine's parser, found with made-up wheels."""

import pytest

from tools.flags import recording

ENGINE = """
import numpy

class ServerArgs:
    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--model-path", required=True)
        parser.add_argument("--load-format", choices=["auto"])
        parser.add_argument("--disaggregation-mode", choices=["null", "prefill"])
"""
WORKER = """
import argparse
import os
from sglang.srt.server_args import ServerArgs

async def parse_args(args):
    parser = argparse.ArgumentParser()
    parser.add_argument("--namespace", default=os.environ.get("DYN_NAMESPACE"))
    engine = argparse.ArgumentParser(add_help=False)
    ServerArgs.add_cli_args(engine)
    engine.add_argument("--added", action="store_true")
    for action in engine._actions:
        if action.dest == "load_format":
            action.choices = [*action.choices, "gms"]
    own, rest = parser.parse_known_args(args)
    rest = ["null" if each == "agg" else each for each in rest]
    if "encode" in rest:
        at = rest.index("encode")
        rest[at - 1:at + 1] = []
    engine.parse_args(rest)
    raise SystemExit("what comes after the engine's parser must not run")
"""
TRTLLM = """
import argparse

def parse_args(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-path")
    {}
    own, rest = parser.parse_known_args(argv)
    parse_dynamic_flags(rest)

def parse_dynamic_flags(words):
    if words:
        raise ValueError(words)
"""


def written(folder, files):
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        for each in file.relative_to(folder).parents:
            (folder / each / "__init__.py").touch()
        file.write_text(text)
    return folder


@pytest.fixture
def wheels(tmp_path):
    return written(tmp_path, {"sglang/srt/server_args.py": ENGINE, "dynamo/sglang/args.py": WORKER})


def test_the_parsers_of_a_chain(wheels):
    own, engine = recording.record("dynamo.sglang", [wheels])
    assert own["name"] == "dynamo"
    assert next(each for each in own["flags"] if each["names"] == ["--namespace"])["env"] == "DYN_NAMESPACE"
    (plain,) = recording.record("sglang", [wheels])
    assert recording.changes(engine, plain) == {
        "flags": [{"names": ["--added"], "values": 0, "default": False}],
        "choices": {"--load-format": ["gms"]},
    }


def test_values_that_are_replaced(wheels):
    assert recording.rewrites("dynamo.sglang", [wheels]) == {
        "rewrites": {"--disaggregation-mode": {"agg": "null", "encode": None}},
        "files": ["--config", "--disagg-config"],
    }


def test_a_judge_ends_with_the_parser_of_the_engine(wheels):
    lines = [["--model-path", "m", "--disaggregation-mode", "agg"], ["--model-path", "m", "--no"], ["--name", "x"]]
    taken, unknown, missing = recording.judge("dynamo.sglang", [wheels], lines)
    assert not taken
    assert "unrecognized" in unknown
    assert "required" in missing


@pytest.mark.parametrize(
    ("line", "found"), [("argv = [each for each in argv if 'publish' not in each]", True), ("pass", False)]
)
def test_a_flag_that_is_taken_besides_the_parser(tmp_path, line, found):
    written(tmp_path, {"dynamo/trtllm/args.py": TRTLLM.format(line)})
    (parser,) = recording.record("dynamo.trtllm", [tmp_path])
    names = [each["names"][0] for each in parser["flags"]]
    assert ("--publish-events-and-metrics" in names) is found
    assert names == sorted(names)
