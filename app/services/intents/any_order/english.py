"""The words of each kind in English."""

from app.services.intents.any_order.types import Free, FreeWords
from app.services.intents.english import ENGLISH

_DOCS = "{docs}|library|collection|knowledge base"
_THERE = "have|has|got|upload(?:ed)?|added|given|available|stored|loaded|indexed|access|see|know|here|my|your|our"
_OWNING = "i|we|you|are|is|there|so far|until now|currently|at the moment|at present|names?|titles?|all|every|of|did|been|already|do|into|from|were|with|kinds?|types?|sorts?|right|any|it|that"
_MATERIAL = "anything|something|any|some|info|information|material|content|details?|{docs}|{doc}"
_QUESTION = "questions?|asked|ask|message|prompt|query"
_ASKING = (
    "what|which|was|were|did|is|are|remind|repeat|tell|remember|do|you|ever|conversation|chat|that|this|with|again|i"
)
_SAYING = "say|put|write|repeat|tell|answer|reply|give|explain|rewrite|render|express|phrase|state"
_PIECE = "that|this|it|them|these|those|all|whole|thing|things|same|your|answer|reply|response|last|previous|version|everything|text|above|message|again|one more time|with|into|as|by|language|bit|little|much|more|way"
_FORMING = "give|get|have|make|write|create|provide|prepare|produce|need|want|i|would like|short|brief|concise|detailed|long|complete|executive|general|rough|high level|what|are|is|whole|entire|full|contents?|from|about|with|one|two|three|four|five|ten|sentences?|words?|lines?|bullets?|points?|paragraphs?|my|your|our|this|that|you|show|some|tell|let|know|inside|see|all|most important|{doc}"
_SIDES = "what|how|is|are|do|does|between|main|key|biggest|important|give|show|tell|find|explain|both|two|from|with|each other|one another|make|table|list|have|has|there|any|all|my|our|these|those|this|that|where|which|{docs}"

FREE_ENGLISH = FreeWords(
    wording=ENGLISH,
    glue="please|pls|kindly|me|us|to|for|of|in|on|a|an|the|just|really|quite|so|also|too|now|then|hey|hi|hello|ok|okay|well|and|thanks|thank you|can you|could you|would you|will you|can i (?:have|get|see)|could i (?:have|get|see)|is it possible|possible|maybe|perhaps|exactly|actually|quick|quickly|very|today",
    rules=(
        Free("conversation", "first_question", (_QUESTION, "first|initial|initially|beginning|start|started|earliest|originally", "my|i|we|our"), f"very|thing|at|with|{_ASKING}", when="answered"),
        Free("conversation", "last_question", (_QUESTION, "last|previous|just|earlier|prior|before|a (?:moment|minute) ago", "my|i"), f"one|{_ASKING}", when="answered"),
        Free("conversation", "questions", ("questions|asked", "what|which|list|show|all|repeat|every", "my|i"), f"have|so far|until now|already|today|things?|every|{_ASKING}", when="answered"),
        Free("conversation", "minutes", ("summarize|summary|recap|overview|sum up|what|minutes", "conversation|chat|discussion|dialogue?|discussed|discussing|talked|talking|talk|spoken|spoke", "our|we|this|the|us"), "have|did|about|so far|until now|been|was|were|give|make|write|short|brief|up|today|far|here|all|you|and i", when="answered"),
        Free("conversation", "source", ("sources?|citations?|references?|evidence", "your|you|that|this|it", "what|which|show|give|cite|name|where|list|tell"), "is|are|was|were|based|did|use|used|answer|statement|claim|from|got|get|exact|do|have|of", when="answered"),
        Free("conversation", "translate", ("translate|translated|translation",), f"{{lang}}|{_PIECE}|{_SAYING}", when="answered"),
        Free("conversation", "translate", ("{lang}", _SAYING), _PIECE, when="answered"),
        Free("conversation", "shorten", ("shorter|shorten|brief|briefly|briefer|concise|concisely|condense|condensed|summarize|summary|tl ?dr|sum up|nutshell|(?:fewer|a few|two|three|one|a single) (?:short )?(?:words?|sentences?|lines?)", "make|summarize|shorten|condense|sum up|version|" + _SAYING), _PIECE, when="answered"),
        Free("conversation", "rephrase", ("simple|simpler|simply|simplify|rephrase|reword|reformulate|paraphrase|(?:other|different|your own|easier|simpler|plain) (?:words|terms|language)|differently|plain english|clearer|clearly|easier|elaborate|like i am (?:5|five)|layman s terms|(?:more|greater) detail", "make|simplify|rephrase|reword|reformulate|paraphrase|elaborate|" + _SAYING), f"a child|on|{_PIECE}", when="answered"),
        Free("conversation", "rephrase", ("bullet points?|bullets|bulleted|numbered list|list|table|e ?mail|letter|markdown", "(?:put|turn|convert|format|rewrite|present|arrange|write|make|structure) (?:me )?(?:it|that|this|them|these|those|{answer}|an?)"), f"out|form|format|of|{_PIECE}", when="answered"),
        Free("conversation", "repeat", ("repeat|again|once more|one more time", "answer|reply|said|say|repeat|told"), "what|was|did|you|last|previous|that|this|it|your|back|have|just", when="answered"),
        Free("conversation", "sure", ("sure|certain|positive", "you"), "are|about|is|absolutely|100|percent|completely|that|this|it|answer|correct|right|true|of", when="answered"),
        Free("smalltalk", "thanks", ("thanks?(?: you)?|thank you|thx|ty|appreciate|appreciated|grateful",), "you|your|that|this|it|was|is|were|have|been|great|cool|perfect|super|awesome|nice|good|helpful|useful|help|helped|helping|answers?|info|information|explanation|much|lot|lots|many|again|all|i|am|job|work|needed|everything|amazing|clear|got it|s|one|makes sense", order=True),
        Free("smalltalk", "abilities", ("what|how|tell", "you", "help|assist|support|capable|able|good at|capabilities|skills|features|purpose"), "kinds?|sorts?|types?|things?|questions?|stuff|do|does|can|could|are|is|best|with|about|my|your|{docs}|here|tasks?|else"),
        Free("smalltalk", "abilities", ("what|which", "(?:can|could|should|may|might|do) i ask(?: you)?"), "kinds?|sorts?|types?|things?|questions?|stuff|about|here|else|topics?"),
        Free("inventory", "count", ("how many|number of|count|how much", _DOCS, _THERE), f"different|total|altogether|{_OWNING}"),
        Free("inventory", "list", ("what|what s|which|list|show|see|name|give|display|tell|view|browse", _DOCS, f"names?|titles?|{_THERE}"), _OWNING),
        Free("inventory", "about", (_MATERIAL, "have|has|got|is there|are there|find|know|do|does|contain|contains|hold|say|mention|there|see|search", "you|my|your|our|here|library|uploaded|{docs}"), "i|we|if|does|can|could|check|say|says|there|any|anything|uploaded|have|whether|it|that|which|all|of|tell|with|find|known|{have}", "about|on|regarding|concerning|related to|relating to|covering|mentioning", "(?:in|among|within) (?:here|(?:my|the|your|our|these) (?:{docs}|library|collection|knowledge base))"),
        Free("document", "compare", ("compare|comparison|contrast|difference|differences|differ|similarities|similarity|versus|vs|in common|discrepancies",), _SIDES, topic=True),
        Free("document", "summary", ("summarize|summary|summaries|overview|outline|gist|synopsis|abstract|tl ?dr|recap|sum up|digest|rundown|takeaways?|highlights|(?:key|main) (?:points?|facts?|ideas?|findings?|messages?|takeaways?|topics?|contents?)|essence|nutshell",), _FORMING, topic=True),
    ),
)  # fmt: skip
