"""Questions as people ask them, made from the sentences of policies.

Three ways: a sentence is turned around ("您可以…注销账户" → "我怎么注销账户？"); a facet that it
speaks of is asked for by a template (`facets.toml`) with the terms that it names
(`terms.toml` and, if given, the thesaurus); its terms alone make keywords. Some questions then
get typing errors, colloquial words or words of the other language.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.text.numerals import HAN_NUMERAL
from training.data import Pair, Sentence, passage_for, scrap

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_HERE = Path(__file__).parent
_THESAURUS_KINDS = {"data_item": "item", "identifier": "item"}


@dataclass(frozen=True, kw_only=True)
class Term:
    """Something that policies name."""

    kind: str
    zh: tuple[str, ...]
    colloquial: tuple[str, ...]
    en: tuple[str, ...]

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Its names: Chinese ones anywhere, Latin ones as whole words."""
        names = (re.escape(name.lower()) for name in self.zh)
        return re.compile("|".join(rf"(?<![a-z0-9]){name}(?![a-z0-9])" if name.isascii() else name for name in names))

    def named_in(self, text: str) -> bool:
        """Return whether the (folded) Chinese `text` names it."""
        return self.regex.search(text) is not None


@dataclass(frozen=True)
class Facet:
    """Something that is said about terms, and how people ask for it."""

    id: str
    pattern: str
    slot: tuple[str, ...]
    zh: tuple[str, ...]
    colloquial: tuple[str, ...]
    en: tuple[str, ...]

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern of sentences that speak of it."""
        return re.compile(self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Facets and terms."""

    facets: tuple[Facet, ...]
    terms: tuple[Term, ...]
    spoken: tuple[tuple[str, str], ...]
    """Legal words with how people say them, from the thesaurus."""


def read_lexicon(thesaurus: Path | None = None) -> Lexicon:
    """Return the facets and terms of this package, with those of a thesaurus file if there is one."""
    facets = tuple(
        Facet(f["id"], f["is"], tuple(f.get("slot", ())), tuple(f["zh"]), tuple(f["colloquial"]), tuple(f["en"]))
        for f in tomllib.loads((_HERE / "facets.toml").read_text("utf-8"))["facet"]
    )
    raw = tomllib.loads((_HERE / "terms.toml").read_text("utf-8"))
    terms = [
        Term(kind=kind, zh=tuple(zh), colloquial=tuple(said), en=tuple(en))
        for kind, rows in raw.items()
        for zh, said, en in rows
    ]
    spoken = []
    if thesaurus is not None and thesaurus.is_file():
        for concept in tomllib.loads(thesaurus.read_text("utf-8")).get("concept", ()):
            zh, said, en = (tuple(concept.get(key, ())) for key in ("zh", "zh_colloquial", "en"))
            kind = _THESAURUS_KINDS.get(concept["kind"], concept["kind"])
            if zh and en:
                terms.append(Term(kind=kind, zh=zh, colloquial=said or zh, en=en))
            spoken += [(name, other) for name in zh for other in said if len(name) > 1]
    return Lexicon(facets=facets, terms=tuple(terms), spoken=tuple(spoken))


_STORED, _SHARED, _MANAGED = "存储方式", "共享、委托、转让、公开（披露）", "数据、权限管理"
_CHANGED, _TAKEN, _ALLOWED = "隐私政策的授权、修改与变更", "数据收集", "权限获取"
_TOPICS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("retention", "where", "abroad"), (_STORED,)),
    **dict.fromkeys(
        ("share_who", "share_consent", "transfer", "disclose", "law_share", "entrust", "item_share"), (_SHARED,)
    ),
    **dict.fromkeys(
        (
            "delete_account",
            "delete_info",
            "correct",
            "access",
            "copy",
            "withdraw",
            "permission_off",
            "response_time",
            "fee",
            "reject_request",
        ),
        (_MANAGED,),
    ),
    **dict.fromkeys(("minors", "deceased"), ("特殊人群",)),
    **dict.fromkeys(("security", "breach", "anonymize"), ("安全措施",)),
    **dict.fromkeys(("contact", "complain"), ("联系方式",)),
    **dict.fromkeys(("changes", "effective", "scope"), (_CHANGED,)),
    **dict.fromkeys(("stop",), ("停止运营",)),
    **dict.fromkeys(("personalized", "ads", "push"), ("使用", _MANAGED)),
    **dict.fromkeys(("no_consent", "refuse"), ("潜在风险", _TAKEN, _ALLOWED)),
    **dict.fromkeys(
        (
            "payment",
            "register",
            "realname",
            "device",
            "location",
            "log",
            "support",
            "ugc",
            "collect",
            "applist",
            "sensor",
            "clipboard",
        ),
        (_TAKEN, _ALLOWED, "使用"),
    ),
    **dict.fromkeys(("permission", "self_start"), (_ALLOWED, _TAKEN)),
}
_DANGLING = re.compile(r"上述|以上|前述|该等|(?i:above|aforementioned|these |this information)")


def without_common(lexicon: Lexicon, sentences: Sequence[Sentence], *, share: float = 0.02) -> Lexicon:
    """Return the lexicon less the concepts that more than `share` of the sentences name: they ask for nothing."""
    texts = [sentence.zh.lower() for sentence in sentences]
    kept = tuple(
        term
        for term in lexicon.terms
        if term.kind in ("item", "permission", "vendor") or sum(map(term.named_in, texts)) <= share * len(texts)
    )
    return replace(lexicon, terms=kept)


# Turning Chinese sentences around. Each rule: pattern over the sentence, questions over its groups.
_NUMBERED = re.compile(
    rf"^[\s　●◆•·\-—*]*([（(]?([{HAN_NUMERAL}]+|\d{{1,2}}(\.\d{{1,2}})*|[a-z])[）)、.．,，\s]+,?|[①-⑳])?[\s,，、]*"
)
_ZH_RULES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), tuple(forms.split("|")))
    for pattern, forms in (
        (
            r"^(?:您|你)(?:还)?可以(?:随时|自行|自主)?(?:选择)?(?:通过|在|登录|点击|进入).{3,60}?[，,]?(?:来|以|后|进行|中|上|里)?(?P<a>(?:查询|查看|查阅|更正|修改|删除|注销|关闭|撤回|取消|管理|设置|开启|解除|变更|访问|清除|退订)[^，。；]{2,20})",
            "怎么{a}？|如何{a}|在哪里可以{a}？|{a}的方法|我想{a}怎么操作|{a}在哪设置",
        ),
        (
            r"^(?:您|你)(?:还|也)?(?:可以|有权|可)(?P<a>[^，。；：]{4,28})[，。；]",
            "我可以{a}吗？|怎么{a}？|如何{a}|能不能{a}|{a}行吗",
        ),
        (
            r"^为(?:了)?(?P<p>[^，。；]{4,36})[，,](?P<a>[^，。；]{0,6}(?:会|可能会|需要|将|可能需要)(?P<b>[^，。；]{5,30}))",
            "为什么要{b}？|{b}的目的是什么？|{b}是为了什么|干嘛要{b}|为了{p}你们会做什么？|为{p}要收集什么",
        ),
        (
            r"^(?:当|在)(?:您|你)?(?P<p>[^，。；]{4,30}?)(?:时|后|的时候|过程中)[，,](?P<a>[^。；]{6,})",
            "{p}时会收集什么信息？|{p}的时候你们会拿什么|{p}需要提供哪些信息？|{p}会怎么样|{p}要给什么信息|{p}时有什么要求",
        ),
        (
            r"(?:如果?|若)(?:您|你)?(?P<p>[^，。；]{4,26})[，,](?P<a>[^。；]{6,})",
            "如果{p}会怎样？|{p}怎么办？|{p}有什么后果|{p}的话会影响使用吗|要是{p}呢",
        ),
        (r"^(?:我们|我行|本公司|我司|平台)(?P<m>不会)(?P<a>[^。；]{5,34})", "你们会{a}吗？|会不会{a}|{a}吗"),
        (
            r"^(?:我们|我行|本公司|我司|平台)(?:可能)?(?:会|将|需要)(?P<a>[^，。；]{5,34})",
            "你们会{a}吗？|{a}吗？|是否会{a}？|什么情况下会{a}？|为什么{a}|会不会{a}",
        ),
        (r"^(?:我们|我行)(?P<a>[^，。；]{6,30})", "你们{a}吗？|你们是不是{a}|{a}是真的吗"),
    )
)
_EN_RULES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), tuple(forms.split("|")))
    for pattern, forms in (
        (
            r"^you (?:can|may)(?: also)?(?: choose to)? (?P<a>[^,.;:]{8,90})",
            "How can I {a}?|Can I {a}?|how do I {a}|Am I able to {a}?",
        ),
        (r"^you have the right to (?P<a>[^,.;:]{6,90})", "Do I have the right to {a}?|Can I {a}?|how to {a}"),
        (
            (
                r"^(?:in order )?to (?P<p>[^,.;:]{6,70}), (?:we|our bank) (?:will|may|need to|would)(?: also)? "
                r"(?P<a>[^,.;:]{6,80})"
            ),
            "Why do you {a}?|Do you {a}?|what do you need to {p}|What for do you {a}?|purpose: {a}",
        ),
        (
            r"^when you (?P<p>[^,.;:]{6,70}), (?P<a>.{8,})",
            (
                "What happens when I {p}?|What do you collect when I {p}?|what information is needed to {p}|"
                "which data is used when I {p}"
            ),
        ),
        (r"^if you (?P<p>[^,.;:]{6,70}), (?P<a>.{8,})", "What if I {p}?|What happens if I {p}?|if I {p}"),
        (r"^(?:we|our bank)(?: will| may| can)? not (?P<a>[^,.;:]{6,80})", "Do you {a}?|Will you {a}?|do you ever {a}"),
        (
            r"^(?:we|our bank) (?:will|may|can|need to|would)(?: also)? (?P<a>[^,.;:]{6,80})",
            "Do you {a}?|Will you {a}?|When do you {a}?|Why do you {a}?|Is it true that you {a}?",
        ),
    )
)


def _zh_swapped(text: str) -> str:
    return (
        text.replace("我们", "\0").replace("我行", "\0").replace("您", "我").replace("你", "我").replace("\0", "你们")
    )


def _en_swapped(text: str) -> str:
    table = {"you": "I", "your": "my", "yours": "mine", "yourself": "myself", "we": "you", "our": "your", "us": "you"}
    out = re.sub(
        r"\b(you|your|yours|yourself|we|our|us)\b", lambda m: table[m.group().lower()], text, flags=re.IGNORECASE
    )
    return re.sub(r"\b(for|to|with|by|from|of|about|notify|tell|contact|give|ask|allow) I\b", r"\1 me", out)


def turned(text: str, rng: random.Random, *, english: bool) -> str | None:
    """Return a question that the sentence `text` answers, made by a rule, or nothing."""
    bare = _NUMBERED.sub("", text, count=1)
    for pattern, forms in _EN_RULES if english else _ZH_RULES:
        match = pattern.search(bare)
        if match:
            form = rng.choice(forms)
            swap = _en_swapped if english else _zh_swapped
            groups = {name: swap((value or "").strip()) for name, value in match.groupdict().items()}
            question = form.format(**groups)
            return question[0].upper() + question[1:] if english and rng.random() < 0.7 else question
    return None


_ZH_LEADS = ("请问", "你好，", "我想问下", "想问一下", "麻烦问下", "那个", "请告诉我", "")
_ZH_SPOKEN = (
    ("如何", "怎么"),
    ("如何", "咋"),
    ("是否", "是不是"),
    ("为什么", "为啥"),
    ("什么", "啥"),
    ("个人信息", "资料"),
    ("个人信息", "隐私"),
    ("个人信息", "数据"),
    ("收集", "拿"),
    ("收集", "获取"),
    ("获取", "拿走"),
    ("共享", "给别人"),
    ("第三方", "别的公司"),
    ("第三方", "别人"),
    ("注销", "删掉"),
    ("注销账户", "销号"),
    ("账户", "号"),
    ("账号", "帐号"),
    ("存储", "存"),
    ("期限", "多久"),
    ("未成年人", "小孩"),
    ("监护人", "家长"),
    ("推送", "弹"),
    ("关闭", "关掉"),
    ("更正", "改"),
    ("删除", "删掉"),
    ("泄露", "泄漏"),
    ("摄像头", "相机"),
    ("隐私政策", "条款"),
    ("联系", "找"),
    ("信息", "资料"),
    ("吗？", "不"),
    ("吗", "么"),
    ("我们", "你们"),
    ("使用", "用"),
    ("需要", "要"),
)
_FUNCTION = re.compile(
    r"(吗|呢|么|的|了|请问|什么|哪些|怎么|如何|为什么|是否|会不会|可以|你们|我们|我|会|要|是|在哪里|有|[？?，。])"
)
_EN_FUNCTION = frozenset(
    [
        "a",
        "an",
        "the",
        "do",
        "does",
        "did",
        "you",
        "i",
        "my",
        "your",
        "is",
        "are",
        "what",
        "how",
        "can",
        "will",
        "to",
        "of",
        "for",
        "in",
        "on",
        "when",
        "why",
        "which",
        "who",
        "it",
        "be",
        "with",
        "if",
        "me",
    ]
)


def spoken(question: str, rng: random.Random, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the Chinese question with up to three words replaced by colloquial ones."""
    fitting = [(old, new) for old, new in pairs if old in question]
    rng.shuffle(fitting)
    for old, new in fitting[: rng.randint(1, 3)]:
        question = question.replace(old, new, 1)
    return question


def keywords(question: str, rng: random.Random, *, english: bool) -> str:
    """Return the content words of the question."""
    if english:
        words = [word for word in re.findall(r"[A-Za-z0-9\-']+", question) if word.lower() not in _EN_FUNCTION]
        return " ".join(words[:7]).lower() or question
    parts = [part for part in _FUNCTION.sub(" ", question).split() if part]
    return rng.choice((" ", "")).join(parts[:5]) or question


_COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日"
    "那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想"
    "已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指"
    "几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权"
    "收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集"
    "温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支"
    "般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属"
    "圆包火住调满县局照参红细引听该铁价严"
)
"""Common characters, for typing errors."""


@cache
def _sounds() -> tuple[dict[str, str], dict[str, list[str]]]:
    from pypinyin import Style, lazy_pinyin

    # The characters that policies and questions are written with: those of the templates, and common ones.
    common = sorted(
        {
            c
            for c in (_HERE / "facets.toml").read_text("utf-8") + (_HERE / "terms.toml").read_text("utf-8")
            if "一" <= c <= "鿿"
        }
    )
    sound: dict[str, str] = {}
    for char in sorted({*common, *_COMMON}):
        sound[char] = lazy_pinyin(char, style=Style.NORMAL)[0]
    alike: dict[str, list[str]] = defaultdict(list)
    for char, name in sound.items():
        alike[name].append(char)
    return sound, alike


def mistyped(question: str, rng: random.Random, *, english: bool) -> str:
    """Return the question with one or two typing errors: characters that sound alike, letters lost or swapped."""
    chars = list(question)
    for _ in range(rng.choice((1, 1, 2))):
        if english:
            places = [
                i
                for i in range(1, len(chars) - 1)
                if chars[i].isalpha() and chars[i - 1].isalpha() and chars[i + 1].isalpha()
            ]
            if not places:
                break
            i = rng.choice(places)
            what = rng.random()
            if what < 0.4:
                chars[i], chars[i + 1] = chars[i + 1], chars[i]
            elif what < 0.75:
                del chars[i]
            else:
                chars.insert(i, chars[i])
        else:
            sound, alike = _sounds()
            places = [i for i, c in enumerate(chars) if len(alike.get(sound.get(c, ""), ())) > 1]
            if not places:
                break
            i = rng.choice(places)
            chars[i] = rng.choice([c for c in alike[sound[chars[i]]] if c != chars[i]])
    return "".join(chars)


def _on_topic(facet: Facet, sentence: Sentence) -> bool:
    return facet.id not in _TOPICS or bool(sentence.labels & set(_TOPICS[facet.id]))


def facet_questions(
    sentence: Sentence, lexicon: Lexicon, rng: random.Random, *, count: int = 2
) -> list[tuple[str, bool, frozenset[str]]]:
    """Return up to `count` questions by template: (question, English?, what it asks for)."""
    text = sentence.zh.lower()
    named = [term for term in lexicon.terms if term.named_in(text)]
    fitting = [
        facet
        for facet in lexicon.facets
        if facet.regex.search(sentence.zh) and (not facet.slot or any(t.kind in facet.slot for t in named))
    ]
    likely = {True: 1.0, False: 0.12}
    fitting = [
        facet
        for facet in fitting
        if rng.random() < (0.4 if facet.id.startswith("about_") else likely[_on_topic(facet, sentence)])
    ]
    rng.shuffle(fitting)
    # What names a term asks for more than what does not.
    fitting.sort(key=lambda facet: not facet.slot or rng.random() < 0.3)
    found = []
    for facet in fitting[:count]:
        english = rng.random() < 0.42
        need = {facet.id}
        term = rng.choice([t for t in named if t.kind in facet.slot]) if facet.slot else None
        casual = rng.random() < 0.5
        form = rng.choice(facet.en if english else facet.colloquial if casual else facet.zh)
        if term is not None:
            need.add(term.zh[0])
            mixed = rng.random() < 0.06
            names = term.en if english != mixed else term.colloquial if casual else term.zh
            form = form.replace("{t}", rng.choice(names))
        found.append((form, english, frozenset(need)))
    return found


def spoken_of(sentence: Sentence, lexicon: Lexicon) -> frozenset[str]:
    """Return the facets and terms that the sentence speaks of."""
    text = sentence.zh.lower()
    return frozenset(
        {f.id for f in lexicon.facets if f.regex.search(sentence.zh)}
        | {t.zh[0] for t in lexicon.terms if t.named_in(text)}
    )


def _dressed(question: str, lexicon: Lexicon, rng: random.Random, *, english: bool) -> str:
    draw = rng.random()
    if not english and rng.random() < 0.3:
        question = spoken(question, rng, (*_ZH_SPOKEN, *lexicon.spoken))
    if draw < 0.10:
        question = keywords(question, rng, english=english)
    elif draw < 0.24:
        question = mistyped(question, rng, english=english)
    elif draw < 0.32 and not english:
        question = rng.choice(_ZH_LEADS) + question
    elif draw < 0.36 and english:
        question = rng.choice(("Hi, ", "please tell me ", "Could you tell me: ", "I want to know ")) + question
    if rng.random() < 0.25:
        question = question.rstrip("？?。.")
    return question.lower() if english and rng.random() < 0.15 else question


def question_pairs(
    policy: Sequence[Sentence],
    lexicon: Lexicon,
    rng: random.Random,
) -> dict[str, list[Pair]]:
    """Return the pairs of a policy by kind: `turned` and `facet`."""
    pairs: dict[str, list[Pair]] = {"turned": [], "facet": []}
    for sentence in policy:
        if sentence.heading or len(sentence.zh) < 12:
            continue
        has = spoken_of(sentence, lexicon)
        asked: list[tuple[str, str, bool, frozenset[str]]] = []
        for text, english in ((sentence.plain or sentence.zh, False), (sentence.en, True)):
            question = turned(text, rng, english=english)
            if question and not _DANGLING.search(question):
                asked.append(("turned", question, english, frozenset()))
        asked += [("facet", *rest) for rest in facet_questions(sentence, lexicon, rng)]
        for kind, question, english, need in asked:
            pairs[kind].append(
                Pair(
                    query=_dressed(question, lexicon, rng, english=english),
                    passage=passage_for(sentence, rng, english=english),
                    negative=scrap(policy, rng, sentence),
                    kind=kind,
                    guide=sentence.zh,
                    need=need,
                    has=has,
                )
            )
    return pairs


def asked_pairs(policies: dict[int, list[Sentence]], lexicon: Lexicon, rng: random.Random) -> dict[int, list[Pair]]:
    """Return the questions written by hand over training policies (`asked.tsv`), by policy, plain and dressed."""
    pairs: dict[int, list[Pair]] = defaultdict(list)
    for line in (_HERE / "asked.tsv").read_text("utf-8").splitlines():
        place, zh, en = line.split("\t")
        number, index = (int(part) for part in place.split(":"))
        sentence = policies[number][index]
        for question, english in ((zh, False), (en, True)):
            for query in {question, _dressed(question, lexicon, rng, english=english)}:
                pairs[number].append(
                    Pair(
                        query=query,
                        passage=passage_for(sentence, rng, english=english),
                        negative=scrap(policies[number], rng, sentence),
                        kind="asked",
                        guide=sentence.zh,
                        has=spoken_of(sentence, lexicon),
                    )
                )
    return pairs
