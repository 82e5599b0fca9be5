"""Where tests lie: in the room of what they test."""

from pathlib import Path

ROOT = Path(__file__).parents[1]

ABOUT_THE_WHOLE = {"compatibility", "crash", "docs", "hostile", "isolation", "postgres", "reading"}
"""Folders of tests about the whole service, not about one room of it."""
TESTED_ELSEWHERE = {"schemas", "shapes", "wiring"}
"""Rooms without a folder of tests: shapes are tested with the routes that use them, wiring with the whole service."""


def test_each_test_lies_in_a_room_of_the_app_or_is_about_the_whole() -> None:
    folders = {file.parent.relative_to(ROOT / "tests") for file in (ROOT / "tests").rglob("test_*.py")}
    strangers = {str(folder) for folder in folders if not (ROOT / "app" / folder).is_dir()}
    assert strangers == ABOUT_THE_WHOLE


def test_each_room_of_the_app_has_its_tests() -> None:
    modules = [file.relative_to(ROOT / "app") for file in (ROOT / "app").rglob("*.py") if file.stem != "__init__"]
    rooms = {module.parent for module in modules if "migrations" not in module.parts}
    untested = {str(room) for room in rooms if not list((ROOT / "tests" / room).glob("test_*.py"))}
    assert untested == TESTED_ELSEWHERE
