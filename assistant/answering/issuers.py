"""Issuers: who asks which company it is that he deals with is shown where the policy says so.

It says so in words that no question has, as a rule: no score finds them. Nor do they find whom to complain to where a
policy tells only how its company is reached.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.answering.imprint import contact_span
from assistant.index.passages import Passage
from assistant.retrieval.hits import certain
from assistant.text import any_of, fold, has_han, normalized, sentences
from assistant.text.quotes import Squeezed, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.policy import Policy
    from assistant.retrieval.hits import Hit


def issuers(question: str, policies: Iterable[Policy]) -> tuple[Hit, ...]:
    """Return where each policy names its company, if a question asks nothing else; else nothing.

    Args:
        question: The question, made to stand by itself.
        policies: The policies that it is asked of.

    Returns:
        A hit for each policy that prints the name of its company, with the sentence that does. They need no evidence of
        their own.
    """
    known = tuple(policies)
    names = [name for policy in known for name in (policy.title, *policy.names)]
    # 白驹 is said for 白驹跑腿.
    names += [name[:_SHORT] for policy in known for name in policy.aliases if has_han(name) and len(name) >= 2 * _SHORT]
    if not _asks_issuer(question, names):
        return ()
    return tuple(hit for policy in known if (hit := _naming(policy)))


_SHORT = 2
"""Characters."""


def complaint_desks(question: str, policies: Iterable[Policy]) -> tuple[Hit, ...]:
    """Return where each policy tells how its company is reached, if a Chinese question asks only how to complain.

    Args:
        question: The question, made to stand by itself.
        policies: The policies that it is asked of.

    Returns:
        A hit for each policy that prints a contact; nothing if one of them speaks of complaints itself.
    """
    known = tuple(policies)
    asked = any_of([name for policy in known for name in (policy.title, *policy.names)]).sub("", normalized(question))
    if not _COMPLAINS.fullmatch(_PUNCTUATION.sub("", asked)) or any(_OF_COMPLAINTS.search(p.text) for p in known):
        return ()
    return tuple(hit for policy in known if (hit := _reaching(policy)))


_YOU_ZH = "(?:你们?|您|贵(?:司|公司|平台)|这个|平台|公司|软件|应用|app|客服|一下|的话)"
_WHERE_ZH = "(?:怎么|如何|怎样|咋|(?:在|去|到|找|上)?哪里?|[找向跟](?:谁|人))"
_COMPLAINS = re.compile(
    f"(?:有没有|有|我)?(?:想要?|要|可以|应该|能|{_WHERE_ZH}){{0,3}}[去来]?(?:投诉|举报){_YOU_ZH}{{0,3}}的?(?:应该?|该|要|得)?"
    f"(?:{_WHERE_ZH}|打?(?:哪一?个|什么|啥)?(?:电话|热线)(?:号码)?|邮箱|渠道|途径|方式|入口)?"
    "(?:办|弄|(?:是|有)?(?:多少|什么|啥|哪些|哪一?个))?[呀啊呢吗]?"
)
_OF_COMPLAINTS = re.compile("投诉|举报|complain", re.IGNORECASE)


def _reaching(policy: Policy) -> Hit | None:
    """Return the place where a policy tells how its company is reached; None if it prints that nowhere."""
    printed = contact_span(policy)
    if printed is None:
        return None
    return next(_certain(policy, span) for span in sentences(policy.text) if printed[0] < span[1])


def _asks_issuer(question: str, names: Iterable[str]) -> bool:
    """Say whether a question asks which company it is, by the policy's own names or none: 你们, "this app"."""
    asked = normalized(question)
    asked = any_of(names).sub(" " if has_han(asked) else " this app ", asked)
    asked = " ".join(_PUNCTUATION.sub(" ", asked).split())
    if has_han(asked):
        return _ASKS_ISSUER_ZH.fullmatch(asked.replace(" ", "")) is not None
    return _ASKS_ISSUER_EN.fullmatch(asked) is not None


_PUNCTUATION = re.compile(r"[^\w'’]+")
_COMPANIES_ZH = "(?:公司|企业|单位|主体|运营[者方商]|开发[者商方]|经营者|(?:服务)?提供[者方商]|厂[商家]|个人信息处理者)"
_DOES_ZH = "(?:运营|开发|经营|提供|负责|管理|[做搞弄办出管])"
_BEFORE_ZH = (
    "(?:请问|我想知道|你们|你|贵|这个?|那个?|该|本|此|咱们?|它|背后|后面|软件|平台|应用|小程序|网站|产品|服务|程序|app|公众号|政策|协议|"
    f"真正|实际|到底|究竟|的|是|{_DOES_ZH}){{0,8}}"
)
_WHICH_ZH = "(?:谁|什么|啥|哪一?[个家])"
_ASKS_ISSUER_ZH = re.compile(
    f"{_BEFORE_ZH}(?:"
    # 你们公司叫什么名字, 运营方是谁, 公司全称
    f"{_COMPANIES_ZH}的?(?:(?:名字|名称|全称|全名)(?:是|叫)?{_WHICH_ZH}?|(?:是|叫做?|名为){_WHICH_ZH}(?:名字|名称|公司|企业)?)|"
    # 这个软件是哪家公司的, 由谁运营
    f"(?:属于|归|由)?{_WHICH_ZH}(?:公司|企业|单位|机构)(?:的|家的|旗下的?)?(?:产品|软件|应用|平台)?|"
    f"(?:是|由|归)?(?:谁|{_WHICH_ZH}(?:公司|企业|单位|机构|团队))(?:在|来)?{_DOES_ZH}(?:出来)?的?"
    ")[呀啊呢吗哦]?"
)
_OURS_EN = (
    "(?:(?:this|the|your) (?:app|application|service|website|site|platform|product|company|business|policy|shop|store))"
)
_RUNS_EN = (
    "(?:runs?|operates?|owns?|makes?|made|built|develop(?:s|ed)?|provides?|publish(?:es|ed)?|is behind|issued|manages)"
)
_COMPANY_EN_ASKED = "(?:company|business|operator|developer|publisher|provider|owner|(?:data )?controller|legal entity)"
_ASKS_ISSUER_EN = re.compile(
    f"(?:(?:and|so|please|tell me) )?(?:who(?:'s|’s| is)? (?:really )?(?:{_RUNS_EN}|behind) {_OURS_EN}|"
    f"(?:which|what) {_COMPANY_EN_ASKED} (?:{_RUNS_EN} {_OURS_EN}|is (?:this|behind {_OURS_EN})|are you)|"
    f"(?:what(?:'s|’s| is) )?(?:the )?(?:full |legal )?name of (?:your|the|this) {_COMPANY_EN_ASKED}|"
    f"what(?:'s|’s| is) (?:your|the|this) {_COMPANY_EN_ASKED}(?:['’]s)? ?(?:(?:full |legal )?name|called)|"
    f"who(?:'s|’s| is) (?:your|the|this) {_COMPANY_EN_ASKED}(?: (?:of|for|behind) {_OURS_EN})?|"
    f"{_COMPANY_EN_ASKED} name|who (?:am i|are we) dealing with|who are you)"
)


def _naming(policy: Policy) -> Hit | None:
    """Return the place where a policy names its company as what it is; None if it prints its name nowhere."""
    named = list(Squeezed(policy.text).find(squeezed(policy.company)))
    spans = [
        (left, right)
        for left, right in (sentences(policy.text) if named else ())
        if any(left <= start and end <= right for start, end in named)
    ]
    if not spans:
        return None
    said = next((span for span in spans if _PRESENTS.search(fold(policy.text[slice(*span)]))), spans[0])
    return _certain(policy, said)


def _certain(policy: Policy, said: tuple[int, int]) -> Hit:
    """Return the clause of a sentence as one that needs no evidence of its own."""
    clause = policy.at(said[0])
    passage = Passage(clause_id=clause.id, start=clause.start, end=clause.body_end, context="", sentences=(said,))
    return certain(policy, passage)


_PRESENTS = re.compile(
    r"公司(?:名称|全称)?\s*[:：]|运营[者方商主]|开发[者商方]|经营者|提供[者方商]|处理者|由.{2,40}(?:运营|提供|开发|经营)|以下(?:简称|称)|"
    r"\b(?:operated|provided|issued|published|run|owned|developed) by\b|\bhereinafter\b|\bcontroller\b|"
    r"\([\"“]?(?:we|us|the)\b|\bwe are\b|\b(?:is|are) the (?:company|operator|provider)\b"
)
