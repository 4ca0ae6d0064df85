"""The packaged catalogues and the allow-list, held against each other."""

import json

import pytest

from dynamo_recipes.support import data
from tools.flags import compare
from tools.flags.programs import ENGINES, PROGRAMS
from tools.flags.text import text_of

FLAGS = data.DATA / "flags"
COMPONENTS = (*PROGRAMS, *ENGINES)


def packaged(component):
    return {file.stem: file for file in sorted((FLAGS / component).glob("*.json"))}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_file_is_its_catalogue_byte_for_byte(component):
    for version, file in packaged(component).items():
        text = file.read_text(encoding="utf-8")
        catalogue = json.loads(text)
        assert text_of(catalogue) == text
        assert (catalogue["component"], catalogue["version"]) == (component, version)


@pytest.mark.parametrize("component", COMPONENTS)
def test_flags_are_sorted_and_each_spelling_is_of_one_flag(component):
    for file in packaged(component).values():
        for parser in json.loads(file.read_text(encoding="utf-8"))["parsers"]:
            names = [each["names"][0] for each in parser["flags"]]
            assert names == sorted(names), file
            spelled = [name for each in parser["flags"] for name in compare.spellings(each)]
            assert len(spelled) == len(set(spelled)), file


def test_every_release_has_the_catalogues_of_all_its_programs():
    versions = {component: list(packaged(component)) for component in PROGRAMS}
    assert all(each == versions["dynamo.frontend"] for each in versions.values())
    assert len(versions["dynamo.frontend"]) >= 14


@pytest.mark.parametrize("entry", json.loads(compare.ALLOWED.read_text(encoding="utf-8")), ids=str)
def test_what_is_allowed_is_so_in_the_packaged_catalogues(entry):
    """What only the trees see is in no catalogue, and what only the import sees is in all that are named."""
    assert entry["reason"].endswith(".")
    for component in entry["components"]:
        files = packaged(component)
        for version in entry.get("versions", files):
            catalogue = json.loads(files[version].read_text(encoding="utf-8"))
            there = {name for parser in catalogue["parsers"] for each in parser["flags"] for name in each["names"]}
            if entry["only"] == "tree":
                assert there.isdisjoint(entry["flags"])
            else:
                assert there.issuperset(entry["flags"])
