"""How processes find each other: the same on every release where it can be, and on loopback."""

import pytest

from dynamo_recipes.plan import infrastructure
from dynamo_recipes.plan.model import Member, OwnPort, Port, RunDir, Source, Text
from dynamo_recipes.support.data import release_names
from dynamo_recipes.support.releases import release

HUB = Source("id", "Qwen/Qwen3-0.6B")
SHARED = {
    "DYN_DISCOVERY_BACKEND": ("file",),
    "DYN_EVENT_PLANE": ("zmq",),
    "DYN_FILE_KV": (RunDir("discovery"),),
    "DYN_REQUEST_PLANE": ("tcp",),
    "DYN_TCP_RPC_HOST": ("127.0.0.1",),
}


def parts(variables) -> dict[str, tuple]:
    assert all(isinstance(each.value, Text) for each in variables)
    assert all(each.by == "infrastructure" and each.because for each in variables)
    assert len({each.name for each in variables}) == len(variables)
    return {each.name: each.value.parts for each in variables}


@pytest.mark.parametrize("version", release_names())
def test_every_process_gets_the_same_discovery_and_planes(version):
    can = release(version).can("response_plane")
    expected = SHARED | ({"DYN_RESPONSE_PLANE": ("tcp",)} if can else {})
    assert parts(infrastructure.for_all(release(version), HUB)) == expected


@pytest.mark.parametrize(
    ("version", "can"),
    [("1.4.2", False), ("1.6.0", True)],
)
def test_the_response_plane_is_said_only_where_the_release_knows_it(version, can):
    chosen = release(version)
    assert ("DYN_RESPONSE_PLANE" in parts(infrastructure.for_all(chosen, HUB))) == can
    assert ("response plane" in [each.what for each in infrastructure.choices(chosen)]) == can
    assert all(each.because for each in infrastructure.choices(chosen))


@pytest.mark.parametrize(
    ("model", "offline"),
    [(HUB, False), (Source("path", "./m"), True), (Source("packaged", "tiny"), True)],
)
def test_nothing_is_fetched_for_a_model_that_is_a_folder(model, offline):
    found = parts(infrastructure.for_all(release("1.4.2"), model))
    assert found.get("HF_HUB_OFFLINE") == (("1",) if offline else None)


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ((), {}),
        ((Port("http"),), {}),
        ((Port("http"), Port("system")), {"DYN_SYSTEM_PORT": (OwnPort("system"),), "DYN_SYSTEM_HOST": ("127.0.0.1",)}),
    ],
)
def test_a_process_with_a_system_port_is_told_its_own_number(ports, expected):
    assert parts(infrastructure.for_member(Member("m", (), ports=ports), release("1.6.0"))) == expected


@pytest.mark.parametrize(("version", "asked"), [("1.2.0", True), ("1.3.1", True), ("1.4.0", False), ("1.6.0", False)])
def test_workers_hand_out_the_models_files_where_they_do_so_only_when_asked(version, asked):
    """Without it the frontend of 1.2 and 1.3 looks for the served name on the hub, and never lists the model."""
    worker = Member("m", (), ports=(Port("system"),))
    found = parts(infrastructure.for_member(worker, release(version)))
    assert found.get("DYN_SELF_HOST_METADATA") == (("1",) if asked else None)
    assert "DYN_SELF_HOST_METADATA" not in parts(infrastructure.for_member(Member("f", ()), release(version)))


def test_the_variable_that_hides_the_model_on_1_4_is_never_set():
    """DYN_TCP_RESPONSE_STREAM_HOST on loopback keeps 1.4 from listing the model."""
    for version in release_names():
        assert "DYN_TCP_RESPONSE_STREAM_HOST" not in parts(infrastructure.for_all(release(version), HUB))
