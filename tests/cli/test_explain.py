"""`dynamo-recipe explain`: the page of a code, or the list of all."""

import pytest

from dynamo_recipes.cli.main import run
from dynamo_recipes.findings import CODES
from dynamo_recipes.support.data import DATA


@pytest.mark.parametrize("code", CODES)
def test_it_prints_the_page(code, capsys):
    assert run(["explain", code]) == 0
    assert capsys.readouterr() == ((DATA / "findings" / f"{code}.md").read_text(encoding="utf-8"), "")


@pytest.mark.parametrize("word", ["dr401", "Dr401", "dR401"])
def test_capitals_do_not_matter(word, capsys):
    assert run(["explain", word]) == 0
    assert capsys.readouterr().out.startswith("# DR401: Prefill and decode need each other\n")


def test_without_a_code_it_lists_all_with_their_titles(capsys):
    assert run(["explain"]) == 0
    assert capsys.readouterr() == ("".join(f"{code}  {title}\n" for code, title in CODES.items()), "")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("DR404x", "Did you mean DR404 or "),
        ("dr4011", "Did you mean DR401 or "),
        ("DR1066", "Did you mean DR106 or "),
        ("DRxyz", "Known: DR101, DR102, "),
        ("401", "Codes look like DR106."),
        ("../DR401", "Codes look like DR106."),
        ("workers", "Codes look like DR106."),
    ],
)
def test_an_unknown_code_is_refused_with_near_ones(word, hint, capsys):
    assert run(["explain", word]) == 2
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert out == ""
    assert first == f"error DR109 `{word}` is not a code."
    assert second.startswith(f"    {hint}")


def test_a_code_shown_back_does_nothing_to_the_terminal(capsys):
    assert run(["explain", "DR\x1b[31m"]) == 2
    assert "`DR\\x1b[31m` is not a code." in capsys.readouterr().err


def test_two_codes_are_one_too_many(capsys):
    assert run(["explain", "DR101", "DR102"]) == 2
    assert "DR102" in capsys.readouterr().err
