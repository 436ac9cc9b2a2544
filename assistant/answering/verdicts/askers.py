"""Who asks: what a policy calls its reader, where it is written about children, passengers or learners.

There 儿童 or 旅客 is what 您 is elsewhere, and in a question 我. The rules know 您 and 我 only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.text import has_han, normalized

if TYPE_CHECKING:
    from assistant.policy import Policy


@dataclass(frozen=True, slots=True)
class Asker:
    """The one who asks, by the name that a policy has for its reader."""

    role: str = ""
    """Key in `_ROLES`; empty if the policy says just 您."""

    def as_you(self, text: str) -> str:
        """Return a text of the policy with 您 for the role."""
        if not self.role:
            return text
        named = _ROLES[self.role].sub(lambda name: "您" if has_han(name[0]) else "your", text)
        return named.replace("your's", "your")

    def as_me(self, question: str) -> str:
        """Return a question with 我 for the role."""
        if not self.role:
            return question
        if self.role != _CHILD:
            return _ROLES[self.role].sub("我", question)
        named = _CHILD_ASKED.sub(lambda name: "我" if has_han(name[0]) else "my", normalized(question))
        return named.replace("my's", "my")

    @property
    def you(self) -> str:
        """A pattern of what the policy prints where `as_you` has 您."""
        return f"(?:您|{_ROLES[self.role].pattern})" if self.role else "您"


def asker_of(question: str, policy: Policy) -> Asker:
    """Return who asks a question about a policy."""
    role = policy.kept(_role_in)
    if role == _CHILD and _OWN_ASKED.search(_CHILD_ASKED.sub("", normalized(question))):
        # In rules about children, `my phone number` is a parent's, of whom other things hold.
        role = ""
    return Asker(role)


def _role_in(policy: Policy) -> str:
    if _CHILD_TITLED.search(policy.title):
        return _CHILD
    text = policy.text
    said = len(re.findall("[您你]", text))
    roles = {role: text.count(role) for role in _ROLES if role != _CHILD}
    role = max(roles, key=lambda name: roles[name])
    return role if roles[role] >= _LEAST_NAMED and roles[role] > said else ""


_CHILD = "child"
# Not 未满5周岁的儿童, nor 走失儿童, who are some of them.
_SOME = r"(?<![的岁失伴他分部些名级])"
_ROLES = {
    _CHILD: re.compile(
        rf"{_SOME}(?:未成年人|青少年|儿童|(?:您的?)?(?:孩子|宝贝)|\b(?:the |a |your )?child(?:ren)?(?='s))"
    )
} | {
    role: re.compile(rf"{_SOME}{role}(?![票证卡])")
    for role in ("学员", "旅客", "乘客", "患者", "就诊人", "顾客", "读者")
}
_CHILD_TITLED = re.compile(r"儿童|未成年人|青少年|\bchild(?:ren)?\b|\bminors?\b", re.IGNORECASE)
_CHILD_ASKED = re.compile(
    r"(?:我家?|您|你)?的?(?:孩子|儿童|宝贝|宝宝|小孩|娃|儿子|女儿|未成年人|青少年)(?:们)?|"
    r"\b(?:my |the |a |our )?(?:child(?:ren)?|kids?|son|daughter)(?='s|s')"
)
_OWN_ASKED = re.compile(r"我(?!们)|\b(?:my|me|i)\b")
_LEAST_NAMED = 5
"""How often a policy names a role at least, if that is its reader's."""
