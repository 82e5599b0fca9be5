"""The page in a real browser: upload, ask, open a source, stop, rename, rate, sign in, erase."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.api import TEXT, app_in
from tests.serving import serving
from tests.standin import Hang, StandIn, Status

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ADMIN = "the-admin-key-of-the-page"
ANSWER = "The crane was built in 1962 by the Oskarsson works [1]. It lifts forty tonnes [1]."
QUESTION = "Who built the crane?"
EXPECTED = re.compile("Failed to load resource")  # what the browser notes of each answer of 400 or more

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert BROWSER is not None
    if subprocess.run([BROWSER, "--version"], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip("Chromium is installed, but does not start")
    # A browser that runs as root, as in a container, cannot have a sandbox of its own.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def model() -> Iterator[StandIn]:
    with StandIn(answer=ANSWER) as standin:
        yield standin


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, new_stores: Path, model: StandIn) -> Iterator[str]:
    """The service in open mode, with a model."""
    folder = tmp_path_factory.mktemp("open")
    with serving(app_in(folder, new_stores, groq_api_key="gsk-test", groq_api_base=model.base_url)) as address:
        yield address


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, new_stores: Path) -> Iterator[str]:
    """The service in locked mode, where no passage is good enough for an answer."""
    with serving(
        app_in(tmp_path_factory.mktemp("locked"), new_stores, admin_api_key=ADMIN, min_relevance=1.5)
    ) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new tab; it fails the test when a script breaks or the policy stops something."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert [line for line in broken if not EXPECTED.search(line)] == []


def client_of(page: Page, name: str) -> None:
    """Choose a client of its own for a test."""
    page.get_by_role("button", name="New client").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Client", exact=True)).to_have_value(name)


def take(page: Page, *files: tuple[str, bytes]) -> None:
    given: list[Any] = [{"name": name, "mimeType": "text/plain", "buffer": data} for name, data in files]
    page.set_input_files("#files", given)


def with_crane(page: Page, address: str, client: str) -> None:
    page.goto(f"{address}/")
    client_of(page, client)
    take(page, ("crane.txt", TEXT.encode()))
    expect(
        page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Delete crane.txt"))
    ).to_contain_text("Ready")


def ask(page: Page, question: str = QUESTION) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_from_the_front_door_to_the_passage(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    expect(page.get_by_text("Upload a document to begin.")).to_be_visible()
    with_crane(page, address, "passage-co")
    expect(page.get_by_text("Answers come from 1 document")).to_be_visible()
    ask(page)
    expect(page.get_by_label("Questions and answers")).to_contain_text("The crane was built in 1962")
    citation = page.locator(".answer").get_by_role("button", name="Source 1: crane.txt").first
    citation.click()
    dialog = page.get_by_role("dialog", name="crane.txt")
    expect(dialog.locator("mark")).to_contain_text("licence, which is valid for five years")
    expect(dialog.locator("mark strong")).to_have_text("It was built in 1962 by the Oskarsson works.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(citation).to_be_focused()


def test_reasons_for_failures_are_shown_with_the_file(page: Page, address: str) -> None:
    page.goto(f"{address}/ui")
    client_of(page, "failing-co")
    take(page, ("archive.zip", b"PK"), ("empty.txt", b""), ("good.txt", TEXT.encode()))
    uploads = page.get_by_role("list", name="Uploads").get_by_role("listitem")
    expect(uploads.filter(has_text="archive.zip")).to_contain_text("This kind of file is not read here")
    expect(uploads.filter(has_text="empty.txt")).to_contain_text("empty")
    expect(page.get_by_role("button", name="Delete good.txt")).to_be_visible()
    take(page, ("again.txt", TEXT.encode()))
    expect(uploads.filter(has_text="again.txt")).to_contain_text("You have this file already.")


def test_a_large_file_is_read_in_the_background(page: Page, address: str) -> None:
    page.goto(f"{address}/ui")
    client_of(page, "large-co")
    with page.expect_request(lambda request: "async=true" in request.url):
        take(page, ("large.txt", TEXT.encode() + b" " * (1 << 20)))
    expect(page.get_by_role("button", name="Delete large.txt")).to_be_visible(timeout=20_000)


def test_dropped_files_are_uploaded(page: Page, address: str) -> None:
    page.goto(f"{address}/ui")
    client_of(page, "dropping-co")
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.txt"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        TEXT,
    )
    expect(page.get_by_role("button", name="Delete dropped.txt")).to_be_visible()


def test_a_stream_is_stopped_and_the_model_with_it(page: Page, address: str, model: StandIn) -> None:
    with_crane(page, address, "stopping-co")
    model.script(Hang(after_words=4))
    before = model.cancelled_calls
    ask(page)
    expect(page.locator(".answer")).to_contain_text("The crane was")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.", exact=True).first).to_be_visible()
    model.wait_until(lambda standin: standin.cancelled_calls == before + 1)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "question"


def test_how_much_was_read_is_said(page: Page, address: str) -> None:
    with_crane(page, address, "covered-co")
    ask(page, "Summarise crane.txt")
    expect(page.locator(".turn .note")).to_have_text("crane.txt: read whole, 1 of 1 page.")


def test_an_error_is_told_in_words(page: Page, address: str, model: StandIn) -> None:
    with_crane(page, address, "erring-co")
    model.script(Status(401))
    ask(page)
    expect(page.locator(".turn .note")).to_contain_text("language model")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_conversations_are_named_opened_exported_and_deleted(page: Page, address: str) -> None:
    with_crane(page, address, "talking-co")
    ask(page)
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "true")
    page.reload()
    listed = page.get_by_role("list", name="Conversations")
    listed.get_by_role("button", name=QUESTION).click()
    expect(page.locator(".answer")).to_contain_text("Oskarsson works")
    expect(page.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "true")
    listed.get_by_label("More for").click()
    with page.expect_download() as download:
        listed.get_by_role("button", name="Export as Markdown").click()
    assert ANSWER.split(" [", maxsplit=1)[0] in download.value.path().read_text(encoding="utf-8")
    listed.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Cranes")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(listed.get_by_role("button", name="Cranes")).to_be_visible()
    listed.get_by_label("More for Cranes").click()
    listed.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(listed).to_contain_text("None yet")


def test_what_is_deleted_and_erased_is_gone(page: Page, address: str) -> None:
    with_crane(page, address, "erased-co")
    page.get_by_role("button", name="Delete crane.txt").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Delete crane.txt")).to_be_focused()
    take(page, ("other.txt", b"Something else altogether."))
    expect(page.get_by_role("button", name="Delete other.txt")).to_be_visible()
    page.get_by_role("button", name="Delete crane.txt").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Delete crane.txt")).to_be_hidden()
    page.get_by_role("button", name="Erase this client").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(page.get_by_label("Client", exact=True)).not_to_have_value("erased-co")
    assert page.request.get(f"{address}/api/v1/clients/erased-co").status == 404


def test_text_from_documents_and_models_stays_text(page: Page, address: str, model: StandIn) -> None:
    page.goto(f"{address}/ui")
    client_of(page, "markup-co")
    evil = "<img src=x onerror=\"document.title='broken'\"><b>The crane</b> is built."
    take(page, ("<b>crane<b>.txt", evil.encode()))
    expect(page.locator("#document-list")).to_contain_text("<b>crane<b>.txt")
    model.answer = f"{evil} [1]"
    try:
        ask(page)
        expect(page.locator(".answer .cite")).to_be_visible()
    finally:
        model.answer = ANSWER
    assert page.locator(".turns b, .turns img, .rows b").count() == 0
    page.locator(".cite").click()
    expect(page.locator("#passage-text mark")).to_contain_text("<b>The crane</b>")
    assert page.title() == "Ask your documents"


def test_a_key_opens_one_client_and_stays_in_the_tab(page: Page, locked: str) -> None:
    admin = {"Authorization": f"Bearer {ADMIN}"}
    made = page.request.post(f"{locked}/api/v1/clients", headers=admin, data={"client_id": "keyed-co"}).json()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(f"{locked}/")
    page.get_by_label("API key").fill("crag_0123456789abcdef_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("key")
    page.get_by_label("API key").fill(made["api_key"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Client", exact=True)).to_have_value("keyed-co")
    expect(page.get_by_role("button", name="New client")).to_be_hidden()
    expect(page.locator("#problems")).to_be_empty()
    take(page, ("crane.txt", TEXT.encode()))
    expect(page.get_by_role("button", name="Delete crane.txt")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Delete crane.txt")).to_be_visible()
    ask(page, "Which zebras graze on Neptune?")
    expect(page.locator(".turn .note")).to_have_text("This answer does not rest on your documents.")
    assert made["api_key"] not in "".join(addresses)
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_focused()
    assert made["api_key"] not in page.evaluate("JSON.stringify(sessionStorage)")
    expect(page.get_by_text("crane.txt")).to_have_count(0)


def test_a_narrow_screen_shows_one_part_and_does_not_scroll_sideways(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/ui")
    client_of(page, "narrow-co")
    for name in ("Documents", "Conversations", "Chat"):
        page.get_by_role("navigation").get_by_role("button", name=name).click()
        expect(page.get_by_role("region", name=re.compile("conversation$|^Doc|^Conv"))).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
