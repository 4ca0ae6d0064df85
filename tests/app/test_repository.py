"""Nothing that a recipe names lies outside its repository, whatever way the path takes."""

from pathlib import Path

import pytest

from dynamo_recipes.app.repository import inside, repository_of
from dynamo_recipes.errors import WRONG, Refused


@pytest.fixture
def tree(tmp_path):
    """A repository with a recipe folder and files, and a neighbour with a secret."""
    folder = tmp_path / "repository" / "recipes" / "a"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    for file in (folder / "chat.jinja", tmp_path / "repository" / "shared.jinja", tmp_path / "secret"):
        file.write_text("swordfish")
    return tmp_path.resolve()


@pytest.fixture
def folder(tree):
    return tree / "repository" / "recipes" / "a"


def refused(path: str, folder: Path) -> str:
    with pytest.raises(Refused) as caught:
        inside(path, folder)
    (found,) = caught.value.findings
    assert (found.code, caught.value.status) == ("DR118", WRONG)
    assert found.hint
    assert "swordfish" not in found.message
    return found.message


def test_the_nearest_folder_with_git_is_the_repository(tree, folder):
    assert repository_of(folder) == tree / "repository"
    (folder / ".git").write_text("gitdir: elsewhere\n")
    assert repository_of(folder) == folder


def test_without_git_the_folder_itself_is(tree):
    lonely = tree / "lonely" / "below"
    lonely.mkdir(parents=True)
    assert repository_of(lonely) == lonely
    refused("../x", lonely)


def test_it_is_looked_for_from_the_folders_real_place(tree, folder):
    link = tree / "link"
    link.symlink_to(folder)
    assert repository_of(link) == tree / "repository"
    assert inside("../../shared.jinja", link) == tree / "repository" / "shared.jinja"


def test_the_working_folder_is_a_folder_too(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert inside("chat.jinja", Path()) == folder / "chat.jinja"


@pytest.mark.parametrize("path", ["chat.jinja", "./chat.jinja", "../a/chat.jinja", "missing/../chat.jinja"])
def test_inside_gives_the_real_path(path, folder):
    assert inside(path, folder) == folder / "chat.jinja"


def test_above_the_recipe_and_absolute_are_fine_in_the_repository(tree, folder):
    shared = tree / "repository" / "shared.jinja"
    assert inside("../../shared.jinja", folder) == shared
    assert inside(str(shared), folder) == shared
    (folder / "link").symlink_to(shared)
    assert inside("link", folder) == shared


@pytest.mark.parametrize("path", ["missing", "chat.jinja/below", "x" * 4096, "x/" * 2000, "~chat", "..chat"])
def test_what_is_not_there_is_for_the_opener_to_tell(path, folder):
    assert inside(path, folder).is_relative_to(folder)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "//etc/passwd",
        "../../../secret",
        "../../../../../../../../../../etc/passwd",
        "files/../../../../secret",
        "../../../repository-2/x",  # only the beginning of the name is the same
        "..//..//..//",
        "/",
        "/proc/self/environ",
        "/dev/stdin",
        "../../../missing",
    ],
)
def test_out_of_the_repository_is_refused(path, folder):
    assert "leads out of" in refused(path, folder)


@pytest.mark.parametrize("path", ["link", "link/", "./x/../link", "below/../link"])
def test_a_link_to_a_file_outside_is_refused(path, tree, folder):
    (folder / "link").symlink_to(tree / "secret")
    (folder / "below").mkdir()
    assert "leads out of" in refused(path, folder)


@pytest.mark.parametrize("target", ["/etc", "../../..", "more"])
def test_a_link_to_a_folder_outside_is_refused(target, tree, folder):
    (folder / "more").symlink_to(tree)
    (folder / "link").symlink_to(target)
    assert "leads out of" in refused("link/passwd", folder)
    assert "leads out of" in refused("link/missing/passwd", folder)


def test_a_link_to_nothing_outside_is_refused(tree, folder):
    (folder / "link").symlink_to(tree / "missing")
    assert "leads out of" in refused("link", folder)


def test_links_in_a_circle_are_refused_and_hide_no_way_out(tree, folder):
    """Where `realpath` is not strict, it leaves links after a circle as they are, inside by their names."""
    (folder / "loop").symlink_to("loop")
    (folder / "out").symlink_to(tree)
    assert "circle" in refused("loop", folder)
    assert "circle" in refused("loop/../out/secret", folder)


@pytest.mark.parametrize(
    "path", ["https://example.org/chat.jinja", "file:///etc/passwd", "s3://bucket/x", "HTTP://x", "git+ssh://x"]
)
def test_an_address_is_refused(path, folder):
    assert "address" in refused(path, folder)


@pytest.mark.parametrize("path", ["~", "~/chat.jinja"])
def test_a_home_folder_is_refused(path, folder):
    assert "`~`" in refused(path, folder)


@pytest.mark.parametrize("path", ["a\0b", "\0", "\ud800"])
def test_what_no_path_can_be_is_refused(path, folder):
    refused(path, folder).encode()


def test_a_long_path_is_shown_in_part(folder):
    assert len(refused("../" * 1300, folder)) < 400 + len(str(folder))
