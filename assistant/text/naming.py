"""Naming: what the titles of policies say besides that they are titles of policies, and how a sentence has them."""

from __future__ import annotations

import re
from collections import Counter


def without_noun(title: str) -> str:
    """Return what a title says besides that it is one of a policy; empty if it says no more.

    >>> [without_noun(title) for title in ("Lantern Post Returns Policy", "《云朵隐私政策》", "Terms of Use – Lantern")]
    ['Lantern Post', '云朵', 'Lantern']
    >>> [without_noun(title) for title in ("Larkbox Terms of Subscription", "General Conditions of Carriage of Skerry")]
    ['Larkbox', 'Skerry']
    >>> [without_noun(title) for title in ("Privacy Policy", "用户服务协议", "Handbook")]
    ['', '', 'Handbook']
    """
    named = " ".join(_MARKS.sub(" ", title).split()).strip(AROUND_NAMES)
    # A company may stand before its policy, or behind it.
    for noun in (_NOUN_BEFORE, _NOUN_ZH, _NOUN_EN):
        named = noun.sub("", named).strip(AROUND_NAMES)
    return _POSSESSIVE.sub("", named)


_MARKS = re.compile(r'[《》〈〉“”"「」【】]')
AROUND_NAMES = " :：|｜·,，-–—_"
_POSSESSIVE = re.compile(r"['’]s?$")
_KIND_EN = (
    r"(?:privacy|data|protection|security|cookies?|returns?|refunds?|exchanges?|cancellations?|shipping|delivery"
    r"|payments?|billing|warranty|users?|customers?|website|app|services?|licen[cs]e|fair|acceptable|use|usage|and|&"
    r"|general|our|the|online|store|membership|subscription|information|personal|house|bookings?|reservations?|accounts?"
    r"|community|standards|rules|terms)"
)
_POLICY_EN = (
    r"(?:(?:polic(?:y|ies)|notice|statement|agreement|terms(?: (?:and|&) conditions)?|conditions|rules|guidelines)"
    r"(?: (?:of|for) (?:the )?(?:use|services?|sale|returns?|refunds?|carriage|subscription|membership|business"
    r"|purchase|supply|hire|rental))?)"
)
_NOUN_EN = re.compile(rf"(?:(?<![^ ]){_KIND_EN}[ ,/]{{1,2}}){{0,6}}(?<![^ ]){_POLICY_EN}$", re.IGNORECASE)
_NOUN_BEFORE = re.compile(
    rf"^(?:{_KIND_EN}[ ,/]{{1,2}}){{0,6}}{_POLICY_EN}(?: (?:of|for|by|at) | ?[:：|｜·–—-] ?)", re.IGNORECASE
)
_NOUN_ZH = re.compile(
    r"(?:(?:用户|会员|客户|网站|平台|软件|产品|个人|信息|数据|安全|隐私权?|保护|服务|使用|注册|许可|退换?货|退款|售后|配送|儿童|及|与|和|的){0,8}"
    r"(?:政策|协议|声明|条款|规则|须知|指引|约定|说明|章程|制度|办法|规定|细则|规约|守则))$"
)


def in_title_marks(title: str) -> str:
    """Return a title in the marks that Chinese puts around one; those within it are single ones then.

    >>> in_title_marks("隐私政策"), in_title_marks("《云朵》隐私政策"), in_title_marks("《云朵隐私政策》")
    ('《隐私政策》', '《〈云朵〉隐私政策》', '《云朵隐私政策》')
    """
    inner = title[1:-1] if title.startswith("《") and title.endswith("》") else title
    if "《" in inner or "》" in inner:
        return f"《{title.replace('《', '〈').replace('》', '〉')}》"
    return f"《{inner}》"


def in_small_letters(title: str, text: str) -> str:
    r"""Return an English title that is all in capitals as titles are written in a sentence; others as they are.

    A name has the letters that it has elsewhere in the text.

    >>> in_small_letters("LANTERN POST PRIVACY POLICY", "Lantern Post sells lamps.")
    'Lantern Post Privacy Policy'
    >>> in_small_letters("TERMS OF USE OF THE XYQ APP", "OUR XYQ\nThe XYQ is free.")
    'Terms of Use of the XYQ App'
    """
    words = title.split()
    if len(words) < 2 or not title.isupper() or not title.isascii():
        return title
    return " ".join(_in_sentence(word, text, first=not place) for place, word in enumerate(words))


def _in_sentence(word: str, text: str, *, first: bool) -> str:
    plain = word.strip("().,:;&\"'")
    if plain.lower() in _SMALL_WORDS:
        return word.capitalize() if first else word.lower()
    named = re.compile(rf"(?<!\w){re.escape(plain)}(?!\w)", re.IGNORECASE)
    # Another heading in capitals tells nothing.
    lines = (line for line in text.splitlines() if plain and not line.isupper())
    usual = Counter(form for line in lines for form in named.findall(line)).most_common(1)
    form = usual[0][0] if usual else plain.lower()
    return word.replace(plain, form.capitalize() if form.islower() else form)


_SMALL_WORDS = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"))

COMPANY_FORM_EN = (
    r"(?:(?:Pty\.? |Co\.?,? )?Ltd|Limited|Inc|Incorporated|LLC|LLP|PLC|plc|Corp|Corporation|GmbH|AB|AG|A/S|ApS|Oy|SE"
    r"|SAS|B\.V\.?|N\.V\.?|S\.A\.?)"
)
"""Pattern of what an English name of a company ends with, the form that the company has: `Lantern Post Ltd`."""
