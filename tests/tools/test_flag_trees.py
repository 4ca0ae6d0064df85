"""Dynamo's flags by both methods, on made-up wheels of its shape."""

import pytest

from tools.flags import compare, recording, trees

UTILS = """
import argparse
import os
from dataclasses import dataclass

@dataclass(frozen=True)
class Deprecated:
    replacement: str
    remove_in: str

def env_or_default(env_var, default):
    value = os.environ.get(env_var)
    return default if value is None else type(default)(value)

def add_argument(
    parser, *, flag_name, env_var, default, help, obsolete_flag=None, arg_type=str, deprecated=None, **more
):
    names = [flag_name, *([obsolete_flag] if obsolete_flag else [])]
    if arg_type is not None:
        more["type"] = arg_type
    parser.add_argument(*names, default=env_or_default(env_var, default), help=help, **more)

def add_negatable_bool_argument(parser, *, flag_name, env_var, default, help, obsolete_flag=None, deprecated=None):
    add_argument(
        parser, flag_name=flag_name, env_var=env_var, default=default, help=help, obsolete_flag=obsolete_flag,
        arg_type=None, action=argparse.BooleanOptionalAction, deprecated=deprecated,
    )
"""
GROUPS = """
import argparse
import enum
import os
from .utils import Deprecated, add_argument, add_negatable_bool_argument, env_or_default

_FIELDS = {"tp_size": (int, None), "seed": (int, 42)}

class Mode(str, enum.Enum):
    ALL = "all"
    PREFILL = "prefill"

class _Ignored(argparse.BooleanOptionalAction):
    pass

def _ends(key):
    return Deprecated(f"{key} in the new --file", remove_in="v9.1")

def _asked():
    for each in ("DYN_ASKED", "DYN_ASKED_OLD"):
        if each in os.environ:
            return each, os.environ[each]
    return None

def _of_asked():
    found = _asked()
    if found is None:
        return None
    name, value = found
    return value

def _env(name, default):
    value = os.environ.get("DYN_A_" + name.upper())
    return default if value is None else int(value)

class Base:
    def shared(self, group):
        add_argument(group, flag_name="--base", env_var=f"DYN_{self.prefix}_BASE", default="b", help="")

class Group(Base):
    prefix = "X"

    def __init__(self, *, whole):
        self.whole = whole

    def add_arguments(self, parser):
        if "DYN_GONE" in os.environ:
            return
        group = parser.add_argument_group("Options")
        if self.whole:
            group.add_argument("--gone", action=_Ignored, default=argparse.SUPPRESS)
            return
        self.shared(group)
        add_argument(
            group, flag_name="--new", obsolete_flag="--old", env_var="DYN_NEW", default=1, arg_type=int, help="",
        )
        add_negatable_bool_argument(
            group, flag_name="--on", env_var="DYN_ON", default=False, help="", deprecated=_ends("some.key"),
        )
        group.add_argument("-m", "--mode", choices=[each.value for each in Mode if each != Mode.ALL] + ["any"])
        group.add_argument("--several", nargs="*", default=[], help="PLANTED")
        for name, (kind, default) in _FIELDS.items():
            flag = name.replace("_", "-")
            group.add_argument("--a-" + flag, f"--b-{flag}", type=kind, default=_env(name, default))
        for old, variable in (("--first", "DYN_FIRST"), ("--second", "DYN_SECOND")):
            add_argument(group, flag_name=old, env_var=variable, default="", help="")
        group.add_argument("--asked", default=_of_asked())
        group.add_argument("--dropped", default=argparse.SUPPRESS if "DYN_DROPPED" in os.environ else argparse.SUPPRESS)
        group.add_argument("--flag", action="store_true", default=env_or_default("DYN_FLAG", "no").lower() == "yes")
"""
ARGS = """
import argparse
from dynamo.common.groups import Group as Options

def _parser():
    parser = argparse.ArgumentParser()
    Options(whole=False).add_arguments(parser)
    return parser

def parse_args(argv=None):
    own, rest = _parser().parse_known_args(argv)
    return own
"""
NAMES = {
    *(
        "--base",
        "--new",
        "--old",
        "--on",
        "--no-on",
        "-m",
        "--mode",
        "--several",
        "--flag",
        "--first",
        "--second",
        "--asked",
        "--dropped",
    ),
    *("--a-tp-size", "--b-tp-size", "--a-seed", "--b-seed"),
}


def written(folder, files):
    for name, text in files.items():
        file = folder / name
        for each in file.relative_to(folder).parents:
            (folder / each).mkdir(parents=True, exist_ok=True)
            (folder / each / "__init__.py").touch()
        file.write_text(text)
    return folder


FILES = {"dynamo/common/utils.py": UTILS, "dynamo/common/groups.py": GROUPS, "dynamo/router/args.py": ARGS}


@pytest.fixture
def wheel(tmp_path):
    return written(tmp_path, FILES)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """What is recorded of the wheel; a process is not started for each test."""
    return of_router(written(tmp_path_factory.mktemp("wheel"), FILES))


def of_router(wheel):
    return recording.catalogue("dynamo.router", "0", [], recording.record("dynamo.router", [wheel]))


def by_both(catalogue, wheel):
    """The spellings that the recording import finds, and those that the trees find."""
    imported = {name for flag in catalogue["parsers"][0]["flags"] for name in compare.spellings(flag)}
    found = trees.names(wheel, "dynamo.router").values()
    return imported - {"-h", "--help"}, {name for entry in found for name in compare.spellings(entry)}


def changed(wheel, old, new):
    file = wheel / "dynamo/common/groups.py"
    assert old in GROUPS
    file.write_text(GROUPS.replace(old, new))


def test_both_methods_see_the_same(catalogue, wheel):
    assert by_both(catalogue, wheel) == (NAMES, NAMES)
    assert compare.agreed(catalogue, wheel) is catalogue


def test_what_a_tree_tells_of_a_flag(wheel):
    found = trees.names(wheel, "dynamo.router")
    assert found["--on"] == {
        "names": ["--on"],
        "off": ["--no-on"],
        "values": 0,
        "choices": None,
        "deprecated": {"use": "some.key in --file", "until": "v9.1"},
        "env": "DYN_ON",
        "obsolete": None,
    }
    assert found["--new"]["obsolete"] == ["--old"]
    assert found["--mode"]["names"] == ["--mode", "-m"]
    assert found["--mode"]["choices"] == ["prefill", "any"]
    assert found["--several"]["values"] == "*"
    env = {name: entry["env"] for name, entry in found.items() if entry["env"]}
    assert env == {
        "--base": "DYN_X_BASE",
        "--new": "DYN_NEW",
        "--on": "DYN_ON",
        "--a-tp-size": "DYN_A_TP_SIZE",
        "--a-seed": "DYN_A_SEED",
        "--first": "DYN_FIRST",
        "--second": "DYN_SECOND",
        "--flag": "DYN_FLAG",
        "--asked": "DYN_ASKED",
    }


def test_a_planted_flag_is_found_by_both(wheel):
    changed(wheel, "        self.shared(group)", '        self.shared(group)\n        group.add_argument("--planted")')
    assert by_both(of_router(wheel), wheel) == (NAMES | {"--planted"},) * 2


def test_a_removed_flag_is_missed_by_both(wheel):
    changed(wheel, 'group.add_argument("--several", nargs="*", default=[], help="PLANTED")', "pass")
    assert by_both(of_router(wheel), wheel) == (NAMES - {"--several"},) * 2


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ('"DYN_FIRST"', '"DYN_OTHER"', "--first: env: the import says DYN_FIRST, the tree DYN_OTHER"),
        ('nargs="*"', 'nargs="+"', "--several: values: the import says *, the tree +"),
        (
            '+ ["any"]',
            '+ ["none"]',
            "--mode: choices: the import says ['any', 'prefill'], the tree ['prefill', 'none']",
        ),
        ('"v9.1"', '"v9.2"', "--on: deprecated: "),
        ('flag_name="--new"', 'flag_name="--newer"', "--newer: only the tree sees it"),
    ],
)
def test_what_one_method_sees_alone_is_an_error(catalogue, wheel, old, new, wrong):
    changed(wheel, old, new)
    with pytest.raises(SystemExit, match=r"dynamo\.router 0: the two methods differ") as told:
        compare.agreed(catalogue, wheel)
    assert wrong in str(told.value)


def test_the_allow_list_says_what_one_method_may_see(monkeypatch, catalogue, wheel):
    changed(wheel, "        self.shared(group)", '        self.shared(group)\n        group.add_argument("--planted")')
    entry = {"component": "dynamo.router", "flags": frozenset({"--planted"}), "reason": "a test"}
    for only, versions, allowed in (("tree", (), True), ("tree", ("1",), False), ("import", (), False)):
        one = compare.Allowed(**entry, only=only, versions=versions)
        monkeypatch.setattr(compare, "allowed", lambda one=one: (one,))
        assert (not list(compare.differences(catalogue, wheel))) is allowed


PARSER = "import argparse\ndef parse_args(argv=None):\n    parser = argparse.ArgumentParser()\n"


def names_of(tmp_path, body, component="dynamo.router"):
    """The spellings of the flags of a program whose function goes on like this."""
    text = PARSER + "".join(f"    {line}\n" for line in body.splitlines())
    file = f"{component.replace('.', '/')}/args.py"
    found = trees.names(written(tmp_path, {file: text}), component)
    return {name for each in found.values() for name in each["names"]}


@pytest.mark.parametrize(
    "body",
    [
        # Where it is not known which way a program takes, all are followed.
        "if argv:\n    parser.add_argument('--a')\nelse:\n    parser.add_argument('--b')",
        "try:\n    parser.add_argument('--a')\nexcept ValueError:\n    parser.add_argument('--b')",
        "with open(argv) as file:\n    parser.add_argument('--a')\nparser.add_argument('--b')",
        "while argv:\n    parser.add_argument('--a')\nparser.add_argument('--b')",
        "if argv:\n    return\nparser.add_argument('--a')\nparser.add_argument('--b')",
        "match argv:\n    case 1:\n        parser.add_argument('--a')\n    case _:\n        parser.add_argument('--b')",
        # Where it is known, only that one.
        "if 1 in ():\n    parser.add_argument('--c')\nparser.add_argument('--a')\nparser.add_argument('--b')",
        "for each in ('a', 'b', 'c'):\n    if each == 'c':\n        continue\n    parser.add_argument('--' + each)",
        "if not 1:\n    parser.add_argument('--c')\nfor each in argv:\n    parser.add_argument('--a', '--b')",
        # Names that are made.
        "for at, each in enumerate(['a', 'b']):\n    parser.add_argument('--{}'.format(each))",
        "names = ['--a']\nnames.append('--b')\nparser.add_argument(*names)",
        "for each in {name: 1 for name in 'ab'}:\n    parser.add_argument(f'--{each}')",
        "for each in sorted({'b', 'a'}):\n    parser.add_argument('--' + each.lower())",
        "words = {'x': ('a', 'b')}\nfor each in words['x']:\n    parser.add_argument('--' + each)",
        "for one, two in zip('ab', [1, argv]):\n    parser.add_argument('--' + one, default=two)",
        "first = '--a' if True else '--c'\nfirst += ''\nparser.add_argument(first)\nparser.add_argument('--b')",
        "def add(to, *names, **words):\n    to.add_argument(*names, **words)\nadd(parser, '--a', '--b', type=int)",
        "parser.add_argument('word')\nparser.add_argument_group('x').add_argument('--a', '--b')",
    ],
)
def test_ways_to_add_two_flags(tmp_path, body):
    assert names_of(tmp_path, body) == {"--a", "--b"}


def test_a_name_that_a_tree_does_not_tell_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="does not tell the names of a flag"):
        names_of(tmp_path, "parser.add_argument(argv[0])")


def test_a_flag_that_a_program_looks_for_by_itself(tmp_path):
    body = "parser.add_argument('--a')\nif '--a' in argv or '--hidden' in argv:\n    pass"
    assert names_of(tmp_path, body) == {"--a", "--hidden"}
    assert names_of(tmp_path, body, "dynamo.sglang") == {"--a"}  # the other one may be the engine's


def test_functions_that_call_themselves_come_to_an_end(tmp_path):
    body = "def deep(to):\n    deep(to)\n    to.add_argument('--a')\ndeep(parser)\nreturn parse_args(argv)"
    assert names_of(tmp_path, body) == {"--a"}


def test_what_is_added_to_the_parser_of_an_engine(tmp_path):
    text = PARSER + (
        "    from engine import ServerArgs\n"
        "    ServerArgs.add_cli_args(parser)\n"
        "    parser.add_argument('--added')\n"
        "    argparse.ArgumentParser().add_argument('--own')\n"
    )
    wheel = written(tmp_path, {"dynamo/sglang/args.py": text})
    found = trees.names(wheel, "dynamo.sglang")
    assert {name: each.get("engine", False) for name, each in found.items()} == {"--added": True, "--own": False}
    own = {"component": "dynamo.sglang", "version": "0", "parsers": [{"flags": [{"names": ["--own"]}]}]}
    assert not list(compare.differences(own, wheel))
    assert list(compare.differences({**own, "engine": {}}, wheel)) == ["--added: only the tree sees it"]
    assert not list(compare.differences({**own, "engine": {"flags": [{"names": ["--added"]}]}}, wheel))
