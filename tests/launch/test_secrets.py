"""Where the values of secrets come from, and what is said when they are nowhere."""

import os
from pathlib import Path

import pytest

from dynamo_recipes.launch import secrets
from dynamo_recipes.launch.secrets import Way, look_up
from dynamo_recipes.plan.bind import ProcessSpec, Secret

HUB = Secret("huggingface", "HF_TOKEN")
OTHER = Secret("other", "OTHER_VALUE")


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch):
    for name in ("HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME", "OTHER_VALUE", "TEAM"):
        monkeypatch.delenv(name, raising=False)


def specs(*wanted):
    env = tuple((each.variable, (each,)) for each in wanted)
    return [ProcessSpec("worker-0", "worker", "decode", (("true",),), env, (), None)]


def value(secret, **way):
    found = look_up(specs(secret), {secret.name: Way(**way)} if way else {})
    assert found.missing == ()
    return found.values[secret]


def missing(secret, **way):
    found = look_up(specs(secret), {secret.name: Way(**way)} if way else {})
    assert found.values == {}
    (finding,) = found.missing
    assert finding.code == "DR606"
    assert finding.hint.endswith(".")
    return finding.message.removeprefix(f"The secret `{secret.name}` has no value: ")


def test_without_a_site_it_is_the_variable_of_its_own_name(monkeypatch):
    monkeypatch.setenv("OTHER_VALUE", "swordfish\n")
    assert value(OTHER) == "swordfish\n"


def test_one_secret_under_two_variables_has_each_variables_value(monkeypatch):
    one, two = Secret("s", "A_VALUE"), Secret("s", "B_VALUE")
    monkeypatch.setenv("A_VALUE", "a")
    monkeypatch.setenv("B_VALUE", "b")
    assert look_up(specs(one, two), {}).values == {one: "a", two: "b"}


def test_everything_that_is_missing_is_told_at_once_in_order_of_name():
    found = look_up([*specs(OTHER), *specs(Secret("hub", "HUB_VALUE"), OTHER)], {})
    assert [each.message for each in found.missing] == [
        "The secret `hub` has no value: the variable HUB_VALUE is not set.",
        "The secret `other` has no value: the variable OTHER_VALUE is not set.",
    ]


def test_a_secret_of_the_site_is_missing_once_whatever_its_variables_are():
    found = look_up(specs(Secret("s", "A"), Secret("s", "B")), {"s": Way("TEAM")})
    assert len(found.missing) == 1


def test_a_way_that_no_process_needs_is_not_looked_at(tmp_path):
    assert look_up(specs(), {"other": Way(file=tmp_path / "none")}) == ({}, ())


# The hub's token file


def hub_file(path: Path, text="hf_from-file\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("secret", [HUB, Secret("huggingface", "TOKEN"), Secret("mine", "HF_TOKEN")])
def test_the_hubs_token_file_stands_in_for_the_variable(secret, monkeypatch):
    hub_file(Path(os.environ["HOME"]) / ".cache/huggingface/token")
    assert value(secret) == "hf_from-file"
    monkeypatch.setenv(secret.variable, "hf_from-variable")
    assert value(secret) == "hf_from-variable"


def test_it_is_where_the_hubs_own_settings_say(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    hub_file(tmp_path / "xdg/huggingface/token", "one")
    assert value(HUB) == "one"
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    hub_file(tmp_path / "home/token", " two \r\n")
    assert value(HUB) == "two", "white space is no part of a token"
    monkeypatch.setenv("HF_TOKEN_PATH", "~/three")
    hub_file(Path(os.environ["HOME"]) / "three", "three")
    assert value(HUB) == "three"


def test_another_secret_has_nothing_to_do_with_it(tmp_path, monkeypatch):
    hub_file(Path(os.environ["HOME"]) / ".cache/huggingface/token")
    assert missing(OTHER) == "the variable OTHER_VALUE is not set."


@pytest.mark.parametrize(("text", "why"), [(None, "is not there"), ("", "is empty"), (" \n", "is empty")])
def test_without_it_both_places_are_told(text, why):
    file = Path(os.environ["HOME"]) / ".cache/huggingface/token"
    if text is not None:
        hub_file(file, text)
    assert missing(HUB) == f"the variable HF_TOKEN is not set, and the hub's token file {file} {why}."


# What a site says


def test_a_variable_of_the_site(monkeypatch):
    monkeypatch.setenv("TEAM", "from-team")
    monkeypatch.setenv("OTHER_VALUE", "from-own-name")
    assert value(OTHER, env="TEAM") == "from-team"
    monkeypatch.delenv("TEAM")
    assert missing(OTHER, env="TEAM") == "the variable TEAM is not set."


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        (b"swordfish", "swordfish"),
        (b"swordfish\n", "swordfish"),
        (b"swordfish\n\n", "swordfish\n"),
        (b" a 'b' \"c\" $(id) `id`\nnext \\\n", " a 'b' \"c\" $(id) `id`\nnext \\"),
        ("grün ✓\n".encode(), "grün ✓"),
        (b"x" * secrets.MOST_BYTES, "x" * secrets.MOST_BYTES),
    ],
)
def test_a_file_of_the_site_byte_for_byte_but_for_one_newline(raw, content, tmp_path):
    (tmp_path / "token").write_bytes(raw)
    assert value(OTHER, file=tmp_path / "token") == content
    assert os.fsencode(value(OTHER, file=tmp_path / "token")) == content.encode()


def test_the_variable_comes_before_the_file(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("from-file")
    assert value(OTHER, env="TEAM", file=tmp_path / "token", kubernetes="s") == "from-file"
    monkeypatch.setenv("TEAM", "from-team")
    assert value(OTHER, env="TEAM", file=tmp_path / "token", kubernetes="s") == "from-team"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (None, "is not there"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"sword\0fish", "holds NUL, which no variable can"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"x" * (secrets.MOST_BYTES + 1), "has more than 64 KiB"),
    ],
)
def test_a_file_that_holds_no_value(raw, why, tmp_path):
    if raw is not None:
        (tmp_path / "token").write_bytes(raw)
    assert missing(OTHER, file=tmp_path / "token") == f"the file {tmp_path}/token {why}."


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert missing(OTHER, file=tmp_path / "pipe").endswith("/pipe is not a regular file.")
    assert missing(OTHER, file=tmp_path) == f"the file {tmp_path} is not a regular file."
    assert missing(OTHER, file=Path("/dev/zero")) == "the file /dev/zero is not a regular file."
    assert missing(OTHER, file=tmp_path / ("x" * 300)).endswith(" cannot be read: File name too long.")


def test_both_places_of_a_site_are_told(tmp_path):
    words = f"the variable TEAM is not set, and the file {tmp_path}/none is not there."
    assert missing(OTHER, env="TEAM", file=tmp_path / "none") == words


def test_a_secret_of_a_cluster_is_not_to_be_had_here():
    found = look_up(specs(OTHER), {"other": Way(kubernetes="hf-token-secret")})
    (finding,) = found.missing
    assert "Kubernetes secret hf-token-secret alone" in finding.message
    assert finding.hint == "Give it an `env:` or `file:` in the site too."


def test_no_finding_shows_a_content(tmp_path):
    (tmp_path / "token").write_bytes(b"swordfish\0\xff")
    assert "swordfish" not in missing(OTHER, file=tmp_path / "token")
