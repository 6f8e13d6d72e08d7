"""What every test of clean pages leans on can fail: a window notices each fault that is planted in a page."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.harness import SECRET

RULES = "/admin/p/1/rules"
FAULTS = {
    "an error on the console": "console.error('wrong')",
    "an exception": "new Promise((done) => setTimeout(() => { setTimeout(done, 50); throw new Error('wrong'); }))",
    "a script from elsewhere": """new Promise((done) => {
        const script = document.createElement('script');
        script.onerror = done;
        script.src = 'http://elsewhere.invalid/x.js';
        document.querySelector('main').append(script);
    })""",
    "a button without a name": "document.querySelector('main').append(document.createElement('button'))",
    # Not of the colour behind it: axe takes that for text that is hidden on purpose.
    "text that can hardly be read": "document.querySelector('h1').style.color = '#ddd'",
    "what sticks out": "document.querySelector('main').style.width = '3000px'",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_of_a_page_is_noticed(
    open_window: OpenWindow, in_state: Callable[[str], str], fault: str
) -> None:
    window = await open_window(in_state("several"), SECRET)
    await window.open(RULES)
    await window.assert_clean()
    await window.page.evaluate(FAULTS[fault])
    with pytest.raises(AssertionError):
        await window.assert_clean()


async def test_a_page_that_there_is_not_is_no_clean_one(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("several"), SECRET)
    await window.open(f"{RULES}/versions/99")
    with pytest.raises(AssertionError):
        await window.assert_clean()


async def test_the_door_is_not_taken_for_the_page_behind_it(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("several"))
    with pytest.raises(AssertionError):
        await window.open(RULES)
