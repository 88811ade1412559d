import asyncio
from typing import Any

from integrations.clients import Clients


async def current(clients: Clients[Any]) -> object:
    return clients.current()


def test_a_loop_keeps_its_client_and_another_loop_gets_its_own() -> None:
    clients = Clients(object)

    async def twice() -> tuple[object, object]:
        return clients.current(), clients.current()

    first, again = asyncio.run(twice())
    other = asyncio.run(current(clients))

    assert first is again
    assert other is not first


def test_the_client_of_a_loop_that_has_ended_is_forgotten() -> None:
    opened: list[list[int]] = []

    def open() -> list[int]:
        opened.append([])
        return opened[-1]

    clients = Clients(open)
    for _ in range(5):
        asyncio.run(current(clients))

    assert len(opened) == 5
    assert len(clients._clients) == 1


def test_a_released_client_is_opened_anew() -> None:
    clients = Clients(object)

    async def release() -> tuple[object, object, object]:
        return clients.current(), clients.release(), clients.release()

    client, released, nothing = asyncio.run(release())

    assert released is client
    assert nothing is None
