"""Answers that quote the passages: with quick word vectors, and with the real model where meaning matters."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from app.common.passages import Chunk, Passage
from app.common.vectors import Vectors
from app.services.answering.extractive import MAX_EMBEDDED, MAX_QUOTES, ExtractiveAnswerer
from app.services.embedding.opening import open_embedder
from app.services.embedding.source import DEFAULT_MODEL
from app.services.embedding.types import Embedder, OnBatch
from tests.fakes import HashEmbeddings

CHARGING = """Charging times

The supplied charger delivers 4 amperes. From empty, the battery is full after 4
hours 30 minutes. Charge only between 0 and 40 degrees Celsius."""
BRAKES = "New brake discs reach full power after bedding in. Brake 30 times from 25 km/h to walking pace."
PRICES = "| Part | Price |\n| --- | --- |\n| Quick charger BC-6 | 149 euros |\n| Neoprene sleeve | 34.90 euros |"
FAQ = "### Do I need a licence?\n\nNo. Both models count as bicycles and stop helping at the legal limit."
CRANE = "The harbour crane lifts forty tonnes and was built in 1962 by the Oskarsson works in the old town."


def passage(text: str, index: int = 0, score: float = 0.5) -> Passage:
    return Passage(Chunk("doc", index, text, 1, "", "manual.pdf", 0, len(text)), score)


def passages(*texts: str) -> list[Passage]:
    return [passage(text, index, 0.5 - index / 100) for index, text in enumerate(texts)]


@pytest.fixture
def quick() -> ExtractiveAnswerer:
    return ExtractiveAnswerer(HashEmbeddings())


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExtractiveAnswerer]:
    cache = tmp_path_factory.mktemp("model")
    with closing(open_embedder(DEFAULT_MODEL, backend="onnx", device="cpu", cache=cache)) as embedder:
        yield ExtractiveAnswerer(embedder)


def test_the_answering_sentence_is_quoted_with_the_number_of_its_passage(quick: ExtractiveAnswerer) -> None:
    answer = quick.answer("How many times must I brake?", passages(CHARGING, BRAKES))
    assert answer.found
    assert answer.quotes[0].passage == 2
    assert "Brake 30 times from 25 km/h to walking pace. [2]" in answer.text.splitlines()


def test_quotes_are_word_for_word(quick: ExtractiveAnswerer) -> None:
    given = passages(CHARGING, BRAKES, PRICES, FAQ)
    answer = quick.answer("When is the battery full after charging from empty?", given)
    assert answer.found
    for quote in answer.quotes:
        source = " ".join(given[quote.passage - 1].chunk.text.split())
        assert quote.text in source


def test_a_row_of_a_table_can_be_the_answer(quick: ExtractiveAnswerer) -> None:
    answer = quick.answer("What is the price of a neoprene sleeve?", passages(CHARGING, PRICES))
    assert answer.text == "Part: Neoprene sleeve; Price: 34.90 euros [2]"


def test_what_stands_under_a_question_answers_it_and_the_question_itself_is_not_quoted(
    quick: ExtractiveAnswerer,
) -> None:
    answer = quick.answer("Do I need a licence?", passages(CHARGING, FAQ))
    assert [quote.text for quote in answer.quotes] == [
        "No. Both models count as bicycles and stop helping at the legal limit."
    ]


def test_unrelated_passages_give_no_answer(quick: ExtractiveAnswerer) -> None:
    answer = quick.answer("Who won the chess championship?", passages(CHARGING, BRAKES, PRICES))
    assert (answer.text, answer.found, answer.quotes) == ("", False, ())


@pytest.mark.parametrize("given", [[], passages(""), passages(" \n---\n"), passages("## Only a heading")])
def test_passages_without_sentences_give_no_answer(quick: ExtractiveAnswerer, given: list[Passage]) -> None:
    answer = quick.answer("Is there anything?", given)
    assert (answer.text, answer.found, answer.score) == ("", False, 0.0)


@pytest.mark.parametrize("question", ["?", "the", "  ", "\x00", "a" * 5000])
def test_a_question_without_words_of_its_own_gives_no_answer(quick: ExtractiveAnswerer, question: str) -> None:
    assert not quick.answer(question, passages(CHARGING)).found


def test_overlapping_passages_are_not_quoted_twice(quick: ExtractiveAnswerer) -> None:
    whole = "From empty, the battery is full after 4 hours 30 minutes."
    cut = "the battery is full after 4 hours 30 minutes."
    answer = quick.answer("When is the battery full?", passages(f"{whole} {CRANE}", whole, cut))
    assert answer.text == f"{whole} [1]"


def test_a_sentence_that_is_as_good_is_quoted_too_and_both_stand_as_written(quick: ExtractiveAnswerer) -> None:
    text = "Lamp red shows battery full. Battery red shows lamp full. The crane is old."
    answer = quick.answer("Red lamp battery?", passages(text))
    assert [quote.text for quote in answer.quotes] == ["Lamp red shows battery full.", "Battery red shows lamp full."]


COVER = "## Length of cover\n\n| Part | Cover |\n| --- | --- |\n| Frame | 10 years |\n| Fork | 5 years |"


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("How long is the cover?", "Part: Frame; Cover: 10 years\nPart: Fork; Cover: 5 years"),
        ("How long is the cover of the fork?", "Part: Fork; Cover: 5 years"),
    ],
)
def test_a_small_table_is_quoted_whole_where_no_row_is_asked_for(
    real: ExtractiveAnswerer, question: str, quoted: str
) -> None:
    assert real.answer(question, passages(COVER)).text == f"{quoted} [1]"


def test_a_table_is_about_what_its_document_is_named_after(real: ExtractiveAnswerer) -> None:
    text = f"It lasts as long as the table says, for bicycles in private use.\n\n{COVER}"
    given = Passage(Chunk("doc", 0, text, 1, "", "warranty.md", 0, len(text)), 0.5)
    assert "10 years" in real.answer("How long is the warranty?", [given]).text


def test_the_sentence_with_what_is_asked_for_goes_first(quick: ExtractiveAnswerer) -> None:
    text = "The deposit for an order is refunded on request. The deposit for an order is 250 euros in total."
    assert "250 euros" in quick.answer("How much is the deposit for an order?", passages(text)).quotes[0].text


def test_a_code_that_no_passage_has_gives_no_answer(quick: ExtractiveAnswerer) -> None:
    text = "E15 on the display means that the battery is not recognised."
    assert quick.answer("What does E15 on the display mean?", passages(text)).found
    assert not quick.answer("What does E99 on the display mean?", passages(text)).found


def test_at_most_two_sentences_are_quoted(quick: ExtractiveAnswerer) -> None:
    text = " ".join(f"The battery of model number {n} is charged in hours." for n in range(20))
    answer = quick.answer("How many hours is the battery charged?", passages(text))
    assert 1 <= len(answer.quotes) <= MAX_QUOTES


def test_the_work_for_one_question_is_bounded() -> None:
    class Counting(HashEmbeddings):
        embedded = 0

        def embed_texts(
            self, texts: Sequence[str], on_batch: OnBatch | None = None, *, owner: str = "", urgent: bool = False
        ) -> Vectors:
            self.embedded += len(texts)
            return super().embed_texts(texts, on_batch, owner=owner, urgent=urgent)

    embedder = Counting()
    many = [passage(" ".join(f"Sentence {n} of chunk {i} is here." for n in range(30)), i) for i in range(50)]
    ExtractiveAnswerer(embedder).answer("What is in sentence 7 of chunk 3?", many)
    assert 0 < embedder.embedded <= MAX_EMBEDDED


def test_any_embedder_of_the_project_fits() -> None:
    embedder: Embedder = HashEmbeddings()
    assert ExtractiveAnswerer(embedder).answer("When is the battery full?", passages(CHARGING)).found


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How long until the battery is fully charged?", "4 hours 30 minutes"),
        ("At what temperatures may I charge?", "between 0 and 40 degrees"),
        ("How do I bed in new brakes?", "bedding in"),
        ("What does the quick charger cost?", "149 euros"),
        ("Is a licence required to ride it?", "count as bicycles"),
    ],
)
def test_the_real_model_finds_paraphrased_answers(real: ExtractiveAnswerer, question: str, answer: str) -> None:
    found = real.answer(question, passages(CHARGING, BRAKES, PRICES, FAQ, CRANE))
    assert answer in found.text


@pytest.mark.parametrize(
    "question",
    [
        "Who won the football world cup in 1998?",
        "How do I bake sourdough bread?",
        "Which visa do I need for Japan?",
        "How do I configure nginx as a reverse proxy?",
        "What are the side effects of ibuprofen?",
    ],
)
def test_the_real_model_refuses_what_the_passages_do_not_hold(real: ExtractiveAnswerer, question: str) -> None:
    assert not real.answer(question, passages(CHARGING, BRAKES, PRICES, FAQ, CRANE)).found
