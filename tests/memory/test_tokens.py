import pytest

from app.memory.tokens import estimate_tokens

# What the vocabularies of current models make of these (rounded), and how far the estimate may lie above.
KNOWN = [
    ("The notice period is three months to the end of a quarter, as the second section says.", 18, 1.5),
    ("if (x[i] != y[j]) { return foo(a, b) + 1; }", 21, 1.5),
    ("机器学习是人工智能的一个分支", 10, 1.6),
    ("Машинное обучение является разделом искусственного интеллекта", 16, 2.0),
    ("Die Kündigungsfrist beträgt drei Monate zum Quartalsende.", 15, 1.5),
]


@pytest.mark.parametrize(("text", "tokens", "above"), KNOWN)
def test_the_estimate_is_near_and_errs_upwards(text: str, tokens: int, above: float) -> None:
    assert tokens <= estimate_tokens(text) <= tokens * above


def test_nothing_costs_nothing_and_more_costs_more() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("a") == 2
    assert estimate_tokens("word " * 1000) >= 1000
    assert estimate_tokens("🙂" * 10) >= 10
    assert estimate_tokens("half \ud83d") > 0
