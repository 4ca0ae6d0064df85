"""What `files` names: read where it is good, a finding where it is not, and its content in no message."""

import io
import json
import os
import socket
import sys
import time

import pytest

from dynamo_recipes.app import files
from dynamo_recipes.app.plan import plan, shown
from dynamo_recipes.app.render import render, write
from dynamo_recipes.app.validate import validate
from dynamo_recipes.cli.output import line
from dynamo_recipes.errors import Refused, exit_status

HEAD = "schema: 1\nname: toy\nmodel: {packaged: tiny}\nengine: {name: mocker, args: {reasoning: {file: a}}}\n"
ODD_NAME = "vorlage für 'alle' \"$HOME\" \\ 東京.jinja"


@pytest.fixture
def folder(tmp_path):
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "recipes").mkdir()
    (tmp_path / "secret").write_text("swordfish")
    return repository / "recipes"


def recipe(folder, path: str) -> str:
    file = folder / "toy.yaml"
    file.write_text(f"{HEAD}files: {{a: {json.dumps(path)}}}\n", encoding="utf-8")
    return str(file)


def told(folder, path: str) -> list[str]:
    """Return the codes that validate and plan find, and see that no message shows what a file holds."""
    file = recipe(folder, path)
    before = time.monotonic()
    (result,) = validate([file])
    assert time.monotonic() - before < 5
    if exit_status(result.findings):
        with pytest.raises(Refused) as caught:
            plan(file)
        assert caught.value.findings == result.findings
        with pytest.raises(Refused) as caught:
            render(file, "local", None)
        assert caught.value.findings == result.findings
    for each in result.findings:
        printed = line(each)
        assert "swordfish" not in printed
        assert "root:" not in printed
        assert len(printed) < 1000
        assert each.where.line == 5
    return [each.code for each in result.findings]


@pytest.mark.parametrize("name", ["chat.jinja", "two  words.txt", ODD_NAME, "-x", "..x", "~x", "a:b", "line\nbreak"])
def test_a_good_file_is_found_under_any_name(name, folder):
    (folder / name).write_text("swordfish")
    assert told(folder, f"./{name}") == []
    assert told(folder, str(folder / name)) == []


def test_it_is_read_byte_for_byte(folder):
    content = "\ufeffone\r\ntwo\rthree\0\u2028ü 東京 🦀\x1b[31m"
    (folder / "x").write_bytes(content.encode())
    ((file,), found) = files.read({"a": "x"}, folder)
    assert (file.name, file.path, file.text, found) == ("a", folder.resolve() / "x", content, ())
    out = folder / "out"
    write(render(recipe(folder, "x"), "local", str(out)), str(out))
    assert (out / "files" / "a" / "x").read_bytes() == content.encode()
    assert (out / "files" / "a" / "x").stat().st_mode & 0o777 == 0o644


OUTSIDE = [
    "../../secret",
    "../../../../../../../../../../etc/passwd",
    "/etc/passwd",
    "files/../../../secret",
    "link",
    "out/secret",
    "out/missing",
    "loop",
    "loop/../out/secret",
    "~",
    "~/x",
    "file:///etc/passwd",
    "https://example.org/chat.jinja",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/environ",
    "/" + "x" * 4095,
    "../" * 1365,
]


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: path[:40])
def test_what_leads_out_is_refused_with_status_2(path, folder):
    (folder / "link").symlink_to("../../secret")
    (folder / "out").symlink_to(folder.parents[1])
    (folder / "loop").symlink_to("loop")
    assert told(folder, path) == ["DR118"]


def make_fifo(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


MAKE = {
    "a FIFO": make_fifo,
    "a folder": lambda path: path.mkdir(),
    "nothing": lambda path: None,
    "a link to nothing": lambda path: path.symlink_to("missing"),
    "too much": lambda path: path.write_bytes(b"x" * ((1 << 20) + 1)),
    "a large hole": lambda path: path.touch() or os.truncate(path, 1 << 40),
    "no text": lambda path: path.write_bytes(b"swordfish \xff"),
    "half a character": lambda path: path.write_bytes("ü".encode()[:1]),
    "a link to a name that is no text": lambda path: (path.with_name("\udcff").touch(), path.symlink_to("\udcff")),
}


@pytest.mark.parametrize("kind", MAKE)
def test_what_cannot_be_used_is_refused_with_status_4(kind, folder):
    MAKE[kind](folder / "x")
    assert told(folder, "x") == ["DR615"]
    (result,) = validate([str(folder / "toy.yaml")])
    assert exit_status(result.findings) == 4


@pytest.mark.parametrize("path", ["x" * 4096, "x/" * 2048, "toy.yaml/x", "~nobody/x"])
def test_a_path_that_nothing_can_have_is_missing(path, folder):
    assert told(folder, path) == ["DR615"]


def test_a_socket_is_refused(folder, monkeypatch):
    monkeypatch.chdir(folder)
    make_socket("s")
    assert told(folder, "s") == ["DR615"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(folder):
    (folder / "x").write_text("swordfish")
    (folder / "x").chmod(0)
    assert told(folder, "x") == ["DR615"]


def test_a_nul_is_refused_before_any_file_is_looked_at(folder):
    assert "DR113" in told(folder, "a\0b")


@pytest.mark.parametrize(("bytes_each", "codes"), [(1 << 20, []), ((1 << 20) + 1, ["DR615"])])
def test_one_mebibyte_fits(bytes_each, codes, folder):
    (folder / "x").write_bytes(b"x" * bytes_each)
    assert told(folder, "x") == codes


def test_four_mebibytes_fit_in_all(folder):
    (folder / "x").write_bytes("ü".encode() * (1 << 19))
    (folder / "one").write_text("x")
    named = dict.fromkeys("abcd", "x")
    assert files.read(named, folder)[1] == ()
    (found,) = files.read({**named, "e": "one"}, folder)[1]
    assert (found.code, found.where.path) == ("DR615", ("files",))


def test_everything_is_told_at_once_in_order_of_name(folder):
    read, found = files.read({"c": "/etc", "b": ".", "a": "missing"}, folder)
    assert read == ()
    assert [(each.code, each.where.path[-1]) for each in found] == [("DR615", "a"), ("DR615", "b"), ("DR118", "c")]


def test_a_link_that_comes_between_looking_and_opening_is_not_followed(folder, monkeypatch):
    target = folder / "x"
    target.symlink_to(folder.parents[1] / "secret")
    monkeypatch.setattr(files, "inside", lambda path, folder: target)
    read, (found,) = files.read({"a": "x"}, folder)
    assert (read, found.code) == ((), "DR615")


def test_no_file_stays_open(folder):
    (folder / "x").write_text("x")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        files.read({"a": "x", "b": ".", "c": "missing"}, folder)
    assert len(os.listdir("/proc/self/fd")) == before


def test_nothing_is_looked_at_without_a_folder_or_names(monkeypatch):
    monkeypatch.setattr(files, "inside", None)
    assert files.read({"a": "/etc/passwd"}, None) == ((), ())
    assert files.read({}, None) == ((), ())


def test_from_standard_input_paths_start_in_the_working_folder(folder, monkeypatch):
    (folder / "x").write_text("x")
    text = (HEAD + "files: {a: ./x}\n").encode()
    for where, codes in ((folder, []), (folder.parent, ["DR615"])):
        monkeypatch.chdir(where)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        (result,) = validate(["-"])
        assert [each.code for each in result.findings] == codes


def test_a_working_folder_that_is_gone_is_a_finding(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((HEAD + "files: {a: ./x}\n").encode())))
    (result,) = validate(["-"])
    assert [each.code for each in result.findings] == ["DR118"]


def test_the_plan_is_the_same_wherever_the_repository_is(folder, tmp_path):
    texts = []
    for place in (folder, tmp_path / "elsewhere"):
        place.mkdir(exist_ok=True)
        (place / "x").write_text(place.name)
        result = plan(recipe(place, "./x"))
        texts.append((shown(result, "text"), shown(result, "json")))
    assert texts[0] == texts[1]
    assert "<file a>" in texts[0][0]
    assert str(tmp_path) not in "".join(texts[0])


def test_what_is_wrong_elsewhere_is_told_too(folder):
    file = folder / "toy.yaml"
    file.write_text(HEAD + "files: {a: missing}\nfrontend: {prot: 1}\ndynamo: '9.9'\n")
    (result,) = validate([str(file)])
    assert [each.code for each in result.findings] == ["DR615", "DR106", "DR201"]
