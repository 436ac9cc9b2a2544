"""The commands of the HTTP service: running it, its keys, and what people asked it in vain."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path  # noqa: TC003 - typer reads the types
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.terminal import (
    AsJson,
    Commands,
    Corpus,
    Host,
    IndexDir,
    Port,
    address_of,
    build,
    command,
    is_terminal,
    note,
    plural,
    print_json,
    print_line,
    settings_of,
)
from assistant.errors import AssistantError, ServiceError, needs_extra
from assistant.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.server.feedback import FeedbackStore, Group
    from assistant.server.keys import Key, KeyStore
    from assistant.settings import Settings

_SHOWN_QUESTIONS = 5

_Keys = Annotated[
    bool, typer.Option("--keys/--no-keys", help="Require a key as soon as one exists; --no-keys never requires one.")
]
_AnyAddress = Annotated[
    bool, typer.Option("--any-address", help="Listen beyond this machine even if no key is wanted.")
]

keys_app = Commands(no_args_is_help=True, help="Make, list and revoke the keys of the HTTP service.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(serve)
    app.command("mcp")(speak_mcp)
    app.command()(feedback)
    app.add_typer(keys_app, name="keys")


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of processes.")] = 1,
    keys: _Keys = True,
    any_address: _AnyAddress = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Answer over HTTP until stopped; SIGHUP opens the policies and the index anew."""
    from assistant.server.run import serve as run

    settings = settings_of(corpus, index_dir)

    def prepare() -> None:
        # Before there are several processes, each of which would build it.
        build(settings)
        # Into a log there goes nothing but JSON.
        if port and is_terminal(sys.stderr):
            note(f"{address_of(host, port)} shows the help chat; Ctrl-C ends it")

    run(settings, host=host, port=port, workers=workers, use_keys=keys, any_address=any_address, prepare=prepare)


def speak_mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Listen for clients over HTTP, at /mcp, instead of standard input.")
    ] = False,
    host: Host = "127.0.0.1",
    port: Port = 8001,
    keys: _Keys = True,
    any_address: _AnyAddress = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Answer programs that speak the Model Context Protocol, such as Claude, by pipes or over HTTP."""
    settings = settings_of(corpus, index_dir)
    try:
        from assistant.server.mcp import http_app, serve_pipes
    except ImportError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise ServiceError(needs_extra("the Model Context Protocol", "mcp")) from None
    if not http:
        build(settings)
        if is_terminal(sys.stdin):
            typer.echo(
                "waiting for a client on standard input (it is to start this by itself); Ctrl-C ends it", err=True
            )
        serve_pipes(settings)
        return
    from assistant.server.run import serve as run

    first = partial(build, settings)
    run(settings, host=host, port=port, use_keys=keys, any_address=any_address, prepare=first, make_app=http_app)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for, such as `shop website`.")],
    policies: Annotated[
        str | None,
        typer.Option(metavar="IDS", help="Ids of the policies that it sees, with commas between. \\[default: all]"),
    ] = None,
    rate: Annotated[
        str,
        typer.Option(
            help="Most requests with it, such as 600/minute, or several with commas between. \\[default: no limit]"
        ),
    ] = "",
    origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Make it a browser key, for the pages of this origin; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, and print it: this once, for only its hash is kept."""
    scope = None if policies is None else [part.strip() for part in policies.split(",") if part.strip()]
    if scope is not None and not scope:
        raise typer.BadParameter("name at least one policy, or leave it out for all", param_hint="--policies")
    if not name.strip():
        raise typer.BadParameter("say whose it is, such as crm", param_hint="NAME")
    keys = _keys()
    namesakes = [key.id for key in keys.all() if key.name == name and not key.revoked_at]
    key, text = keys.create(name=name, policies=scope, rate=rate, origins=origin or ())
    _note_unknown(scope or ())
    if namesakes:
        is_are = "is" if len(namesakes) == 1 else "are"
        note(f"there {is_are} {plural(len(namesakes), 'key')} of this name already: {', '.join(namesakes)}")
    if as_json:
        print_json(_key_json(key) | {"key": text})
        return
    print_line(text)
    typer.echo("Keep it now: it cannot be shown again.", err=True)


def _note_unknown(scope: Sequence[str]) -> None:
    """Tell which policies of a key are not in use here; the service may have others."""
    from assistant.corpus.keeping import folders_of

    try:
        known = folders_of(settings_of(None, None))
    except AssistantError:
        return
    for policy_id in scope:
        if policy_id not in known:
            note(f"there is no policy {policy_id!r} here, but {', '.join(sorted(known))}; the key is made all the same")


@keys_app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys, without their secrets."""
    found = _keys().all()
    if as_json:
        print_json([_key_json(key) for key in found])
        return
    for key in found:
        seen = "all policies" if key.policies is None else ", ".join(key.policies)
        pages = f"pages of {', '.join(key.origins)}" if key.origins else "server"
        state = f"revoked {key.revoked_at}" if key.revoked_at else f"made {key.created_at}"
        print_line(f"{key.id}  {key.name}  ({pages}; {seen}; {key.rate or 'no limit'}; {state})")
    if not found:
        note(f"there are no keys: {command('keys create', 'NAME')} makes one")


@keys_app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, as `keys list` has it.")],
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase what is kept of its conversations, answers and feedback, too.")
    ] = False,
) -> None:
    """Revoke a key and the browser tokens made with it."""
    from assistant.conversation.sessions import open_sessions

    settings = settings_of(None, None)
    _keys().revoke(key_id)
    if erase:
        sessions = open_sessions(settings)
        try:
            conversations = sessions.delete_all(owner=key_id)
        finally:
            sessions.close()
        records = _feedback(settings).erase(owner=key_id)
        print_line(f"revoked {key_id}; erased conversations: {conversations}, records of answers: {records}")
        return
    print_line(f"revoked {key_id}")


def feedback(
    days: Annotated[
        int | None, typer.Option(min=1, help="How far back, in days. \\[default: all that is kept]")
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="ID", help="Of what was asked with this key only.")] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the questions as candidates for a question set (JSONL).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what people asked in vain: questions without an answer or with one of no use, by clause."""
    from assistant.server.feedback import candidates, grouped
    from assistant.server.keys import no_key
    from assistant.storage import write

    if export and as_json:
        raise typer.BadParameter("a file is written instead of what --json prints: leave one out", param_hint="--json")
    settings = settings_of(None, None)
    if key is not None and key not in {one.id for one in _keys().all()}:
        raise ServiceError(no_key(key))
    complaints = _feedback(settings).complaints(days=days, owner=key)
    if export:
        # A person may have completed it since.
        if export.exists() and not force:
            raise ServiceError(f"{export}: is there already: name another file, or give --force")
        lines = [json.dumps(line, ensure_ascii=False) for line in candidates(complaints)]
        try:
            write(export, "".join(f"{line}\n" for line in lines))
        except OSError as error:
            raise ServiceError(f"{export}: cannot be written ({error.strerror}): name another file") from None
        print_line(f"{export}: {plural(len(lines), 'question')}, for a person to complete")
        return
    groups = grouped(complaints)
    if as_json:
        print_json([_group_json(group) for group in groups])
        return
    for group in groups:
        _print_group(group)
    if not groups:
        print_line(_nothing(days, key, kept=settings.server_feedback_days))


def _nothing(days: int | None, key: str | None, *, kept: int) -> str:
    """Return what is said where nothing was asked in vain."""
    if not kept:
        return "no feedback is kept: ASSISTANT_SERVER_FEEDBACK_DAYS is 0"
    with_key = f"with key {key} " if key else ""
    return f"nothing was asked in vain {with_key}in the last {plural(min(days or kept, kept), 'day')}"


def _print_group(group: Group) -> None:
    where = f"{group.policy_id} {group.reference}  [{group.clause_id}]" if group.clause_id else "(no clause came near)"
    counts = group.counts
    print_line(f"{where}: {counts['abstained']} without an answer, {counts['not_useful']} of no use", style="bold")
    for complaint in group.complaints[:_SHOWN_QUESTIONS]:
        day = time.strftime("%Y-%m-%d", time.localtime(complaint.at))
        why = f"  ({shortened(complaint.why, 80)})" if complaint.why else ""
        print_line(f"  {day}  {shortened(complaint.question, 80)}{why}")
    if (more := len(group.complaints) - _SHOWN_QUESTIONS) > 0:
        print_line(f"  … and {more} more", style="dim")


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "policy_id": group.policy_id,
        "clause_id": group.clause_id,
        "reference": group.reference,
        "abstained": group.counts["abstained"],
        "not_useful": group.counts["not_useful"],
        "questions": [
            {
                "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(complaint.at)),
                "fault": complaint.fault,
                "reason": complaint.reason,
                "question": complaint.question,
                "query": complaint.query,
                "language": complaint.language,
                "why": complaint.why,
            }
            for complaint in group.complaints
        ],
    }


def _key_json(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "policies": None if key.policies is None else list(key.policies),
        "rate": key.rate,
        "origins": list(key.origins),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


def _keys() -> KeyStore:
    from assistant.server.database import service_database
    from assistant.server.keys import KeyStore

    settings = settings_of(None, None)
    return KeyStore(service_database(settings.server_folder()), settings)


def _feedback(settings: Settings) -> FeedbackStore:
    from assistant.server.database import service_database
    from assistant.server.feedback import FeedbackStore

    return FeedbackStore(service_database(settings.server_folder()), days=settings.server_feedback_days)
