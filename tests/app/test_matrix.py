"""The support matrix: rows from the data, verdicts from the rules, and what is left out."""

import pytest

from dynamo_recipes.app.matrix import ENGINES, Cell, Filters, matrix
from dynamo_recipes.errors import DOES_NOT_FIT, WRONG, Refused
from dynamo_recipes.findings import finding
from dynamo_recipes.support import data, rules

CUDA = (("13.0", "580"),)


@pytest.fixture
def rule(monkeypatch):
    """Judge by one rule alone."""

    def use(function):
        monkeypatch.setattr(rules, "RULES", {"only": function})

    return use


def verdicts(**filters):
    """Return the verdict of each path by release, of one engine."""
    return {row.release: (row.cells[0].wheels, row.cells[0].image) for row in matrix(Filters(**filters)).rows}


def test_every_release_is_a_row_and_the_newest_comes_first():
    found = matrix(Filters())
    assert tuple(row.release for row in found.rows) == data.release_names()
    assert found.left_out == 0
    assert {tuple(cell.engine for cell in row.cells) for row in found.rows} == {ENGINES}


@pytest.mark.parametrize("engine", data.load("engines.json"))
def test_a_cell_says_what_the_release_file_says(engine):
    for row in matrix(Filters(engine=engine)).rows:
        facts = data.load(f"releases/{row.release}.json")
        written, (cell,) = facts["engines"][engine], row.cells
        assert (row.date, row.kubernetes) == (facts["date"], facts["cluster"]["kubernetes"])
        assert cell.version == written["version"]
        assert (None if cell.drivers is None else dict(cell.drivers)) == written["drivers"]
        assert list(cell.pythons) == (written["wheels"]["pythons"] if written["wheels"] else [])


def test_notes_are_the_limits_that_are_errors():
    caveats = data.load("caveats.json")
    (row,) = matrix(Filters(release="1.3.0")).rows
    listed = data.load("releases/1.3.0.json")["caveats"]
    assert row.notes == tuple(each for each in listed if caveats[each]["severity"] == "error")
    assert 0 < len(row.notes) < len(listed)


def test_without_rules_every_path_is_open(monkeypatch):
    monkeypatch.setattr(rules, "RULES", {})
    assert set(verdicts(engine="trtllm").values()) == {("yes", "yes")}


def test_a_path_has_the_code_of_the_first_rule_that_refuses_it(rule):
    def no_images_and_old_ones_nowhere(case):
        if case.target.path == "image" and case.release.version != "1.6.0":
            yield finding("DR228", ("dynamo",), "no image", severity="error")
            yield finding("DR209", ("dynamo",), "too old", severity="error")
        if case.release.version.startswith("0."):
            yield finding("DR215", ("dynamo",), "no wheel", severity="error")

    rule(no_images_and_old_ones_nowhere)
    found = matrix(Filters(engine="vllm", driver="580"))
    assert [row.release for row in found.rows] == [each for each in data.release_names() if not each.startswith("0.")]
    assert found.left_out == sum(each.startswith("0.") for each in data.release_names())
    assert verdicts(engine="vllm")["1.6.0"] == ("yes", "yes")
    assert verdicts(engine="vllm")["1.4.2"] == ("yes", "DR228")


def test_a_warning_does_not_close_a_path_and_what_is_unknown_is_said(rule):
    def warn(case):
        code = "DR229" if case.target.path == "image" else "DR235"
        yield finding(code, ("dynamo",), "so it is", severity="warning")

    rule(warn)
    assert set(verdicts(engine="sglang").values()) == {("yes", "not verified")}


def test_rules_hear_of_the_gpu_the_driver_and_the_engine(rule):
    heard = set()

    def listen(case):
        heard.add((case.recipe.engine.name, case.facts.driver, tuple(each.name for each in case.gpus)))
        return ()

    rule(listen)
    matrix(Filters(engine="vllm", gpu="l4", driver="575.57.08", release="1.4.2"))
    matrix(Filters(gpu="h800:80Gi:9.0", release="1.4.2"))
    assert heard == {("vllm", "575.57.08", ("l4",)), *((each, None, ("h800",)) for each in ENGINES)}


# engine, GPU, driver, release: wheels, image. By the real rules.
ROWS = [
    ("vllm", None, None, "1.4.2", "yes", "yes"),
    ("vllm", None, "580.65.06", "1.4.2", "yes", "yes"),
    ("vllm", None, "575.57.08", "1.2.1", "DR210", "yes"),
    ("vllm", None, "575.57.08", "1.1.1", "yes", "yes"),
    ("trtllm", None, None, "1.4.2", "DR213", "yes"),
    ("sglang", None, None, "1.6.0", "DR215", "yes"),
    ("sglang", "b300_sxm", None, "1.1.1", "DR212", "yes"),
    ("vllm", None, None, "1.4.1", "yes", "not verified"),
    ("vllm", None, None, "1.6.2", "not verified", "not verified"),
]


@pytest.mark.parametrize(("engine", "gpu", "driver", "release", "wheels", "image"), ROWS)
def test_what_the_rules_say_of_a_release(engine, gpu, driver, release, wheels, image):
    (row,) = matrix(Filters(engine, gpu, driver, release)).rows
    assert (row.cells[0].wheels, row.cells[0].image) == (wheels, image)


# Release, date, lowest Kubernetes, and then for each engine version and CUDA with driver floor.
ROWS = [
    (
        "0.7.0",
        "2025-11-26",
        "1.24",
        {
            "sglang": ("0.5.4.post3", {"12.9": "575"}),
            "trtllm": ("1.2.0rc2", {"13.0": "580"}),
            "vllm": ("0.11.0", {"12.8": "570"}),
        },
    ),
    (
        "0.9.1",
        "2026-03-04",
        "1.24",
        {
            "sglang": ("0.5.8", {"12.9": "575"}),
            "trtllm": ("1.3.0rc3", {"13.0": "580"}),
            "vllm": ("0.14.1", {"12.9": "575"}),
        },
    ),
    (
        "1.2.1",
        "2026-06-13",
        "1.24",
        {
            "sglang": ("0.5.11", {"12.9": "575", "13.0": "580"}),
            "trtllm": ("1.3.0rc14", {"13.1": "580"}),
            "vllm": ("0.20.1", {"12.9": "575", "13.0": "580"}),
        },
    ),
    (
        "1.4.2",
        "2026-08-28",
        "1.30",
        {
            "sglang": ("0.5.16", {"13.0": "580"}),
            "trtllm": ("1.3.0rc22", {"13.1": "580"}),
            "vllm": ("0.26.0", {"13.0": "580"}),
        },
    ),
    (
        "1.6.0",
        "2026-10-22",
        "1.30",
        {
            "sglang": ("0.5.21", {"13.0": "580"}),
            "trtllm": ("1.3.0rc29", {"13.1": "580"}),
            "vllm": ("0.31.0", {"13.0": "580"}),
        },
    ),
    ("1.6.2", "2026-11-05", None, {"sglang": (None, None), "trtllm": (None, None), "vllm": (None, None)}),
]


@pytest.mark.parametrize(("version", "date", "kubernetes", "expected"), ROWS, ids=[each[0] for each in ROWS])
def test_a_row_is_as_the_documentation_has_it(version, date, kubernetes, expected):
    (found,) = (each for each in matrix(Filters()).rows if each.release == version)
    assert (found.date, found.kubernetes) == (date, kubernetes)
    cells = {each.engine: (each.version, each.drivers and dict(each.drivers)) for each in found.cells}
    assert cells == expected


# The newest release whose images a driver branch runs, as the documentation has it; None: none.
NEWEST = [
    ("570.133.20", "sglang", "0.7.1"),
    ("570.133.20", "vllm", "0.7.0.post1"),
    ("570.133.20", "trtllm", None),
    ("575.57.08", "sglang", "1.2.1"),
    ("575.57.08", "vllm", "1.2.1"),
    ("575.57.08", "trtllm", None),
    ("580.65.06", "sglang", "1.6.0"),
    ("580.65.06", "vllm", "1.6.0"),
    ("580.65.06", "trtllm", "1.6.0"),
]


@pytest.mark.parametrize(("driver", "engine", "newest"), NEWEST)
def test_the_newest_release_whose_images_a_driver_runs(driver, engine, newest):
    found = matrix(Filters(engine=engine, driver=driver)).rows
    documented = [row.release for row in found if row.cells[0].drivers and not row.cells[0].image.startswith("DR")]
    assert next(iter(documented), None) == newest


@pytest.mark.parametrize(
    ("driver", "fits"), [("574.99", False), ("575", True), ("575.51.03", True), ("579.99", True), ("580", True)]
)
def test_a_branch_is_the_border_of_an_image(driver, fits):
    found = matrix(Filters(engine="vllm", release="1.2.1", driver=driver))
    assert [row.cells[0].image for row in found.rows] == (["yes"] if fits else [])
    assert found.left_out == (not fits)


def test_tensorrt_llm_has_no_wheels_in_any_release():
    found = matrix(Filters(engine="trtllm")).rows
    assert {(row.cells[0].wheels, row.cells[0].pythons) for row in found} == {("DR213", ())}
    assert len(found) == len(data.release_names())


@pytest.mark.parametrize("gpu", ["b300_sxm", "gb300"])
def test_blackwell_ultra_needs_cuda_13(gpu):
    found = verdicts(engine="vllm", gpu=gpu)
    assert [found[each][0] for each in ("1.1.1", "1.2.1", "1.4.2")] == ["DR212", "yes", "yes"]
    # 0.8.1 has an image for CUDA 13 that does not start, 0.7.0 has none.
    assert {"0.8.1", "0.7.0"}.isdisjoint(found)
    assert "yes" not in {image for _, image in verdicts(engine="vllm", gpu=gpu, driver="575.57.08").values()}
    newest = verdicts(engine="vllm", gpu=gpu, driver="580.65.06")
    assert next(version for version, (_, image) in newest.items() if image == "yes") == "1.6.0"


def test_where_no_machine_is_named_nothing_is_left_out():
    found = matrix(Filters(engine="mocker", release="1.0.2"))
    assert (found.rows[0].cells[0].image, found.left_out) == ("DR205", 0)


def test_releases_in_a_range():
    assert list(verdicts(engine="vllm", release=">=1.4,<1.5")) == ["1.4.2", "1.4.1", "1.4.0"]


def test_why_a_path_is_closed_or_not_verified():
    (row,) = matrix(Filters(engine="sglang", release="1.6.0")).rows
    (sglang,) = row.cells
    assert "cuda-tile 1.6.0rc5" in (sglang.why_wheels or "")
    assert sglang.why_image is None


@pytest.mark.parametrize(
    ("wheels", "image", "is_open"),
    [
        ("yes", "yes", True),
        ("DR213", "yes", True),
        ("not verified", "DR228", True),
        ("DR213", "DR228", False),
    ],
)
def test_a_cell_is_open_while_one_path_is(wheels, image, is_open):
    assert Cell("vllm", "0.26.0", CUDA, ("3.12",), wheels, image).open is is_open


WRONG_WORDS = [
    ({"engine": "vlm"}, "DR203", DOES_NOT_FIT, "vllm"),
    ({"engine": "abacus"}, "DR203", DOES_NOT_FIT, "Known: "),
    ({"gpu": "h100"}, "DR204", DOES_NOT_FIT, "h100_sxm"),
    ({"release": "1.4.9"}, "DR201", DOES_NOT_FIT, "1.4.2"),
    ({"release": ">=9"}, "DR202", DOES_NOT_FIT, "0.7.0 to 1.6.2, and main"),
    ({"release": "newest"}, "DR110", WRONG, ">=1.4,<1.7"),
    ({"driver": "x"}, "DR110", WRONG, "580.65.06"),
    ({"gpu": "h800:80:9"}, "DR110", WRONG, "h800:80Gi:9.0"),
]


@pytest.mark.parametrize(("words", "code", "status", "hint"), WRONG_WORDS)
def test_what_is_not_known_is_refused_with_what_is_near(words, code, status, hint):
    with pytest.raises(Refused) as caught:
        matrix(Filters(**words))
    (found,) = caught.value.findings
    assert (found.code, caught.value.status) == (code, status)
    assert hint in found.hint
    assert found.where.file == f"--{next(iter(words))}"


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(Refused) as caught:
        matrix(Filters("vlm", "h100", "x", "1.4.9"))
    assert sorted(each.code for each in caught.value.findings) == ["DR110", "DR201", "DR203", "DR204"]
