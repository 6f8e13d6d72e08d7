"""The service in a process of its own, as its clients meet it, with a shop in which everything has happened once."""

from collections.abc import Iterator

import pytest

from tests.conftest import TestServers, execute, in_database
from tests.contract.service import Service, running
from tests.contract.story import Json, Said, Teller, tell

# A database of Redis that no worker's own tests empty.
_REDIS_DATABASE = 15


@pytest.fixture(scope="session")
def service(servers: TestServers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give the service, running on a database of its own."""
    name = f"{template}_contract"
    url = in_database(servers.database_url, name)
    execute(servers.database_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template}")
    redis = f"{servers.redis_url}{'&' if '?' in servers.redis_url else '?'}db={_REDIS_DATABASE}"
    with running(url, redis, tmp_path_factory.mktemp("contract") / "service.log") as service:
        yield service
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def document(service: Service) -> Json:
    """Give the OpenAPI document as it is served."""
    return service.document()


@pytest.fixture(scope="session")
def told_key(service: Service) -> str:
    """Give the key of the shop in which the story is told."""
    return service.open_shop("Told", mode="test")


@pytest.fixture(scope="session")
def said(service: Service, document: Json, told_key: str) -> dict[str, Said]:
    """Tell the story; gives a good call of every operation."""
    with service.client(told_key) as client:
        teller = Teller(client, document)
        tell(teller)
    return teller.said
