"""What the processes of `serve` and `demo` read from their environment."""

import os

from loyalty.cli.connections import Servers
from loyalty.cli.serve import environment
from loyalty.settings import Settings


def test_children_call_the_service_by_the_address_that_the_command_chose() -> None:
    settings = Settings()
    before = os.environ.get("LOYALTY_PUBLIC_URL")
    with environment(settings, Servers("postgresql://a", "redis://b", embedded=True), "http://127.0.0.1:8123"):
        assert Settings().public_url == "http://127.0.0.1:8123"
    # As the demo does, whatever its port.
    settings.public_url = "http://127.0.0.1:8821"
    with environment(settings, Servers("postgresql://a", "redis://b", embedded=True), "http://127.0.0.1:8123"):
        assert Settings().public_url == "http://127.0.0.1:8821"
    assert os.environ.get("LOYALTY_PUBLIC_URL") == before
