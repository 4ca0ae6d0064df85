"""SGLang's flags: by syntax trees and by a recording import, of made-up wheels."""

import pytest

from tools.flags import recording
from tools.flags.trees_sglang import names

CALLS = """
import argparse
import torch
from sglang.srt.utils.common import human_readable_int

LOAD_CHOICES = ["auto", "dummy"]
PLAIN_CHOICES = ["x"]

def add_load_choices(choices):
    LOAD_CHOICES.extend(choices)

class DeprecatedAction(argparse.Action):
    def __init__(self, option_strings, dest, nargs=0, new_flag=None, error_message=None, **words):
        self.new_flag, self.error_message = new_flag, error_message
        super().__init__(option_strings, dest, nargs=nargs, **words)

    def __call__(self, parser, namespace, values, option_string=None):
        if self.error_message:
            parser.error(self.error_message)

class ServerArgs:
    rank: int = torch.cuda.device_count()

    @staticmethod
    def add_cli_args(parser):
        parser.add_argument("--model-path", "--model", type=str, required=True)
        parser.add_argument("-s", "--size", type=human_readable_int, default=4)
        parser.add_argument("--load", choices=LOAD_CHOICES)
        parser.add_argument("--plain", choices=PLAIN_CHOICES)
        parser.add_argument("--fixed", choices=["a", "b"], nargs="+")
        parser.add_argument("--pair", nargs=2, type=int)
        parser.add_argument("--on", action="store_true")
        parser.add_argument("--both", action=argparse.BooleanOptionalAction)
        parser.add_argument("--old", action=DeprecatedAction, new_flag="--on-{a,b}=c")
        parser.add_argument("--gone", action=DeprecatedAction, error_message="no more")
"""
COMMON = """
def human_readable_int(value):
    return int(value)
"""
FIELDS = '''
from sglang.srt.arg_groups.arg_utils import A, NS, Arg

class Model:
    """Fields that are flags, and some that are not."""

    _PATH = "model"
    model_path: A[str, Arg(help="x", aliases=["--model"], cli_name="--the-model-path")]
    trust: A[bool, "Only help, " "in two parts"] = False
    longer: A[Optional[List[int]], f"help of {_PATH}"] = None
    kind: A[Literal["a", "b"], NS("x"), "help"] = "a"
    kinds: A[list[str] | None, Arg(choices=["a"], nargs="*")] = None
    one: A[List[str], Arg(type_parser=json_list)] = None
    shared: A[bool | None, Arg(action=argparse.BooleanOptionalAction)] = None
    loras: A[Optional[list], Arg(action=PathAction, action_kwargs={"nargs": "*"})] = None
    more: A[Optional[list], Arg(action=PathAction, action_kwargs=dict(nargs="+"))] = None
    hidden: A[int, Arg(no_cli=True)] = 0
    ranked: A[int, Derived("a rank")] = 0
    bare: int = 0
    mapping: dict[str, int] = {}
'''


@pytest.fixture
def wheel(tmp_path):
    """A wheel whose flags are calls."""
    (tmp_path / "sglang/srt/utils").mkdir(parents=True)
    for each in ("", "srt/", "srt/utils/"):
        (tmp_path / f"sglang/{each}__init__.py").touch()
    (tmp_path / "sglang/srt/utils/common.py").write_text(COMMON)
    (tmp_path / "sglang/srt/server_args.py").write_text(CALLS)
    return tmp_path


def recorded(wheel):
    (parser,) = recording.record("sglang", [wheel])
    return {each["names"][0]: each for each in parser["flags"]}


def alike(flag):
    return {key: flag[key] for key in ("names", "off", "values") if key in flag}


def test_both_methods_find_the_same(wheel):
    found, read = recorded(wheel), names(wheel)
    assert list(map(alike, map(found.get, sorted(found)))) == list(map(alike, map(read.get, sorted(read))))
    assert len(found) == 10
    assert read["--fixed"] == {"names": ["--fixed"], "values": "+", "choices": ["a", "b"]}
    assert read["--size"] == {"names": ["--size", "-s"]}
    assert read["--both"] == {"names": ["--both"], "off": ["--no-both"], "values": 0}


def test_a_planted_flag_is_found_by_both_and_a_removed_one_by_neither(wheel):
    file = wheel / "sglang/srt/server_args.py"
    text = file.read_text().replace('"--plain", choices', '"--planted", choices')
    file.write_text(text)
    for found in (recorded(wheel), names(wheel)):
        assert "--planted" in found
        assert "--plain" not in found


def test_what_the_code_tells_of_a_flag(wheel):
    found = recorded(wheel)
    assert found["--size"]["type"] == "amount"
    assert found["--load"]["open"] is True
    assert "open" not in found["--plain"]
    assert found["--old"]["deprecated"] == {"use": "--on-a=c and --on-b=c"}
    assert found["--gone"]["refused"] is True
    assert found["--model-path"] == {"names": ["--model-path", "--model"], "required": True}


def test_a_verdict_of_the_real_parser(wheel):
    lines = [["--model", "m"], ["--size", "1"], ["--model", "m", "--gone"], ["--model", "m", "--size", "4k"]]
    verdicts = recording.judge("sglang", [wheel], lines)
    assert [bool(each) for each in verdicts] == [False, True, True, True]
    assert "no more" in verdicts[2]


def test_fields_are_flags(wheel):
    (wheel / "sglang/srt/arg_groups/fields").mkdir(parents=True)
    (wheel / "sglang/srt/arg_groups/fields/model.py").write_text(FIELDS)
    (wheel / "sglang/srt/server_args.py").write_text("class ServerArgs: pass\n")
    assert names(wheel) == {
        "--the-model-path": {"names": ["--the-model-path", "--model"]},
        "--trust": {"names": ["--trust"], "values": 0},
        "--longer": {"names": ["--longer"], "values": "+"},
        "--kind": {"names": ["--kind"], "choices": ["a", "b"]},
        "--kinds": {"names": ["--kinds"], "values": "*", "choices": ["a"]},
        "--one": {"names": ["--one"]},
        "--shared": {"names": ["--shared"], "off": ["--no-shared"], "values": 0},
        "--loras": {"names": ["--loras"], "values": "*"},
        "--more": {"names": ["--more"], "values": "+"},
    }
