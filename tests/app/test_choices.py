"""What a word may become: recipe files and variants, whatever stands in them."""

import os
import subprocess
import sys

import pytest

from dynamo_recipes.app.choices import recipe_files, showable, variants_of
from dynamo_recipes.recipe.load import MOST_BYTES

VARIANTS = """
schema: 1
variants:
  h200: {axis: gpu, hardware: {gpu: h200_sxm}}
  h100: {axis: gpu, hardware: {gpu: h100_sxm}}
  small: {axis: size, workers: {}}
  traced: {env: {A: 1}, ready: {}}
"""


@pytest.fixture
def recipe(tmp_path):
    def write(text: str | bytes) -> str:
        path = tmp_path / "r.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def names(found):
    return [name for name, _ in found]


def test_variants_come_in_order_with_a_few_words(recipe):
    assert variants_of(recipe(VARIANTS)) == (
        ("h200", "axis gpu"),
        ("h100", "axis gpu"),
        ("small", "axis size"),
        ("traced", "changes env, ready"),
    )


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (["h200"], ["small", "traced"]),
        (["traced"], ["h200", "h100", "small"]),
        (["traced", "small"], ["h200", "h100"]),
        (["unknown"], ["h200", "h100", "small", "traced"]),
        (["h100", "small", "traced"], []),
    ],
)
def test_a_chosen_variant_and_its_axis_are_left_out(recipe, chosen, left):
    assert names(variants_of(recipe(VARIANTS), chosen)) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "[]",
        "variants:",
        "variants: 5",
        "variants: [a]",
        "variants: {a: {axis: [gpu",
        "a: &a [*a]",
        "variants: !!python/object:os.system {}",
        b"\xff\xfe\x00",
        b"variants: {a: {}}\n" + b"#" * MOST_BYTES,
        "a: " + "[" * 5000,
        "variants: {a: {}}\n---\nvariants: {b: {}}\n",
    ],
    ids=range(13),
)
def test_what_cannot_be_read_has_no_variants(recipe, text):
    assert variants_of(recipe(text)) == ()


@pytest.mark.parametrize("value", ["~", "5", "[1]", "{axis: 5}", "{axis: [gpu]}", "{5: 6}"])
def test_a_variant_that_is_no_mapping_still_has_a_name(recipe, value):
    assert names(variants_of(recipe(f"variants: {{a: {value}}}"))) == ["a"]


def test_places_that_are_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("", "-", "missing.yaml", str(tmp_path), str(tmp_path / "pipe"), "a\0b", "/dev/zero", "x" * 5000):
        assert variants_of(path) == ()


def test_a_file_that_may_not_be_read(recipe, monkeypatch):
    path = recipe(VARIANTS)

    def refused(*_):
        raise PermissionError(13, "denied")

    monkeypatch.setattr("builtins.open", refused)
    assert variants_of(path) == ()


def test_the_tilde_is_the_home_folder(recipe, tmp_path, monkeypatch):
    recipe(VARIANTS)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert names(variants_of("~/r.yaml")) == ["h200", "h100", "small", "traced"]
    assert recipe_files("~/") == ("~/r.yaml",)


def test_a_name_that_would_move_the_cursor_is_left_out(recipe):
    text = 'variants: {"a\\nb": {}, "\\e[2J": {}, "": {}, "two words": {}, "$(x)": {}, "\\t": {}, "q\'\\"": {}}'
    assert names(variants_of(recipe(text))) == ["two words", "$(x)", "q'\""]


def test_a_help_is_one_short_line(recipe):
    ((_, text),) = variants_of(recipe(f'variants: {{a: {{axis: "x\\n\\e[2J{"y" * 5000}"}}}}'))
    assert text.isprintable()
    assert len(text) <= 200


def test_recipe_files_are_recipes_and_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "b.yaml",
        "a.yml",
        "notes.txt",
        ".hidden.yaml",
        "recipes/one.yaml",
        "recipes/in/two.yaml",
        "new\nline.yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert recipe_files("") == ("a.yml", "b.yaml", "recipes")
    assert recipe_files("b") == ("b.yaml",)
    assert recipe_files(".h") == (".hidden.yaml",)
    assert recipe_files("recipes/") == ("recipes/in", "recipes/one.yaml")
    assert recipe_files("./recipes/o") == ("./recipes/one.yaml",)
    assert recipe_files(f"{tmp_path}/recipes/in/") == (f"{tmp_path}/recipes/in/two.yaml",)
    assert recipe_files("missing/") == recipe_files("b.yaml/") == recipe_files("a\0/") == ()


def test_names_in_bytes_that_are_no_text_are_left_out(tmp_path):
    (tmp_path / os.fsdecode(b"\xff.yaml")).write_text("")
    assert recipe_files(f"{tmp_path}/") == ()
    assert not showable("\udcff")


def test_variants_are_read_without_pydantic():
    code = "import sys; from dynamo_recipes.app.choices import variants_of; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
