"""A stranger's recipes that extend, refer and grow: a finding in bounded time, no traceback, nothing of other files."""

import os
import subprocess
import sys
import time

import pytest

from dynamo_recipes.cli.main import run

HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"
MIB = 1 << 20
MOST_SECONDS = 5.0  # of the processor; each takes a small part of it


@pytest.fixture
def validated(monkeypatch, capsys):
    """Validate `r.yaml` of a folder; return the status and what was said."""

    def validate(folder, *words):
        monkeypatch.chdir(folder)
        begun = time.process_time()
        status = run(["validate", "r.yaml", *words])
        assert time.process_time() - begun < MOST_SECONDS
        said = capsys.readouterr().err
        assert len(said) < 300_000
        return status, said

    return validate


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path.parent / "outside.yaml").write_text(HEAD + "description: swordfish\n")
    return tmp_path


def written(folder, text, name="r.yaml"):
    (folder / name).write_text(text)
    return folder


def test_a_chain_of_a_thousand(validated, folder):
    for number in range(1000):
        written(folder, f"schema: 1\nextends: {number + 1}.yaml\n", f"{number}.yaml")
    status, said = validated(written(folder, "schema: 1\nextends: 0.yaml\n"))
    assert status == 2
    assert "error DR105 The recipe extends more than 50 files" in said


def test_diamonds_that_double_thirty_times(validated, folder):
    for number in range(30):
        written(folder, f"schema: 1\nextends: [{number + 1}.yaml, {number + 1}.yaml]\n", f"{number}.yaml")
    written(folder, HEAD, "30.yaml")
    status, said = validated(written(folder, "schema: 1\nextends: 0.yaml\n"))
    assert (status, said.count("error")) == (2, 1)
    assert "DR105" in said


@pytest.mark.parametrize(
    ("other", "way"),
    [
        ("r.yaml", "r.yaml -> r.yaml"),
        ("a/../r.yaml", "r.yaml -> r.yaml"),
        ("two.yaml", "r.yaml -> two.yaml -> r.yaml"),
    ],
)
def test_circles_are_named(validated, folder, other, way):
    written(folder, "schema: 1\nextends: r.yaml\n", "two.yaml")
    status, said = validated(written(folder, f"schema: 1\nextends: {other}\n"))
    assert status == 2
    assert f"error DR119 The recipes extend each other in a circle: {way}.\n" in said
    assert "DR107" not in said, "what is missing may be missing because of that"


def test_a_circle_by_way_of_a_link_ends(validated, folder):
    (folder / "here").symlink_to(".")
    status, said = validated(written(folder, "schema: 1\nextends: here/r.yaml\n"))
    assert status == 2
    assert "DR105" in said or "DR119" in said


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("https://example.org/r.yaml", "DR118"),
        ("file:///etc/passwd", "DR118"),
        ("../outside.yaml", "DR118"),
        ("../../../../../../etc/passwd", "DR118"),
        ("/etc/passwd", "DR118"),
        ("~/r.yaml", "DR118"),
        ("link.yaml", "DR118"),
        ("linked/outside.yaml", "DR118"),
        ("loop", "DR118"),
        ("missing.yaml", "DR116"),
        (".", "DR116"),
        ("git@example.org:r.yaml", "DR116"),
        ("x" * 4000, "DR116"),
        ('"a\\0b"', "DR118"),
        ("text", "DR102"),
        ("bytes", "DR101"),
        ("large", "DR105"),
        ("no-schema.yaml", "DR111"),
    ],
)
def test_what_cannot_be_extended(validated, folder, entry, code):
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    (folder / "linked").symlink_to(folder.parent)
    (folder / "loop").symlink_to("loop")
    written(folder, "a: [", "text")
    (folder / "bytes").write_bytes(b"\xff")
    written(folder, "#" * 2 * MIB, "large")
    written(folder, "model: {packaged: tiny}\nengine: mocker\n", "no-schema.yaml")
    status, said = validated(written(folder, f"schema: 1\nextends:\n- {entry}\n"))
    assert status == 2
    assert f"error {code} " in said
    assert "swordfish" not in said
    assert "root:" not in said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('description: "' + "${" * (MIB // 2 - 100) + '"\n', "DR124"),
        ('description: "' + "${A}" * 200_000 + '"\n', "DR105"),
        ('description: "' + "${B:-" * 200_000 + '"\n', "DR124"),
        ("args: [" + "'${', " * 9000 + "]\n", "DR124"),
        ("x-a: 1\nenv: {" + ", ".join(f"A{n}: '${{N{n}}}'" for n in range(900)) + "}\n", "DR125"),
    ],
)
def test_references_without_end(validated, folder, text, code, monkeypatch):
    monkeypatch.setenv("A", "x" * 100_000)
    status, said = validated(written(folder, HEAD + text))
    assert status == 2
    assert f"error {code} " in said


def test_a_megabyte_of_dollars_is_a_description(validated, folder):
    assert validated(written(folder, HEAD + f"description: {'$' * (MIB - 1000)}\n"))[0] == 0


@pytest.mark.parametrize(
    "setting",
    [
        "a." * 10_000 + "b=1",
        "a=" + "[" * 5000,
        "a=&a [*a]",
        '"=1',
        "'a=1",
        ".=1",
        "a..b=1",
        "a=\x00".replace("\x00", "\x01"),
    ],
)
def test_settings_of_a_stranger(validated, folder, setting):
    assert validated(written(folder, HEAD), "--set", setting)[0] == 2


def test_sixty_four_variants_are_too_many_combinations_to_try(validated, folder):
    variants = "".join(f"  v{number}: {{}}\n" for number in range(64))
    status, said = validated(written(folder, HEAD + f"variants:\n{variants}"), "--all-variants")
    assert status == 2
    assert "DR105 The variants have 18446744073709551616 combinations" in said
    assert validated(folder)[0] == 0


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe")
    written(folder, "schema: 1\nextends: pipe\n")
    command = [sys.executable, "-m", "dynamo_recipes", "validate", "r.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "DR116 pipe is no plain file" in done.stderr) == (2, True)
