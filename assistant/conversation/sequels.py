"""Sequels: follow-ups that say only what of it is asked, such as 保存多久, "why?" and 需要出示什么."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.conversation.leaning import rewritten
from assistant.questions.references import of_data
from assistant.questions.rephrasing import asked_of, asked_with
from assistant.questions.rephrasing.amounts import is_amount, of_another_number
from assistant.questions.rephrasing.former import quoting
from assistant.questions.topics import Topic, stated_until, topics_said
from assistant.questions.utterances import ASKING_ROLES, MAY_ZH
from assistant.text import has_han
from assistant.text.chinese import WHETHER
from assistant.text.english import DOING, HAVING, one_of
from assistant.text.numerals import HAN_NUMERAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.conversation.leaning import Leaning
    from assistant.conversation.turns import Condensed
    from assistant.questions.utterances import Parts, Utterance, Word


def saying_little(leaning: Leaning) -> Condensed | None:
    """Say what a question asks that tells by its form that it says little: 14, 不同意呢, "what if it's heavier?"."""
    if said := of_another_number(leaning.query, leaning.rest.bare):
        return rewritten(said)
    if _IN_STATE.fullmatch(leaning.asked.bare):
        return leaning.quoted(leaning.asked.text)
    little = is_amount(leaning.rest.bare) or _has_form(leaning, _SAYING_LITTLE)
    return leaning.quoted() if little else None


def _has_form(leaning: Leaning, forms: Sequence[re.Pattern[str]]) -> bool:
    """Say whether a question has one of these forms, and what it says `again` stands in the former one."""
    said = [found for form in forms if (found := form.fullmatch(leaning.rest.bare))]
    return any((found.groupdict().get("again") or "") in leaning.query.text for found in said)


# Of what is like that, not of another thing.
_IN_STATE = re.compile(
    r"(?:and |but |so )?what if (?:(?:it|they|that|this|i|we|he|she)"
    r"(?:['’](?:s|re|m)| am| is| are| was| were| gets?| got| goes| went) "
    r"(?:not |too |still |even |already |only |more |less ){0,2}(?!an? |the |my )[a-z0-9]{2,20}(?: [a-z]{2,20}){0,2}"
    r"|(?:it|they|that) [a-z]{3,12}"
    r"|(?:i|we|you|they|he|she)(?: do(?:es)?n['’]t| do(?:es)? not| can['’]?t| won['’]t| didn['’]t| do(?:es)?| did))",
    re.IGNORECASE,
)
_SAYING_LITTLE = (
    # A number, or what one is asked of.
    re.compile(
        rf"[{HAN_NUMERAL}]{{1,4}}"
        "|从?几点(?:开始|结束|[上下]班|[开关]门?)?(?:到几点)?[的了呢啊]?"
        "|(?:周[末一二三四五六日天]|双休日|节假日|过年|春节|中午|晚上)(?:也|都|还)?(?:有人|上班|营业|开门?|休息)(?:在|接听?)?[吗么不]"
        "|[要得满]?(?:几[岁级]|多[大重高宽远]|多少岁)[的了呢啊]?"
        "|(?:最[多少高低长短]|一共|总共|每[次天月年])(?:能|可以|要)?(?:几[次个天件人张条年月只位名间台辆部套份瓶本晚]|多少[次个天钱]?|多久)"
        rf"|第[0-9{HAN_NUMERAL}]{{1,3}}(?:次|件|年|天|个月|位|辆|张|晚)呢?"
        r"|(?:until|up to|from|at|by|for|since|after) (?:what|which) (?!time\b|point\b|means\b)[a-z]{2,20}"
        r"|how many (?!more\b|days\b|times\b)[a-z]{2,20}"
    ),
    # Which ones.
    re.compile(
        r"(?:which|what)(?: ones?| kinds?| types?| sorts?| of (?:them|these|those))?(?: exactly)?"
        "|(?:是?哪几?[些个种类项家]|什么|啥)[的呢啊]?",
        re.IGNORECASE,
    ),
    # "And what doesn't it?" leaves out what is or is not done.
    re.compile(
        rf"(?:(?:what|when|where|which|how|how long|how often) )?(?:{one_of(DOING | HAVING)}|[a-z]{{2,6}}n['’]t)"
        " (?:it|they|that|he|she)",
        re.IGNORECASE,
    ),
    # Who does not do what the former question speaks of: 不同意呢 after 要我同意吗.
    re.compile(
        "(?:如果|要是|那)?(?:我们?|[他她]们?|对方|孩子|家长|本人)?不"
        "(?:(?:给|同意|授权|提供|允许|开启|接受|愿意)[^，。？“”]{0,6}|(?P<again>[^，。？“”的]{1,4}))呢"
    ),
)


def of_the_same(leaning: Leaning) -> Condensed | None:
    """Say what a question asks that names nothing, of what the one before it named."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    if parts.own or not parts.asks or _is_complete(parts):
        return None
    if parts.has("what") and (_addresses(parts) or not parts.aspects):
        return None
    if not parts.aspects:
        if rest.language == "en" and parts.says(*DOING, *HAVING):
            # "How long do I have?" says more than "how long?".
            return leaning.quoted()
        role = next(role for word in parts.asking for role in ASKING_ROLES if word.has(role))
        said = asked_with(rest, role, query)
        return leaning.quoted() if parts.unknown and said == quoting(query, rest.text) else rewritten(said)
    stated = stated_until(query)
    topics = _of_same_subject(leaning) or [topic for topic in topics_said(query) if topic.start >= stated]
    if not any(topic.group == "deed" for topic in topics) and _is_of_deeds(parts):
        # What it costs to get a copy; but not what a phone number costs.
        if any(concept.kind == "right" for word in query.told for concept in word.named):
            return leaning.quoted()
        if not parts.only_judges:
            return None
    return rewritten(asked_of(rest, query, topics, of_data=of_data(parts)))


def _of_same_subject(leaning: Leaning) -> list[Topic]:
    """Return what a question for yes or no is about that says only what may be done, after another such.

    After 会员多少钱 and 会自动续费吗, which says no more, 可以转让吗 is asked of the membership. But 可以取消吗 is
    asked of what is done, and so is what asks for more than yes or no.
    """
    query, memory = leaning.query, leaning.memory
    if not (memory.after and memory.earlier) or _ENDING.search(leaning.rest.bare):
        return []
    before = [query.text[: topic.start] for topic in topics_said(query)]
    alike = len(before) == 1 and before[0] in _MAY and query.bare.endswith(WHETHER)
    if not alike or not leaning.rest.bare.startswith(_MAY) or not leaning.rest.bare.endswith(WHETHER):
        return []
    return [topic for topic in topics_said(memory.earlier[0]) if topic.group == "thing"]


_MAY = (*MAY_ZH, "会", "要")
_ENDING = re.compile("拒绝|取消|[关停退撤不]")


def _is_complete(parts: Parts) -> bool:
    """Say whether a question lacks nothing though it names nothing: "can I trust you", 你们安全吗, 授权怎么关."""
    if any(_DOES_TO_THING.fullmatch(word.text) for word in parts.aspects):
        # 怎么改昵称 says what of.
        return True
    first = parts.told[0]
    noun = first.is_aspect and any(concept.kind in _NOUNS for concept in first.named)
    if (noun and not first.asks and parts.asking) or (first.has("what") and _OWN_NOUN.search(first.text)):
        return True
    # "Where are your servers?", 你们的服务器在哪, "can I trust you?"
    yours = any(one.text == "your" or (one.text in _YOU and word.text == "的") for one, word in pairwise(parts.told))
    return yours or any(word.is_aspect and object_.text in _OBJECTS for word, object_ in pairwise(parts.told))


_DOES_TO_THING = re.compile("[改换删](?!掉|除|了|不|成|过|改)[^多几什哪啥]{2,4}")
_NOUNS = ("term", "purpose")
_OWN_NOUN = re.compile("信息|数据|资料|权限|info|data|details|permissions")
_YOU = ("你们", "你", "您")
_OBJECTS = ("me", "us", "you", "我", "我们", "你们")


def _is_of_deeds(parts: Parts) -> bool:
    """Say whether what is asked can be asked of something that is done: how long it takes, whether it is free."""
    of_deeds = parts.vocabulary.aspects_of_deeds
    return all(word.has("quality") or (word.concepts and of_deeds.issuperset(word.concepts)) for word in parts.aspects)


def going_on(leaning: Leaning) -> Condensed | None:
    """Say what a question asks that names nothing and goes on from the one before: 需要出示什么, "do you ask first?".

    It has a word for what comes before or after something, it says a word of the former question again, or it begins
    with what it asks, and hardly asks more.
    """
    rest, parts = leaning.rest, leaning.parts
    if _has_form(leaning, _ASKING_AGAIN):
        return leaning.quoted()
    goes_on = parts.has("sequel") or _again(rest, leaning.query) or _lacks_what(parts)
    short = _length(parts.told) <= _LONGEST
    return leaning.quoted() if goes_on and short and leaning.names_nothing else None


_ASKING_AGAIN = (
    # 能退吗 says not what, whatever one character is that is done.
    re.compile(
        "(?:不?需要|不?用|要|能|可以|会|得)(?:再|先|都|全|还|马上|随时|提前)?[^，。？“”我你他它这那的了吗有是去来停][吗么]"
    ),
    # 怎么告诉 after 改了会告诉我吗, 赔多少 after 要赔吗.
    re.compile(
        "(?:怎么|如何|怎样|咋|什么时候|何时|多久|在哪里?|哪里|谁来?)(?:给|去)?(?P<again>[^，。？“”我你的了]{2})(?:我|你们)?[的呢啊]?"
    ),
    re.compile("(?P<again>[^，。？“”我你的了几多]{1,2})(?:多少钱?|多久|几[天次个年月]|给谁)[的呢啊]?"),
    re.compile(
        r"what (?:else )?(?:do|would|will|must|should) (?:i|we) (?:(?:have|need) to )?"
        r"(?:need|have|bring|show|send|provide|do)(?: to (?:bring|show|send|provide|do))?"
        r"(?: (?:from|for|with) (?:me|us|it|that))?"
        r"|what (?:do|would|will) you (?:need|want|require)(?: from (?:me|us))?",
        re.IGNORECASE,
    ),
)
_LONGEST = 9
_MOST_UNKNOWN = 1


def _length(words: Sequence[Word]) -> float:
    """Return how many words a question has: a Chinese word has two characters as a rule."""
    return sum(0.5 if word.has("unknown") and has_han(word.text) else 1 for word in words)


def _again(rest: Utterance, query: Utterance) -> bool:
    """Say whether a question says a word again that the former one has and no vocabulary knows: 匹配; and more."""
    former = {one.text + other.text for one, other in pairwise(query.told) if _are_one(one, other)}
    again = [pair for pair in pairwise(rest.told) if _are_one(*pair) and pair[0].text + pair[1].text in former]
    # 房间里有冰箱吗 names something else after 能换房间吗.
    new = [word for word in rest.told if word.has("unknown") and not any(word in pair for pair in again)]
    return bool(again) and _length(new) < _MOST_UNKNOWN


def _are_one(one: Word, other: Word) -> bool:
    return one.has("unknown") and other.has("unknown") and has_han(one.text) and one.end == other.start


def _lacks_what(parts: Parts) -> bool:
    """Say whether a Chinese question has little but what it asks, and nobody who does it: 需要出示什么, 交给谁."""
    if not parts.told:
        return False
    first, *others = parts.told
    does = first.has("unknown") and bool(others) and not _are_one(first, others[0])
    begins = first.asks or does or first.text in _NEEDED
    asks = any(word.has("what", "who", "when", "how_long", "how_often", "how_much", "why") for word in parts.told)
    return begins and asks and has_han(first.text) and not _addresses(parts) and _length(parts.unknown) <= _MOST_UNKNOWN


_NEEDED = ("需要", "要", "得", "应该")


def _addresses(parts: Parts) -> bool:
    return parts.says("you", "we", "你们", "你", "您", "我们")
