"""What a policy says of itself: who issued it, from when it holds, how to reach the company.

It fills in what is known of a policy that is added; whoever adds it may correct that.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from assistant.parsing.headings import CHANGED_EN
from assistant.text import LATIN_WORD, fold, has_han
from assistant.text.naming import COMPANY_FORM_EN, without_noun
from assistant.text.quotes import Squeezed, squeezed
from assistant.text.units import MONTHS

if TYPE_CHECKING:
    from assistant.policy import Policy
    from assistant.text import Span

_FIRST_CHARS = 3_000
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in MONTHS)
_DATED = re.compile(
    rf"(?:生效|施行|实施|更新|修订|发布|\beffective\b|\bin force\b|^\W{{0,4}}valid (?:from|as of)\b|"
    rf"\b(?:edition|version) of\b|\b{CHANGED_EN}\b)"
    r"[^\n\d]{0,30}?"
    rf"(?:(?P<y>20\d\d)\s*[年./-]\s*(?P<m>\d{{1,2}})\s*[月./-]\s*(?P<d>\d{{1,2}})"
    rf"|(?P<d2>\d{{1,2}})\s+(?P<m2>{_MONTH})\s+(?P<y2>20\d\d)|(?P<m3>{_MONTH})\s+(?P<d3>\d{{1,2}}),?\s+(?P<y3>20\d\d))",
    re.IGNORECASE | re.MULTILINE,
)
# 本办法自2024年9月1日起施行, or such a line below the title; not a law 自2021年1月1日起施行.
_IN_FORCE_FROM = re.compile(
    r"(?:本[^。\n]{0,16}?自|^[^。，》\n\d]{0,40}?)(?P<y>20\d\d)\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*日?起"
    r"(?:正式)?(?:施行|实施|生效|执行)(?!的)",
    re.MULTILINE,
)
# A name in the English of companies: words with capitals, then the form of the company.
_COMPANY_EN = re.compile(
    r"(?<![\w.])[A-Z][\w&'’.-]{0,30}(?: (?:[A-Z][\w&'’.-]{0,30}|&|and|of)){0,5},? "
    rf"(?:{COMPANY_FORM_EN}|LTD|INC|LIMITED)(?![A-Za-z])"
)
_COMPANY_ZH = re.compile(r"[\u3400-\u9fffA-Za-z0-9（）()]{2,30}?(?:股份有限公司|有限责任公司|有限公司)")
# 本办法由常州青松岭陵园有限公司负责解释, 最终解释权归…所有.
_EXPLAINS = re.compile(
    rf"(?<=由)({_COMPANY_ZH.pattern})(?:负责|进行)?(?:最终)?解释|解释权(?:归(?:属于?)?|属于|由)({_COMPANY_ZH.pattern})"
)
# What leads to a name; some of it also stands within names, such as 华为 and 安和, and leads there only behind somebody
# else, or at the beginning.
_BEFORE_COMPANY = re.compile(
    r"^(?:.{0,28}?(?:是由|由|归(?:属于?)?|是|系(?!统)|即|指|向|的|提供方|运营者|经营者|名称)|(?:.{0,27}[者方人商户们您你司台体称策议])?[为和与及或])+"
    r"(?=.{6,})|^[（(]?(?:以下简称|我们)"
)


def company_in(policy: Policy) -> str:
    """Return the company that a policy names as its own: as it begins or where it tells the contact, else of its title.

    A name of the title is none where the title says no more than that it is one of a policy.
    """
    text = policy.text
    parts = (text[:_FIRST_CHARS], text[_FIRST_CHARS:][-_FIRST_CHARS:])
    found: Counter[str] = Counter()
    pattern = _COMPANY_ZH if policy.language == "zh" else _COMPANY_EN
    for part in parts:
        found.update(_trimmed(match[0]) for match in pattern.finditer(part))
    short = without_noun(policy.title)
    at_head = {_trimmed(match[0]) for match in pattern.finditer(text[: _head_end(policy)])}
    explaining = {_trimmed(match[1] or match[2]) for match in _EXPLAINS.finditer(text)}
    # A company that is named once may be any partner, unless it stands above all numbered clauses or explains them.
    own = [
        name
        for name, count in found.most_common()
        if name and (count > 1 or _first_word(short) in name or name in at_head or name in explaining)
    ]
    if own:
        return own[0]
    is_name = short and len(short) <= _LONGEST_NAME and short != " ".join(policy.title.split())
    return short if is_name and _is_named_again(short, policy) else ""


def _is_named_again(name: str, policy: Policy) -> bool:
    """Say whether a name of the title is that of a company: the text uses it, too, or an address in it does.

    "Staff Travel Policy" and 就餐管理办法 say what they are about. A Chinese name is one if it is short, too.
    """
    if has_han(name):
        return len(name) <= _SHORT_NAME_ZH or policy.text.count(name) > policy.text.count(policy.title)
    domains = {fold(match["domain"]).replace("-", "") for match in _DOMAIN.finditer(policy.text)}
    named = "".join(LATIN_WORD.findall(fold(name)))
    return policy.text.count(name) > policy.text.count(policy.title) or any(named in domain for domain in domains)


def _head_end(policy: Policy) -> int:
    """Return where what stands above the clauses ends: the title, and a first paragraph without a number."""
    if not policy.root.children:
        return 0
    first = policy.root.children[0]
    return min(first.start if first.label else first.body_end, _FIRST_CHARS)


def _first_word(name: str) -> str:
    return name.split(maxsplit=1)[0] if name else "\0"


def _trimmed(name: str) -> str:
    """Return a company's name without what leads to it."""
    if "公司" in name:
        return _BEFORE_COMPANY.sub("", name).strip(" （(）)")
    # "Privacy Policy of Larkdale Ltd".
    return without_noun(name) or name


_LONGEST_NAME = 40
_SHORT_NAME_ZH = 6
# Of an address of the web or of e-mail.
_DOMAIN = re.compile(r"(?:@|//|www\.)(?P<domain>[\w.-]{4,100})", re.ASCII)


def date_in(text: str) -> str:
    r"""Return the date from which a text says to be in effect, or the one of its last change; empty if it says none.

    >>> date_in("隐私政策\n更新日期：2024年3月1日"), date_in("Effective date: March 1, 2024"), date_in("x")
    ('2024-03-01', '2024-03-01', '')
    """
    parts = (text[:_FIRST_CHARS], text[_FIRST_CHARS:][-_FIRST_CHARS:])
    if own := next(filter(None, map(_IN_FORCE_FROM.search, parts)), None):
        with suppress(ValueError):
            return datetime.date(int(own["y"]), int(own["m"]), int(own["d"])).isoformat()
    found = [match for part in parts for match in _DATED.finditer(part)]
    # That of its effect counts before that of its last change.
    for match in sorted(
        found, key=lambda match: re.match(r"生效|施行|实施|effective|in force|\W*valid", match[0], re.I) is None
    ):
        year, month, day = (match["y"] or match["y2"] or match["y3"], match["m"], match["d"])
        if not month:
            named = (match["m2"] or match["m3"]).lower()
            month = str(1 + [month[:3] for month in MONTHS].index(named[:3]))
            day = match["d2"] or match["d3"]
        with suppress(ValueError):
            return datetime.date(int(year), int(month), int(day)).isoformat()
    return ""


def said_of_itself(policy: Policy) -> dict[str, str]:
    """Return what a policy says of itself, by the keys of `policy.toml`; without what it does not say."""
    found = {
        "company": company_in(policy),
        "effective_date": date_in(policy.text),
        "contact": contact_of(policy),
    }
    return {key: value for key, value in found.items() if value}


# --- Whom to ask -------------------------------------------------------------------------


def contact_of(policy: Policy) -> str:
    """Return how to reach the company: as is known of the policy, or as its clause about that prints it, if any."""
    if policy.contact:
        return policy.contact
    # The last one: those before may be about somebody else, such as a partner.
    for clause in reversed([clause for clause in policy.walk() if _HOW_TO_REACH.search(clause.title)]):
        for kind in (_E_MAIL, _PHONE, _SERVICE_NUMBER):
            for match in kind.finditer(policy.text, clause.start, clause.end):
                if _is_own(policy.text, clause.start, match):
                    return match[0]
    # No title says so, or its clause names only a form: 可拨打客服热线….
    for match in reversed(list(_LABELLED.finditer(policy.text))):
        titles = [clause.title for clause in policy.path(policy.at(match.start()).id)]
        is_own = _is_own(policy.text, 0, match) and not any(map(_OF_OTHERS.search, titles))
        if is_own and not _FOR_ONE_MATTER.match(match["value"]):
            return match["value"]
    # An address alone is the company's if it is named like it, and not for one matter by its own name.
    named = "".join(LATIN_WORD.findall(fold(f"{policy.company} {policy.title}")))
    for match in reversed(list(_GENERAL.finditer(policy.text))):
        if fold(match["domain"]).replace("-", "") in named:
            return match[0]
    return ""


def contact_span(policy: Policy) -> Span | None:
    """Return where a policy prints how its company is reached, the last place; None if it prints that nowhere."""
    # The last one: those before may be about something else.
    return next(reversed(list(Squeezed(policy.text).find(squeezed(contact_of(policy))))), None)


def _is_own(text: str, start: int, match: re.Match[str]) -> bool:
    """Say whether the words of the sentence before a number or an address, and its label, do not make it another's."""
    line = text[max(match.start() - _LINE_CHARS, start) : match.end()]
    return not _OF_OTHERS.search(_SENTENCE_ENDS.split(line)[-1])


_HOW_TO_REACH = re.compile(
    r"联系我们|联系方式|联络我们|与我们联系|(?:怎么|如何|怎样)(?:找到|联系|联络)|反馈|客服|投诉|"
    r"\bcontact\b|\breach us\b|\bget in touch\b|\bcomplain|\bfeedback\b|"
    r"\bcustomer (?:service|care|support)\b|^\W*questions\b",
    re.IGNORECASE,
)
_E_MAIL = re.compile(r"(?<![\w.+-])[\w+-][\w.+-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.ASCII)
# No number of a registration, 京ICP备12345678号, and none of a chat.
_PHONE = re.compile(r"(?<![\w-])(?<!备)(?<!第)(?<![Qq][:： ])\+?\(?\d(?:[ ()-]{0,2}\d){6,14}(?![\w-])(?!号)", re.ASCII)
# Of banks, insurers and couriers, and of those who run telephone networks. Before a town it is that of its post office.
_SERVICE_NUMBER = re.compile(
    r"(?<![\w-])(?:9[56]\d{3,4}|10\d{3})(?![\w-])(?! (?-i:(?!Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)[A-Z]))", re.ASCII
)
_LABELLED = re.compile(
    r"(?:(?:客服|服务|咨询|联系|投诉|我们的?)(?:电话|热线|邮箱|邮件)|热线|邮箱|邮件(?:发?送?至|到|给)|发(?:送)?至|拨打|致电|"
    r"(?:电话|联系|投诉|反馈)[:：]|"
    r"\b(?:e-?mail|write to|call|phone|ring|telephone|reach|contact)\b)"
    # Of brackets only those around the beginning of a number are a part of it.
    r"[^。！？!?\n@\d+(]{0,30}?(?:\((?!\+?\d{1,5}\)))?"
    rf"(?P<value>{_E_MAIL.pattern}|{_PHONE.pattern}|{_SERVICE_NUMBER.pattern})",
    re.ASCII | re.IGNORECASE,
)
# Whoever asks something else is not sent to those who decide on appeals.
_FOR_ONE_MATTER = re.compile(
    r"(?:opt-?out|unsubscribe|charit\w{0,4}|appeals?|claims?|press|media|jobs?|careers?|abuse|legal|returns?|refunds?|billing"
    r"|accounts?|payroll|sales|partners?|wholesale|security|dmca|copyright|report\w{0,4})@",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"(?<![\w.+-])(?:contact|support|help|helpdesk|info|hello|hi|services?|customer\w{0,8}|care|enquir\w{1,4}|inquir\w{1,4}"
    r"|office|team|mail|privacy|dpo|data-?protection)@(?P<domain>[\w-]{4,63})(?:\.[\w-]{1,63}){1,8}",
    re.ASCII | re.IGNORECASE,
)
_LINE_CHARS = 120
_SENTENCE_ENDS = re.compile(r"[。！？!?\n]|\. ")
# What is not the company: nobody is sent to a partner, nor to the authority that hears complaints about it, nor to
# those in it who hear nothing but complaints about copies.
_OF_OTHERS = re.compile(
    r"第三方|合作方|合作伙伴|供应商|关联公司|关联方|子公司|sdk|插件|著作权|版权|知识产权|侵权|"
    r"监管|主管部门|管理局|管理部门|委员会|消费者协会|公安|工信|网信|法院|仲裁|"
    r"\bthird[- ]part|\bpartners?\b|\baffiliates?\b|\bsubsidiar|\bprocessors?\b|\bsuppliers?\b|\bcopyright|\binfring|"
    r"\bauthorit|\bregulator|\bcommissioner|\bombuds|\bsupervisory\b|\bpolice\b|\bcourts?\b",
    re.IGNORECASE,
)
