"""The commands of those who keep the policies of a corpus: list, add, update, correct, remove."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.terminal import (
    AsJson,
    Commands,
    Corpus,
    IndexDir,
    build,
    command,
    note,
    plural,
    print_json,
    print_line,
    settings_of,
)
from assistant.errors import CorpusError
from assistant.text import shortened

if TYPE_CHECKING:
    from assistant.policy import Policy
    from assistant.settings import Settings

app = Commands(
    no_args_is_help=True,
    help="List the policies of a corpus, add one, put in a new version of it, correct what is known, remove.",
)

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The policy: txt, md, html, docx or pdf.")]
_Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the policy.")]
_Title = Annotated[str | None, typer.Option("--title", help="Name that people read.")]
_Company = Annotated[str | None, typer.Option("--company", help="Company that issued it.")]
_Date = Annotated[str | None, typer.Option("--effective-date", metavar="YYYY-MM-DD", help="Date it takes effect.")]
_Language = Annotated[str | None, typer.Option("--language", metavar="zh|en", help="Language of its text.")]
_Contact = Annotated[str | None, typer.Option("--contact", help="How to reach the company.")]
_NoIndex = Annotated[bool, typer.Option("--no-index", help="Leave the index as it is; it is built at the next use.")]


@app.command("list")
def listed(as_json: AsJson = False, corpus: Corpus = None) -> None:
    """List the policies in use, with what is known about them."""
    from assistant.corpus import open_folders
    from assistant.corpus.keeping import left_out, may_change

    settings = settings_of(corpus, None)
    found = open_folders(*settings.corpus_dirs())
    if as_json:
        print_json(
            [
                _as_json(policy) | {"folder": str(folder), "may_change": may_change(settings, folder)}
                for policy, folder in found
            ]
        )
        return
    for policy, folder in found:
        _print(policy)
        whose = "" if may_change(settings, folder) else "; came with the program"
        print_line(f"   {folder}{whose}", style="dim")
    for policy_id in left_out(settings):
        how = command("policies restore", policy_id, corpus=corpus)
        print_line(f"{policy_id}  came with the program, not used; {how} uses it again", style="dim")


@app.command()
def add(
    file: _File,
    policy_id: Annotated[str | None, typer.Option("--id", help="Id; by default made of the title.")] = None,
    title: _Title = None,
    company: _Company = None,
    effective_date: _Date = None,
    language: _Language = None,
    contact: _Contact = None,
    no_index: _NoIndex = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Add a policy from a file, to a corpus of your own or beside the policies that come with the program.

    Company, date and contact are those that the text tells, unless you give them; `''` leaves one out.

    See how it is divided first with `policy-assistant outline FILE`. A new version of a policy that is there goes into
    its place with `policy-assistant policies update`.
    """
    from assistant.answering.imprint import said_of_itself
    from assistant.corpus.keeping import add_policy, same_text
    from assistant.parsing import parse
    from assistant.readers import read_file

    settings = settings_of(corpus, index_dir)
    read = read_file(file)
    if same := same_text(settings, read.text):
        raise CorpusError(
            f"policy {same!r} has this very text already, and with a second one every answer would come twice: "
            f"`policies set {same}` corrects what is known about it"
        )
    known = _given(
        id=policy_id,
        title=title or read.title,
        company=company,
        effective_date=effective_date,
        language=language,
        contact=contact,
    )
    said = said_of_itself(parse(read.text, title=title or read.title))
    found = {name: value for name, value in said.items() if name not in known}
    policy = add_policy(settings, read.text, name=file.name, numbered=False, **(found | known))
    _print(policy, f"; read as {read.format}, added to {settings.writable_dir()}")
    if found:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items())
        how = command("policies set", policy.id, corpus=corpus)
        note(f"from its text: {told}; {how} with --company, --effective-date or --contact corrects that")
    _index(settings, no_index=no_index)


@app.command()
def update(
    policy_id: _Id,
    file: _File,
    title: _Title = None,
    company: _Company = None,
    effective_date: _Date = None,
    language: _Language = None,
    contact: _Contact = None,
    no_index: _NoIndex = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Put a new version of a policy into its place; what is known about it, its English and its names stay.

    Its date is the one that the new text tells, unless you give one. The former version is kept in a hidden folder.
    Of the English, what has changed is no longer shown.

    Example: policy-assistant policies update lantern new.docx --effective-date 2025-01-01
    """
    from assistant.answering.imprint import date_in
    from assistant.corpus import METADATA_FILE, read_translation
    from assistant.corpus.keeping import folders_of, update_policy
    from assistant.policy.translations import gaps
    from assistant.readers import read_file

    settings = settings_of(corpus, index_dir)
    read = read_file(file)
    known = _given(title=title, company=company, effective_date=effective_date, language=language, contact=contact)
    date = date_in(read.text)
    if date and effective_date is None:
        known["effective_date"] = date
    policy, kept = update_policy(settings, policy_id, read.text, **known)
    _print(policy, f"; read as {read.format}, the former version is kept in {kept}")
    if policy.effective_date and effective_date is None:
        how = command("policies set", policy_id, "--effective-date", "YYYY-MM-DD", corpus=corpus)
        told = "takes effect, as its text says," if date else "still takes effect"
        note(f"{policy_id} {told} on {policy.effective_date}: {how} corrects that")
    folder = folders_of(settings)[policy_id]
    if policy.given_version:
        note(f"{folder / METADATA_FILE} still says version {policy.version!r}: correct it there")
    translation = read_translation(folder)
    if translation.clauses and (todo := len(gaps(policy, translation))):
        how = command("translations template", policy_id, "--update", corpus=corpus)
        note(f"{plural(todo, 'clause')} of its English to do: {how} makes room for them")
    _index(settings, no_index=no_index)


@app.command("set")
def correct(
    policy_id: _Id,
    title: _Title = None,
    company: _Company = None,
    effective_date: _Date = None,
    language: _Language = None,
    contact: _Contact = None,
    no_index: _NoIndex = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Correct what is known about a policy; `''` takes a value out."""
    from assistant.corpus.keeping import change_policy

    known = _given(title=title, company=company, effective_date=effective_date, language=language, contact=contact)
    if not known:
        raise typer.BadParameter("say what to correct, such as --title", param_hint="ID")
    settings = settings_of(corpus, index_dir)
    policy = change_policy(settings, policy_id, **known)
    _print(policy)
    _index(settings, no_index=no_index)


@app.command()
def remove(policy_id: _Id, no_index: _NoIndex = False, corpus: Corpus = None, index_dir: IndexDir = None) -> None:
    """Remove a policy from the corpus; its folder is kept in a hidden one, from where it can be moved back.

    One that came with the program is left out: `policies restore` uses it again.
    """
    from assistant.corpus.keeping import may_change, remove_policy

    settings = settings_of(corpus, index_dir)
    place = remove_policy(settings, policy_id)
    if may_change(settings, place.parent):
        print_line(f"{policy_id}: removed, kept in {place}")
    else:
        print_line(
            f"{policy_id}: not used any more; {command('policies restore', policy_id, corpus=corpus)} uses it again"
        )
    _index(settings, no_index=no_index)


@app.command()
def restore(policy_id: _Id, no_index: _NoIndex = False, corpus: Corpus = None, index_dir: IndexDir = None) -> None:
    """Use a policy again that came with the program and was removed."""
    from assistant.corpus.keeping import restore_policy

    settings = settings_of(corpus, index_dir)
    restore_policy(settings, policy_id)
    print_line(f"{policy_id}: used again")
    _index(settings, no_index=no_index)


def _print(policy: Policy, rest: str = "") -> None:
    print_line(f"{policy.id}  {shortened(policy.title, 60)}", style="bold")
    print_line(f"   {_summary(policy)}{rest}")


def _given(**known: str | None) -> dict[str, str]:
    return {name: value for name, value in known.items() if value is not None}


def _index(settings: Settings, *, no_index: bool) -> None:
    """Build the index, unless it is not wanted."""
    if not no_index:
        print_line(build(settings))


def _summary(policy: Policy) -> str:
    from assistant.policy.translations import complete_clauses

    facts = [
        plural(policy.size, "clause"),
        plural(len(policy.text), "character"),
        policy.language,
        f"version {policy.version}",
        policy.company,
        f"{plural(english, 'clause')} in English, too" if (english := complete_clauses(policy)) else "",
    ]
    return ", ".join(filter(None, facts))


def _as_json(policy: Policy) -> dict[str, Any]:
    from assistant.policy.translations import complete_clauses

    fields = ("id", "title", "company", "language", "version", "effective_date", "contact", "sha256")
    return {name: getattr(policy, name) for name in fields} | {
        "aliases": list(policy.aliases),
        "clauses": policy.size,
        "characters": len(policy.text),
        "translated_clauses": complete_clauses(policy),
    }
