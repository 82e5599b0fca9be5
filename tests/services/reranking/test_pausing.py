"""When a failing server is asked again."""

from app.services.reranking.pausing import Pause


def test_one_question_tries_again_after_each_pause_until_one_succeeds() -> None:
    now = [0.0]
    pause = Pause(failures=2, seconds=10, clock=lambda: now[0])
    pause.note_failure()
    assert pause.lets_through()
    pause.note_failure()
    assert not pause.lets_through()
    now[0] = 10.0
    assert [pause.lets_through(), pause.lets_through()] == [True, False]
    now[0] = 20.0
    assert pause.lets_through()
    pause.note_success()
    assert [pause.lets_through(), pause.lets_through()] == [True, True]
