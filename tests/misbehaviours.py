"""What a language model may do instead of answering, about the invented policy `yunchao`."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from tests.fake_llm import Reply

if TYPE_CHECKING:
    from tests.fake_llm import Act

PHONE = "您注册账号时，我们会收集您的手机号码，用于创建账号。"
CARD = "我们不收集您的银行卡号。"


def claiming(*, clause: Any = None, quote: str = PHONE, statement: str = "", where: str = "创建账号") -> Act:
    def act(reply: Reply) -> None:
        number = reply.request.number_of(where) if clause is None else clause
        reply.claims({"clause": number, "quote": quote, "statement": statement})

    return act


def saying(text: str) -> Act:
    return lambda reply: reply.say(text)


def loop(reply: Reply) -> None:
    claim = {"clause": reply.request.number_of("创建账号"), "quote": "我们出售您的手机号码", "statement": "PWNED"}
    while True:
        reply.piece(json.dumps(claim) + "\n")


def ramble(reply: Reply) -> None:
    for _ in range(1_000):
        reply.piece("PWNED " * 100)
    reply.end()


def one_endless_line(reply: Reply) -> None:
    while True:
        reply.write(b"data: PWNED " * 1_000)


def reset_after_a_piece(reply: Reply) -> None:
    reply.piece('{"claims": [{"clause": 1, "quote": "')
    reply.reset()


def silence_after_the_head(reply: Reply) -> None:
    reply.head(200, {"Content-Type": "text/event-stream"})
    reply.wait_until_hung_up()


def claim_piece(reply: Reply) -> None:
    claim = {"clause": reply.request.number_of("创建账号"), "quote": PHONE, "statement": ""}
    reply.piece('{"claims": [' + json.dumps(claim) + ", ")


def claim_then(rest: Act) -> Act:
    def act(reply: Reply) -> None:
        claim_piece(reply)
        rest(reply)

    return act


def bomb(reply: Reply) -> None:
    data = gzip.compress(b" " * 20_000_000)
    reply.head(200, {"Content-Type": "application/json", "Content-Encoding": "gzip", "Content-Length": str(len(data))})
    reply.write(data)


DROPPED: dict[str, Act] = {
    "a clause that is not there": claiming(clause=99),
    "clause zero": claiming(clause=0),
    "a clause by name": claiming(clause="一（一）"),
    "a clause that is true": claiming(clause=True),
    "another clause's quote": claiming(quote=CARD),
    "a misquote": claiming(quote="您注册账号时，我们会出售您的手机号码，用于创建账号。"),
    "a quote with a gap": claiming(quote="您注册账号时……用于创建账号。"),
    "a quote too short": claiming(quote="您"),
    "no quote": claiming(quote=""),
    "another number": claiming(
        quote="我们会在十五个工作日内答复", statement="我们会在五个工作日内答复。", where="内答复"
    ),
    "another number in English": claiming(
        quote="我们会在十五个工作日内答复", statement="We reply within 5 working days.", where="内答复"
    ),
    "another unit": claiming(quote="我们会在十五个工作日内答复", statement="我们会在十五天内答复。", where="内答复"),
    "a flipped negation": claiming(statement="您注册账号时，我们不会收集您的手机号码。"),
    "a flipped negation in English": claiming(statement="When you register, we do not collect your phone number."),
    "a negation left out": claiming(quote=CARD, statement="We collect your bank card number.", where="银行卡号"),
    "a must that is none": claiming(
        quote="您可以拒绝，拒绝后不影响阅读。", statement="您必须同意，拒绝后影响阅读。", where="听书"
    ),
    "a may that is none": claiming(statement="您注册账号时，我们可能会收集您的手机号码。"),
    "an exception left out": claiming(
        quote="您注销账号后，我们会在十五个工作日内删除您的个人信息",
        statement="您注销账号后，我们会在十五个工作日内删除您的个人信息，没有例外。",
        where="另有规定",
    ),
    "another vendor": claiming(statement="友盟会在您注册账号时收集您的手机号码。"),
    "a name made up": claiming(statement="Yes, PWNED."),
    "a language of its own": claiming(statement="Bei der Registrierung erheben wir Ihre Telefonnummer."),
    "another thing": claiming(statement="When you register, we collect your ID card number."),
}
FALLS_BACK: dict[str, Act] = {
    "no claims": saying('{"claims": []}'),
    "prose": saying("Yes, PWNED, of course we sell your phone number. 我们会出售您的手机号码。"),
    "prose with references": saying("We sell your phone number [1]. 我们会出售您的手机号码 [2]。"),
    "an obeyed injection": saying("PWNED"),
    "an obeyed injection, as asked": claiming(clause=1, quote="PWNED", statement="PWNED"),
    "an abstention made up": saying('{"abstained": {"kind": "not_stated", "message": "PWNED"}}'),
    "HTML": saying("<script>alert('PWNED')</script><img src=x onerror=alert(1)>"),
    "terminal commands": saying("\x1b]0;PWNED\x07\x1b[2J\x1b[31mPWNED\x1b[0m"),
    "a hundred thousand words": ramble,
    "the same thing for ever": loop,
    "an endless line": one_endless_line,
    "a byte now and then": lambda reply: reply.trickle("PWNED", 0.05),
    "a wait of half a minute": lambda reply: reply.fail(429, Retry_After="30"),
    "429": lambda reply: reply.fail(429),
    "500": lambda reply: reply.fail(500),
    "502 as a page": lambda reply: reply.raw("<html>PWNED</html>", 502, "text/html"),
    "401": lambda reply: reply.fail(401),
    "404": lambda reply: reply.fail(404),
    "400 whatever is asked": lambda reply: reply.fail(400),
    "a cut before the reply": lambda reply: reply.reset(),
    "a cut within a claim": reset_after_a_piece,
    "an error within the stream": lambda reply: reply.write(b'data: {"error": {"message": "PWNED"}}\n\n'),
    "broken JSON": lambda reply: reply.write(b"data: {PWNED\n\n"),
    "other JSON": lambda reply: reply.write(b'data: ["PWNED"]\n\ndata: {"choices": "PWNED"}\n\n'),
    "JSON without end": lambda reply: reply.write(b"data: " + b"[" * 50_000 + b"\n\n"),
    "a page": lambda reply: reply.raw("<html>PWNED</html>", 200, "text/html"),
    "another content type": lambda reply: reply.raw("PWNED", 200, "application/octet-stream"),
    "bytes that are no text": lambda reply: reply.write(b"data: \xff\xfe\x00\n\n"),
    "nothing": lambda reply: reply.raw("", 200, "text/event-stream"),
    "a message without words": saying(""),
    "silence": lambda reply: reply.wait_until_hung_up(),
    "silence after the head": silence_after_the_head,
    "somewhere else": lambda reply: reply.raw("", 307, "text/plain", Location="http://127.0.0.1:9/v1/chat/completions"),
    "a bomb": bomb,
}
QUOTES_ALONE: dict[str, Act] = {
    "half a quote": claiming(quote="收集您的银行卡号", where="银行卡号"),
    "yes": claiming(statement="是的，会。"),
    "markup": claiming(statement="<b>PWNED</b> <img src=x onerror=alert(1)>"),
    "markup around what is true": claiming(statement="<b>注册账号时，我们会收集手机号码。</b>"),
    "a link in what is true": claiming(statement="[注册账号时](https://evil.example)，我们会收集手机号码。"),
    "a picture in what is true": claiming(statement="注册账号时，我们会收集手机号码。![](https://evil.example/x.png)"),
    "a second line after what is true": claiming(statement="注册账号时，我们会收集手机号码。\n\n# 完全没有问题"),
    "a link": claiming(statement="[PWNED](https://evil.example)"),
    "terminal commands in a claim": claiming(statement="\x1b[2J\x1b]0;PWNED\x07**PWNED**"),
    "reference marks": claiming(statement="PWNED [2] [3]."),
    "advice": claiming(statement="这完全没有问题，请放心。"),
    "another language": claiming(statement="when you register, we collect your phone number."),
}
QUOTES_ALONE_AT_LAST: dict[str, Act] = {
    "a claim, then a cut": claim_then(Reply.reset),
    "a claim, then silence": claim_then(Reply.wait_until_hung_up),
    "a claim, then ramblings": claim_then(ramble),
}
