"""Values that a program replaces in the words that it hands to its engine's parser.

Copies `_normalize_multimodal_disaggregation_args` (`dynamo/sglang/args.py`, ai-dynamo 1.3.0 to 1.6.1): it looks only
for the flag in full, and the last of its values decides on all of them.
"""

from collections.abc import Mapping

from dynamo_recipes.support.catalogue.reading import Word

# Flag -> value -> what the engine gets instead; None: the flag is taken away.
Rewrites = Mapping[str, Mapping[str, str | None]]


def rewritten(words: tuple[Word, ...], rewrites: Rewrites) -> tuple[Word, ...]:
    """Return the words that the engine's parser gets."""
    for flag, values in rewrites.items():
        found = _last(words, flag)
        if found is None or found.text not in values:
            continue
        words, new = _without(words, flag), values[found.text]
        if new is not None:
            words = (*words, Word(flag, found.at), Word(new, found.at))
    return words


def _last(words: tuple[Word, ...], flag: str) -> Word | None:
    """Return the last value of a flag; its place is that of the flag."""
    found = None
    for index, (text, at) in enumerate(words):
        if text.startswith(f"{flag}="):
            found = Word(text.partition("=")[2], at)
        elif text == flag and index + 1 < len(words):
            found = Word(words[index + 1].text, at)
    return found


def _without(words: tuple[Word, ...], flag: str) -> tuple[Word, ...]:
    """Return words without a flag and, whatever it is, the word after it."""
    kept: list[Word] = []
    follows = False
    for word in words:
        if follows:
            follows = False
        elif word.text == flag:
            follows = True
        elif not word.text.startswith(f"{flag}="):
            kept.append(word)
    return tuple(kept)
