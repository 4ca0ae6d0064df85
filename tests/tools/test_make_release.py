"""The tool that makes a release's data file: what it reads of wheels, what it keeps, what it tells. No network."""

from __future__ import annotations

import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from dynamo_recipes.support import data, releases
from tools.make_release import main
from tools.release_blank import HAND
from tools.release_resolution import Answer, refusal
from tools.release_wheels import flags_of, in_folder

if TYPE_CHECKING:
    from pathlib import Path

METADATA = """\
Metadata-Version: 2.4
Name: ai-dynamo
Version: 9.1.0
Requires-Python: >=3.10
Requires-Dist: ai-dynamo-runtime==9.1.0
Requires-Dist: aisimulate==0.13.0; python_version >= '3.11' and python_version < '3.14'
Provides-Extra: sglang
Requires-Dist: nixl[cu13]==1.5.0; extra == 'sglang'
Requires-Dist: sglang[diffusion]==0.5.21; extra == 'sglang'
Requires-Dist: tomli; (python_version < '3.11') and extra == 'sglang'
Provides-Extra: trtllm
Requires-Dist: tensorrt-llm==1.3.0rc29; extra == 'trtllm'
Provides-Extra: vllm
Requires-Dist: nixl[cu13]==1.4.1; extra == 'vllm'
Requires-Dist: vllm[flashinfer,otel]==0.31.0; extra == 'vllm'

The text below the fields is no requirement: `Requires-Dist: vllm==0.1`.
"""
# What is here and what is not: flags of another program, of a group that nobody imports, of a test.
MODULES = {
    "frontend/__main__.py": "from dynamo.frontend.main import main\nraise SystemExit('the wheel ran')\n",
    "frontend/main.py": "from .args import FrontendArgs\n",
    "frontend/args.py": """
from dynamo.common.groups import RouterArgs
class FrontendArgs:
    def add(self, parser):
        add_argument(parser, flag_name="--http-host", env_var="DYN_HTTP_HOST", default="0.0.0.0")
        parser.add_argument("--http-port", "-p", type=int)
        add_argument(parser, flag_name="--response-plane", choices=["tcp", "quic"])
""",
    "common/__init__.py": "",
    "common/groups/__init__.py": "from .router import RouterArgs\nfrom .unused import UnusedArgs\n",
    "common/groups/router.py": """
def add(g):
    add_argument(g, flag_name="--router-mode", choices=["round-robin", "power-of-two", "kv"])
    add_negatable_bool_argument(g, flag_name="--router-kv-events", obsolete_flag="--kv-events")
    g.add_argument("--interactive", action=argparse.BooleanOptionalAction)
""",
    "common/groups/unused.py": "parser.add_argument('--unused')\n",
    "mocker/__main__.py": "parser.add_argument('--model-path')\nprint('--router-mode')\n",
    "vllm/__main__.py": "parser.add_argument('--only-vllm')\n",
}


def make_wheels(folder: Path, metadata: str = METADATA, modules: dict[str, str] = MODULES) -> Path:
    folder.mkdir()
    version = re.findall("^Version: (.*)", metadata, re.M)[0]
    with zipfile.ZipFile(folder / f"ai_dynamo-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"ai_dynamo-{version}.dist-info/METADATA", metadata)
        for name, text in modules.items():
            wheel.writestr(f"dynamo/{name}", text)
    for arch in ("aarch64", "x86_64"):
        tag = f"cp310-abi3-manylinux_2_28_{arch}"
        with zipfile.ZipFile(folder / f"ai_dynamo_runtime-{version}-{tag}.whl", "w") as wheel:
            wheel.writestr(f"ai_dynamo_runtime-{version}.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
    return folder


@pytest.fixture
def wheels(tmp_path):
    return make_wheels(tmp_path / "wheels")


@pytest.fixture
def made(tmp_path, wheels):
    """Makes a file from the wheels; returns it."""

    def make(name="9.1.0.json", *words, asked=None):
        file = tmp_path / name
        more = {"asked": asked} if asked else {}
        main(
            ["9.1.0", "--wheels", str(wheels), "--out", str(file), *(() if asked else ("--no-resolve",)), *words],
            **more,
        )
        return file

    return make


def index(requirement, python, platform, overrides):
    """Answers as uv does where aisimulate has no wheel and, behind it, sglang has none for 3.13."""
    left_out = {each.split()[0] for each in overrides}
    if python in ("3.11", "3.12", "3.13") and "aisimulate" not in left_out:
        return Answer({}, "aisimulate", "aisimulate 0.13.0")
    if "sglang" in requirement and python == "3.13" and "pyyaml" not in left_out:
        return Answer({}, "pyyaml", "pyyaml 6.0.1")
    if "vllm" in requirement and platform.endswith("2_28"):
        return Answer({}, "llguidance", "llguidance>=1.7.0")
    if "sglang" in requirement and platform.startswith("aarch64"):
        return Answer({}, "xatlas", "xatlas")
    return Answer({"torch": "2.13.0", "nvidia-cuda-runtime": "13.0.96"} if "[" in requirement else {"uvloop": "1"})


def test_facts_of_the_wheels_are_in_the_file(made):
    told = json.loads(made().read_bytes())
    assert told["python"]["minimum"] == "3.10"
    assert told["platform"] == {"os": ["linux"], "arch": ["x86_64", "aarch64"], "glibc": "2.28", "systems": None}
    assert {name: each["version"] for name, each in told["engines"].items()} == {
        "mocker": "9.1.0",
        "sglang": "0.5.21",
        "trtllm": "1.3.0rc29",
        "vllm": "0.31.0",
    }
    assert told["engines"]["vllm"]["nixl"] == {"documented": None, "wheels": "nixl[cu13]==1.4.1"}
    assert told["engines"]["vllm"]["wheels"]["requirements"] == ["ai-dynamo[vllm]==9.1.0"]
    assert told["engines"]["mocker"]["wheels"]["requirements"] == ["ai-dynamo==9.1.0"]
    assert told["engines"]["trtllm"]["wheels"] is None
    assert told["router_modes"] == ["round-robin", "power-of-two", "kv"]
    assert told["frontend"]["flags"] == {
        "frontend.host": "--http-host",
        "frontend.port": "--http-port",
        "frontend.router.mode": "--router-mode",
        "frontend.router.events": "--no-router-kv-events",
    }
    assert told["capabilities"]["response_plane"] is True
    assert told["capabilities"]["worker_router_flags"] is False
    assert told["capabilities"]["planner_image"] is None


def test_a_file_has_the_form_of_those_of_the_package(made):
    told, known = json.loads(made().read_bytes()), data.load("releases/1.4.2.json")
    assert list(told) == list(known)
    for section in ("python", "platform", "cluster", "capabilities", "frontend", "sources"):
        assert list(told[section]) == list(known[section])
    assert list(told["engines"]) == list(known["engines"])
    for name, engine in known["engines"].items():
        assert list(told["engines"][name]) == list(engine)
        assert list(told["engines"][name]["wheels"] or ()) == list(engine["wheels"] or ())


def test_a_new_file_is_read_as_a_release(made, monkeypatch):
    told = json.loads(made().read_bytes())
    monkeypatch.setattr(data, "load", lambda name: told)
    found = releases.release.__wrapped__("9.1.0")
    assert found.router_modes == ("round_robin", "power_of_two", "kv")
    assert found.feature("lora", "vllm").status is None
    assert not found.can("launch")


def test_flags_are_those_of_the_program_and_of_what_it_imports(wheels):
    read = in_folder(wheels)
    assert sorted(flags_of(read, "frontend")) == [
        "--http-host",
        "--http-port",
        "--interactive",
        "--kv-events",
        "--no-interactive",
        "--no-kv-events",
        "--no-router-kv-events",
        "--response-plane",
        "--router-kv-events",
        "--router-mode",
    ]
    assert sorted(flags_of(read, "mocker")) == ["--model-path"]
    assert flags_of(read, "unheard_of") == {}


def test_what_wheels_do_not_tell_is_to_be_filled(made, capsys):
    made()
    told = capsys.readouterr().out
    assert "to fill by hand: date: the day of the release; the page of the release (REL, GH162)\n" in told
    assert "to fill by hand: engines.vllm.drivers: CUDA of the images, lowest driver branch; compatibility" in told
    assert "to fill by hand: images: " in told
    assert "engines.mocker.drivers" not in told
    assert "router_modes" not in told
    assert "read: the simulator is aisimulate==0.13.0\n" in told
    assert "differs" not in told


def test_no_unknown_capability_is_left_out(made, capsys):
    capabilities = json.loads(made().read_bytes())["capabilities"]
    told = capsys.readouterr().out
    for name, value in capabilities.items():
        assert (f"to fill by hand: capabilities.{name}: " in told) == (value is None)


def test_the_sources_of_what_is_to_be_filled_exist():
    assert {source for *_, ids in HAND.values() for source in ids} <= set(data.load("sources.json"))


def test_the_same_wheels_make_the_same_bytes(made, capsys):
    once, again = made("a.json", asked=index), made("b.json", asked=index)
    assert once.read_bytes() == again.read_bytes()
    before = once.read_bytes()
    made("a.json", asked=index)
    assert once.read_bytes() == before
    assert "differs" not in capsys.readouterr().out
    assert before.endswith(b"}\n")
    assert before.startswith(b'{\n "release": "9.1.0",\n "date": null,\n')


def test_what_is_filled_by_hand_is_kept(made, capsys):
    file = made()
    told = json.loads(file.read_bytes())
    told |= {"date": "2026-11-22", "caveats": ["mocker-placeholder"]}
    told["engines"]["vllm"]["drivers"] = {"13.0": "580"}
    told["sources"]["date"] = ["REL"]
    file.write_text(json.dumps(told), encoding="utf-8")
    capsys.readouterr()
    made()
    assert json.loads(file.read_bytes()) == told
    lines = capsys.readouterr().out
    assert "differs" not in lines
    assert "to fill by hand: date" not in lines
    assert "engines.vllm.drivers" not in lines


@pytest.mark.parametrize(
    ("path", "planted", "line", "kept"),
    [
        ("engines.vllm.nixl.wheels", "nixl==1.3.2", '"nixl==1.3.2", the wheels say "nixl[cu13]==1.4.1"', False),
        # Of the image, where the documentation tells it: told, and left as it is.
        ("engines.vllm.version", "0.30.0", '"0.30.0", the wheels say "0.31.0"', True),
        ("router_modes", None, 'null, the wheels say ["round-robin", "power-of-two", "kv"]', False),
        ("capabilities.response_plane", False, "false, the wheels say true", False),
        ("python.minimum", "3.11", '"3.11", the wheels say "3.10"', False),
    ],
)
def test_a_planted_change_is_told(made, capsys, path, planted, line, kept):
    file = made()
    right = json.loads(file.read_bytes())
    wrong = json.loads(file.read_bytes())
    *folders, key = path.split(".")
    inner = wrong
    for each in folders:
        inner = inner[each]
    inner[key] = planted
    file.write_text(json.dumps(wrong), encoding="utf-8")
    before = file.read_bytes()
    capsys.readouterr()
    words = ["9.1.0", "--wheels", str(file.parent / "wheels"), "--out", str(file), "--no-resolve"]
    assert main([*words, "--check"]) == 1
    assert f"differs: {path}: the file has {line}" in capsys.readouterr().out
    assert file.read_bytes() == before
    assert main(words) == 0
    assert json.loads(file.read_bytes()) == (wrong if kept else right)
    assert main([*words, "--check"]) == kept


def test_a_file_that_is_not_there_does_not_pass(tmp_path, wheels):
    file = tmp_path / "none.json"
    assert main(["9.1.0", "--wheels", str(wheels), "--out", str(file), "--no-resolve", "--check"]) == 1
    assert not file.exists()


def test_all_that_is_in_the_way_is_told(made):
    engines = json.loads(made(asked=index).read_bytes())["engines"]
    simulator = {"kind": "index", "package": "aisimulate 0.13.0", "pythons": ["3.11", "3.12", "3.13"]}
    yaml = {"kind": "python", "package": "pyyaml 6.0.1", "pythons": ["3.13"]}
    assert engines["sglang"]["wheels"]["blocked"] == [simulator, yaml]
    assert engines["vllm"]["wheels"]["blocked"] == [simulator]
    assert engines["vllm"]["wheels"]["pythons"] == ["3.10", "3.14"]


def test_where_wheels_install_is_tried(made):
    engines = json.loads(made(asked=index).read_bytes())["engines"]
    assert {
        name: (each["wheels"]["glibc"], each["wheels"]["arch"]) for name, each in engines.items() if each["wheels"]
    } == {
        "mocker": ("2.28", ["x86_64", "aarch64"]),
        "sglang": ("2.28", ["x86_64"]),
        "vllm": ("2.31", ["x86_64", "aarch64"]),
    }
    assert {name: each["wheels"]["cuda"] for name, each in engines.items() if each["wheels"]} == {
        "mocker": None,
        "sglang": "13.0",
        "vllm": "13.0",
    }


def test_what_blocks_on_every_python_lacks_a_wheel(made):
    def none(requirement, python, platform, overrides):
        if "sglang" in requirement and not any(each.startswith("cuda-tile") for each in overrides):
            return Answer({}, "cuda-tile", "cuda-tile 1.6.0rc5")
        return index(requirement, python, platform, overrides)

    ways = json.loads(made(asked=none).read_bytes())["engines"]["sglang"]["wheels"]["blocked"]
    assert [(each["kind"], each["package"]) for each in ways] == [
        ("index", "aisimulate 0.13.0"),
        ("python", "pyyaml 6.0.1"),
        ("wheel", "cuda-tile 1.6.0rc5"),
    ]


def test_what_nobody_asked_for_tells_nothing_of_a_python(made):
    def newer(requirement, python, platform, overrides):
        if python == "3.10":
            return Answer({}, "ai-dynamo", "ai-dynamo 9.1.0", python=True)
        if not any(each.startswith("certifi") for each in overrides):
            return Answer({}, "certifi", "certifi>=2026.10.23")
        return Answer({"uvloop": "1"})

    assert json.loads(made(asked=newer).read_bytes())["engines"]["mocker"]["wheels"]["blocked"] == [
        {"kind": "python", "package": "ai-dynamo 9.1.0", "pythons": ["3.10"]},
        {"kind": "wheel", "package": "certifi>=2026.10.23", "pythons": ["3.11", "3.12", "3.13", "3.14"]},
    ]


def test_overrides_of_the_file_are_used(made):
    file = made()
    told = json.loads(file.read_bytes())
    told["engines"]["vllm"]["wheels"]["overrides"] = ["aisimulate ; sys_platform == 'never'"]
    file.write_text(json.dumps(told), encoding="utf-8")
    found = json.loads(made(asked=index).read_bytes())["engines"]["vllm"]["wheels"]
    assert found["pythons"] == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert found["overrides"] == told["engines"]["vllm"]["wheels"]["overrides"]


@pytest.mark.parametrize(
    ("text", "package", "told", "python"),
    [
        ("Because a{x == 'y'}==0.13.0 has no usable wheels and b==1 depends on a==0.13.0", "a", "a 0.13.0", False),
        ("Because only a<=2.18 is available and b==1 depends on a>=2.19, we can", "a", "a>=2.19", False),
        ("Because a[x]==0.5.21 has no wheels with a matching Python ABI tag (e.g., `cp314`)", "a", "a 0.5.21", True),
        ("Because a[x]==0.5 has no wheels with a matching platform tag (e.g., `b`)", "a", "a 0.5", False),
        ("Because a{x}>=1.7.0,<=1.7.6 has no usable wheels and only", "a", "a>=1.7.0,<=1.7.6", False),
        ("Because all versions of a have no usable wheels and b==0.5 depends on a, we", "a", "a", False),
        ("Because there is no version of a==1.6.2 and you require a==1.6.2, we", "a", "a 1.6.2", False),
        (
            "Because the requested Python version does not satisfy Python>=3.11 and a==1 depends on Python>=3.11",
            "a",
            "a 1",
            True,
        ),
        (
            "Because the requested Python version does not satisfy Python>=3.11 and you require a[x]==1.7.0, we",
            "a",
            "a 1.7.0",
            True,
        ),
        ("Because of something else.", "unknown", "unknown", False),
    ],
)
def test_a_refusal_names_what_is_in_the_way(text, package, told, python):
    answer = refusal(f"  × No solution found when resolving dependencies:\n  cause: {text}")
    assert answer == Answer({}, package, told, python)


def test_what_is_no_refusal_ends_the_tool():
    with pytest.raises(SystemExit, match="uv cannot resolve: error: no network"):
        refusal("error: no network")


def test_wheels_of_another_release_are_refused(tmp_path, wheels):
    words = ["--wheels", str(wheels), "--out", str(tmp_path / "x.json"), "--no-resolve"]
    with pytest.raises(SystemExit, match=r"The wheels are of 9\.1\.0, not of 9\.1\.1\."):
        main(["9.1.1", *words])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match="There is no wheel of ai-dynamo"):
        main(["9.1.1", "--wheels", str(tmp_path / "empty")])


def test_a_post_release_may_stand_for_its_release(tmp_path):
    folder = make_wheels(tmp_path / "post", METADATA.replace("9.1.0", "9.1.0.post1"))
    file = tmp_path / "x.json"
    assert main(["9.1.0", "--wheels", str(folder), "--out", str(file), "--no-resolve"]) == 0
    told = json.loads(file.read_bytes())
    assert told["release"] == "9.1.0"
    assert told["engines"]["vllm"]["wheels"]["requirements"] == ["ai-dynamo[vllm]==9.1.0.post1"]
