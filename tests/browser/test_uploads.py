"""Uploads in the browser: refusals, failures, a line that is gone, reloads, large files, and what the page does meanwhile."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from gallery import bin as photo_bin
from gallery.models import Image, Upload, User
from tests.browser.conftest import Site
from tests.browser.test_accessibility import objections
from tests.browser.uploading import (
    Line,
    choose,
    drop_folder,
    give,
    photos,
    process,
    wait_until_arrived,
)
from tests.make import make_album, photo_bytes, upload_photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MIB = 1024**2


def upload_page(site: Site, user: User) -> Page:
    page = site.open()
    site.sign_in(page, user)
    page.goto(f"{site.url}/upload/")
    return page


def expect_rows(page: Page, state: str, count: int) -> None:
    expect(page.locator(f'.files [data-state="{state}"]')).to_have_count(count, timeout=30_000)


def test_of_twenty_files_each_becomes_what_it_should(alice: User, site: Site, tmp_path: Path) -> None:
    files = photos(tmp_path / "camera", 16)
    known, binned, program, fake, empty = (
        tmp_path / name for name in ("known.jpg", "binned.jpg", "program.exe", "fake.jpg", "empty.jpg")
    )
    for path in (known, binned):
        path.write_bytes(photo_bytes(96, 64))
    image = upload_photo(alice, known.read_bytes()).image
    assert image is not None
    upload_photo(alice, binned.read_bytes())
    photo_bin.put(Image.objects.exclude(pk=image.pk))
    program.write_bytes(b"MZ" + bytes(5000))
    fake.write_bytes(b"MZ" + bytes(6000))
    empty.write_bytes(b"")
    page = upload_page(site, alice)
    refusals: dict[str, int] = {}

    def fail_twice(route: Route) -> None:
        victim = next(iter(refusals), route.request.url)
        if route.request.method == "PUT" and route.request.url == victim and refusals.get(victim, 0) < 2:
            refusals[victim] = refusals.get(victim, 0) + 1
            route.fulfill(status=503, headers={"access-control-allow-origin": "*"})
        else:
            route.continue_()

    page.route("**/originals/**", fail_twice)
    line = Line(page)
    page.evaluate(
        """() => {
          [window.titles, window.said] = [[], []];
          const watch = (element, note, options) => new MutationObserver(note).observe(element, options);
          watch(document.querySelector('title'), () => titles.push(document.title), { childList: true });
          watch(document.getElementById('uploader'), () => {
            const text = document.querySelector('#uploader [role=status]')?.textContent;
            if (text && text !== said.at(-1)) said.push(text);
          }, { childList: true, subtree: true });
        }"""
    )
    choose(page, *files[:15], files[15], known, binned, program, fake, empty)
    process(page, 17)
    expect_rows(page, "ready", 16)
    expect_rows(page, "refused", 3)
    assert sum(refusals.values()) == 2
    assert (
        len(set(line.sent)) == 17
    )  # the sixteen and the fake: what is there is not sent, nor what cannot be
    expect(page.get_by_text("is not a kind of photo")).to_be_visible()
    expect(page.get_by_text("The file is empty")).to_be_visible()
    expect(page.get_by_role("link", name="View known.jpg")).to_have_attribute(
        "href", image.get_absolute_url()
    )
    expect(page.get_by_role("link", name="Open the bin")).to_have_attribute("href", "/bin/")
    percents = [
        int(found[1]) for title in page.evaluate("titles") if (found := re.match(r"\((\d+)%\)", title))
    ]
    assert percents
    assert percents[-1] == 100
    *steps, end = page.evaluate("said")
    assert all(re.fullmatch(r"\d+0% uploaded", step) for step in steps)
    assert 1 <= len(steps) == len(set(steps))
    assert end == "17 photos are in your library. 1 in the bin. 3 refused."
    assert not objections(page)
    # Chromium reports both refusals by itself.
    site.complaints.clear()


def test_after_a_refusal_of_the_store_a_button_tries_again(alice: User, site: Site, tmp_path: Path) -> None:
    page = upload_page(site, alice)
    refusals: list[int] = []

    def refuse_twice(route: Route) -> None:
        if route.request.method == "PUT" and len(refusals) < 2:
            refusals.append(1)
            route.fulfill(status=403, headers={"access-control-allow-origin": "*"})
        else:
            route.continue_()

    page.route("**/originals/**", refuse_twice)
    choose(page, *photos(tmp_path / "camera", 1))
    retry = page.get_by_role("button", name="Retry IMG_000.jpg")
    expect(retry).to_be_visible(timeout=10_000)
    assert len(refusals) == 2
    site.complaints.clear()
    retry.click()
    process(page, 1)
    expect_rows(page, "ready", 1)


def test_after_a_reload_only_what_is_missing_is_sent(alice: User, site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "camera"
    photos(folder, 12)
    page = upload_page(site, alice)
    guards: list[str] = []

    def leave(dialog: Dialog) -> None:
        guards.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    line = Line(page, open_for=6)
    page.locator('[data-input="folder"]').set_input_files(str(folder))
    wait_until_arrived(page, 6)
    expect_rows(page, "processing", 6)
    page.get_by_role("heading", name="Add photos").click()
    page.reload()
    assert guards == ["beforeunload"]
    expect(page.get_by_text("6 of 12 uploaded. Choose the same folder to continue")).to_be_visible()
    assert not objections(page)
    line.open()
    line.sent.clear()
    page.locator('[data-input="folder"]').set_input_files(str(folder))
    process(page, 12)
    expect_rows(page, "ready", 12)
    assert len(line.sent) == 6
    expect(page.get_by_text("12 of 12 photos in your library")).to_be_visible()
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("Choose the same folder")).to_have_count(0)


def test_uploads_wait_for_the_line_and_for_people(alice: User, site: Site, tmp_path: Path) -> None:
    files = photos(tmp_path / "camera", 8)
    page = upload_page(site, alice)
    page.on("dialog", lambda dialog: dialog.accept())
    line = Line(page, open_for=2)
    choose(page, *files)
    wait_until_arrived(page, 2)
    expect_rows(page, "uploading", 6)

    page.context.set_offline(True)
    line.open()
    expect(page.get_by_text("Waiting for connection")).to_be_visible()
    expect_rows(page, "offline", 6)
    assert not objections(page)
    line.open_for = 0
    page.context.set_offline(False)
    expect_rows(page, "uploading", 6)

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused")).to_be_visible()
    expect_rows(page, "waiting", 6)
    page.get_by_role("button", name="Cancel IMG_007.jpg").click()
    expect_rows(page, "cancelled", 1)
    assert len(line.sent) == 2
    assert not objections(page)
    line.open()
    page.get_by_role("button", name="Resume").click()
    process(page, 7)
    expect_rows(page, "ready", 7)
    assert not Upload.objects.filter(filename="IMG_007.jpg").exists()
    assert Image.objects.count() == 7
    # Chromium reports lost connections by itself.
    site.complaints.clear()


def test_a_large_file_goes_on_where_it_broke_off(alice: User, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    file.write_bytes(photo_bytes(900, 600) + bytes(30 * MIB))
    page = upload_page(site, alice)
    page.on("dialog", lambda dialog: dialog.accept())
    line = Line(page, open_for=2)
    choose(page, file)
    expect(page.locator(".files .state")).to_contain_text("53%", timeout=20_000)
    assert len(line.wait_until_sent(2)) == 2
    page.reload()
    line.open()
    expect(page.get_by_text("0 of 1 uploaded")).to_be_visible()
    choose(page, file)
    process(page, 1)
    expect_rows(page, "ready", 1)
    numbers = [re.search(r"partNumber=(\d+)", url) for url in line.sent]
    assert sorted(int(found[1]) for found in numbers if found) == [1, 2, 3, 4]
    assert Image.objects.get().sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_hundred_files_take_few_signing_calls_and_six_connections(alice: User, site: Site) -> None:
    announced: list[int] = []
    page = site.open()
    site.sign_in(page, alice)
    page.on("request", lambda request: announced.append(1) if request.url.endswith("/api/uploads/") else None)
    line = Line(page)
    give(page, {f"IMG_{number}.jpg": photo_bytes(64, 48) for number in range(100)})
    wait_until_arrived(page, 100)
    expect_rows(page, "processing", 100)
    assert 1 <= len(announced) <= 3
    assert 2 <= line.most_at_once() <= 6


# A hundred files of 8 MB that share their bytes but the last, and one over what is read into memory whole.
MANY = """() => {
  const bytes = new Blob([new Uint8Array(8 * 2 ** 20)]);
  const transfer = new DataTransfer();
  for (let number = 0; number < 100; number += 1) {
    transfer.items.add(new File([bytes, new Uint8Array([number])], `IMG_${number}.heic`, { type: 'image/heic' }));
  }
  transfer.items.add(new File(Array(9).fill(bytes), 'large.heic', { type: 'image/heic' }));
  for (const type of ['dragover', 'drop']) {
    dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


def test_files_are_hashed_beside_the_page_and_not_by_it(alice: User, site: Site) -> None:
    page = upload_page(site, alice)
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    announced: dict[str, str] = {}

    def refuse(route: Route) -> None:
        files = json.loads(route.request.post_data or "")["files"]
        announced.update({file["filename"]: file["sha256"] for file in files})
        results = [
            {"client_ref": file["client_ref"], "status": "refused", "detail": "Not today"} for file in files
        ]
        route.fulfill(json={"results": results})

    page.route("**/api/uploads/", refuse)
    page.evaluate(MANY)
    expect(page.locator('.files [data-state="refused"]')).to_have_count(101, timeout=60_000)
    assert any("hash-worker" in url for url in workers)
    zeros = bytes(8 * MIB)
    assert announced["IMG_7.heic"] == hashlib.sha256(zeros + b"\x07").hexdigest()
    assert announced["large.heic"] == hashlib.sha256(zeros * 9).hexdigest()


def test_a_folder_is_dropped_on_an_album_and_a_picture_pasted(
    alice: User, site: Site, tmp_path: Path
) -> None:
    album = make_album(alice)
    folder = tmp_path / "camera"
    photos(folder, 2)
    photos(folder / "inside", 2)
    (folder / ".hidden.jpg").write_bytes(b"hidden")
    page = site.open()
    site.sign_in(page, alice)
    page.goto(f"{site.url}{album.get_absolute_url()}")
    drop_folder(page, folder)
    expect(page.locator(".files li")).to_have_count(4)
    give(page, {"image.png": photo_bytes(96, 64, kind="PNG")}, "paste")
    process(page, 5)
    expect_rows(page, "ready", 5)
    assert album.images.count() == 5
    page.get_by_role("link", name="Show them").click()
    expect(page.locator(".grid img")).to_have_count(5)


def test_an_interrupted_drop_is_remembered_by_the_library(alice: User, site: Site) -> None:
    page = site.open()
    site.sign_in(page, alice)
    Line(page, open_for=0)
    give(page, {"IMG_1.jpg": photo_bytes(96, 64)})
    expect_rows(page, "uploading", 1)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_text("0 of 1 uploaded")).to_be_visible()
    page.get_by_role("button", name="Forget them").click()
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("0 of 1 uploaded")).to_have_count(0)


def test_after_signing_in_again_in_another_tab_uploads_go_on_for_the_same_person_only(
    alice: User, bob: User, site: Site, tmp_path: Path
) -> None:
    page = upload_page(site, alice)
    other = page.context.new_page()
    first, second = photos(tmp_path / "camera", 2)

    def change_over(user: User) -> None:
        page.context.clear_cookies()
        site.sign_in(other, user)

    change_over(bob)
    choose(page, first)
    expect_rows(page, "failed", 1)
    assert not Upload.objects.exists()
    change_over(alice)
    choose(page, second)
    page.get_by_role("button", name="Retry IMG_000.jpg").click()
    process(page, 2)
    expect_rows(page, "ready", 2)
    assert set(Image.objects.values_list("owner", flat=True)) == {alice.pk}
    # Chromium reports what was refused by itself.
    site.complaints.clear()
