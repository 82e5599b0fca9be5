"""The words of each kind in Chinese."""

from app.services.intents.any_order.types import Free, FreeWords
from app.services.intents.chinese import CHINESE

_THERE = "(?<!需要)(?<!应)有|(?<!可以)(?<!能)(?:上传|上傳)|我的|你的|现有"
_OWNING = "了|过|過|到|里面|裡面|里|裡|这里|這裡|目前|现在|現在|都|所有|全部|名字|名称|列表|清单|清單|库|系统|知识|中|些|已经|已經|一共|总共|份|传|存"
_PIECE = "成|为|為|到|刚才|剛才|刚刚|剛剛|上面|前面|之前|回答|答案|回复|话|話|内容|內容|它|这个|這個|那个|那個|段|用|一遍|再|句|语言|的|更|得|点|點|一些|些|下|一"

FREE_CHINESE = FreeWords(
    wording=CHINESE,
    glue="请问|請問|请|請|帮我|幫我|麻烦|麻煩|一下|可不可以|可以|能不能|能否|能|吗|嗎|呢|吧|啊|呀|把|给我|給我|给|我们|我|你|您|的|了|就|是|想要|想|要|来|來|做|个|個|一份|这|這|那",
    rules=(
        Free("conversation", "first_question", ("第一|最开始|最開始|一开始|一開始|最初|最先|首先|开头", "问|問", "我"), "题|題|什么|什麼|啥|过|過|个|記得|记得|哪个|还", when="answered"),
        Free("conversation", "last_question", ("刚才|剛才|刚刚|剛剛|上一|上个|前一|之前", "问|問", "我"), "题|題|什么|什麼|啥|过|過|个|记得|还", when="answered"),
        Free("conversation", "minutes", ("总结|總結|概括|回顾|回顧|什么|什麼|哪些|梳理", "对话|對話|聊|谈|談|讨论|討論"), "我们|我們|内容|內容|过|過|天|话|刚才|到目前为止|目前|都|些|这次", when="answered"),
        Free("conversation", "translate", ("翻译|翻譯|译|譯",), f"{{lang}}|{_PIECE}", when="answered"),
        Free("conversation", "translate", ("{lang}", "说|說|写|寫|回答|讲|講|重复|表达|解释"), f"换|改|{_PIECE}", when="answered"),
        Free("conversation", "shorten", ("短|简短|簡短|精简|精簡|概括|总结|總結|缩短|縮短|简洁|簡潔|一句话|一句話|两句话|几句话", "说|說|写|寫|回答|讲|概括|总结|總結|缩短|縮短|精简|一点|一點|一些|短"), _PIECE, when="answered"),
        Free("conversation", "rephrase", ("简单|簡單|通俗|易懂|详细|詳細|换个说法|换一种说法|换种方式|表格|列表|要点|清单|简化", "说|說|写|寫|解释|解釋|讲|講|做成|列成|整理成|变成|改成|简化|换"), f"方式|说法|{_PIECE}", when="answered"),
        Free("smalltalk", "thanks", ("谢谢|謝謝|感谢|感謝|多谢|多謝",), "非常|十分|太|很|帮助|幫助|解答|回答|您|有用|好|棒|都|啦|哦|大家|清楚|明白", order=True),
        Free("smalltalk", "abilities", ("什么|什麼|怎么|怎麼|如何|哪些|啥", "你|您", "能|会|會|可以|帮|幫|问|問|功能"), "帮助|幫助|事情|事|东西|用|干|为|忙|都|做|些|方面|有|题|提", when="first"),
        Free("inventory", "count", ("多少|几个|几份|几篇|數量|数量", "{docs}", _THERE), _OWNING),
        Free("inventory", "list", ("哪些|什么|什麼|啥|列出|看看|显示|顯示|查看|所有", "{docs}", _THERE), _OWNING),
        Free("document", "compare", ("比较|比較|对比|對比|区别|區別|不同|差异|差異|异同",), "什么|什麼|哪些|有|之间|之間|主要|和|与|跟|两份|两个|{docs}", topic=True),
        Free("document", "summary", ("总结|總結|概括|摘要|概述|要点|要點|概要|大意|梗概|主要内容",), "主要|内容|內容|写|寫|生成|简短|簡短|简单|详细|这份|這份|这个|份|篇|整个|关于|出|说说|有|哪些|什么|本", topic=True),
    ),
)  # fmt: skip
