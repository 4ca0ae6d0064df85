"""Env files: what a line means, and that no message shows one."""

import time

import pytest

from dynamo_recipes.app import envfile
from dynamo_recipes.errors import Refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", {"A": "b"}),
        ("export A=b\n", {"A": "b"}),
        ("# c\n\nA=b # c\nB='x # y'\n", {"A": "b", "B": "x # y"}),
        ('A="a\\nb"', {"A": "a\nb"}),
        ('A="one\ntwo"', {"A": "one\ntwo"}),
        ("A=${HOME} $( id ) $$", {"A": "${HOME} $( id ) $$"}),
        ("A=x=y", {"A": "x=y"}),
        ("A=", {"A": ""}),
        ("A=1\nA=2", {"A": "2"}),
        ("\ufeffA=é東🦀\r\n", {"A": "é東🦀"}),
        ("A='\\\\ \"'", {"A": '\\ "'}),
    ],
)
def test_lines(tmp_path, text, expected):
    (tmp_path / "e").write_bytes(text.encode())
    assert envfile.read([str(tmp_path / "e")]) == expected


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"A=1\nswordfish\n", [("DR123", 2)]),
        (b"A=1\n'swordfish\nB=2\n", [("DR123", 2)]),
        (b"A='swordfish\n", [("DR123", 1)]),
        (bytes(range(256)), [("DR101", 0)]),
        (b"A=1\n" * (1 << 19), [("DR105", 0)]),
    ],
)
def test_what_is_none(tmp_path, raw, found):
    (tmp_path / "e").write_bytes(raw)
    start = time.process_time()
    with pytest.raises(Refused) as refused:
        envfile.read([str(tmp_path / "e")])
    assert time.process_time() - start < 5
    assert [(each.code, each.where.line) for each in refused.value.findings] == found
    assert not any("swordfish" in each.message + each.hint for each in refused.value.findings)


def test_what_cannot_be_opened(tmp_path):
    for name in (tmp_path, tmp_path / "none"):
        with pytest.raises(Refused) as refused:
            envfile.read([str(name)])
        assert [each.code for each in refused.value.findings] == ["DR116"]
