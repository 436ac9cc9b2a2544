"""The web page: a chat over the assistant, in Gradio.

Layout and callbacks only; every decision is the assistant's. Run it with
`policy-assistant ui`, `make ui` or `python ui.py`.
"""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING, Any

# Before Gradio is imported: it reads these once, and by default reports its use to its makers.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gradio as gr

from assistant import Assistant, AssistantError, Settings, Turn
from assistant.backends import embedders, generator
from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

Message = dict[str, Any]

_EXAMPLES = ("个推会收集哪些信息？", "怎么撤回授权？", "How long is my data kept?", "Is my data stored in China?")
_PROMISE = "回答只引用政策原文，每句都注明条款。<br>Every statement quotes the policy and names its clause."
_QUEUE_SIZE = 64
_CONCURRENT = 4
_CSS = """
.gradio-container { width: 100%; max-width: 56rem !important; margin: 0 auto !important;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; }
#head { align-items: center; flex-wrap: wrap; }
#head .block { flex: 1 1 16rem; }
#head button { white-space: nowrap; }
#head h1 { font-size: 1.3rem; font-weight: 600; }
.placeholder { padding: 0 1rem; }
"""
# A second wall behind `shown`: the page's own scripts run, and nothing is fetched from elsewhere.
_HEAD = """<meta http-equiv="Content-Security-Policy" content="default-src 'self' data: blob: \
'unsafe-inline' 'unsafe-eval'; object-src 'none'; frame-src 'none'; form-action 'self'">"""


def respond(assistant: Assistant, question: str, history: Sequence[Turn]) -> list[Message]:
    """Answer a question, as the messages to be added to the chat: the question, the answer, its clauses.

    Args:
        assistant: Answers.
        question: As typed.
        history: What was asked before, oldest first.
    """
    messages: list[Message] = [{"role": "user", "content": shown(question)}]
    try:
        answer = assistant.ask(question, history=history)
    except AssistantError as error:
        return [*messages, {"role": "assistant", "content": shown(str(error))}]
    messages.append({"role": "assistant", "content": shown(answer.text)})
    several = len(assistant.policies) > 1
    for number, citation in enumerate(answer.citations, 1):
        policy = assistant.policy(citation.policy_id)
        clause = policy.own_text(policy[citation.clause_id]).strip()
        title = f"[{number}] {shown(f'《{policy.title}》' if several else '')}{shown(citation.reference)}"
        messages.append({"role": "assistant", "content": shown(clause), "metadata": {"title": title, "status": "done"}})
    return messages


def shown(text: str) -> str:
    """Return `text` so that the chat shows it as it is.

    The chat reads HTML even with `render_markdown=False`; what its sanitizer lets pass loads
    images from other hosts. `>` stays as it is: the button that copies a message copies this.

    >>> shown("设置>注销 <img src=x> R&D")
    '设置>注销 &lt;img src=x> R&amp;D'
    """
    return visible(text).replace("&", "&amp;").replace("<", "&lt;")


def build(assistant: Assistant) -> gr.Blocks:
    """Return the page."""
    chinese = all(policy.language == "zh" for policy in assistant.policies)
    heading = "隐私政策问答 · Policy assistant" if chinese else "Policy assistant"
    titles = "、".join(f"《{policy.title}》" for policy in assistant.policies)
    with gr.Blocks(title="policy-assistant", analytics_enabled=False, fill_height=True) as page:
        with gr.Row(elem_id="head"):
            gr.HTML(f"<h1>{heading}</h1><p>{escape(visible(titles))}</p>")
            anew = gr.Button("新对话 / New conversation", size="sm", scale=0)
        chat = gr.Chatbot(
            label="对话 / Chat",
            height="20rem",
            scale=1,
            buttons=["copy"],
            placeholder=_PROMISE,
            examples=[{"text": example} for example in _EXAMPLES],
            feedback_options=None,
            sanitize_html=True,
            allow_tags=False,
            render_markdown=False,
            latex_delimiters=[],
            allow_file_downloads=False,
        )
        question = gr.Textbox(
            label="问题 / Question",
            placeholder="中文或英文 / Chinese or English",
            autofocus=True,
            submit_btn=True,
            max_length=assistant.settings.max_question_chars,
        )
        # Kept here, not read back from the page, which may send anything.
        messages, turns = gr.State([]), gr.State([])

        def ask(
            asked: str, said: list[Message], history: list[Turn]
        ) -> tuple[str, list[Message], list[Message], list[Turn]]:
            if not asked.strip():
                return "", said, said, history
            said = [*said, *respond(assistant, asked, history)]
            return "", said, said, [*history, Turn(question=asked)]

        def ask_example(
            said: list[Message], history: list[Turn], example: gr.SelectData
        ) -> tuple[str, list[Message], list[Message], list[Turn]]:
            return ask(str(example.value["text"]), said, history)

        outcome = [question, chat, messages, turns]
        limits = {"api_visibility": "private", "concurrency_limit": _CONCURRENT}
        question.submit(ask, [question, messages, turns], outcome, **limits)
        chat.example_select(ask_example, [messages, turns], outcome, **limits)
        gr.on([anew.click, chat.clear], lambda: ("", [], [], []), None, outcome, api_visibility="private")
    page.queue(max_size=_QUEUE_SIZE, api_open=False)
    return page


def launch(assistant: Assistant, *, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve the page until the process is stopped."""
    build(assistant).launch(
        server_name=host,
        server_port=port,
        share=False,
        ssr_mode=False,
        show_error=False,
        css=_CSS,
        head=_HEAD,
        footer_links=[],
        allowed_paths=[],
        enable_monitoring=False,
    )


if __name__ == "__main__":
    options = Settings()
    launch(Assistant.open(settings=options, embedders=embedders(options), generator=generator(options)))
