"""Make the `tiny` model folder: a tokenizer, a chat template and a config, no weights.

Dynamo's mocker simulates an engine, so it needs only what names and prints tokens. It answers with token ids
of about 1000 to 2000; those ids are whole words here, so that a simulated answer is English words.

    python tools/make_tiny_model.py            write dynamo_recipes/data/models/tiny
    python tools/make_tiny_model.py --out DIR  write DIR instead
    python tools/make_tiny_model.py --check    write nothing; exit 1 if the folder is not what this makes

The bytes depend on nothing but this file: no clock, no random numbers, no network, no other data.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_OUT = Path(__file__).resolve().parent.parent / "dynamo_recipes" / "data" / "models" / "tiny"

VOCAB_SIZE = 4096
MAX_LENGTH = 2048

BEGIN = "<|begin|>"
END = "<|end|>"
# The position is the token's id; config.json names 0 and 1 as the ids that begin and end a text.
SPECIALS = (BEGIN, END, "<|system|>", "<|user|>", "<|assistant|>")

# The mocker draws its answer from ids in this range: only whole words may stand here.
FIRST_WORD_ID = 1000
LAST_WORD_ID = 2100
WORD_COUNT = LAST_WORD_ID - FIRST_WORD_ID + 1

# Every noun takes a plain -s and every verb plain -s, -ed and -ing, so one rule spells all the forms.
NOUNS = """
    river mountain garden window table chair lantern bridge forest meadow harbor island valley castle
    village market street corner engine wheel basket bottle blanket button candle carpet ceiling cellar
    chimney circle clock cloud coat collar color column cottage cotton counter cousin cradle curtain desert
    dinner doctor dollar door dragon drawer driver eagle engineer evening farmer feather fence finger flower
    flute fountain friend furnace gate giant glove grape guitar hammer helmet hill horn horse hotel hour
    house insect jacket jewel judge kettle king kitchen kitten ladder lake lemon letter lion lizard machine
    magnet maple marble mirror moment monkey month moon morning mouth muscle museum needle neighbor notebook
    number ocean office onion orange orchard oven owl owner package palace pancake panel paper parcel parrot
    pasture pear pebble pencil pepper person petal piano picture pigeon pillow pilot pirate planet plate
    platform pocket poem poet pond potter prince printer problem pumpkin puzzle queen question rabbit
    railroad raven reader record ribbon ring road robin rocket roof room rooster root rope rose saddle
    sailor salad scholar school season secret sentence shadow shelter ship shirt shoulder signal singer
    sister sleeve snail sofa song spider spoon square squirrel stable stair station stone storm stream
    student summer sunrise swan sweater symbol teacher temple tent theater thread thumb tiger timber title
    tower tractor trail train traveler treasure tree triangle trumpet tunnel turtle uncle valet vase violin
    visitor voice wagon waiter wall walnut weaver whale whistle willow winter wizard worker yard zebra apple
    acorn actor anchor animal answer arrow artist author autumn badge baker ballad balloon banana banner
    barn barrel beacon bean bear beaver bell berth bird boat book border boulder bowl breeze brother bucket
    building cabin cable camel camera canal canoe captain carrot cave center chapter cheese chicken cinema
    clover
"""
VERBS = """
    walk talk jump call paint plant help listen follow open gather wander turn look want learn climb mend
    ask wait lift pull pick pack play stay enjoy allow borrow count point print float shout sail row cook
    clean clear cover discover deliver remember wonder order offer enter visit limit edit collect connect
    protect reflect select correct inspect expect respect construct direct start sort report support
    transport import drift shift craft draft adopt adapt accept attempt land hand sound round guard reward
    record add fold mold bark park mark work thank link blink wink knock lock unlock rock check track trick
    kick stack roll fill spell smell boil fail trail train rain drain explain contain remain obtain maintain
    gain earn return iron join loan lean sharpen soften brighten fasten happen awaken warm farm form perform
    inform transform calm seem dream steam roam bloom zoom harvest rest test toast trust twist list last
    invest suggest request insist assist exist boast coast greet treat repeat heat seat invent prevent hunt
    hint mint rent laugh cough sigh show snow glow flow tow view review answer whisper murmur flicker
    glimmer shimmer shiver hover recover uncover matter chatter scatter flatter ponder render surrender
    launder ferment
"""
SMALL_WORDS = """
    the and of to in a is that it was for on are with as at be this from or had by not but what all were
    when we there can an your which their said if do will each about how up out them then she many some so
    these would other into has more two like him see time could no make than first been its who now people
    my made over did down only way find use may water long little very after just where most know get
    through back much before good new write our me too any day same right old take came want also around
    three small set put end does another well large must big even such because turn here why went men read
    need land different home us move try kind again change off play spell air away still near under never
    always often above below between bright quiet gentle golden silver green blue red brown yellow white
    round warm cold soft clear deep early late simple steady careful patient curious cheerful distant open
    young happy slow quick tall short wide narrow sweet fresh proud brave calm
"""

CONSONANTS = "tnsrldmcpbgfvhkwjyzq"
VOWELS = "eaiou"

CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + (message['content'] or '') + eos_token }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def words() -> list[str]:
    """Every form of every listed word, each once."""
    forms = SMALL_WORDS.split()
    forms += [noun + ending for noun in NOUNS.split() for ending in ("", "s")]
    forms += [verb + ending for verb in VERBS.split() for ending in ("", "s", "ed", "ing")]
    return list(dict.fromkeys(forms))


def byte_letters() -> list[str]:
    """List the printable letter that stands for each byte in a byte-level token.

    The `ByteLevel` steps of tokenizer.json fix this mapping: a printable Latin-1 byte stands for itself, and
    the others (controls, the space) take the code points from 256 on.
    """
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(byte) if byte in shown else chr(256 + hidden.index(byte)) for byte in range(256)]


def word_tokens() -> list[str]:
    """Spell the words as tokens: each carries the space before it, so that a row of them reads as text."""
    space = byte_letters()[ord(" ")]
    return [space + word for word in words()]


def syllables() -> list[str]:
    """Consonant-vowel, then consonant-vowel-consonant, to cut what no word covers."""
    short = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
    return short + [start + end for end in CONSONANTS for start in short]


def with_beginnings(tokens: Iterable[str]) -> list[str]:
    """Add to the tokens all their beginnings of two letters or more, shortest first.

    BPE grows a token one merge at a time, so every beginning has to be a token as well.
    """
    grown = {token[:length]: None for token in tokens for length in range(2, len(token) + 1)}
    return sorted(grown, key=len)


def merged_tokens() -> list[str]:
    """List the tokens BPE makes by merging, in the order of their merges.

    The words come first: while one of them can still grow, no syllable inside it may merge.
    """
    room = VOCAB_SIZE - len(SPECIALS) - len(byte_letters())
    wanted = list(dict.fromkeys([*with_beginnings(word_tokens()), *syllables()]))
    return wanted[:room]


def vocabulary() -> dict[str, int]:
    """Each token's id: whole words in the mocker's range, everything else around them."""
    in_range = word_tokens()[:WORD_COUNT]
    placed = set(in_range)
    others = [*SPECIALS, *byte_letters(), *(token for token in merged_tokens() if token not in placed)]
    tokens = others[:FIRST_WORD_ID] + in_range + others[FIRST_WORD_ID:]
    if len(in_range) != WORD_COUNT or len(set(tokens)) != VOCAB_SIZE:
        raise ValueError(
            f"the lists give {len(in_range)} words and {len(set(tokens))} tokens; "
            f"{WORD_COUNT} and {VOCAB_SIZE} are needed"
        )
    return {token: number for number, token in enumerate(tokens)}


def byte_level_step(**options: bool) -> dict[str, object]:
    """One `ByteLevel` step of tokenizer.json; a text keeps its own spaces in all of them."""
    return {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": True,
        **options,
    }


def added_token(content: str) -> dict[str, object]:
    """Describe a special token, matched exactly as written and left out of printed answers."""
    return {
        "content": content,
        "lstrip": False,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
        "special": True,
    }


def tokenizer() -> dict[str, object]:
    """tokenizer.json: byte-level BPE, so that any UTF-8 text survives a round trip."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": number, **added_token(content)} for number, content in enumerate(SPECIALS)],
        "normalizer": None,
        "pre_tokenizer": byte_level_step(),
        "post_processor": byte_level_step(trim_offsets=False),
        "decoder": byte_level_step(),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocabulary(),
            "merges": [f"{token[:-1]} {token[-1]}" for token in merged_tokens()],
        },
    }


def tokenizer_config() -> dict[str, object]:
    """tokenizer_config.json: the special tokens and the chat template."""
    return {
        "added_tokens_decoder": {str(number): added_token(content) for number, content in enumerate(SPECIALS)},
        "bos_token": BEGIN,
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": END,
        "model_max_length": MAX_LENGTH,
        "pad_token": END,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def config() -> dict[str, object]:
    """config.json: a Llama of the smallest plausible shape, for which no weights exist."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "bos_token_id": SPECIALS.index(BEGIN),
        "eos_token_id": SPECIALS.index(END),
        "head_dim": 64,
        "hidden_act": "silu",
        "hidden_size": 128,
        "intermediate_size": 256,
        "max_position_embeddings": MAX_LENGTH,
        "model_type": "llama",
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vocab_size": VOCAB_SIZE,
    }


def generation_config() -> dict[str, object]:
    """generation_config.json: where an answer begins and ends."""
    return {"bos_token_id": SPECIALS.index(BEGIN), "eos_token_id": SPECIALS.index(END)}


def as_json(value: dict[str, object]) -> bytes:
    """One entry a line without indentation: small, and a changed word shows as a changed line."""
    text = json.dumps(value, ensure_ascii=False, indent=0, separators=(",", ":"))
    return f"{text}\n".encode()


def files() -> dict[str, bytes]:
    """Make the whole folder, as file names and their bytes."""
    return {
        "config.json": as_json(config()),
        "generation_config.json": as_json(generation_config()),
        "tokenizer.json": as_json(tokenizer()),
        "tokenizer_config.json": as_json(tokenizer_config()),
    }


def differences(folder: Path) -> list[str]:
    """Say what keeps the folder from being exactly what this script makes, one line a file."""
    made = files()
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    found = [f"{folder / name}: should not be there" for name in sorted(there - made.keys())]
    found += [f"{folder / name}: missing" for name in sorted(made.keys() - there)]
    found += [
        f"{folder / name}: differs from what tools/make_tiny_model.py makes"
        for name in sorted(made.keys() & there)
        if (folder / name).read_bytes() != made[name]
    ]
    return found


def write(folder: Path) -> None:
    """Write the folder; a file of another name stays, and `--check` names it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (folder / name).write_bytes(content)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    parser = argparse.ArgumentParser(description="Make the `tiny` model folder.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the folder differs")
    options = parser.parse_args(arguments)
    if not options.check:
        write(options.out)
        return 0
    found = differences(options.out)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
