"""What counts as the same word: case, diacritics, endings, separators of codes, and scripts without spaces."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.words.analysis import MOST_WORDS, fold, language_of, question_words, terms
from app.services.words.languages import UNKNOWN

GERMAN = "Der Kran hebt vierzig Tonnen und ist seit dem Jahr 1962 in dem Hafen, wo er von den Werken gebaut wurde."
FRENCH = "La grue du port soulève quarante tonnes et elle est dans le port depuis que les ateliers l'ont construite."


def meets(question: str, text: str, language: str = UNKNOWN) -> set[str]:
    """The words of the question that the text has, in some form."""
    found = set(terms(text, language)[0])
    return {word.text for word in question_words(question, [language]) if found.intersection(word.forms)}


@pytest.mark.parametrize(
    ("question", "text", "language"),
    [
        ("CRANE", "the crane", UNKNOWN),
        ("naive cafe", "Naïve CAFÉ", UNKNOWN),
        ("STRASSE", "Straße", "german"),
        ("cranes lifting", "a crane lifts", "english"),
        ("Garantien", "die Garantie", "german"),
        ("garantías", "la garantía", "spanish"),
        ("договоры", "договор", UNKNOWN),
        ("warranties", "warranty", UNKNOWN),
        ("BX-7250", "the bx7250 battery", UNKNOWN),
        ("bx 7250", "battery BX-7250", UNKNOWN),
        ("E-102", "error E102", UNKNOWN),
        ("12,4", "12.4 volts", UNKNOWN),
        ("1234", "1,234 pieces", UNKNOWN),
        ("AT&T", "at&t", UNKNOWN),
        ("US", "the U.S. market", UNKNOWN),
        ("C++", "written in c++", UNKNOWN),
        ("FY2015", "in 2015", UNKNOWN),
        ("保修", "保修期为两年", UNKNOWN),
        ("保証期間", "この保証期間は二年です", UNKNOWN),
        ("보증", "보증기간은 2년입니다", UNKNOWN),
        ("การรับประกัน", "ระยะเวลาการรับประกันสองปี", UNKNOWN),
        ("ضمان", "الضَّمَان", UNKNOWN),
        ("אחריות", "האחריות", UNKNOWN),
        ("האחריות", "אחריות", UNKNOWN),
        ("ΕΓΓΎΗΣΗ", "εγγύησης", UNKNOWN),
        ("đảm bảo", "đảm bảo hai năm", "vietnamese"),
        ("１２３", "123", UNKNOWN),
    ],
)
def test_a_word_is_found_in_its_other_forms(question: str, text: str, language: str) -> None:
    assert meets(question, text, language), terms(text, language)


@pytest.mark.parametrize(
    ("question", "text"), [("E-102", "E-103"), ("12.4", "12.5"), ("BX-7250", "BX-7260"), ("Kran", "Krankheit")]
)
def test_other_codes_and_words_are_not_the_same(question: str, text: str) -> None:
    whole = question_words(question, [UNKNOWN])[-1 if "-" in question else 0]
    assert not set(whole.forms).intersection(terms(text, UNKNOWN)[0])


def test_two_capitalised_words_are_a_name() -> None:
    assert "maria keller" in terms("Ask Maria Keller, who knows.", "english")[0]
    for question in ("Who is Maria Keller?", "who is maria keller"):
        assert "maria keller" in {word.text for word in question_words(question, ["english"]) if word.is_pair}


def test_function_words_are_left_out_unless_there_is_nothing_else() -> None:
    assert [word.text for word in question_words("what is the crane", ["english"]) if not word.is_pair] == ["crane"]
    assert [word.text for word in question_words("what is it", ["english"]) if not word.is_pair] == ["what", "is", "it"]
    assert [word.text for word in question_words("was ist der Kran", ["german"]) if not word.is_pair] == ["kran"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "german"),
        (FRENCH, "french"),
        ("The crane lifts forty tonnes and it was built by the works in the port.", "english"),
        ("保修期为两年", UNKNOWN),
        ("BX-7250 12.4 E102", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_documents_language_is_told_by_its_function_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_long_question_is_bounded() -> None:
    words = question_words(" ".join(f"word{number}" for number in range(5000)), ["english", "german"])
    assert sum(not word.is_pair for word in words) == MOST_WORDS
    assert sum(word.is_pair for word in words) <= MOST_WORDS


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_any_text_has_terms_without_error(text: str) -> None:
    found, length = terms(text, "english")
    assert length <= len(text) * 3
    assert all(term and len(term) <= 45 for term in found)
    question_words(text, ["english", "german", UNKNOWN])
    fold(text)
    language_of(text)


def test_threads_have_stemmers_of_their_own() -> None:
    failed: list[int] = []

    def work() -> None:
        texts = (f"Kräne{number} Kränen Kran" for number in range(3000))
        failed.extend(n for n, text in enumerate(texts) if "kran" not in terms(text, "german")[0])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
