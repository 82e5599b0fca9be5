"""Rare names, codes and part numbers among many similar passages: is the one that has them found first or second?

Reports of inspections in ten languages: within a language they differ in a number, a name, a code and a part number.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from app.common.ids import ClientId
from app.service import Services
from app.services.retriever import Retriever
from benchmarks.samples import empty_service

CLIENT = ClientId("reports")
PASSAGES, ITEMS = 2000, 40
A_FILE = 200
"""Passages in a file."""
FOUND = 2
"""The rank, from 1, up to which a passage counts as found."""


@dataclass(frozen=True, slots=True)
class Language:
    """A report, what is asked about one, and the pieces that its names are made of."""

    report: str
    question: str
    first: str
    next: str
    last: str


LANGUAGES: Mapping[str, Language] = {
    "en": Language(
        "Report {n}. The pump {code} of station {name} was inspected in the morning, and the part {part} was replaced. "
        "The pressure was within its limits, the seals were dry and the filter was cleaned. The next inspection is due "
        "in six months; nothing else was noted in the log of the shift.",
        "What was noted about {}?",
        "Ba Ke Lo Ti Vu Ra Mo Si Da Ne",
        "ba ke lo ti vu ra mo si da ne",
        "n r st lk m",
    ),
    "de": Language(
        "Bericht {n}. Die Pumpe {code} der Station {name} wurde am Morgen geprüft, und das Teil {part} wurde ersetzt. "
        "Der Druck lag in den Grenzen, die Dichtungen waren trocken und der Filter wurde gereinigt. Die nächste Prüfung "
        "ist in sechs Monaten fällig; sonst wurde im Buch der Schicht nichts vermerkt.",
        "Was wurde zu {} vermerkt?",
        "Bä Kö Lo Ti Vu Ra Mü Schi Da Ne",
        "ba ke lo ti vu ra mo si da ne",
        "n r st lk m",
    ),
    "zh": Language(
        "报告{n}。早上检查了{name}站的水泵{code}，并更换了零件{part}。压力在规定范围内，密封干燥，过滤器已经清洗，电机的声音正常，"
        "阀门开关灵活，仪表读数与上次相同。下一次检查将在六个月后进行，班次日志中没有记录其他情况，所有工具都已归还仓库，值班人员已经签字确认。",
        "关于{}记录了什么？",
        "梁 欧 蒋 尹 邵 祁 龚 廖 薛 覃 樊 霍 芮 鲍 桑 柯 卞 裘 缪 糜 蒲 郦 濮 晏 柴 瞿 阎 充 慕 茹",
        "启 铭 岚 骏 琛 韵 渊 珂 霖 翰 璟 沅 绮 隽 曦 萱 谦 弘 栩 颢 蓓 卓 钰 晗 榕 楠 骞 翊 祺 峥",
        "昊 婧 煜 屿 澜",
    ),
    "th": Language(
        "รายงาน {n} ปั๊ม {code} ของสถานี {name} ได้รับการตรวจสอบในตอนเช้า และเปลี่ยนชิ้นส่วน {part} แล้ว แรงดันอยู่ในเกณฑ์ ซีลแห้ง "
        "และทำความสะอาดไส้กรองแล้ว การตรวจสอบครั้งต่อไปจะมีขึ้นในอีกหกเดือน ไม่มีสิ่งอื่นใดที่บันทึกไว้ในสมุดของกะนี้ และเครื่องมือทั้งหมดถูกเก็บคืนแล้ว",
        "มีการบันทึกอะไรเกี่ยวกับ {}",
        "กร มล ชัย วิท สุข นาว พร ธีร์ จันท ฉัต",
        "บูล เดช โกม ไพร ลักษ ษณา ภพ อุด ณรง ฤทธ",
        "ศรี วงศ์ กุล ทอง ใจ",
    ),
    "ar": Language(
        "تقرير {n}. فُحصت المضخة {code} في محطة {name} صباحًا واستُبدلت القطعة {part}. كان الضغط ضمن الحدود، وكانت الحشوات "
        "جافة، ونُظّف المرشح، وكان صوت المحرك عاديًا. موعد الفحص التالي بعد ستة أشهر، ولم يُسجَّل شيء آخر في دفتر الوردية، "
        "وأُعيدت جميع الأدوات إلى المخزن.",
        "ماذا سُجِّل عن {}؟",
        "با كي لو تي فو را مو سي دا ني",
        "با كي لو تي فو را مو سي دا ني",
        "ن ر ش لك م",
    ),
    "ru": Language(
        "Отчёт {n}. Насос {code} станции {name} был проверен утром, и деталь {part} была заменена. Давление было в норме, "
        "уплотнения были сухими, фильтр был очищен, и шум двигателя не изменился. Следующая проверка будет через шесть "
        "месяцев; больше в журнале смены ничего не отмечено.",
        "Что отмечено о {}?",
        "Ба Ке Ло Ти Ву Ра Мо Си Да Не",
        "ба ке ло ти ву ра мо си да не",
        "н р ст лк м",
    ),
    "ja": Language(
        "報告{n}。朝に{name}局のポンプ{code}を点検し、部品{part}を交換した。圧力は規定の範囲内で、シールは乾いており、フィルターは清掃済みで、"
        "モーターの音にも変わりはなかった。次の点検は六か月後に行う予定であり、当番の日誌にはほかに何も記されていない。工具はすべて倉庫に戻された。"
        "担当者は署名した。",
        "{}について何が記されていますか。",
        "ガ ケ ロ ヅ ヴ ザ ム ペ ダ ネ",
        "ゲ ブ ヨ ヒ ミ ホ ワ ヤ ヌ ソ",
        "ゾ ビ ギョ グ ポ",
    ),
    "ko": Language(
        "보고서 {n}. 아침에 {name} 정거장의 펌프 {code}를 점검하고 부품 {part}를 교체했다. 압력은 한계 안에 있었고 밀봉은 건조했으며 필터를 "
        "청소했고 모터 소리도 평소와 같았다. 다음 점검은 여섯 달 뒤에 있으며 근무 일지에는 다른 것이 적혀 있지 않다. 모든 공구는 창고에 반납했고 "
        "담당자가 서명했다.",
        "{}에 대해 무엇이 적혀 있습니까?",
        "바 켈 롬 팁 분 랏 묵 섭 닥 녹",
        "봄 캣 럴 틈 밧 릴 멍 숨 덕 냥",
        "훈 결 척 욱 솔",
    ),
    "tr": Language(
        "Rapor {n}. {name} istasyonunun {code} pompası sabah denetlendi ve {part} parçası değiştirildi. Basınç sınırlar "
        "içindeydi, contalar kuruydu ve filtre temizlendi. Bir sonraki denetim altı ay sonra yapılacak; vardiya "
        "defterine başka bir şey yazılmadı ve bütün aletler depoya geri verildi.",
        "{} hakkında ne yazıldı?",
        "Ba Ke Lo Ti Vu Ra Mö Şi Da Ne",
        "ba ke lo ti vu ra mo si da ne",
        "n r st lk m",
    ),
    "fi": Language(
        "Raportti {n}. Aseman {name} pumppu {code} tarkastettiin aamulla, ja osa {part} vaihdettiin. Paine oli rajoissa, "
        "tiivisteet olivat kuivat ja suodatin puhdistettiin. Seuraava tarkastus on kuuden kuukauden kuluttua; vuoron "
        "päiväkirjaan ei ole merkitty mitään muuta.",
        "Mitä on merkitty kohteesta {}?",
        "Ba Ke Lo Ti Vu Ra Mö Si Da Ne",
        "ba ke lo ti vu ra mo si da ne",
        "n r st lk m",
    ),
}
ENDINGS: Mapping[str, str] = {"ru": "е", "tr": "'da", "fi": "ista", "ko": "은"}
"""What a name has at its end in a question, where the language asks for it."""


@dataclass(frozen=True, slots=True)
class Report:
    """A passage, and what it alone has."""

    language: str
    text: str
    name: str
    code: str
    part: str


def _names(words: Language, random: Random, given: set[str]) -> Iterator[str]:
    """Yield names that were not given before."""
    pieces = (words.first.split(), words.next.split(), words.next.split(), words.last.split())
    while True:
        name = "".join(random.choice(part) for part in pieces)
        if name not in given:
            given.add(name)
            yield name


def reports(count: int = PASSAGES) -> list[Report]:
    """Return so many reports, of each language as many; the same in each run."""
    random = Random(7)
    each = count // len(LANGUAGES)
    made: list[Report] = []
    given: set[str] = set()
    for language, words in LANGUAGES.items():
        names = _names(words, random, given)
        for number in range(each):
            code = f"{random.choice('BCDFGK')}{random.choice('XZQW')}-{7000 + 10 * len(made) + random.randrange(10)}"
            part = f"{random.randrange(10, 99)}.{20000 + 10 * len(made) + random.randrange(10)}.{random.randrange(9)}"
            name = next(names)
            text = words.report.format(n=number + 1, name=name, code=code, part=part)
            made.append(Report(language, text, name, code, part))
    return made


def questions(made: list[Report], count: int = ITEMS) -> Iterator[tuple[str, str, Report]]:
    """Yield (kind, question, report): of each language two names, a code and a part number."""
    for language, words in LANGUAGES.items():
        mine = [report for report in made if report.language == language]
        asked = count // len(LANGUAGES)
        for place, kind in zip(range(asked), ("name", "name", "code", "part") * asked, strict=False):
            report = mine[(2 * place + 1) * len(mine) // (2 * asked)]
            ending = ENDINGS.get(language, "") if kind == "name" else ""
            yield kind, words.question.format(getattr(report, kind) + ending), report


def load(services: Services, made: list[Report]) -> None:
    """Take the reports in, A_FILE in a file."""
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(made), A_FILE):
            path = Path(folder) / f"reports-{start // A_FILE}.txt"
            path.write_text("\n\n".join(report.text for report in made[start : start + A_FILE]), encoding="utf-8")
            result = services.ingest_file(path, CLIENT)
            if result.error is not None:
                raise result.error


def rank_of(retriever: Retriever, question: str, report: Report) -> int | None:
    """Return the rank, from 1, of the passage that has the report; None if it was not found."""
    for rank, passage in enumerate(retriever.retrieve(CLIENT, question), start=1):
        if report.code in passage.chunk.text:
            return rank
    return None


def main() -> None:
    """Print how many of each language and kind were found with the real model."""
    made = reports()
    with empty_service() as services:
        load(services, made)
        table = Table(title=f"Rare among {len(made)} similar passages: found first or second")
        for heading in ("language", "name", "code", "part number"):
            table.add_column(heading)
        found: dict[tuple[str, str], list[bool]] = {}
        for kind, question, report in questions(made):
            rank = rank_of(services.retriever, question, report)
            found.setdefault((report.language, kind), []).append(rank is not None and rank <= FOUND)
        for language in LANGUAGES:
            cells = [found[language, kind] for kind in ("name", "code", "part")]
            table.add_row(language, *(f"{sum(cell)} of {len(cell)}" for cell in cells))
        Console(width=100).print(table)


if __name__ == "__main__":
    main()
