"""How heavy the panel is for somebody who comes for the first time, and how light afterwards."""

from collections.abc import Callable

from tests.browser.conftest import OpenWindow
from tests.browser.harness import SECRET
from tests.browser.window import Window

PAGES = ("impact?period=2017-05", "kpis/retention_rate?period=2017-05", "members")
MOST_BYTES, MOST_REQUESTS = 1_600_000, 15
# What Core Web Vitals call good, of the best of a few: the machine has other things to do.
GOOD_LCP_MS, LOOKS = 2_500, 3
_LCP = """
() => new Promise((told) => new PerformanceObserver((list) => told(list.getEntries().at(-1).startTime))
  .observe({type: 'largest-contentful-paint', buffered: true}))
"""


class Network:
    """What a page fetched over the network: from which addresses, and how many bytes."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.sent: dict[str, str] = {}
        self.came: dict[str, int] = {}

    async def listen(self) -> None:
        session = await self.window.page.context.new_cdp_session(self.window.page)
        await session.send("Network.enable")
        session.on(
            "Network.requestWillBeSent", lambda told: self.sent.update({told["requestId"]: told["request"]["url"]})
        )
        session.on(
            "Network.loadingFinished",
            lambda told: self.came.update({told["requestId"]: int(told["encodedDataLength"])}),
        )

    async def of(self, path: str) -> tuple[list[str], int]:
        """Open a page; what the browser had kept came with no bytes, and what the page before began is not its own."""
        self.sent.clear()
        await self.window.open(f"/admin/p/1/{path}")
        fetched = {self.sent[number]: size for number, size in self.came.items() if size and number in self.sent}
        return list(fetched), sum(fetched.values())


async def test_the_first_view_is_light_and_the_next_brings_its_own_text_only(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    for path in PAGES:
        network = Network(await open_window(in_state("several"), SECRET))
        await network.listen()
        requests, size = await network.of(path)
        assert len(requests) <= MOST_REQUESTS, (path, requests)
        assert 0 < size <= MOST_BYTES, (path, size)
        requests, again = await network.of(path)
        assert len(requests) <= 1, (path, requests)
        assert again < size / 3, (path, again)
        paints = [await network.window.page.evaluate(_LCP)]
        for _ in range(LOOKS - 1):
            await network.of(path)
            paints.append(await network.window.page.evaluate(_LCP))
        assert 0 < min(paints) <= GOOD_LCP_MS, (path, paints)
