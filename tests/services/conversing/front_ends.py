"""The shape of what front ends send for themselves: frames, keys and opening sentences as theirs, the rest our own."""

TALK = "USER: How many days of paid leave do employees get?\nASSISTANT: Employees get 27 days per year."


def _framed(task: str, output: str, talk: str = TALK) -> str:
    return (
        f"### Task:\n{task}\n### Guidelines:\n- Be brief, and keep to the chat's language.\n- Answer with JSON alone.\n"
        f"### Output:\nJSON format: {output}\n### Chat History:\n<chat_history>\n{talk}\n</chat_history>"
    )


OPEN_WEBUI = {
    "title": _framed(
        "Generate a concise title summarizing the chat history.", '{ "title": "your concise title here" }'
    ),
    "title-emoji": _framed(
        "Generate a concise, 3-5 word title with an emoji summarizing the chat history.", '{ "title": "a title" }'
    ),
    "tags": _framed("Generate 1-3 broad tags categorizing the main themes.", '{ "tags": ["tag1", "tag2", "tag3"] }'),
    "follow_ups": _framed(
        "Suggest 3-5 relevant follow-up questions that the user might ask next.",
        '{ "follow_ups": ["Question 1?", "Question 2?"] }',
    ),
    "queries": _framed(
        "Analyze the chat history to determine the necessity of generating search queries.",
        '{ "queries": ["query1", "query2"] }',
    ),
    "other-image": _framed("Generate a detailed prompt for an image generation task.", '{\n    "prompt": "a text"\n}'),
    "other-autocompletion": "### Task:\nYou are an autocompletion system. Continue the text in `<text>`.\n"
    '### **Output Rules**:\n- Respond only in JSON format: `{ "text": "<your_completion>" }`.\n'
    f"### Context:\n<chat_history>\n{TALK}\n</chat_history>\n<type>General</type>\n<text>How many</text>\n"
    "#### Output:\n",
    "other-emoji": "Your task is to reflect the speaker's likely facial expression through a fitting emoji. "
    "Interpret the message.\n\nMessage: ```Thank you!```",
    "other-merge": "You have been provided with a set of responses from various models to the latest user query: "
    '"How many days?"\n\nYour task is to synthesize these responses.\n\nResponses from models: 27; 28',
}
"""By what they ask for: a word of `Task`, and more where one is asked for in several ways."""

LIBRECHAT = (
    "Provide a concise, 5-word-or-less title for the conversation, using its same language, with no punctuation. "
    "Only return the title itself.\n\nConversation:\nUser: How many days of paid leave do employees get?\nAI: 27 days.",
    "Please generate a concise, 5-word-or-less title for the conversation, using its same language, with no "
    'punctuation.\n\n||>User:\n"How many days of paid leave do employees get?"\n||>Response:\n"27 days."\n\n||>Title:',
    "Please generate a concise title (max 40 characters) for a conversation that starts with:\n"
    "User: How many days of paid leave do employees get?\nAssistant: 27 days.\n\nTitle:",
    "Analyze this conversation and provide:\n1. The detected language of the conversation\n2. A concise title in the "
    "detected language\n\nUser: How many days of paid leave do employees get?\nAI: 27 days.",
)

FRAMED_QUESTION = (
    "### Task:\nRespond to the user query using the provided context.\n### Output:\nProvide a clear answer.\n"
    "<context>\nA crane.\n</context>\n<user_query>\nHow much does it lift?\n</user_query>"
)
