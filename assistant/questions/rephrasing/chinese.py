"""Puts a Chinese question that leans on another into words of its own: see `assistant.questions.rephrasing`."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.questions.rephrasing.amounts import have_same_unit
from assistant.questions.rephrasing.former import Form, is_quoting, quoted_part, quoting, requoted
from assistant.questions.topics import (
    Topic,
    name_of,
    negates,
    owned,
    prefix_of,
    topics_of,
)
from assistant.questions.utterances import DEEDS, MAY_ZH
from assistant.text import has_han
from assistant.text.chinese import FINAL_PARTICLES, OR_NOT, WHETHER
from assistant.thesaurus import THING_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.questions.utterances import Utterance, Word


def keeps_denials_zh(query: Utterance, rest: Utterance, said: str) -> bool:
    """Say whether a Chinese question says once what a follow-up denies: see `keeps_denials` of the package."""
    lost = any(match[0] not in said for match in _DENYING.finditer(OR_NOT.sub("", rest.bare)))
    twice = any(match[0] not in f"{query.text} {rest.text}" for match in _DENYING_TWICE.finditer(said))
    return not lost and not twice


_DENIES = "(?:没有|[没未不免无非])"
_DENYING = re.compile(f"{_DENIES}[^，。？！“”]")
_DENYING_TWICE = re.compile(f"{_DENIES}[没未不免无非]")
DENIED = re.compile(f"{_DENIES}$")
LONGEST_WORD = 2
"""Characters of a Chinese noun without what qualifies it, as a rule."""
FINAL = re.compile(f"(?:{'|'.join(FINAL_PARTICLES)}|咋说|怎么说)$")
# Words of grammar that may stand within a noun: 总监以上员工, 免费用户, 其他城市.
_WITHIN = frozenset("以上下内外中里的与及和用家个种多后前地额") | {"其他", "其它", "申请"}


def is_noun(query: Utterance, start: int, end: int) -> bool:
    """Say whether a part of a Chinese question may be a noun: nothing in it asks, or says what is done or by whom."""
    within = [word for word in query.words if word.start < end and word.end > start]
    return (
        bool(within)
        and not any(word.asks for word in within)
        and not any(negates(word, before) for before, word in pairwise(within))
        and all(
            word.has("unknown", "topic", "quality", "ordinal")
            or word.text in _WITHIN
            or _is_within(word, within)
            or word.group == "term"
            or (word.text.isascii() and not word.has("mark"))
            for word in within
        )
    )


def _is_within(word: Word, within: Sequence[Word]) -> bool:
    """Say whether one character is part of a noun, such as 读 of 走读生, though by itself it is something else."""
    place = within.index(word)
    beside = [*within[max(0, place - 1) : place], *within[place + 1 : place + 2]]
    return word.end - word.start == 1 and word.is_aspect and len(beside) == 2 and all(w.has("unknown") for w in beside)


def noun_zh(named: Utterance) -> str:
    """Return the noun that a few Chinese words are, whole: 免费用户 of 免费用户呢; nothing if they say more."""
    name = FINAL.sub("", named.bare)
    last = next((word for word in reversed(named.words) if word.end <= len(name)), None)
    ends = last is not None and last.end == len(name) and last.has("unknown", "topic")
    return name if ends and is_noun(named, 0, len(name)) else ""


def fits_zh(query: Utterance, topic: Topic, new: Topic) -> bool:
    """Say whether a name may take the place of another in a Chinese question."""
    if new.kind == "actor" and new.group == "thing" and topic.kind in THING_KINDS:
        # A guide dog is asked of as pets are, and not as a phone number.
        return False
    if not new.group and topic.concept and _OF_OTHERS.search(query.text[: topic.start]):
        # Of 猫的疫苗 it cannot be told for which of both 仓鼠 or 体检 stands.
        return False
    if topic.group == "thing" and (is_people(new) or (not new.group and topic.concept)):
        return is_people(topic) == is_people(new) or new.text.endswith("的")
    # A company or a thing that is unknown begins its question, and is no person where a person is named.
    start = prefix_of(query.text)
    # 云巢读书的星信推送 is one of what a policy names.
    policy = next((word.end for word in query.words if word.start == start and word.group == "policy"), start)
    begins = query.text[policy : topic.start] in ("", "的") and not query.text[topic.start :].startswith("户")
    alike = is_people(topic) == is_people(new) or new.text.endswith("的")
    return alike and (begins or (topic.group != "" and (topic.concept is not None or new.concept is not None)))


def is_data(topics: Sequence[Topic]) -> bool:
    """Say whether all that a question is about are data that a company may have."""
    return bool(topics) and all(topic.kind in THING_KINDS for topic in topics)


_OF_OTHERS = re.compile("[^我们的]的$")
_WHOSE = re.compile(r"[^，。？?“”]{0,8}?(?:用户|客户|会员|员工|学生|家长|顾客|住户|业主|商家|买家|卖家)")
_PEOPLE = re.compile(r"(?:[用客住商]户|[人员生者客友师童长主们方妇]|公司|企业|家长|部门)$")


def with_qualifier(query: Utterance, topic: Topic) -> Topic:
    """Return who is named at the beginning of a Chinese question, with what else the question begins with."""
    start = prefix_of(query.text)
    if query.language == "en" or topic.start - start > _LONGEST_QUALIFIER or not is_noun(query, start, topic.end):
        return topic
    return replace(topic, text=query.text[start : topic.end], start=start)


_LONGEST_QUALIFIER = 4


def is_people(topic: Topic) -> bool:
    """Say whether a topic is people or a company, as its group or its last character shows."""
    return topic.group == "person" or (topic.language == "zh" and _PEOPLE.search(topic.text) is not None)


def not_again(before: str, name: str) -> str:
    """Return a Chinese name without what is said before it already: 换货 of 申请换货 after 怎么申请退款."""
    again = has_han(name) and len(name) > LONGEST_WORD and before.endswith(name[:LONGEST_WORD])
    return name[LONGEST_WORD:] if again else name


def swapped_zh(query: Utterance, new: Topic) -> str:
    """Return the former question, which names nothing of the sort, asked of something else."""
    name, start = name_of(new, "zh"), prefix_of(query.text)
    asked_for = not new.group or is_people(new)
    if is_quoting(query) and not new.group:
        return ""
    if start and asked_for:
        return f"对于{name}，{query.text[start:]}"
    way = _WAYS.get(new.group)
    if way and (said := way(query, new)):
        return said
    if not new.group and has_han(name) and not is_people(new):
        # Of what else there may be the former question is not asked again, but the same people are meant.
        who = _WHOSE.match(query.text)
        return f"{who[0]}的{name}呢？" if who and is_noun(query, who.start(), who.end()) else ""
    # What is neither said of anybody nor unknown is another matter: 停车呢 after 小孩几岁算小孩.
    return f"对于{name}，{query.text}" if asked_for and not is_quoting(query) else ""


def of_place_zh(query: Utterance, new: Topic) -> str:
    """Return what a Chinese question asks of a place, asked of another: 在加拿大能用吗 of 在美国能用吗."""
    if new.group not in ("", "thing") or is_people(new) or not _NAMES_PLACE.search(new.text):
        return ""
    former = _place_in(query.text)
    return f"{query.text[: former[0]]}{name_of(new, 'zh')}{query.text[former[1] :]}" if former else ""


def place_zh(said: str) -> str:
    """Return where something is or goes to, of a few Chinese words that say so: 在上海 of 上海呢, 寄到日本."""
    name = FINAL.sub("", said)
    if _WHERETO_ZH.fullmatch(name):
        return name
    return f"在{name}" if _IS_PLACE.fullmatch(name) else ""


def _place_in(text: str) -> tuple[int, int] | None:
    """Return where the place stands that a Chinese question asks of; None if it asks of none."""
    found = next((found for place in _PLACES_ZH if (found := place.search(text))), None)
    return found.span("place") if found else None


_TO = "(?:去(?![年除掉世哪])|(?<![收迟看得找拿查听])到(?![哪期货账店位底场])|(?<![以来交])往(?!返))(?![0-9一两半几])"
_PLACE_NAMES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃"
    "|青海|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|台湾|深圳|成都|武汉|西安|南京|长沙|青岛|大连|厦门|昆明"
    "|日本|加拿大|俄罗斯|新加坡|欧盟|欧洲"
)
"""Places whose names do not end as those of places do: provinces, the largest cities, some countries."""
_PLACES_ZH = (
    re.compile(f"{_TO}(?P<place>家|[^，。？！：“”的线了不吗能会可还]{{2,6}}?)(?=[吗要多几，？?]|怎么|$)"),
    re.compile(f"(?P<place>{_PLACE_NAMES})"),
    re.compile(f"在(?P<place>[^，。？！：“”的线家]{{2,8}}?)(?={'|'.join(MAY_ZH)}|[，会要]|怎么|多少)"),
)
_NAMES_PLACE = re.compile(
    f"(?:[国省市县区州洲岛店馆场站厅室楼校院港内外]|{_PLACE_NAMES})$|^[A-Z][a-z]{{1,20}}(?: [A-Z][a-z]{{1,20}}){{0,2}}$"
)
_IS_PLACE = re.compile(
    f"(?:{_PLACE_NAMES}|[^，。的]{{1,6}}(?:(?<![出回])国|(?<![跨节])省|[县州洲岛]|(?<=..)市)|[郊市山]区|外地)"
)
_WHERETO_ZH = re.compile(f"(?:在|[^，。的了不]{{0,2}}{_TO})([^，。？“”的了吗]{{2,8}})")


def _as_object_zh(query: Utterance, new: Topic) -> str:
    """Return 个推收集位置吗 for 个推收集什么 and 那位置呢."""
    for before, word in pairwise(query.told):
        if before.is_aspect and word.has("what"):
            return f"{query.text[: word.start]}{owned(new, 'zh')}{query.bare[word.end :]}吗？"
    return ""


def _of_person_zh(query: Utterance, new: Topic) -> str:
    """Return 收集未成年人的位置吗 for 收集我的位置吗 and 那未成年人呢."""
    name = name_of(new, "zh")
    thing = next((topic for topic in topics_of(query) if topic.group == "thing"), None)
    if thing and not follows_may(query, thing):
        return f"{query.text[: thing.start].removesuffix('我的')}{name}的{query.text[thing.start :]}"
    first = query.told[0] if query.told else None
    if first and (first.text == "我" or (thing and first.text in MAY_ZH)):
        return f"{name}{query.text[first.end if first.text == '我' else first.start :]}"
    return ""


def _by_company_zh(query: Utterance, new: Topic) -> str:
    """Return 高德收集位置吗 for 你们收集位置吗 and 那高德呢; but 会共享给高德吗 for 会共享吗."""
    name, text = name_of(new, "zh"), query.text
    if not query.told:
        return ""
    first = query.told[0]
    if first.has("how") and not new.group and has_han(name) and not is_people(new):
        # 转移 after 怎么删除信息 does not delete.
        return quoting(query, new.text)
    given = [word for word in query.told if query.vocabulary.giving.intersection(word.concepts)]
    if given:
        end = given[-1].end
        ends = query.bare[end:].removeprefix("给") in ("", *WHETHER, "了吗")
        return f"{text[:end].removesuffix('给')}给{name}{text[end:].removeprefix('给')}" if ends else ""
    if first.group == "policy":
        return f"{text[: first.end]}的{name}{text[first.end :].removeprefix('的')}"
    if first.text in _SUBJECTS or first.has("self"):
        return f"{name}{text[first.end :]}"
    if first.asks and len(query.told) > 1 and query.told[1].text in _SUBJECTS:
        # 为什么高德收集位置 of 为什么你们收集位置.
        return f"{text[: query.told[1].start]}{name}{text[query.told[1].end :]}"
    if first.text in MAY_ZH and not is_people(new) and not _may_be_done_by_company(query):
        # Of 微信支付 it is not asked whether that may 刷信用卡.
        return quoting(query, new.text)
    # A question that begins with its verb; not one that begins with a thing.
    return "" if first.has("topic", "unknown") else f"{name}{text[first.start :]}"


def _may_be_done_by_company(query: Utterance) -> bool:
    """Say whether what a Chinese question asks about may be done by a company."""
    data = query.vocabulary.aspects_of_data | {"collection", "automatic_collection", "device_access"}
    return any(word.has("handling") or not data.isdisjoint(word.concepts) for word in query.told)


_WAYS = {"thing": _as_object_zh, "person": _of_person_zh, "who": _by_company_zh, "": _by_company_zh}
"""How something is put into a question that names nothing of its sort: see `Topic.group`."""


def begins_with_verb(query: Utterance, new: Topic) -> bool:
    """Say whether a Chinese question has room for a name before what one may do: 能带几公斤, 能退费吗."""
    if not query.told or query.told[0].text not in MAY_ZH:
        return False
    named = topics_of(query)
    return not named or (new.group != "deed" and all(topic.group == "deed" for topic in named))


def as_done_to(query: Utterance, topic: Topic, new: Topic) -> str:
    """Return 锂电池能托运吗 of 能托运吗 and 锂电池: in place of what is done stands no thing; nothing for others."""
    may = next((may for may in (*MAY_ZH, "会") if query.text.startswith(may)), "")
    only = may and topic.start == len(may) and query.bare[topic.end :] in WHETHER
    # Behind 会 stands what is done, whatever it is: 会自动续费吗.
    done = (may == "会" or topic.text in _DONE_TO_ZH) and new.group != "deed"
    return f"{name_of(new, 'zh')}{query.text}" if only and done else ""


def as_object_zh(query: Utterance, new: Topic) -> str:
    """Return 可以带充电宝吗 of 可以带电脑吗 and 充电宝, whatever either is; nothing for other questions."""
    done = object_zh(query)
    if done is None or new.group in ("deed", "who", "person") or not has_han(new.text):
        return ""
    return f"{query.text[: done.start]}{name_of(new, 'zh')}{query.text[done.end :]}"


def object_in_zh(query: Utterance, topic: Topic, new: Topic) -> Topic | None:
    """Return what something is done to, of a Chinese name that holds both: see `_object_in` of the package."""
    done = _DOES_ZH.match(topic.text)
    if done is None or not _BEFORE_DOING.search(query.text[: topic.start]) or _DOES_ZH.match(new.text):
        return None
    had = query.vocabulary.had
    is_had = done["undoes"] is not None and new.concept is not None and new.concept.id in had
    if new.group == "deed" and not is_had and not is_noun_of_deed(new):
        # 注销 takes the place of all of 撤回授权; but 预约 is also what one then has, and may cancel.
        return None
    object_, start = topic.text[done.end() :], topic.start + done.end()
    word = query.vocabulary.meaning(object_)
    known = word is not None and (word.group not in DEEDS or not had.isdisjoint(word.concepts))
    if not (known or len(object_) >= LONGEST_WORD or topic.group == "thing"):
        return None
    concept = word.named[0] if word and word.named else None
    return replace(topic, text=object_, group="thing", concept=concept, start=start)


# What may be done to things that then follow; first what ends, changes or shows what one has.
_DOING = (
    "(?P<undoes>取消|撤回|撤销|删除|删掉|清除|清空|关闭|关掉|停用|禁用|终止|解除|修改|更改|变更|查看|查询)"
    "|更换|更正|调换|开启|打开|注销|冻结|暂停|恢复|找回|补办|办理|绑定|解绑|下载|导出|上传|提交|申请|领取|购买|转让|退出|拒绝|读取|开具|携带|寄存"
    "|[删改换查看养带买租寄退填领办写刷]|开(?![通启户始放])"
)
_DOES_ZH = re.compile(_DOING)
_LEADS_TO_DOING = f"(?:{'|'.join(MAY_ZH)}|[会要想不去来先]|怎么|怎样|如何|咋|自己|随时|直接|提前)"
_BEFORE_DOING = re.compile(f"{_LEADS_TO_DOING}$")
_BEFORE_OBJECT = re.compile(f"(?:{_LEADS_TO_DOING}(?:{_DOING})|[有给要])(?P<which>[^的]{{2}})?$")


def which_zh(query: Utterance, topic: Topic, new: Topic) -> str:
    """Return what a Chinese question asks of a thing, asked of another of its kind: 能开电子的发票吗 of 能开纸质发票吗.

    Args:
        query: The former question.
        topic: The thing, without what qualifies it.
        new: Which other one: 电子的.
    """
    before = query.text[: topic.start]
    found = _BEFORE_OBJECT.search(before)
    if found is None and any(word.end == topic.start and word.has("unknown") for word in query.words):
        # It cannot be told what of that is done.
        return quoting(query, new.text)
    before = before[: found.start("which")] if found and found["which"] else before
    return f"{before}{new.text}{_ORDINARY.sub('', query.text[topic.start :], count=1)}"


def is_ordinary(topic: Topic) -> bool:
    """Say whether a Chinese adjective means what is nothing special: after 银卡, 普通的 are none of the silver ones."""
    return _ORDINARY.match(topic.text) is not None


_ORDINARY = re.compile(r"\A(?:普通|一般|标准|基[本础]|其[他它]|别的)(?=\w)")


def is_noun_of_deed(topic: Topic) -> bool:
    """Say whether a Chinese name of what is done is a noun, as its end shows: 车位, 聊天记录."""
    return _NOUN_OF_DEED.search(topic.text) is not None


_NOUN_OF_DEED = re.compile(
    "(?:费用|记录|内容|信息|日志|数据|服务|功能|时间|状态|名单|列表|文件|[位场牌费金说籍架间码权])$"
)


def follows_may(query: Utterance, topic: Topic) -> bool:
    """Say whether a name of a Chinese question stands directly after 能, 可以 or 怎么, where no thing does."""
    return query.language == "zh" and query.text[: topic.start].endswith((*MAY_ZH, "怎么", "如何"))


def said_again_zh(query: Utterance, rest: Utterance) -> str:
    """Return the former question asked of another, which is named after the same word: 给商家呢, 改名字呢; or 猫呢.

    A thing of one character, which may be no name elsewhere, is what something may be done to.
    """
    if one := _ONE_CHARACTER.fullmatch(rest.bare):
        return as_object_zh(query, Topic(text=one[1], group=""))
    said, text = _SAID_AGAIN.fullmatch(rest.bare), query.text
    if said is None:
        return ""
    if (done := object_zh(query)) and text[: done.start].endswith(said[1]):
        return as_object_zh(query, Topic(text=said[2], group=""))
    former = next((topic for topic in topics_of(query) if text[: topic.start].endswith(said[1])), None)
    if former:
        return f"{text[: former.start]}{said[2]}{text[former.end :]}"
    before, to_me, after = text.partition(f"{said[1]}我")
    return f"{before}{said[1]}{said[2]}{after}" if to_me and not after.startswith(("的", "们")) else ""


_ONE_CHARACTER = re.compile("([^这那它他她我你您谁啥还也又呢吗0-9a-zA-Z，。？])呢")
_SAID_AGAIN = re.compile(
    "([给跟和向被从让找用改换删查看存传填交绑退补带养寄买租借坐骑])(?![到去往])([^，。？“”的了掉不]{1,12})呢"
)


def object_zh(query: Utterance) -> Topic | None:
    """Return what something may be done to: 狗 of 可以带狗吗, whatever it is; None for other questions."""
    done = _MAY_DO_ZH.fullmatch(query.text)
    return Topic(text=done[1], group="thing", start=done.start(1), end=done.end(1)) if done else None


# 可以 | 带 | 电脑.
_MAY_DO_ZH = re.compile(
    f".{{0,12}}?(?:{'|'.join(MAY_ZH)})(?:随身)?(?:带|寄存|寄(?!存)|养|买|租|借|装|放|吃|喝|穿|托运|携带|使用|购买|安装|报销)"
    "(?![进出到上下去走回])([^，。？“”带的了不]{1,8}?)吗[？?]?"
)
_DONE_TO_ZH = ("托运", "寄存", "退货", "换货", "退换", "报销", "保修", "转让", "补办")
_SUBJECTS = ("你们", "您们", "你", "您")


def way_again_zh(query: Utterance, rest: Utterance) -> str:
    """Return how something is done, asked of another thing: 怎么改头像 of 怎么改昵称 and 头像呢.

    Args:
        query: The former question.
        rest: What names the other.
    """
    asked, name = _WAY_TO_DO.fullmatch(query.bare), FINAL.sub("", rest.bare)
    if asked is None or not _IS_OTHER.fullmatch(name) or name in query.text:
        return ""
    known = query.vocabulary.meaning(name)
    if known:
        is_thing = known.group == "thing"
    else:
        # Beside 信息 it cannot be told whether 转移 is something else that is done, and 换绑手机 says so.
        is_thing = not _OF_ANYTHING.fullmatch(asked["object"]) and not _DOES_ZH.match(name) and noun_zh(rest) != ""
    return f"{asked['how']}{asked['does']}{name}" if is_thing else ""


_WAY_TO_DO = re.compile(
    f"(?P<how>.{{0,8}}?(?:怎么|怎样|如何|咋|在?哪里?)(?:才?能|可以|去)?)(?P<does>{_DOING})"
    "(?P<object>[^，。？“”的了不我吗呢]{2,8})"
)
_IS_OTHER = re.compile("[^，。？“”的了不没多少几怎什谁哪]{2,8}")
_OF_ANYTHING = re.compile("(?:个人)?(?:信息|数据|资料|内容|东西)")


def supposing_zh(query: Utterance, condition: str) -> str:
    """Return a Chinese question, asked under a condition: 注销以后，手机号保存多久.

    What the question says to the contrary leaves its place: 用过一次了能退吗 of 没用过能退吗. Where it cannot be told
    what that is, the question is quoted.
    """
    if quoted := quoted_part(query):
        return requoted(query, supposing_zh(quoted, condition))
    if FINAL.search(query.bare):
        # 注销以后我的数据呢 is no question to be put under a condition.
        return quoting(query, f"{condition}呢")
    if _HAVING.match(condition) and (having := _HAVING.match(query.text)) and having[2]:
        # 没带手机呢 after 没带卡可以进吗.
        return f"{having[1]}{condition}{query.text[having.end() - len(having[2]) :]}"
    condition = _IN.sub("在", condition)
    if denied := _contrary(query.text, condition):
        return f"{query.text[: denied.start()]}{condition}{query.text[denied.end() :]}"
    place = _WHERETO_ZH.fullmatch(condition)
    if place and (former := _place_in(query.text)):
        return f"{query.text[: former[0]]}{place[1]}{query.text[former[1] :]}"
    if have_same_unit(query.text, condition):
        # 超过3天，7天内能退吗 says both.
        return quoting(query, f"{condition}呢")
    return f"{condition}，{query.text}"


def _contrary(text: str, condition: str) -> re.Match[str] | None:
    """Return what of a Chinese question a condition is to the contrary of: 没用过 for 用过一次了, 拆封了 for 没拆封."""
    if done := _DONE.match(condition):
        said = rf"(?:没有?|未|不){re.escape(done[1])}[过了]?"
    elif undone := _UNDONE.match(condition):
        said = rf"(?:已经?{re.escape(undone[1])}[过了]?|(?<![没未不有]){re.escape(undone[1])}[过了])"
    else:
        return None
    return re.search(f"{said}(?=$|[，能可会要还怎多的吗])", text)


_DONE = re.compile("(?:已经?|都)?([^，。了过没未不]{1,6})[过了]")
_UNDONE = re.compile("还?(?:没有?|未)([^，。了过没未不]{1,6}?)过?$")
_IN = re.compile(r"^in (?:the )?(?=[A-Z])")
_HAVING = re.compile(
    r"(我们?|)(?:没有?|无|有)(?![没效关些奖机])[^，。？“”什哪几多吗]{1,12}?(可以|能|会|怎么|多少|多久|$)"
)


def asked_with_zh(question: Utterance, role: str, word: str, query: Utterance, form: Form) -> str:
    """Return a Chinese question with the word that asks: `assistant.questions.rephrasing.asked_with`."""
    said = question.text if question.language == "zh" else f"{word}？"
    own = any(word.has("unknown") and has_han(word.text) and word.text not in query.text for word in question.told)
    why_not = role == "why" and _WHY_NOT_ZH.fullmatch(question.bare) is not None
    if (role == "how" and own) or (role == "why" and not why_not and _SAYS_MORE_ZH.search(question.bare)):
        # 超过了怎么办 says more than 怎么, 为什么这么久 and 为啥不收 than 为什么.
        return quoting(query, said)
    if form.what and not form.asks and role == "why" and form.what is not query.told[0]:
        return f"{word}{query.text[: form.what.start]}这些信息{query.bare[form.what.end :]}？"
    whether = _WHETHER.sub("", query.bare)
    if why_not:
        denied = _MODAL.sub(lambda may: _DENIED_ZH.get(may[0], f"不{may[0]}"), whether, count=1)
        plain = whether not in (query.bare, denied) and not is_quoting(query) and not _DENYING_MODAL.search(whether)
        return f"{word}{denied}？" if plain else quoting(query, said)
    if not form.asks and not form.what and whether != query.bare:
        if role == "why":
            return f"{word}{whether}？"
        if role == "how" and (may := _MAY.match(whether)):
            return f"{may[1] or may[2] or ''}怎么{whether[may.end() :]}？"
    if form.deeds and role == "where":
        return f"{word}{form.deeds}？"
    of_data = form.data and not own and (form.what or role == "who")
    return f"{form.data}{said}" if of_data else quoting(query, said)


# 为什么不能 of 能带吗.
_WHY_NOT_ZH = re.compile(
    "(?:为什么|为啥|为何|凭什么|凭啥|干嘛)[不没](?:可以|能|行|会|让|给|准|许|允许|成|有|是|要)?[呢啊呀的]?"
)
_MODAL = re.compile(f"{'|'.join(MAY_ZH)}|会(?!员|议|计|话|费)")
_DENIED_ZH = {"可不可以": "不可以", "能不能": "不能", "会不会": "不会"}
_DENYING_MODAL = re.compile("[不没](?:可以|能|会|要)")
_WHETHER = re.compile(f"(?:{'|'.join(WHETHER)}|不)$")
_SAYS_MORE_ZH = re.compile("[这那]么|[不没]")
_MAY = re.compile(
    f"(我|你们|你|您|[^，。？！：“”]{{2,12}}?(?=可不可以|能不能|可以)|)(?:{'|'.join(MAY_ZH)}|会)"
    "|(我们?|你们|你(?!们)|您)(?![有没是不们])"
)
