"""`python -m tests.contract.examples`: have the story told, and keep what was said as the documentation's examples."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec

import loyalty.web
import migrations
from loyalty.embedded import acquire
from tests.contract.service import running
from tests.contract.story import Said, Teller, tell

FILE = Path(loyalty.web.__file__).with_name("examples.json")
_MOST_BYTES, _MOST_ITEMS = 2_000, 2


def shortened(told: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave of a long answer the first items of its lists."""
    if len(msgspec.json.encode(told)) <= _MOST_BYTES:
        return told
    if isinstance(told, list):
        return [shortened(item) for item in told[:_MOST_ITEMS]]
    if isinstance(told, dict):
        return {name: shortened(inner) for name, inner in told.items()}
    return told


def example(said: Said) -> dict[str, Any]:
    """Write a call down as an example."""
    shown = {"parameters": said.parameters, "request": shortened(said.body), "response": shortened(said.answer)}
    return {name: value for name, value in shown.items() if value is not None or name == "response"}


def main() -> None:
    """Tell the story to a service started for it."""
    with tempfile.TemporaryDirectory() as home, acquire(Path(home) / "servers", fsync=False) as servers:
        asyncio.run(migrations.upgrade(servers.database_url))
        with (
            running(servers.database_url, servers.redis_url, Path(home) / "log") as service,
            service.client(service.open_shop("Examples", mode="test")) as client,
        ):
            teller = Teller(client, service.document())
            tell(teller)
    shown = {name: example(said) for name, said in sorted(teller.said.items())}
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(shown), indent=1) + b"\n")


if __name__ == "__main__":
    main()
