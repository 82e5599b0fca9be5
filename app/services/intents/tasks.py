"""Prompts that a front end sends for itself: for the title of a conversation, for tags, for questions to suggest.

Open WebUI and its relatives frame them (`### Task:`, `<chat_history>`) and name the key of the JSON they want;
LibreChat asks in a sentence and puts the conversation under it.
"""

import re
from collections.abc import Mapping

from app.services.intents.types import Reading, Task

HEAD = 1500
"""Characters at the beginning of a prompt in which its wording is looked for."""
INSTRUCTIONS_HEAD = 600

_FRAMED = re.compile(r"\s*#{2,4} *(?:Task|Instructions?|Aufgabe|Tâche|Tarea|任务)\s*[:：]", re.IGNORECASE)
_CONVERSATION = re.compile(
    r"<(?:chat_history|conversation|messages)>|^#{2,4} *(?:chat history|conversation)\b",
    re.IGNORECASE | re.MULTILINE,
)
_KEY = re.compile(r"[{\"“”'`]\s*\"?(title|tags|follow_ups|followups|queries|text|prompt|emoji)[\"“”'`]")
_KINDS: Mapping[str, Task] = {
    "title": "title", "tags": "tags", "follow_ups": "follow_ups", "followups": "follow_ups", "queries": "queries",
}  # fmt: skip
_TITLES = re.compile(
    r"""
    \s*(?:please\s+)?(?:provide|generate|write|create|give\s+me)\s+an?\s+[^.\n]{0,60}\btitle\b[^.\n]{0,80}
        \b(?:conversation|chat)\b.{0,400}?\n\s*(?:\|\|>\s*)?(?:conversation|chat|messages|user|human)\s*:
    |\s*analy[sz]e\s+this\s+conversation\s+and\s+provide:.{0,400}?\btitle\b
    |\s*detect\s+user\s+language\s+and\s+write\s+in\s+the\s+same\s+language\s+an\s+extremely\s+concise\s+title
    |\s*you\s+are\s+a\s+title[-\s]generator\b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_OTHERS = re.compile(
    r"""
    \s*your\s+task\s+is\s+to\s+reflect\s+the\s+speaker's\s+likely\s+facial\s+expression\s+through\s+a\s+fitting\s+emoji
    |\s*you\s+have\s+been\s+provided\s+with\s+a\s+set\s+of\s+responses\s+from\s+various\s+models\s+to\s+the\s+latest
    """,
    re.IGNORECASE | re.VERBOSE,
)


def read_task(message: str, instructions: str = "") -> Reading | None:
    """Return which of a front end's own prompts this is, or None: then it is somebody's message.

    A frame alone is not enough: front ends frame questions too, together with passages that they found themselves.
    """
    head = message[:HEAD]
    if _TITLES.match(head) or _TITLES.match(instructions[:INSTRUCTIONS_HEAD]):
        return Reading("task", "title")
    if _OTHERS.match(head):
        return Reading("task", "other")
    conversation = _CONVERSATION.search(message) if _FRAMED.match(head) else None
    keys = _KEY.findall(message[: conversation.start()]) if conversation else []
    return Reading("task", _KINDS.get(keys[-1], "other")) if keys else None
