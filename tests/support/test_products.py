"""GPUs that a machine has: from what the driver calls them to names of the table, and what is then known of them."""

import pytest

from dynamo_recipes.support import data, gpus
from dynamo_recipes.support.facts import Gpu

TABLE = data.load("gpus.json")

PRODUCTS = [(name, each) for name, raw in TABLE.items() for each in raw["product_names"] or ()]


@pytest.mark.parametrize(("name", "product"), PRODUCTS)
def test_each_product_is_found_however_it_is_spelt(name, product):
    spellings = (
        product,
        product.replace(" ", "-"),
        product.replace(" ", "_"),
        product.upper(),
    )  # driver, labels, files
    assert {gpus.named(each) for each in spellings} == {name}


def test_no_two_gpus_share_a_product_and_each_has_its_source():
    assert len({product.casefold() for _, product in PRODUCTS}) == len(PRODUCTS)
    with_source = {name for name, raw in TABLE.items() if "NVML" in raw["sources"]}
    assert with_source == {name for name, _ in PRODUCTS}
    assert "l40" not in with_source, "what the driver calls an L40 was not found"
    assert gpus.named("NVIDIA L40") == "NVIDIA L40"


@pytest.mark.parametrize("product", ["NVIDIA H100", "NVIDIA H200 NVL", "NVIDIA L", "", "h100_sxm", "x" * 1000])
def test_another_product_keeps_its_name(product):
    assert gpus.named(product) == product


KNOWN = gpus.known("h100_sxm")
UNVERIFIED = gpus.known("h200_sxm")
ROWS = [
    (("h100_sxm", None, None), KNOWN),
    (("h100_sxm", 81559, "9.0"), KNOWN._replace(memory_mib=81559)),
    (("h100_sxm", 81559, "9.9"), KNOWN._replace(memory_mib=81559, compute_capability="9.9", verified=False)),
    (("h200_sxm", None, "9.0"), UNVERIFIED),
    (("h200_sxm", 143771, "9.0"), UNVERIFIED._replace(memory_mib=143771, verified=True)),
    (("NVIDIA X", 1024, "9.0"), Gpu("NVIDIA X", "9.0", 1024, "hopper", verified=False)),
    (("NVIDIA X", None, None), Gpu("NVIDIA X", verified=False)),
    (("NVIDIA X", 1024, "3.5"), Gpu("NVIDIA X", "3.5", 1024, verified=False)),
]


@pytest.mark.parametrize(("given", "expected"), ROWS, ids=lambda each: str(each)[:40])
def test_what_is_known_of_a_gpu_in_a_machine(given, expected):
    assert gpus.on_machine(*given) == expected
    assert UNVERIFIED.verified is False
