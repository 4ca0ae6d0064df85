"""The committed `tiny` model folder: made by its script, small, and printable."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "make_tiny_model.py"
COMMITTED = ROOT / "dynamo_recipes" / "data" / "models" / "tiny"
TEXTS = [
    "The river runs past 3 old mills, doesn't it?",
    "  two spaces,\ta tab\r\nand a new line\n\n",
    " walking walked walks baskets basketball",
    "naïve Ünïcödé — 東京 ελληνικά עברית 🦀👩‍🚀 \x00\x7f\u00a0\u2028",
    "",
]


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tiny_model", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


def committed(name: str) -> Any:
    return json.loads((COMMITTED / name).read_text(encoding="utf-8"))


def vocabulary() -> dict[str, int]:
    vocab: dict[str, int] = committed("tokenizer.json")["model"]["vocab"]
    return vocab


def run(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    environment = {"PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_committed_folder_is_what_the_script_makes() -> None:
    assert contents(COMMITTED) == script.files()
    assert script.main(["--check"]) == 0


def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert run("--out", str(tmp_path / seed), hash_seed=seed).returncode == 0
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(COMMITTED)


def test_check_names_each_file_that_differs_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(COMMITTED, folder)
    (folder / "config.json").write_text("{}\n", encoding="utf-8")
    (folder / "generation_config.json").unlink()
    (folder / "model.safetensors").write_bytes(b"")
    before = contents(folder)
    result = run("--check", "--out", str(folder))
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"{folder / 'model.safetensors'}: should not be there",
        f"{folder / 'generation_config.json'}: missing",
        f"{folder / 'config.json'}: differs from what tools/make_tiny_model.py makes",
    ]
    assert contents(folder) == before


def test_check_of_an_absent_folder_fails(tmp_path: Path) -> None:
    result = run("--check", "--out", str(tmp_path / "absent"))
    assert result.returncode == 1
    assert result.stderr.count(": missing\n") == len(script.files())


def test_the_folder_is_small() -> None:
    assert sum(len(content) for content in contents(COMMITTED).values()) < 250_000


def test_config_and_tokenizer_agree_on_the_vocabulary() -> None:
    vocab = vocabulary()
    assert committed("config.json")["vocab_size"] == len(vocab) == 4096
    assert sorted(vocab.values()) == list(range(4096))


def test_every_file_agrees_on_the_special_tokens() -> None:
    vocab = vocabulary()
    settings = committed("tokenizer_config.json")
    added = {token["content"]: token["id"] for token in committed("tokenizer.json")["added_tokens"]}
    assert added == {content: vocab[content] for content in added}
    assert added == {token["content"]: int(key) for key, token in settings["added_tokens_decoder"].items()}
    for name in ("config.json", "generation_config.json"):
        assert committed(name)["bos_token_id"] == vocab[settings["bos_token"]] == 0
        assert committed(name)["eos_token_id"] == vocab[settings["eos_token"]] == 1


def test_every_merge_joins_known_tokens_and_makes_a_known_token() -> None:
    vocab = vocabulary()
    pairs = [merge.split(" ") for merge in committed("tokenizer.json")["model"]["merges"]]
    assert all(left in vocab and right in vocab and left + right in vocab for left, right in pairs)
    assert len(pairs) == len({left + right for left, right in pairs}) == 4096 - 256 - len(script.SPECIALS)


def test_each_byte_has_a_token() -> None:
    letters = script.byte_letters()
    assert len(set(letters)) == 256
    assert set(letters) <= vocabulary().keys()


def test_the_ids_the_mocker_emits_are_words() -> None:
    tokens = {number: token for token, number in vocabulary().items()}
    space = script.byte_letters()[ord(" ")]
    for number in range(1000, 2101):
        assert re.fullmatch(f"{space}[a-z]+", tokens[number]), (number, tokens[number])


@pytest.mark.parametrize(
    "part",
    ["bos_token", "eos_token", "messages", "message['role']", "message['content']", "add_generation_prompt"],
)
def test_the_chat_template_uses(part: str) -> None:
    assert part in committed("tokenizer_config.json")["chat_template"]


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_each_chat_role_is_one_token(role: str) -> None:
    # The template puts a role's name between these marks.
    assert f"<|{role}|>" in vocabulary()


def test_the_chat_template_renders() -> None:
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Environment().from_string(committed("tokenizer_config.json")["chat_template"])
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None},
    ]
    tokens = {"bos_token": "<|begin|>", "eos_token": "<|end|>"}
    text = "<|begin|><|system|>Be kind.<|end|><|user|>Hi<|end|><|assistant|><|end|>"
    assert template.render(messages=messages, **tokens) == text
    asked = template.render(messages=messages, add_generation_prompt=True, **tokens)
    assert asked == text + "<|assistant|>"


@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_a_round_trip(text: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(COMMITTED / "tokenizer.json"))
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_every_word_encodes_to_its_own_token() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(COMMITTED / "tokenizer.json"))
    for number in range(1000, 2101):
        assert tokenizer.encode(tokenizer.decode([number])).ids == [number]
