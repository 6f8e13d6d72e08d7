"""A whole installation in processes of its own, as durable as in earnest, of which anything can be killed.

PostgreSQL and Valkey are the embedded ones, each out of a home of its own: of one home they end together.
"""

import asyncio
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

import migrations
from loyalty.auth.actions import create_key
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.embedded import acquire
from loyalty.programs.actions import ensure_storefront
from loyalty.rewards.actions import offer_reward
from loyalty.settings import Settings
from tests.loyalty.embedded.conftest import Household
from tests.together.services import Service, answering, free_port
from tests.together.till import ready

SERVERS = ("postgres", "valkey")


@dataclass
class Installation:
    """Where everything is, once it has been started."""

    folder: Path
    port: int = field(default_factory=free_port)
    services: dict[str, Service] = field(default_factory=dict)
    database_url: str = ""
    key: str = ""
    reward_id: str = ""
    _held: ExitStack = field(default_factory=ExitStack, repr=False)

    async def start(self, reward_points: int) -> None:
        """Start everything, with a programme that has a storefront and a reward."""
        self.database_url, _ = await self.serve("postgres")
        _, redis_url = await self.serve("valkey")
        await migrations.upgrade(self.database_url)
        await self._open_a_shop(reward_points)
        env = {"DATABASE_URL": self.database_url, "REDIS_URL": redis_url, "LOYALTY_POOL_SIZE": "4"}
        commands = {"api": ("serve", "--port", str(self.port), "--no-worker"), "worker": ("worker",)}
        for who, command in commands.items():
            self.services[who] = Service(self.folder / f"{who}.log", command, env)
            self.services[who].start()
        await ready(self.port, "ok", patience=60)

    async def serve(self, server: str) -> tuple[str, str]:
        """Have a server, started anew if need be; gives the addresses of its home."""
        servers = await asyncio.to_thread(acquire, self.folder / server)
        self._held.enter_context(servers)
        return servers.database_url, servers.redis_url

    async def _open_a_shop(self, reward_points: int) -> None:
        async with connect(Settings(pool_size=1), self.database_url) as database:
            async with database.session() as session:
                program = await start_program(session, "Shop", timezone="Europe/Paris", currency="EUR")
                storefront, _ = await ensure_storefront(session, program.program_id, "till")
                storefront_id = storefront.storefront_id
                assert storefront_id is not None
                self.key = await create_key(
                    session, program_id=program.program_id, mode=program.mode, storefront_id=storefront_id
                )
            async with database.writer() as connection:
                reward = await offer_reward(
                    connection,
                    program.program_id,
                    kind="fixed_discount",
                    name="a cent",
                    price_points=reward_points,
                    settings={"amount_minor": 1},
                )
        self.reward_id = str(reward.reward_id)

    async def kill(self, who: str) -> None:
        """Kill a server, a service, or (`answering`) the process below the API's that answers requests."""
        if who in SERVERS:
            os.kill(Household(self.folder / who).pid_of(who), signal.SIGKILL)
        elif who == "answering":
            os.kill(answering(self.services["api"].pid), signal.SIGKILL)
        else:
            await asyncio.to_thread(self.services[who].kill)

    async def revive(self, who: str) -> None:
        """Start again what was killed, as whoever supervises it would."""
        if who in SERVERS:
            await self.serve(who)
            return
        service = self.services["api" if who == "answering" else who]
        assert service.process is not None
        if who == "answering":
            await asyncio.to_thread(service.process.wait, 30)
        service.start()

    async def look(self) -> asyncpg.Connection:
        """Give a connection with all rights."""
        return await asyncpg.connect(self.database_url)

    def said(self) -> list[str]:
        """Give what the API called an error."""
        lines = self.services["api"].said.read_text().splitlines()
        return [line for line in lines if '"level": "error"' in line]

    def end(self) -> None:
        """End everything."""
        for service in self.services.values():
            service.end()
        self._held.close()
