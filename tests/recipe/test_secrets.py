"""Secrets are refused where they stand in plain text, and no finding ever shows one, wherever else it stands."""

import json

import pytest
from smallest import LINES, smallest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.cli.main import run
from dynamo_recipes.findings import CODES, dotted
from dynamo_recipes.recipe.read import read
from dynamo_recipes.recipe.secrets import is_secret_name, looks_secret

NAMES = """
HF_TOKEN HUGGING_FACE_HUB_TOKEN HUGGINGFACEHUB_API_TOKEN TOKEN token ACCESS_TOKEN auth-token hf_token HF_TOKENS
api_tokens refresh_token BEARER_TOKEN GITHUB_TOKEN NGC_API_KEY OPENAI_API_KEY api-key apikey APIKEY --api-key --api_key
AWS_SECRET_ACCESS_KEY ACCESS_KEY PRIVATE_KEY secret-key ENCRYPTION_KEY DB_PASSWORD password PASSWD passwd PASSPHRASE
CREDENTIAL CREDENTIALS google-credentials CLIENT_SECRET secret
"""
NO_NAMES = """
MAX_TOKENS max-tokens TOKENS num_tokens TOKENIZER TOKENIZER_PATH tokenizer-path tokenizer TOKENIZERS_PARALLELISM
eos-token eos_token EOS_TOKEN bos-token pad_token unk-token stop-token image-token video_token special-token mask_token
TOKEN_COUNT token-budget KEY key cache-key keys KEYBOARD MONKEY secretary SECRETS_DIR PASSWORD_FILE api-key-file
passwords author authority RUST_LOG HOME CUDA_VISIBLE_DEVICES NCCL_DEBUG
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_a_name_of_a_secret(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["", *NO_NAMES.split()])
def test_a_name_of_something_else(name):
    assert not is_secret_name(name)


FORMS = [
    "hf_" + "aB3" * 12,
    "nvapi-" + "aB3_-" * 8,
    "sk-" + "a" * 20,
    "sk-proj-" + "aB3_-" * 8,
    "ghp_" + "a" * 36,
    "gho_" + "a" * 36,
    "github_pat_" + "a1_" * 20,
    "AKIA" + "A1B2C3D4E5F6G7H8",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBg",
    "Bearer hf_" + "a" * 34,
    "https://user:ghp_" + "a" * 36 + "@host/x",
]
NO_FORMS = [
    "",
    "hf_",
    "hf_" + "a" * 29,
    "hf_transfer_is_a_library_of_the_hub",
    "sk-" + "a" * 19,
    "task-" + "a" * 40,
    "nvapi-short",
    "AKIA" + "a" * 16,
    "AKIA" + "A" * 17,
    "-----BEGIN CERTIFICATE-----",
    "Qwen/Qwen3-0.6B",
    "a" * 64,
]


@pytest.mark.parametrize("text", FORMS)
def test_a_text_of_the_form_of_a_key(text):
    assert looks_secret(text)


@pytest.mark.parametrize("text", NO_FORMS)
def test_a_text_of_another_form(text):
    assert not looks_secret(text)


# A line of the recipe and the places of DR112; no place: the line says nothing secret.
ROWS = [
    ("env: {HF_TOKEN: swordfish}", ["env.HF_TOKEN"]),
    ("env: {HF_TOKEN: {value: swordfish}}", ["env.HF_TOKEN.value"]),
    ("env: {HF_TOKEN: 48151623}", ["env.HF_TOKEN"]),
    ("env: {HF_TOKEN: '${HF_TOKEN}'}", ["env.HF_TOKEN"]),
    ("env: {token: swordfish, secret: swordfish}", ["env.token", "env.secret"]),
    ("workers: {decode: {env: {DB_PASSWORD: swordfish}}}", ["workers.decode.env.DB_PASSWORD"]),
    ("workers: {env: {role: pd, env: {API_KEY: swordfish}}}", ["workers.env.env.API_KEY"]),
    ("workers: {decode: {args: {api-key: swordfish}}}", ["workers.decode.args.api-key"]),
    ("engine: {name: x, args: {--api_key: swordfish}}", ["engine.args.--api_key"]),
    ("frontend: {args: {api-key: swordfish}}", ["frontend.args.api-key"]),
    ("frontend: {args: {api-key: {any: swordfish}}}", ["frontend.args.api-key.any"]),
    ("frontend: {args: {api-key: [swordfish]}}", ["frontend.args.api-key[0]"]),
    ("frontend: {args: {config: {api_key: swordfish, b: 1}}}", ["frontend.args.config.api_key"]),
    ("frontend: {args: {api-key: {secret: huggingface}}}", ["frontend.args.api-key.secret"]),
    ("frontend: {args: {raw: [--api-key, swordfish]}}", ["frontend.args.raw[1]"]),
    ("frontend: {args: {raw: ['--api-key=swordfish']}}", ["frontend.args.raw[0]"]),
    ("frontend: {args: {raw: [--x, '1', --hf_token, swordfish, y]}}", ["frontend.args.raw[3]"]),
    ("frontend: {args: {raw: ['--api-key=swordfish', other]}}", ["frontend.args.raw[0]"]),
    (f"env: {{LEVEL: {FORMS[0]}}}", ["env.LEVEL"]),
    (f"description: use {FORMS[0]}", ["description"]),
    (f"x-mine: [{{note: '{FORMS[1]}'}}]", ["x-mine[0].note"]),
    (f"model: {FORMS[0]}", ["model"]),
    (f"frontend: {{args: {{x: '{FORMS[3]}'}}}}", ["frontend.args.x"]),
    # A key that is one, as `{...}` around a value makes it.
    (f"env: {{HF_TOKEN: {{{FORMS[0]}}}}}", [f"env.HF_TOKEN.{'***'}"]),
    (f"env: {{{FORMS[0]}: x}}", ["env.***"]),
    (f"x-mine: {{{FORMS[0]}: [1]}}", ["x-mine.***"]),
    # References and what only looks like a name.
    ("env: {HF_TOKEN: {secret: huggingface}}", []),
    ("workers: {decode: {env: {HF_TOKEN: {secret: huggingface}}}}", []),
    ("env: {secret: {secret: huggingface}}", []),
    ("env: {MAX_TOKENS: 5, TOKENIZER_PATH: /x, EOS_TOKEN: </s>}", []),
    ("frontend: {args: {max-tokens: 5, tokenizer: x, eos-token: </s>}}", []),
    ("frontend: {args: {raw: [--eos-token, </s>, '--max-tokens=5']}}", []),
    ("frontend: {args: {raw: [--api-key, --verbose]}}", []),
    ("frontend: {args: {raw: ['--x=1', swordfish]}}", []),
    # Nothing is there, or a switch.
    ("env: {HF_TOKEN: ''}", []),
    ("frontend: {args: {token: true}}", []),
    ("frontend: {args: {token: false}}", []),
    ("frontend: {args: {token: ~}}", []),
    # Outside of variables and flags a name says nothing.
    ("x-mine: {token: swordfish}", []),
    ("name: secret", []),
]


@pytest.mark.parametrize(("line", "expected"), ROWS, ids=[row[0][:60] for row in ROWS])
def test_a_secret_in_plain_text_is_refused(line, expected):
    found = read(smallest(line), "r.yaml").findings
    assert [dotted(each.where.path) for each in found if each.code == "DR112"] == expected


def test_the_hint_is_one_that_works_there():
    (variable,) = read(smallest("env: {HF_TOKEN: swordfish}"), "r.yaml").findings
    (flag,) = read(smallest("frontend: {args: {api-key: swordfish}}"), "r.yaml").findings
    assert "`{secret: NAME}` there" in variable.hint
    assert "a variable of `env`" in flag.hint


NAMED = "cAnArY-oF-tHe-MiNe"  # a secret by the name it stands under
FORMED = "hf_cAnArYoFtHeMiNecAnArYoFtHeMiNe00"  # one by its own form
LONG = "cAnArY" + "0123456789" * 20  # longer than what messages show
NUMBER = "4815162342"
HIDDEN = [NAMED, FORMED, LONG, NUMBER]

# %s is the secret. The first line makes it known as one; the others put it where a message would show it.
KNOWN = {True: "env: {HF_TOKEN: %s}", False: "engine: {name: mocker, args: {api-key: %s}}"}
MISPLACED = [
    # In a wrong place, of a wrong type, as a key.
    "kv: {dtype: %s}",
    "kv: %s",
    "kv: {block_size: %s}",
    "kv: {block_size: '%s'}",
    "frontend: {port: %s}",
    "name: %s",
    "dynamo: %s",
    "dynamo: '>=%s'",
    "hardware: {gpu: %s}",
    "frontend: {router: %s}",
    "frontend: {router: {events: %s}}",
    "workers: {decode: {role: %s}}",
    "workers: {decode: {replicas: %s}}",
    "workers: {%s: {}}",
    "workers: {%s: {role: decode}}",
    "workers: {%s: {replica: 1}}",
    "workers: {decode: {%s: 1}}",
    "workers: [%s]",
    "about: {tested: [{%s: 1}]}",
    "about: {tested: %s}",
    "%s: 1",
    "%s: {%s: %s}",
    "%s: 1\n%s: 2",
    "'%s': [1]",
    "env: {HF_TOKEN: [%s]}",
    "env: {HF_TOKEN: {%s: x}}",
    "env: {HF_TOKEN: {value: {a: %s}}}",
    "env: {HF_TOKEN: {secret: %s}}",
    "env: {HF_TOKEN: {secret: x, value: %s}}",
    "env: {%s: x}",
    "env: [HF_TOKEN, %s]",
    "env: HF_TOKEN=%s",
    "env: %s",
    "frontend: {args: {%s: 1}}",
    "frontend: {args: {%s: [1]}}",
    "frontend: {args: {api-key: %s, --api_key: %s}}",
    "frontend: {args: {http-port: %s}}",
    "frontend: {args: {raw: '%s'}}",
    "frontend: {args: {x: {%s: .inf}}}",
    '"%s\\0": 1',
    "x-mine: {<<: {%s: %s}, %s: !x %s}",
    "schema: %s",
    "model: {id: %s, path: %s}",
    "model: {%s: x}",
    "engine: %s",
]


def beside_a_known_one(line: str, secret: str) -> str:
    lines = {**LINES, "env": KNOWN[True]} if not line.startswith("env:") else {**LINES, "engine": KNOWN[False]}
    key = line.split(":", maxsplit=1)[0]
    return "\n".join({**lines, key: line}.values()).replace("%s", secret)


def said_about(text: str) -> str:
    """Return all that is said of a text, in every form."""
    found = planned(text.encode(), "r.yaml").findings
    return "\n".join(f"{each.message} {each.hint} {each.where} {dotted(each.where.path)}" for each in found)


def shows(said: str, secret: str) -> bool:
    """Tell whether a part of a secret is in a text that is long enough to be of use to somebody."""
    return any(secret[at : at + 8] in said for at in range(len(secret) - 7))


@pytest.mark.parametrize("secret", HIDDEN, ids=["named", "formed", "long", "number"])
@pytest.mark.parametrize("line", MISPLACED)
def test_a_secret_is_not_shown_wherever_else_it_stands(line, secret):
    said = said_about(beside_a_known_one(line, secret))
    assert said
    assert not shows(said, secret)


@pytest.mark.parametrize("line", MISPLACED)
def test_a_secret_of_a_known_form_is_not_shown_without_a_name(line):
    assert not shows(said_about(smallest(line.replace("%s", FORMED)).decode()), FORMED)


BROKEN = [
    "env: {HF_TOKEN: %s",
    "env: {HF_TOKEN: %s: x}",
    "env:\n\tHF_TOKEN: %s",
    "env: {HF_TOKEN: '%s}",
    'env: {HF_TOKEN: "%s\\q"}',
    "env: {HF_TOKEN: @%s}",
    "env: {HF_TOKEN: !%s x}",
    "env: {HF_TOKEN: *%s }",
    "env: {HF_TOKEN: &%s x}\n%s: *%s\n: [",
    "env: {HF_TOKEN: %s}\n%s: 1\n%s: 2\nx: [",
    "%%s foo\n---\n",
    "? [%s]\n: 1",
    "%s",
    "- %s",
    "env: {HF_TOKEN: %s}\n---\n%s: 1",
    "env: {HF_TOKEN: %s\0}",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_secret_in_a_text_that_is_not_yaml_is_not_shown(text):
    assert said_about(text.replace("%s", FORMED))
    assert not shows(said_about(text.replace("%s", FORMED)), FORMED)


# The loader shows tags, aliases and keys that are written twice; what is a secret by its name it cannot know.
@pytest.mark.parametrize("text", [text for text in BROKEN if not any(each in text for each in ("!", "*", "}\n%s"))])
def test_a_named_secret_in_a_text_that_is_not_yaml_is_not_shown(text):
    assert not shows(said_about(text.replace("%s", NAMED)), NAMED)


@pytest.mark.parametrize("form", [["-o", "json"], [], ["--format", "github"], ["--format", "sarif"]])
def test_validate_prints_no_secret_in_any_form(form, tmp_path, capfd):
    for at, line in enumerate(MISPLACED):
        for secret in HIDDEN:
            text = beside_a_known_one(line, secret)
            (tmp_path / f"{at}-{HIDDEN.index(secret)}.yaml").write_text(text)
    assert run(["validate", str(tmp_path), *form]) == 2
    printed = capfd.readouterr()
    assert "DR112" in printed.out + printed.err
    for secret in HIDDEN:
        assert not shows(printed.out + printed.err, secret)


def test_what_is_masked_is_still_findable():
    (secret, key) = read(smallest(f"env: {{HF_TOKEN: {NAMED}}}\n{NAMED}: 1"), "r.yaml").findings
    assert (secret.code, str(secret.where), secret.message) == (
        "DR112",
        "r.yaml:4:17",
        "`env.HF_TOKEN` holds a secret in plain text.",
    )
    assert (key.code, str(key.where), key.where.path) == ("DR106", "r.yaml:5:1", ("***",))
    assert key.message.startswith("`***` is not a key")


def messages(line: str) -> list[str]:
    return [each.message for each in read(smallest(line), "r.yaml").findings]


def test_name_and_form_are_told_apart():
    assert messages("env: {HF_TOKEN: swordfish}") == ["`env.HF_TOKEN` holds a secret in plain text."]
    assert messages(f"env: {{LEVEL: {FORMED}}}") == ["`env.LEVEL` looks like an access key."]


def test_the_value_in_a_word_of_a_command_line_is_masked_elsewhere_too():
    line = f"frontend: {{args: {{raw: ['--api-key={NAMED}']}}}}\n{NAMED}: 1"
    assert "`***` is not a key at the top of a recipe." in messages(line)


def test_of_two_secrets_that_begin_alike_the_longer_is_masked_whole():
    line = "env: {A_TOKEN: swordfish, B_TOKEN: swordfish-and-more}\nswordfish-and-more: 1"
    assert "`***` is not a key at the top of a recipe." in messages(line)


def test_a_wrong_word_for_secret_is_shown():
    found = messages("env: {HF_TOKEN: {secrt: huggingface}}")
    assert "`secrt` is not a key in `env.HF_TOKEN`." in found


@pytest.mark.parametrize(("secret", "text"), [("cod", "`cod` is not a key"), ("carp", "`***` is not a key")])
def test_how_short_a_secret_is_masked(secret, text):
    assert messages(f"env: {{HF_TOKEN: {secret}}}\n{secret}: 1")[1].startswith(text)


def test_only_whole_values_are_masked():
    """A value that begins like a name, or is too short to be told from any other text, leaves names readable."""
    (found,) = read(smallest("env: {HF_TOKEN: HF_TOKEN_GOES_HERE}"), "r.yaml").findings
    assert found.message == "`env.HF_TOKEN` holds a secret in plain text."
    (found,) = read(smallest("env: {HF_TOKEN: env}"), "r.yaml").findings
    assert found.message == "`env.HF_TOKEN` holds a secret in plain text."


def test_twenty_secrets_are_masked_one_by_one():
    lines = "".join(f"  A{at}_TOKEN: {NAMED}{at}\n" for at in range(20))
    found = messages(f"env:\n{lines}{NAMED}7: 1")
    assert found[0] == "`env.A0_TOKEN` holds a secret in plain text."
    assert found[-1] == "`***` is not a key at the top of a recipe."


def test_where_there_are_very_many_secrets_nothing_is_shown():
    lines = "".join(f"  A{at}_TOKEN: {NAMED}{at}\n" for at in range(21))
    found = read(smallest(f"env:\n{lines}{NAMED}7: 1"), "r.yaml").findings
    assert {(each.code, each.message) for each in found} == {(code, f"{CODES[code]}.") for code in ("DR106", "DR112")}
    assert all(each.where.line and not each.where.path for each in found)
    assert NAMED not in json.dumps([str(each) for each in found])
