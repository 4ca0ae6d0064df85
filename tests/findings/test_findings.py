"""The registry of codes, their pages, and what a finding is."""

import re
from pathlib import Path

import pytest
import yaml

from dynamo_recipes.app.planning import planned
from dynamo_recipes.cli.output import line
from dynamo_recipes.errors import (
    ComponentFailed,
    Interrupted,
    NotReady,
    Refused,
    WrongAnswer,
    exit_status,
)
from dynamo_recipes.findings import CODES, Finding, Where, dotted, errors_of, finding
from dynamo_recipes.support.data import DATA

FOLDER = DATA / "findings"
HEAD = {"schema": "schema: 1\n", "model": "model: {packaged: tiny}\n", "engine": "engine: mocker\n"}


def page(code: str) -> str:
    return (FOLDER / f"{code}.md").read_text(encoding="utf-8")


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_every_code_has_a_page_and_every_page_a_code():
    assert sorted(each.name for each in FOLDER.iterdir()) == sorted(f"{code}.md" for code in CODES)


def test_codes_are_in_order_and_in_their_ranges():
    assert list(CODES) == sorted(CODES)
    assert all(re.fullmatch(r"DR[1-6]\d\d", code) for code in CODES)
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_title_meaning_example_and_remedy(code):
    text = page(code)
    lines = text.splitlines()
    assert lines[0] == f"# {code}: {CODES[code]}"
    assert [each for each in lines if each.startswith("#")] == [lines[0], "## Example", "## What to do"]
    meaning, _, rest = text.removeprefix(lines[0]).partition("## Example")
    example, _, remedy = rest.partition("## What to do")
    assert 40 < len(meaning.strip()) < 500
    assert 20 < len(remedy.strip()) < 700
    assert len(blocks(example, "text")) == 1
    assert 10 <= len(lines) <= 30


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_clean_text(code):
    text = page(code)
    printed = "".join(blocks(text, "text"))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert all(each == each.rstrip() for each in text.splitlines())
    assert all(len(each) <= 100 or f"{each}\n" in printed for each in text.splitlines())


@pytest.mark.parametrize("code", CODES)
def test_the_printed_lines_are_the_codes_own(code):
    (printed,) = blocks(page(code), "text")
    first, *rest = printed.splitlines()
    assert re.match(rf"(--\S+ )?(\S+ )?(error|warning|note) {code} ", first)
    assert not rest or rest[-1].startswith("    ")


WITH_RECIPE = [code for code in CODES if "```yaml" in page(code).partition("## What to do")[0]]


@pytest.mark.parametrize("code", WITH_RECIPE)
def test_the_example_prints_what_the_page_shows(code):
    example = page(code).partition("## What to do")[0]
    (recipe,), (printed,) = blocks(example, "yaml"), blocks(example, "text")
    found = planned(recipe.encode(), "recipe.yaml").findings
    told = [each for each in found if each.code != "DR208" or code == "DR208"]  # which sums up why no release fits
    assert "\n".join(line(each) for each in told) + "\n" == printed


def test_all_codes_about_the_recipe_and_its_graph_show_one():
    # Not shown as a recipe: bytes that are not text, a file of 2 MB, files that are elsewhere, facts of a machine,
    # and what options say.
    without = {"DR101", "DR105", "DR116", "DR118", "DR119"}
    without |= {f"DR{number}" for number in (*range(206, 208), *range(209, 219), *range(226, 230))}
    without |= {"DR121", "DR122", "DR123", "DR129"}
    # Facts of a cluster, images on targets that run containers, and warnings, with which a recipe is planned.
    without |= {"DR223", "DR225", "DR232", "DR233", "DR235"}
    # What rests on everything that is known, on files beside the recipe, and notes.
    without |= {"DR208", "DR231", "DR234", "DR236"}
    assert set(WITH_RECIPE) == {code for code in CODES if code < "DR6"} - without


@pytest.mark.parametrize("code", [code for code in CODES if "```yaml" in page(code).partition("## What to do")[2]])
def test_what_the_page_advises_is_a_valid_recipe(code):
    for part in blocks(page(code).partition("## What to do")[2], "yaml"):
        text = "".join(lines for key, lines in HEAD.items() if key not in yaml.safe_load(part)) + part
        assert planned(text.encode(), "recipe.yaml").findings == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("workers",), "workers"),
        (("workers", "decode", "replicas"), "workers.decode.replicas"),
        (("files", 2), "files[2]"),
        (("about", "tested", 0, "date"), "about.tested[0].date"),
        (("a", 0, 1), "a[0][1]"),
        ((0, "a"), "[0].a"),
    ],
)
def test_a_path_is_written_as_people_do(path, text):
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (Where(), ""),
        (Where("a.yaml"), "a.yaml"),
        (Where("a.yaml", 3, 7), "a.yaml:3:7"),
        (Where("a.yaml", 0, 7), "a.yaml"),
        (Where(path=("frontend", "port")), ""),
        (Where("a.yaml", 3, 7, ("frontend", "port")), "a.yaml:3:7"),
    ],
)
def test_a_place_is_as_exact_as_it_is_known(where, text):
    assert str(where) == text


@pytest.mark.parametrize("code", ["", "DR000", "dr106", "DR1060", "DR499"])
def test_a_code_that_is_not_registered_is_refused(code):
    with pytest.raises(ValueError, match="not in the registry"):
        Finding(code, "message")


def test_a_finding_can_be_moved_and_keeps_the_rest():
    found = finding("DR106", ("frontend", "prot"), "message", "hint", "warning")
    assert found.where == Where(path=("frontend", "prot"))
    assert found.at(Where("a.yaml", 1, 2)) == Finding("DR106", "message", "hint", Where("a.yaml", 1, 2), "warning")


def of(*codes: str) -> tuple[Finding, ...]:
    """Return an error for each code; `~DR106` is a warning, `-DR106` a note."""
    severity = {"~": "warning", "-": "note"}
    return tuple(Finding(each.lstrip("~-"), "message", severity=severity.get(each[0], "error")) for each in codes)


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ((), 0),
        (("DR101",), 2),
        (("DR116",), 2),
        (("DR201",), 3),
        (("DR301",), 3),
        (("DR407",), 3),
        (("DR601",), 4),
        (("DR609",), 4),
        (("DR601", "DR401"), 3),
        (("DR401", "DR601", "DR106"), 2),
        (("DR601", "DR106"), 2),
        (("~DR106",), 0),
        (("-DR106", "~DR401"), 0),
        (("~DR106", "DR601"), 4),
    ],
)
def test_of_several_findings_2_comes_before_3_before_4_and_warnings_do_not_fail(codes, status):
    assert exit_status(of(*codes)) == status
    assert exit_status(of(*reversed(codes))) == status
    assert Refused(*of(*codes)).status == status


def test_only_errors_stop_the_work():
    assert errors_of(of("~DR106", "DR107", "-DR108", "DR109")) == of("DR107", "DR109")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ComponentFailed(*of("DR651")), 1),
        (WrongAnswer(*of("DR653")), 1),
        (NotReady(*of("DR652")), 5),
        (Interrupted(2), 130),
        (Interrupted(15), 143),
    ],
)
def test_every_other_failure_has_a_status_of_its_own(error, status):
    assert error.status == status


def test_an_error_reads_as_its_messages():
    assert str(Refused(Finding("DR106", "one"), Finding("DR107", "two"))) == "one; two"


def test_the_package_raises_no_code_that_is_not_registered_and_registers_none_that_it_never_raises():
    sources = [each for each in Path(DATA.parent).rglob("*.py") if each.name != "findings.py"]
    written = {code for each in sources for code in re.findall(r'"(DR\d{3})"', each.read_text(encoding="utf-8"))}
    assert written == set(CODES)
