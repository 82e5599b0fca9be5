"""Order of candidates."""

from app.common.passages import Chunk, Passage
from app.services.retrieval.ranking import rank


def _passage(text: str, score: float, section: str = "") -> Passage:
    return Passage(Chunk("doc", 0, text, 1, section, "file", 0, len(text)), score)


def _texts(question: str, *passages: Passage) -> list[str]:
    return [passage.chunk.text for passage in rank(question, passages)]


def test_without_common_words_the_nearest_comes_first() -> None:
    assert _texts("zebra", _passage("far", 0.2), _passage("near", 0.5)) == ["near", "far"]


def test_a_rare_word_of_the_question_lifts_a_passage_that_is_nearly_as_near() -> None:
    passages = [_passage("the pump makes a noise", 0.45), _passage("error E15 the pump is dry", 0.35)]
    assert _texts("What does E15 mean for the pump?", *passages)[0].startswith("error E15")


def test_words_do_not_lift_a_passage_that_is_far_off() -> None:
    assert _texts("the price of pumps", _passage("costs", 0.7), _passage("the price of pumps", 0.1))[0] == "costs"


def test_headings_count_as_words_of_the_passage() -> None:
    passages = [_passage("four hours", 0.4), _passage("six hours", 0.38, section="Drover > Charging")]
    assert _texts("charging the drover", *passages)[0] == "six hours"


def test_scripts_without_spaces_are_matched_by_letter() -> None:
    assert _texts("東京塔", _passage("大阪城", 0.40), _passage("東京塔は高い", 0.38))[0] == "東京塔は高い"


def test_scores_stay_cosine_similarities_and_nothing_is_lost() -> None:
    ranked = rank("a", [_passage("a", 0.1), _passage("b", 0.2)])
    assert sorted(passage.score for passage in ranked) == [0.1, 0.2]
    assert rank("a", []) == []
