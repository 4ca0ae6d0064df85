"""A site as a command reads it: its secrets. Its hosts are in test_machines."""

import pytest

from dynamo_recipes.app import site
from dynamo_recipes.errors import Refused


@pytest.fixture
def place(tmp_path):
    def make(text, name="site.yaml"):
        (tmp_path / name).write_text(f"site: 1\n{text}\n")
        return site.read(str(tmp_path / name))

    return make


def test_files_of_secrets_start_from_the_folder_of_the_site(place, tmp_path, monkeypatch):
    here = place("secrets: {a: {file: x/token}, b: {file: /etc/token}, c: {file: ~/token}, d: {env: D}}")
    monkeypatch.setenv("HOME", "/home/me")
    files = [here.secret_file(name) for name in "abcd"]
    assert [str(each) for each in files] == [f"{tmp_path}/x/token", "/etc/token", "/home/me/token", "None"]


def test_a_wrong_site_is_refused_with_all_that_is_wrong(place):
    with pytest.raises(Refused) as refused:
        place("namespace: A\nengine: x")
    assert [each.code for each in refused.value.findings] == ["DR110", "DR106"]
    assert refused.value.status == 2


@pytest.mark.parametrize("name", ["none.yaml", ".", "a\0b"])
def test_a_site_that_cannot_be_opened(name, tmp_path):
    with pytest.raises(Refused) as refused:
        site.read(f"{tmp_path}/{name}")
    assert [each.code for each in refused.value.findings] == ["DR116"]
    assert refused.value.status == 2
