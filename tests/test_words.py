"""Plain words, and log calls in one idiom."""

import ast
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def findings() -> Callable[[str], list[tuple[int, str, str]]]:
    """The function of scripts/check_words.py, as a list."""
    spec = importlib.util.spec_from_file_location("check_words", ROOT / "scripts" / "check_words.py")
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda text: list(module.findings(text))


@pytest.mark.parametrize(
    "text",
    [
        "Return those behind the cursor.",
        "The index is made Anew.",
        "Tell what\nbecame\n    of each file.",
        "# All of it but\n# for the last.",
    ],
)
def test_a_riddle_is_found_also_where_a_line_ends(findings: Any, text: str) -> None:
    ((line, words, instead),) = findings(f"\n{text}")
    assert line >= 2
    assert words.lower() in " ".join(text.replace("#", " ").split()).lower()
    assert instead


def test_words_that_say_what_they_mean_are_left_alone(findings: Any) -> None:
    for text in (
        "It leaves nothing behind.",
        "Put it behind your own service.",
        "Run it behind a proxy.",
        "Renewable.",
    ):
        assert findings(text) == []


def _log_calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id.lower().strip("_") == "logger":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_log_calls_name_an_event_and_put_its_values_into_fields() -> None:
    calls = list(_log_calls())
    assert len(calls) > 20
    for place, call in calls:
        assert isinstance(call.func, ast.Attribute)
        assert ast.unparse(call.func.value) == "logger", place
        events = call.args[1:] if call.func.attr == "log" else call.args
        assert len(events) == 1, f"{place}: values belong into extra"
        (event,) = events
        text = event.value if isinstance(event, ast.Constant) else ""
        assert not isinstance(event, ast.JoinedStr), place
        assert "%" not in str(text), place
        assert {keyword.arg for keyword in call.keywords} <= {"extra"}, place


def test_a_client_is_called_client_in_every_log_line() -> None:
    for place, call in _log_calls():
        for keyword in call.keywords:
            if isinstance(keyword.value, ast.Dict):
                names = {key.value for key in keyword.value.keys if isinstance(key, ast.Constant)}
                assert "client_id" not in names, place
