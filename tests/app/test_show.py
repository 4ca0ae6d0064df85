"""What `show` writes is a recipe again, with the same data."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamo_recipes.app import show
from dynamo_recipes.app.composing import Inputs, read
from dynamo_recipes.app.planning import run_name
from dynamo_recipes.recipe.read import read as read_text

HEAD = "schema: 1\nname: r\nmodel: {packaged: tiny}\nengine: mocker\n"
FEW = settings(max_examples=100, derandomize=True, database=None)


def quoted(data):
    """Return data as one line of YAML: JSON, with what is not printable as YAML escapes it."""
    text = json.dumps(data, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text)


def again(text, form="yaml"):
    first = read_text(text.encode(), "r.yaml")
    assert first.recipe, first.findings
    written = show.as_text(first, (), form)
    second = read_text(written.encode(), "r.yaml")
    assert second.recipe, second.findings
    assert second.document.data == first.document.data
    assert show.as_text(second, (), form) == written
    return written


ODD = [
    *(
        "1",
        "0o17",
        "0x1F",
        "1e5",
        "1.",
        ".5",
        "-1",
        "no",
        "yes",
        "on",
        "true",
        "null",
        "~",
        "",
        " ",
        " a ",
        "1:30",
        "012",
    ),
    *("$", "$$", "$$$", "$$$$", "${", "$${", "$$${", "${x}", "$${x}", "$$${x}", "${A:-b}", "$x", "$(x)", "a$", "$ {"),
    *("# a", "a # b", "a: b", "- a", "? a", "| a", "> a", "% a", "@a", "`a", "*a", "&a", "!a", "{a", "[a", "=", "<<"),
    *(
        "'",
        '"',
        "\\",
        "\\n",
        "a\nb\n",
        "\n",
        "\ta",
        "é",
        "東京",
        "🦀",
        "\u2028",
        "\x85",
        "\ufeff",
        "\x7f",
        "\x1b",
        "---",
    ),
    *("x " * 90, "x" * 200, "a\r\nb", "2026-10-01", "1_000", ".inf", ".nan", "0b1", "+1", "1e400", "x\n\n  y\n "),
]


def dollars(value):
    """Return data as a recipe must write it to mean it."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    return [dollars(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_odd_texts_are_the_same_when_read_again(form):
    env = {f"A{at}": each for at, each in enumerate(ODD)}
    text = HEAD + f"x-own: {quoted(ODD)}\nenv: {quoted(escaped(env))}\n"
    written = again(text, form)
    data = read_text(written.encode(), "r.yaml").document.data
    assert data["x-own"] == ODD
    assert data["env"] == env
    assert list(data["env"]) == sorted(env)


TEXTS = st.one_of(
    st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.text("$${}a:-\\'\"# \n", max_size=10),
)  # fmt: skip
SCALARS = st.one_of(
    TEXTS, st.integers(-(10**30), 10**30), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
VALUES = st.recursive(
    SCALARS,
    lambda v: st.one_of(st.lists(v, max_size=3), st.dictionaries(TEXTS.filter(lambda key: key != "<<"), v, max_size=3)),
)


def escaped(value):
    if isinstance(value, dict):
        return {key: escaped(each) for key, each in value.items()}
    return [escaped(each) for each in value] if isinstance(value, list) else dollars(value)


@FEW
@given(VALUES, st.sampled_from(["yaml", "json"]))
def test_any_data_is_the_same_when_read_again(data, form):
    text = "{schema: 1, name: r, model: {packaged: tiny}, "
    text += f"engine: {{name: mocker, args: {{x: {quoted(escaped(data))}}}}}, x-own: {quoted(data)}}}"
    again(text, form)


def test_long_whole_numbers_stay_numbers():
    written = again(HEAD + f"x-own: [0x{'f' * 38}, {'9' * 40}, -{'9' * 39}]\n")
    assert read_text(written.encode(), "r.yaml").document.data["x-own"] == [
        int("f" * 38, 16),
        int("9" * 40),
        -int("9" * 39),
    ]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").touch()

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    return write


def shown(name, form="yaml", **inputs):
    source = read(name, Inputs(**inputs))
    return show.as_text(show.composed(source), source.inputs.variants, form)


def test_it_needs_no_other_text(files):
    files(
        base="schema: 1\nmodel: {packaged: tiny}\nparameters: {n: 2}\nvariants: {two: {workers: {decode: {replicas: 2}}}}\n",  # noqa: E501
        r="schema: 1\nextends: base.yaml\nengine: mocker\nkv: {block_size: '${n}'}\nworkers: {decode: {}, prefill: {}}\n",  # noqa: E501
    )
    written = shown("r.yaml", variants=("two",))
    assert yaml.safe_load(written) == {
        "schema": 1,
        "name": "r-two",
        "model": {"packaged": "tiny"},
        "engine": "mocker",
        "workers": {"decode": {"replicas": 2}, "prefill": {}},
        "kv": {"block_size": 2},
    }
    assert list(yaml.safe_load(written))[:4] == ["schema", "name", "model", "engine"]
    assert json.loads(shown("r.yaml", "json", variants=("two",))) == yaml.safe_load(written)
    assert read_text(written.encode(), "other.yaml").recipe


def test_raw_is_the_text_with_its_secrets_masked(files):
    text = HEAD + "# why\nenv:\n  HF_TOKEN: swordfish-9\n  NOTE: ${X}\nextends: nowhere.yaml\n"
    files(r=text)
    assert show.raw(read("r.yaml")) == text.replace("swordfish-9", "***")


@pytest.mark.parametrize(
    ("path", "folder", "expected"),
    [
        ("./m", "", "m"),
        ("./m", "lib", "lib/m"),
        ("../m", "lib", "m"),
        ("m/n", "lib", "lib/m/n"),
        ("/m", "lib", "/m"),
        ("~/m", "lib", "~/m"),
        ("${MODEL}", "lib", "lib/from-the-environment"),
    ],
)
def test_a_path_of_a_base_starts_at_the_base(files, path, folder, expected):
    from posixpath import normpath

    from dynamo_recipes.recipe.parameters import Given

    name = f"{folder}/base" if folder else "base"
    files(
        **{name.replace("/", "__"): f"schema: 1\nmodel: {{path: '{path}'}}\n"},
        r=f"schema: 1\nextends: {name}.yaml\nengine: mocker\n",
    )
    given = Given({"MODEL": "from-the-environment"})
    data = yaml.safe_load(shown("r.yaml", given=given))
    assert normpath(data["model"]["path"]) == normpath(expected)
    data = yaml.safe_load(shown("./r.yaml", given=given))
    assert normpath(data["model"]["path"]) == normpath(expected)


def test_a_path_of_the_recipe_itself_stays_as_it_is(files):
    files(
        lib__base="schema: 1\nmodel: {path: ./a}\n",
        r="schema: 1\nextends: lib/base.yaml\nengine: mocker\nmodel: {path: ./b}\n",
    )
    assert yaml.safe_load(shown("r.yaml"))["model"]["path"] == "./b"
    files(apps__r="schema: 1\nextends: ../lib/base.yaml\nengine: mocker\n")
    assert yaml.safe_load(shown("apps/r.yaml"))["model"]["path"] == "../lib/a"
    from dynamo_recipes.recipe.settings import Setting

    data = yaml.safe_load(shown("apps/r.yaml", settings=(Setting("model.path=./c"),)))
    assert data["model"]["path"] == "./c", "an option says it as the recipe would"


def test_runs_of_different_variants_have_different_names():
    recipe = read_text(HEAD.encode(), "r.yaml").recipe
    choices = [(), ("a",), ("b",), ("a", "b"), ("a" * 40,), ("a" * 39 + "b",), ("a" * 38, "b"), ("a" * 38, "c")]
    names = [run_name(recipe, "r.yaml", each) for each in choices]
    assert names[:4] == ["r", "r-a", "r-b", "r-a-b"]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 40
