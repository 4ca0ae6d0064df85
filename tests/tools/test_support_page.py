"""docs/support-matrix.md: made from the data and the rules, and up to date."""

from pathlib import Path

import pytest

from dynamo_recipes.support import data, rules
from tools import make_docs, support_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page():
    return support_page.page()


def section(page: str, title: str) -> str:
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [each for each in lines[2:] if each]


def test_the_page_is_up_to_date():
    pages = make_docs.pages()
    assert (ROOT / "docs/support-matrix.md").read_text(encoding="utf-8") == pages["docs/support-matrix.md"]


@pytest.mark.parametrize("title", ["vLLM", "SGLang", "TensorRT-LLM"])
def test_each_engine_has_a_row_for_each_release(page, title):
    assert [row[0] for row in rows(section(page, f"{title} in each release"))] == list(data.release_names())


def test_every_fact_of_the_tables_is_there(page):
    assert [row[0] for row in rows(section(page, "Drivers"))] == list(data.load("drivers.json")["floors"])
    assert [row[0].strip("`") for row in rows(section(page, "GPUs"))] == list(data.load("gpus.json"))
    assert [row[0] for row in rows(section(page, "Limitations"))] == list(data.load("caveats.json"))
    assert [row[0] for row in rows(section(page, "Sources"))] == list(data.load("sources.json"))
    listed = {row[0] for row in rows(section(page, "Sources"))}
    for title in ("GPUs", "Limitations", "What the facts of each release rest on"):
        assert {name for row in rows(section(page, title)) for name in row[-1].split(", ")} <= listed


def test_features_of_releases_that_do_not_differ_share_a_row(page):
    engine = section(page, "Features").partition("\n### TensorRT-LLM\n")[2].partition("\n### ")[0]
    known = {row[0]: row[1:] for row in rows(engine)}
    assert list(known)[-1] == "0.7.0 to 0.8.1.post3"
    assert known["1.2.0, 1.2.1"][3] == "no"  # KVBM fails there
    assert known["1.3.0 to 1.4.2"][3] == "yes"
    assert {row[7] for row in known.values()} == {"no"}  # LoRA


def test_what_is_not_verified_and_what_is_unknown_is_marked(page):
    gpus = {row[0].strip("`"): row for row in rows(section(page, "GPUs"))}
    assert gpus["h200_sxm"][4] == "134468 (vendor)"
    assert gpus["l40s"][4] == "46068"
    assert gpus["gh200"][4] == "?"


def test_each_rule_has_its_code_a_sentence_and_sources(page):
    table = rows(section(page, "Rules"))
    assert len(table) == len(rules.RULES)
    for code, title, sentence, sources in table:
        assert code.startswith("DR2")
        assert title
        assert sentence.endswith(".")
        assert sources == "the release files" or set(sources.split(", ")) <= set(data.load("sources.json"))
    assert [code for code, *_, sources in table if sources == "the release files"] == ["DR229"]


def test_a_cell_never_ends_its_column():
    assert support_page._cell("a | b") == "a \\| b"
    assert support_page._cell(None) == support_page._cell("") == "?"
