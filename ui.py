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

from assistant import Assistant, AssistantError, Settings, Turn
from assistant.backends import embedders
from assistant.text import visible

if TYPE_CHECKING:
    import gradio as gr

Message = dict[str, Any]

_EXAMPLES = ("个推会收集哪些信息？", "怎么撤回授权？", "How long is my data kept?", "Is my data stored in China?")
_PROMISE = "回答只引用政策原文，每句都注明条款 / Every statement quotes its clause"
_QUEUE_SIZE = 64
_CONCURRENT = 4
_CSS = """
.gradio-container { max-width: 56rem !important; margin: 0 auto !important;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; }
#head p { color: var(--body-text-color-subdued); }
"""


def respond(assistant: Assistant, question: str, history: list[Message]) -> list[Message]:
    """Answer a question, as the messages to be added to the chat: the answer, then its clauses.

    Args:
        assistant: Answers.
        question: As typed.
        history: The chat so far.
    """
    try:
        answer = assistant.ask(question, history=_turns(history))
    except AssistantError as error:
        return [{"role": "assistant", "content": visible(str(error))}]
    messages: list[Message] = [{"role": "assistant", "content": visible(answer.text)}]
    for number, citation in enumerate(answer.citations, 1):
        policy = assistant.policy(citation.policy_id)
        clause = visible(policy.own_text(policy[citation.clause_id]).strip())
        title = f"[{number}] {visible(citation.reference)}"
        messages.append({"role": "assistant", "content": clause, "metadata": {"title": title, "status": "done"}})
    return messages


def _turns(history: list[Message]) -> list[Turn]:
    return [Turn(question=_said(message)) for message in history if message["role"] == "user"]


def _said(message: Message) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    # Gradio hands a message's parts back as a list.
    return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))


def build(assistant: Assistant) -> gr.Blocks:
    """Return the page."""
    import gradio as gr

    chinese = all(policy.language == "zh" for policy in assistant.policies)
    titles = "、".join(f"《{policy.title}》" for policy in assistant.policies)
    with gr.Blocks(title="policy-assistant", analytics_enabled=False) as page:
        with gr.Column(elem_id="head"):
            gr.Markdown("# 隐私政策问答 · Policy assistant" if chinese else "# Policy assistant", sanitize_html=True)
            gr.HTML(f"<p>{escape(visible(titles))} · {_PROMISE}</p>")
        chat = gr.Chatbot(
            label="对话 / Chat",
            height="60vh",
            buttons=["copy"],
            feedback_options=None,
            sanitize_html=True,
            allow_tags=False,
            render_markdown=False,
            allow_file_downloads=False,
        )
        question = gr.Textbox(
            label="问题 / Question",
            placeholder="例如：个推会收集哪些信息？",
            autofocus=True,
            submit_btn=True,
            max_length=assistant.settings.max_question_chars,
        )
        gr.Examples([[example] for example in _EXAMPLES], inputs=question, label="例子 / Examples")
        clear = gr.Button("新对话 / New conversation", variant="secondary")

        def ask(asked: str, history: list[Message]) -> tuple[str, list[Message]]:
            if not asked.strip():
                return "", history
            said: Message = {"role": "user", "content": asked}
            return "", [*history, said, *respond(assistant, asked, history)]

        question.submit(
            ask, [question, chat], [question, chat], api_visibility="private", concurrency_limit=_CONCURRENT
        )
        clear.click(lambda: ("", []), None, [question, chat], api_visibility="private")
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
        footer_links=[],
        allowed_paths=[],
        enable_monitoring=False,
    )


if __name__ == "__main__":
    options = Settings()
    launch(Assistant.open(settings=options, embedders=embedders(options)))
