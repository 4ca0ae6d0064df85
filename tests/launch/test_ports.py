import socket

import pytest

from dynamo_recipes.launch import ports


def listening(host):
    server = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
    server.bind((host, 0))
    server.listen()
    return server


def taken(number):
    with ports.held() as held:
        return held.taken(number)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "127.0.0.2"])
def test_a_listener_on_any_address_takes_the_port(host):
    with listening(host) as server:
        number = server.getsockname()[1]
        assert taken(number)
    assert not taken(number)


def test_a_closed_connection_does_not_count():
    with listening("127.0.0.1") as server:
        number = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", number))
        accepted, _ = server.accept()
        accepted.close()  # the server's side closes first: its port stays in TIME_WAIT
        client.close()
    assert ports.check("127.0.0.1", [number], ("frontend", "port")) == ()


def test_the_frontend_port_is_told_with_its_key():
    with listening("127.0.0.1") as server:
        number = server.getsockname()[1]
        (found,) = ports.check("127.0.0.1", [number], ("frontend", "port"))
        assert (found.code, found.where.path) == ("DR601", ("frontend", "port"))
        assert "frontend.port" in found.hint
    assert ports.check("127.0.0.1", [number], ("frontend", "port")) == ()


def test_an_address_of_another_machine_cannot_be_used():
    (found,) = ports.check("192.0.2.77", [8123], ("frontend", "port"))
    assert found.code == "DR601"
    assert "address of this machine" in found.hint


def test_what_one_run_holds_no_other_gets_and_its_process_can_bind():
    with listening("127.0.0.1") as server:
        number = server.getsockname()[1]
    with ports.held() as first, ports.held() as second:
        assert not first.taken(number)
        assert second.taken(number)
        with socket.socket() as process:
            process.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Dynamo's servers do
            process.bind(("127.0.0.1", number))
            process.listen()
            first.release()
            socket.create_connection(("127.0.0.1", number), timeout=5).close()


def test_a_name_that_is_none_is_a_finding_and_no_traceback():
    (found,) = ports.check("a..b", [8123], ("frontend", "port"))
    assert found.code == "DR601"
