"""How English says it."""

from app.services.intents.wording import Wording

ENGLISH = Wording(
    language="en",
    noun="{kind}|{kinds}|{doc}|{docs}",
    before="""
        please|pls|kindly|so|ok|okay|and|then|now|well|alright|great|but|also|just|um|hey|hi|hello|thanks|thank you
        can you|could you|would you|will you|i want you to|i would like you to|i need you to|bot|assistant
    """,
    after="please|pls|thanks|thank you|for me|now|then|if possible|if you can|kindly|ok|okay|bot|assistant|today",
    parts={
        "docs": "documents|docs|files|pdfs|pdf (?:files|documents)|sources|uploads|texts|spreadsheets|presentations"
        "|word (?:files|documents)|excel (?:files|sheets)|csv files|text files",
        "doc": "document|doc|file|pdf|text|upload|source|spreadsheet|presentation",
        "kind": "document|file|pdf|text|upload|manual|handbook|report|contract|agreement|paper|article|book|ebook"
        "|presentation|slide deck|deck|spreadsheet|letter|policy|transcript|guide|brochure|study|thesis",
        "kinds": "documents|files|pdfs|texts|uploads|manuals|handbooks|reports|contracts|agreements|papers|articles"
        "|books|presentations|spreadsheets|letters|policies|transcripts|guides|brochures|studies",
        "have": "do you have|have you got|do you know|do you hold|do i have|have i uploaded|did i upload|i uploaded"
        "|i have uploaded|have i given you|did i give you|you have|you know|can you (?:see|access|search|use)"
        "|do you have access to|you have access to|are you (?:using|working with)"
        "|(?:are|were|have been) (?:available|uploaded|loaded|stored|indexed)(?: to you)?",
        "here": "here|right now|currently|at the moment|so far|already|in total|in all|altogether|access to|uploaded"
        "|(?:in|within) (?:your|my|the|this) (?:library|knowledge base|database|collection|system|memory|index|account)",
        "that": "(?:that|this|it|them|the above|what you (?:just )?(?:said|wrote))|{answer}",
        "answer": "(?:your|the|that|this) (?:(?:last|previous|latest|above|earlier|first) )?"
        "(?:answer|reply|response|message|explanation|summary|text|list)",
        "own": "your (?:(?:last|previous|latest|above|earlier|first|own) )?(?:answer|reply|response|message|explanation)"
        "|the (?:last|previous|above|earlier) (?:answer|reply|response|message)|what you (?:just )?(?:said|wrote)",
        "lang": "english|german|french|spanish|italian|portuguese|dutch|chinese|mandarin|japanese"
        "|korean|russian|polish|turkish|arabic|hindi|swedish|danish|norwegian|finnish|czech|greek|hungarian"
        "|romanian|ukrainian|hebrew|vietnamese|thai|indonesian|latin",
        "short": "shorter|briefly|more briefly|in short|more concisely|in brief|in fewer words|in a nutshell"
        "|in (?:just )?(?:one|a single|two|three|1|2|3|a few) (?:short )?(?:sentences?|words?|lines?|bullet points?)",
        "plain": "differently|in other words|in simpler (?:words|terms|language)|in simple (?:words|terms|language)"
        "|more simply|simply|in plain (?:english|language|words)|in your own words|in more detail|again",
        "shape": "(?:a |an )?(?:list|bullet points?|bulleted list|numbered list|table|email|e mail|letter|text)",
        "talking": "(?:our|this|the) (?:conversation|chat|discussion|dialogue|dialog)",
    },
    smalltalk={
        "greeting": """
            hi|hello|hey|hiya|howdy|yo|greetings|aloha|welcome back|nice to meet you|pleased to meet you
            good (?:morning|afternoon|evening|day)|morning|(?:hi|hello|hey) (?:there|all|everyone|again|team|bot|assistant)
        """,
        "thanks": """
            (?:ok |okay |great |perfect |cool |nice |many )?thanks?(?: a lot| a million| a bunch| again| so much| very much)?
            thank you(?: so much| very much| again| kindly)?|thx|ty|tysm|cheers|much appreciated
            (?:i )?(?:really )?appreciate (?:it|that|your help)
            (?:thanks|thank you)(?: so much| very much| a lot)? for (?:the|your|all the|all your) (?:quick |kind |great )?(?:help|answer|answers|info|information|support|reply|explanation|summary|time)
            (?:thanks|thank you) for (?:that|this|everything|helping|helping me|explaining)
            (?:that|this|it) (?:was|is) (?:very |really |so |all |extremely )?(?:helpful|useful|great|perfect|all i needed)|very helpful
            (?:that|this) (?:helped|helps)(?: me)?(?: a lot| very much)?|you (?:helped|have helped) me(?: a lot)?
        """,
        "goodbye": """
            bye|goodbye|good bye|bye bye|cya|see you|see ya|see you (?:later|soon|tomorrow|around)|good night|take care
            have a (?:nice|good|great|lovely) (?:day|evening|weekend|night|one|time)|farewell|talk to you (?:later|soon)
        """,
        "refusal": "no thanks|no thank you|nope|not now|no not now|no that is all|no that is it|nothing else|no more questions|never ?mind|that is all|that is it|that will be all",
        "praise": """
            great|awesome|perfect|nice|excellent|wonderful|well done|good job|great job|nice work|good bot|cool|amazing
            brilliant|fantastic|very good|very nice|lovely|super|i see|understood|got it|i got it|makes sense
            that makes sense|alright|all right|okay|ok|okey|fine|good|good to know|great answer|good answer|lol|haha|wow
        """,
        "wellbeing": """
            how are you(?: doing| feeling)?(?: today)?|how is it going|how do you do|what is up|sup|wassup
            how have you been|are you (?:ok|okay|there|alive|awake|ready|online)|is (?:anybody|anyone|someone) there|anyone there
        """,
        "identity": """
            who are you|what are you|what is your name|what should i call you|tell me about yourself|introduce yourself
            are you (?:a |an )?(?:bot|robot|chatbot|human|person|machine|ai|real|real person|chatgpt|gpt|computer)
            who (?:made|built|created|developed|programmed) you|(?:what|which) (?:ai |language )?model are you
        """,
        "abilities": """
            what can (?:you|this bot) do(?: for me)?|what can i ask(?: you)?(?: about)?|what do you do|what are you (?:for|able to do)
            how can you (?:help|assist|support)(?: me)?|what can you help(?: me)? with|(?:can|could) you help(?: me)?|help me|help
            how do you work|what are your (?:capabilities|abilities|features|functions|skills)|i need (?:some )?help
            how (?:do|can|should) i use (?:you|this chat|this bot)|what (?:kind|sort) of questions can i ask(?: you)?
        """,
    },
    opening={
        "abilities": "what is this|how does (?:this|it) work|what should i ask|what now|start|get started|test|testing|test test|menu|question|i have (?:a|some) questions?|can i ask (?:you )?(?:something|a question)",
        "list": """
            (?:list|show|show me|give me|name|display)(?: me)?(?: a list of| the list of)?(?: the)? {docs}
            what (?:do you have|is here|is in here|is there)|(?:what|which) {docs} are there|{docs}
        """,
        "count": "how many {docs}(?: are there)?|(?:what is )?the number of {docs}|number of {docs}",
        "newest": "(?:what|which) is the (?:newest|latest|most recent) {doc}",
    },
    inventory={
        "list": """
            (?:what|which)(?: kinds? of| sorts? of| other| of my)? {docs} {have}(?: {here})*
            (?:what|which)(?: kinds? of)? {docs} are (?:there )?(?:here|currently here|in (?:here|your memory|your library|the library|my library|the collection|my collection|the knowledge base|your knowledge base|this knowledge base|the database))
            what (?:have i uploaded|did i upload|have i given you|do you have access to|do you have (?:here|in your (?:library|memory|knowledge base|collection)))(?: {here})*
            what is in (?:your|my|the|this) (?:library|knowledge base|collection|document collection)|what do you (?:know|know about)|what (?:topics|subjects) do you (?:know|know about|cover)
            (?:list|show|show me|give me|tell me|name|enumerate|display|print|i want to see|i would like to see|let me see|can i see|may i see)(?: me)?(?: a list of| the list of| an overview of| the names of| the titles of)?(?: all(?: of)?)? (?:my|our|your|all|all the|the available|available|the uploaded|uploaded|the loaded|the existing|all available|all uploaded|all of the) {docs}(?: {here})*
            (?:list|show|show me|give me|tell me|name)(?: me)?(?: a list of| the names of| all)*(?: the)? {docs}(?: that| which)? (?:you (?:have|know|can see|hold|have access to)|i (?:have )?uploaded|are available|are uploaded|there are)(?: {here})*
            (?:a |the )?list of (?:all )?(?:my|your|all|the available|available|uploaded) {docs}|(?:an )?overview of (?:all )?my {docs}
            (?:all )?(?:my|your) {docs}
        """,
        "count": """
            how many(?: different)? {docs} {have}(?: {here})*
            how many {docs} are (?:there )?(?:here|in (?:here|your memory|your library|the library|my library|the collection|my collection|the knowledge base|your knowledge base|the database|total))
            (?:what is )?(?:the )?(?:total )?number of (?:my|your|uploaded|available|all|all my) {docs}|count (?:all )?(?:my|your|the uploaded|all|all the) {docs}
        """,
        "newest": """
            what (?:did i|have i) (?:upload(?:ed)?|add(?:ed)?) (?:last|most recently|recently|today|yesterday|lately)
            (?:what|which) (?:is|was) (?:the|my) (?:newest|latest|last|most recent) (?:upload|uploaded {doc}|{doc} i (?:have )?uploaded|{doc} you have)
            (?:what|which) (?:is|was) my (?:newest|latest|last|most recent) {doc}|which {doc} did i upload (?:last|most recently)
            (?:what|which) is the (?:newest|latest|most recent) {doc} in (?:my|your|the|this) (?:library|collection|knowledge base)
        """,
        "about": """
            do you have (?:anything|something|any {docs}|some {docs}|{docs}|a {doc}|any {doc}|material) (?:about|on|regarding|concerning|related to|dealing with|mentioning|covering|that (?:mentions?|deals? with|covers?|talks? about|is about|are about)) <topic>
            is there (?:a|any) {doc} (?:about|on|regarding|concerning|dealing with|mentioning|that (?:mentions|deals with|covers|talks about|is about)) <topic>
            are there (?:any )?{docs} (?:about|on|regarding|concerning|dealing with|mentioning|that (?:mention|deal with|cover|talk about|are about)) <topic>
            (?:which|what) (?:of (?:the|my|your) )?{docs} (?:are about|mention|talk about|deal with|say something about|are related to) <topic>
            (?:which|what) (?:of (?:the|my|your) )?(?:{docs}|{doc}) (?:is about|mentions|talks about|deals with|says something about) <topic>
            (?:find|show me|list|give me) (?:all |the |any )?{docs} (?:about|regarding|concerning|dealing with|mentioning|that (?:mention|deal with|talk about|are about)) <topic>
        """,
        "pages": """
            how many pages (?:does|do|has|have) <topic>(?: have| has| got| contain| comprise)?
            how many pages (?:are (?:there )?in|is|long is) <topic>
            when (?:was|were) <topic> (?:uploaded|added|ingested|indexed)(?: here)?|when did i (?:upload|add) <topic>|(?:what|which) (?:type|kind|sort) of (?:file|document) is <topic>
        """,
    },
    own_talk={
        "translate": """
            translate {own}(?: (?:in|into|to) <lang>)?|(?:say|repeat|write|give me|put|explain) {own}(?: again)? in <lang>
        """,
        "shorten": "(?:shorten|condense|summarize|abbreviate|sum up) {own}|(?:repeat|say|give me|put|explain) {own}(?: again)? {short}|make {own} (?:much )?(?:shorter|briefer|more concise)",
        "repeat": """
            (?:repeat|show me again|say again|quote) {own}(?: again| verbatim| word for word)?
            what (?:did you (?:just )?(?:say|answer|tell me|reply)|was your (?:last |previous |first )?(?:answer|reply|response)|have you just said)(?: just now| before| last| again| earlier)?
        """,
        "rephrase": "(?:rephrase|reword|reformulate|simplify|rewrite|elaborate on|expand on|explain) {own}(?: {plain})?|(?:say|put|explain|write) {own}(?: again)? {plain}|(?:turn|make|format|write|convert|put) {own} (?:into|as|in) {shape}",
        "first_question": """
            what (?:did i|have i) (?:ask|asked|say|said)(?: you)? (?:first|at first|at the (?:beginning|start|very beginning)|in the beginning|initially|originally)
            what (?:was|is) (?:my (?:very )?first (?:question|message)|the (?:very )?first (?:thing|question)(?: that)? i asked(?: you)?)
            what did i first ask(?: you)?|repeat my first question|how did (?:our|this) (?:conversation|chat) (?:begin|start)
        """,
        "last_question": """
            what (?:did i|have i) (?:just |last )?ask(?:ed)?(?: you)?(?: just now| last| before| earlier| previously| a (?:moment|minute) ago| just before(?: that)?)?
            what (?:was|is) my (?:last|previous|latest|earlier) (?:question|message)|repeat my (?:last |previous )?question|what was my question(?: again)?
            what was the (?:last|previous) (?:thing|question)(?: that)? i asked(?: you)?
        """,
        "questions": """
            what (?:have i|did i) ask(?:ed)?(?: you)? (?:so far|until now|up to now|in this conversation|in this chat)
            (?:what|which) (?:questions|things) (?:did i|have i) ask(?:ed)?(?: you)?(?: so far| until now| in this conversation)?
            (?:list|repeat|show|show me|summarize)(?: all)?(?: of)? my (?:previous |earlier |last )?questions(?: so far)?
        """,
        "minutes": """
            (?:summarize|recap|sum up|recapitulate) {talking}(?: so far| up to now| until now)?
            (?:give me |write )?(?:a |an )?(?:short |brief )?(?:summary|recap|overview|minutes) of {talking}(?: so far)?
            what (?:have|did) we (?:talk(?:ed)? about|discuss(?:ed)?|spoken about|cover(?:ed)?)(?: so far| until now| today| here)?
            summarize (?:what we (?:have )?(?:discussed|talked about|said)|everything we (?:have )?(?:discussed|talked about))(?: so far)?
        """,
        "source": "(?:what|which) (?:is|are|was|were) your sources?(?: for (?:that|this|it))?|(?:name|show|show me|give me|cite|list) your sources?",
    },
    talk={
        "translate": """
            translate(?: {that})?(?: (?:in|into|to) <lang>)?|(?:say|repeat|write|give me|put|tell me|answer|explain|give) {that}(?: again)? in <lang>
            (?:the same in|same in|all that in|again in|once more in) <lang>|(?:to|into) <lang>|(?:answer|reply|respond|write|speak) (?:to me )?(?:in )?<lang>
            what (?:does that mean|is that) in <lang>|how do you say (?:that|this|it) in <lang>|<lang> (?:please|version)
        """,
        "shorten": """
            (?:make|keep) {that} (?:a bit |a little |much )?(?:shorter|short|briefer|brief|more concise|concise)|(?:shorten|condense|abbreviate|sum up|summarize) {that}(?: {short})?
            (?:a bit |a little |much )?(?:shorter|briefer|more concise)(?: version)?|(?:a |the )?(?:short|shorter|brief) version|{short}|be brief(?:er)?|be more concise
            (?:repeat|say|give me|explain|put|tell me) {that}(?: again)? {short}|repeat {short}|tl ?dr|too long|(?:that is|that was|this is) too long|keep it short
        """,
        "repeat": "repeat(?: {that})?(?: again| once more)?|(?:say|tell me) {that} again|again|once (?:more|again)|one more time|come again|pardon|what did you say|what was {that}(?: again)?",
        "rephrase": """
            (?:rephrase|reword|reformulate|simplify|rewrite)(?: {that})?|(?:say|put|explain|write|tell me) {that}(?: again)? {plain}|{plain}
            (?:simpler|more simply|easier|more formal|more formally|less formal|more polite|more politely)|(?:make|write) {that} (?:simpler|clearer|easier|more formal|less formal|more polite|friendlier|easier to understand)
            i (?:do not|did not|still do not) (?:understand|get)(?: {that}| a word)?|what do you mean(?: by that| by this| with that)?|(?:that|this) is (?:not clear|unclear|confusing)
            (?:turn|make|format|write|convert|put|give me|show me|show) {that} (?:into|as|in) {shape}
        """,
        "first_question": "what was the first question|what came first",
        "why": "why|why is (?:that|this|it)(?: so| the case)?|why so|how come|why not|how is that|how so|what is the reason(?: for that)?|for what reason",
        "sure": "are you (?:really |absolutely |quite )?(?:sure|certain)(?: about (?:that|this|it)| of that)?|really|seriously|is (?:that|this|it) (?:really )?(?:true|right|correct|certain|so)|you are wrong|(?:that|this) is (?:wrong|not (?:right|correct|true)|incorrect|false)|says who|how do you know(?: that| this)?|i do not believe (?:that|you|it)|check (?:that|it|this)(?: again)?|double check(?: that| it)?",
        "source": """
            where does it say (?:that|this|so)|where (?:did you|do you) (?:find|get|read|see|have|take|know) (?:that|this|it)(?: from)?|where is (?:that|this|it) (?:from|written|stated|documented)
            (?:the |your )?sources?|(?:what|which) (?:is|was) the source (?:for|of) (?:that|this|your answer)|(?:can you |could you )?(?:show me|give me|cite|name|quote) (?:the|your) (?:source|sources|quote|passage|reference)
            (?:which|what) (?:document|file|pdf|page) (?:is (?:that|this|it) (?:in|from|on)|does (?:that|it|this) come from|says (?:that|so)|did you (?:use|get that from))
            (?:from|in|on) (?:which|what) (?:document|file|pdf|page)(?: is (?:that|this|it)| does it say that)?|(?:which|what) page
        """,
        "continue": "continue|go on|keep going|carry on|proceed|finish your (?:answer|sentence)|your answer (?:was|is|got) cut off",
        "reply": "yes|yeah|yep|yup|ja|yes (?:do|i do|i would|exactly|indeed|sure|do that|do it|go ahead|that one|that would be (?:great|nice|good|helpful))|go ahead|(?:please )?do(?: so| that| it)?|please do|i would (?:like|love) (?:that|to)|that would be (?:great|nice|good|helpful|lovely)|yes i would(?: like that)?|by all means|with pleasure|why not do that|let us do (?:that|it)|exactly",
    },
    orders={
        "translate": "in <lang>|<lang>",
        "rephrase": "(?:as|in|into) {shape}",
    },
    replies="no|nope|nah|not really|no need|sure|ok|okay|of course|certainly|absolutely|definitely|great|perfect|sounds good|sounds great|good|fine|why not|please|correct|right|true|good idea|great idea|please do|the (?:first|second|third|last)(?: one)?|both|all of them",
    offers="would you like|do you want|shall i|should i|do you need|would it help|can i (?:also )?(?:help|show|give)|may i|want me to|like me to|let me know if you|i can (?:also )?(?:list|show|give|explain|summarize|translate|provide|compare)",
    whole={
        "summary": """
            (?:summarize|sum up|recap|outline|abstract|describe|analy[sz]e|explain|condense)(?: to me| me| briefly| shortly)? (?:the|this|that|my|our|your|these|those|the whole|the entire|the full|the complete|the attached|the uploaded|this whole|this entire|all|all the|all my|both|both the|the two)(?: attached| uploaded| whole| entire)? (?:{docs}|{doc})(?: briefly| shortly| {short}| in detail)?
            (?:give me |write |create |make |provide |i need |i want |show me )?(?:me )?(?:a|an|the)? ?(?:short |brief |quick |concise |detailed |general |executive )?(?:summary|overview|synopsis|outline|abstract|gist|digest)(?: of| about| for)? (?:the|this|that|my|our|these|those|the whole|the entire|the attached|the uploaded|all|all the|all my|both)(?: attached| uploaded)? (?:{docs}|{doc})
            what (?:is|are) (?:the|this|that|my|these|those|the attached|the uploaded|all the|all these) (?:{docs}|{doc}) (?:about|all about|on|for)
            what (?:does|do) (?:the|this|that|my|these|those|the attached|the uploaded|all the) (?:{docs}|{doc}) (?:say|contain|describe|cover|deal with|talk about|tell us|hold|include|state|discuss)
            what are the (?:main|key|most important|central|important|major) (?:points|topics|findings|takeaways|ideas|conclusions|messages|facts|contents?) (?:of|in|from) (?:the|this|that|my|these|those|the whole|the attached|the uploaded|all|all the)(?: attached| uploaded)? (?:{docs}|{doc})
            tell me (?:what|everything)(?: is)? (?:in|about) (?:the|this|that|my) (?:{docs}|{doc})|what is (?:in|inside) (?:the|this|that|my|these|the attached|the uploaded) (?:{docs}|{doc})
        """,
        "compare": """
            (?:compare|contrast)(?: to me| me)? (?:the|these|those|both|both the|my|my two|the two|these two|all|all the|the three|the attached|the uploaded) {docs}(?: with (?:each other|one another)| to each other)?
            (?:what (?:is|are) )?(?:the )?(?:main |key )?(?:differences?|similarities) between (?:the|these|those|both|both the|my|the two|these two|my two|all|all the) {docs}
            how (?:do|are) (?:the|these|those|both|the two|these two|my|my two) {docs} (?:differ|different)(?: from each other)?
        """,
    },
    named={
        "summary": """
            (?:summarize|sum up|recap|outline|give me the gist of)(?: to me| me| briefly| shortly)? <topic>(?: briefly| shortly| {short}| in detail)?
            (?:give me |write |create |make |provide |i need |i want |show me )?(?:me )?(?:a|an|the)? ?(?:short |brief |quick |concise |detailed |general |executive )?(?:summary|overview|synopsis|outline|abstract|gist) (?:of|for) <topic>
        """,
        "compare": """
            (?:compare|contrast) <topic>|(?:what (?:is|are) )?(?:the )?(?:main |key )?(?:differences?|similarities) between <topic>
            how (?:do|does) <topic> differ|in what (?:way|ways|respect) (?:do|does) <topic> differ
        """,
    },
    asked={
        "summary": """
            what (?:is|are) <topic> (?:all )?about|what (?:does|do) <topic> (?:say|contain|describe|cover|deal with|talk about|discuss)
            what are the (?:main|key|most important|central|important|major) (?:points|topics|findings|takeaways|ideas|conclusions|messages|contents?) (?:of|in|from) <topic>
            what is (?:in|inside) <topic>|(?:describe|analy[sz]e|explain) <topic>|tell me (?:what is in|about) <topic>
        """,
        "count": """
            how many [a-z][a-z ]{1,60} (?:are|were) (?:there )?(?:listed|mentioned|named|recorded|reported|described|documented) in <topic>
            how many [a-z][a-z ]{1,60} (?:does|do) <topic> (?:list|mention|name|record|report|describe)
        """,
        "items": "(?:list|name|enumerate|give me|show me|extract)(?: me)?(?: a list of)? (?:all|every|each|all of)(?: the)? [a-z][a-z ]{1,60} (?:(?:listed|mentioned|named|recorded|described|that appear|which appear) )?(?:in|from) <topic>",
    },
    counted={
        "count": "how many [a-z][a-z ]{1,60} (?:are|were) (?:there )?(?:listed|mentioned|named|recorded|reported|documented)(?: in total| in all| altogether| there)?",
        "items": "(?:list|enumerate|extract) (?:all|every|each|all of)(?: the)? [a-z][a-z ]{1,60}",
    },
)
