import sys

import pytest

from dynamo_recipes.app import sources
from dynamo_recipes.app.validate import validate
from dynamo_recipes.errors import Refused


def code_of(refused):
    return [each.code for each in refused.value.findings]


@pytest.mark.parametrize("name", ["x" * 300, "no\0name", "missing.yaml", ""])
def test_a_name_that_cannot_be_opened_is_a_finding(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused) as refused:
        sources.read(name)
    assert code_of(refused) == ["DR116"]
    (result,) = validate([name])
    assert [each.code for each in result.findings] == ["DR116"]


def test_a_closed_standard_input_is_a_finding(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Refused) as refused:
        sources.read("-")
    assert code_of(refused) == ["DR116"]


def test_a_folder_stands_for_its_recipes_in_order(tmp_path):
    for name in ("b.yaml", "a.yml", "sub/c.yaml", ".hidden/d.yaml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    shown = [each.removeprefix(f"{tmp_path}/") for each in sources.expanded([str(tmp_path)])]
    assert shown == ["a.yml", "b.yaml", "sub/c.yaml"]
