"""English translations of policies: their file, what is out of date, the commands, and what an answer shows."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Claim, Draft, Policy, PolicyError, open_corpus, parse
from assistant.answering.wording import answer
from assistant.cli import main
from assistant.corpus import read_policy, read_translation
from assistant.index.passages import passages
from assistant.policy.translations import Rendering, Translation, complete_clauses, digest, gaps, read_table, template
from assistant.retrieval.hits import Hit
from assistant.text import sentences

BAIJU = Path(__file__).parent.parent / "corpus" / "baiju"
TEXT = """云帆隐私政策
一、收集
我们收集您的手机号码。您可以拒绝。
二、保存
（一）地点：境内。
（二）期限：三十日。
三、联系
电话：12345
"""
ENGLISH = {
    "我们收集您的手机号码。": "We collect your mobile phone number.",
    "您可以拒绝。": "You can refuse.",
    "（一）地点：境内。": "(I) Place: In the territory.",
    "（二）期限：三十日。": "(II) Period: Thirty days.",
}


def rendered(policy: Policy) -> Translation:
    """Render what `ENGLISH` has, and name everything else."""
    clauses = {}
    for clause in policy.walk():
        said = [policy.text[start:end] for start, end in sentences(policy.text, clause.start, clause.body_end)]
        english = tuple(ENGLISH.get(sentence, f"Heading {number}") for number, sentence in enumerate(said))
        clauses[clause.id] = Rendering(sha256=digest(policy, clause), en=english)
    return Translation(note="A “note”.", translator="T", reviewer="R", reviewed="2024-01-02", clauses=clauses)


def put(folder: Path, text: str = TEXT, translation: str | None = None) -> Path:
    """Write a policy of its own folder in the corpus `folder`, by default with a complete translation."""
    policy = folder / "yunfan"
    (policy / "translations").mkdir(parents=True, exist_ok=True)
    (policy / "policy.txt").write_text(text, "utf-8")
    if translation is None:
        parsed = parse(text, id="yunfan")
        translation = template(parsed, rendered(parsed))
    (policy / "translations" / "en.toml").write_text(translation, "utf-8")
    return policy


def english_of(policy: Policy, words: str) -> str | None:
    start = policy.text.index(words)
    return policy.translation(start, start + len(words))


# --- The file --------------------------------------------------------------------------


def test_a_translation_is_read_with_its_policy(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (policy,) = open_corpus(tmp_path)
    assert {words: english_of(policy, words) for words in ENGLISH} == ENGLISH
    assert (
        english_of(policy, "我们收集您的手机号码。您可以拒绝。")
        == "We collect your mobile phone number. You can refuse."
    )
    read = read_translation(folder)
    assert (read.note, read.translator, read.reviewer, read.reviewed) == ("A “note”.", "T", "R", "2024-01-02")
    # Everything else is as without it.
    plain = replace(parse(TEXT, id="yunfan"), title=policy.title, corpus_names=policy.corpus_names)
    assert replace(policy, translations={}) == plain


def test_a_policy_needs_no_translation(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (folder / "translations" / "en.toml").unlink()
    assert read_policy(folder).translations == {}
    put(tmp_path, translation='language = "en"')
    assert read_policy(folder).translations == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("手机号码", "手机号码和 IMEI"),
        # Divided in another way, so that the renderings would stand under other sentences.
        ("您的手机号码。您", "您的\n手机号码，您"),
        ("手机号码。您可以拒绝。", "手机号码。"),
    ],
)
def test_a_rendering_of_a_clause_that_has_changed_is_never_shown(tmp_path: Path, old: str, new: str) -> None:
    folder = put(tmp_path)
    (folder / "policy.txt").write_text(TEXT.replace(old, new), "utf-8")
    policy = read_policy(folder)
    assert "1" not in policy.translations
    assert english_of(policy, "（一）地点：境内。") == "(I) Place: In the territory."


def test_stray_spaces_make_no_difference(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (folder / "policy.txt").write_text(TEXT.replace("手机号码", "手 机号码").replace("一、收集", "一、收集 "), "utf-8")
    policy = read_policy(folder)
    assert english_of(policy, "我们收集您的手 机号码。") == "We collect your mobile phone number."


def test_renderings_of_clauses_that_are_gone_do_no_harm(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (folder / "policy.txt").write_text("我们收集信息。", "utf-8")
    assert read_policy(folder).translations == {}


def test_what_nobody_sees_is_left_out_of_renderings(tmp_path: Path) -> None:
    clause = parse(TEXT, id="yunfan")["3"]
    sha256 = digest(parse(TEXT, id="yunfan"), clause)
    hidden = r"Call\u001b[31m\u200b  us\u202e\n\uFE0F"
    folder = put(
        tmp_path,
        translation=f'language = "en"\n[clauses."3"]\nsha256 = "{sha256}"\nen = ["III. Contact", "{hidden}"]',
    )
    assert read_policy(folder).translations == {"3": ("III. Contact", "Call us")}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ("is empty", "remove it")),
        ("language = ", ("is not TOML",)),
        ("# " + "x" * 8_000_000, ("more than 8,000,000 bytes",)),
        ("note = 'x'", ("language must be", "None")),
        ('language = "fr"', ("language must be", "'fr'")),
        ('language = "en"\nnotes = "x"', ("unknown key 'notes'", "known are", "note")),
        ('language = "en"\nnote = 3', ("note must be a text in quotes", "3")),
        ('language = "en"\nreviewed = "soon"', ("reviewed must be a date such as 2022-02-20", "soon")),
        ('language = "en"\nreviewed = 2024-01-02T03:04:05', ("reviewed must be a date",)),
        ('language = "en"\nclauses = 3', ("clauses must be tables",)),
        ('language = "en"\n[clauses."../1"]\nsha256 = ""', ("'../1' cannot be the id of a clause", "outline")),
        ('language = "en"\n[clauses.1.2]\nsha256 = "0123456789abcdef"\nen = []', ('[clauses."1"]', "unknown key '2'")),
        ('language = "en"\n[clauses]\n1 = "x"', ('[clauses."1"] must be a table',)),
        ('language = "en"\n[clauses."1"]\nen = []\ntitle = "x"', ('[clauses."1"] has an unknown key', "'title'")),
        ('language = "en"\n[clauses."1"]\nen = ["x"]', ('[clauses."1"] sha256 must be 16', "template")),
        ('language = "en"\n[clauses."1"]\nsha256 = "0123"\nen = ["x"]', ("sha256 must be 16", "'0123'")),
        ('language = "en"\n[clauses."1"]\nsha256 = "0123456789abcdef"', ("en must be a list of texts",)),
        ('language = "en"\n[clauses."1"]\nsha256 = "0123456789abcdef"\nen = [1]', ("en must be a list of texts",)),
        (
            f'language = "en"\n[clauses."1"]\nsha256 = "0123456789abcdef"\nen = ["{"x" * 10_001}"]',
            ('[clauses."1"] has a rendering of 10,001 characters', "at most 10,000"),
        ),
    ],
)
def test_a_file_that_is_not_as_it_should_be(tmp_path: Path, content: str, words: tuple[str, ...]) -> None:
    folder = put(tmp_path, translation=content)
    with pytest.raises(PolicyError) as caught:
        open_corpus(tmp_path)
    for word in (folder / "translations" / "en.toml", *words):
        assert str(word) in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_clause_with_too_few_renderings_is_told(tmp_path: Path) -> None:
    policy = parse(TEXT, id="yunfan")
    folder = put(tmp_path, translation=template(policy, rendered(policy)).replace("  'You can refuse.',\n", ""))
    with pytest.raises(PolicyError, match=r'en\.toml: \[clauses\."1"\] en must have 3 texts, one a sentence, not 2'):
        read_policy(folder)


def test_a_policy_in_english_has_no_english_translation(tmp_path: Path) -> None:
    policy = parse("1. Use\nWe use it.", id="yunfan")
    folder = put(tmp_path, policy.text)
    with pytest.raises(PolicyError, match=r"en\.toml: the policy is in English: remove this file"):
        read_policy(folder)


# --- What is missing -------------------------------------------------------------------


def test_gaps_say_what_is_missing_outdated_and_orphaned() -> None:
    policy = parse(TEXT, id="yunfan")
    translation = rendered(policy)
    assert gaps(policy, translation) == ()
    changed = parse(TEXT.replace("三十日", "六十日").replace("三、联系\n电话：12345\n", ""), id="yunfan")
    clauses = dict(translation.clauses)
    clauses["1"] = replace(clauses["1"], en=("I. Collection", "", "You can refuse."))
    del clauses["2.1"]
    found = gaps(changed, replace(translation, clauses=clauses))
    assert [(gap.kind, gap.clause_id, gap.reference, gap.text) for gap in found] == [
        ("missing", "1", "一", "我们收集您的手机号码。"),
        ("missing", "2.1", "二（一）", "（一）地点：境内。"),
        ("outdated", "2.2", "二（二）", "（二）期限：六十日。"),
        ("orphaned", "3", "", "Heading 0\nHeading 1"),
    ]


def test_what_is_not_begun_is_missing_and_not_outdated(tmp_path: Path) -> None:
    policy = parse(TEXT, id="yunfan")
    folder = put(tmp_path, translation=template(policy, Translation()))
    # As good as no file: an answer says then that its quotes are in Chinese.
    assert read_policy(folder).translations == {}
    assert {gap.kind for gap in gaps(policy, read_translation(folder))} == {"missing"}
    assert complete_clauses(read_policy(put(tmp_path))) == 5


def test_punctuation_needs_no_rendering() -> None:
    policy = parse("一、收集\n我们收集信息。\n。\n二、联系\n请来电。", id="x")
    assert [gap.text for gap in gaps(policy, Translation())] == ["一、收集\n我们收集信息。", "二、联系\n请来电。"]
    assert "。" in {policy.text[slice(*span)] for span, _ in policy.renderings(policy["1"])}


# --- The template ----------------------------------------------------------------------


def test_a_template_has_every_sentence_and_is_read_back(tmp_path: Path) -> None:
    policy = parse(TEXT, id="yunfan")
    text = template(policy, Translation())
    for clause in policy.walk():
        for start, end in sentences(policy.text, clause.start, clause.body_end):
            assert f"  # {policy.text[start:end]}\n" in text
    read = read_translation(put(tmp_path, translation=text))
    assert {clause.id for clause in policy.walk()} == set(read.clauses)
    assert {gap.kind for gap in gaps(policy, read)} == {"missing"}
    assert not any(english for rendering in read.clauses.values() for english in rendering.en)


@pytest.mark.parametrize(
    "english", ["Don't.", 'Say "no".', r"C:\new", "It’s 'so' \"it\"", "Ünïcode – 云帆", "# no comment"]
)
def test_a_template_takes_over_what_is_there_whatever_is_in_it(tmp_path: Path, english: str) -> None:
    policy = parse(TEXT, id="yunfan")
    clauses = dict(rendered(policy).clauses)
    clauses["3"] = replace(clauses["3"], en=(english, english))
    translation = replace(rendered(policy), note=english, clauses=clauses)
    read = read_translation(put(tmp_path, translation=template(policy, translation)))
    assert read == translation


def test_a_template_takes_over_what_moved_and_keeps_what_was(tmp_path: Path) -> None:
    before = parse(TEXT, id="yunfan")
    after = parse(TEXT.replace("一、收集", "一、总则\n请阅读。\n二、收集").replace("二、保存", "三、保存"), id="yunfan")
    text = template(after, rendered(before))
    put(tmp_path, after.text, text)
    (policy,) = open_corpus(tmp_path)
    assert english_of(policy, "（二）期限：三十日。") == "(II) Period: Thirty days."
    # Its heading is another one now, so that its renderings are kept for reference only.
    assert english_of(policy, "您可以拒绝。") is None
    assert "#   'You can refuse.'" in text


def test_what_was_kept_as_a_comment_stays_when_the_file_is_written_again() -> None:
    before = parse(TEXT, id="yunfan")
    after = parse(TEXT.replace("三十日", "六十日"), id="yunfan")
    text = template(after, rendered(before))
    assert text.count("'(II) Period: Thirty days.'") == 1
    read = read_table(tomllib.loads(text), Path("en.toml"))
    assert template(after, read, text) == text
    assert template(after, read, text.replace("\n", "\r\n")) == text
    # Of what was never rendered nothing is kept.
    assert "No longer" not in template(after, read_table(tomllib.loads(template(before, Translation())), Path("x")))


def test_hidden_text_of_a_policy_does_not_reach_a_template() -> None:
    policy = parse(
        "一、收集\n我们\u202e收集\x1b[31m信\u200b息\x85en = []。\n二、联系\n请来电。", id="x", version="1\nid = 2"
    )
    text = template(policy, Translation())
    assert text.isprintable() or not re.search(r"[^\n]", "".join(c for c in text if not c.isprintable()))
    assert set(tomllib.loads(text)) == {"language", "note", "translator", "reviewer", "clauses"}


# --- The commands ----------------------------------------------------------------------


def test_check_lists_what_is_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path)
    arguments = ["translations", "check", "yunfan", "--corpus", str(tmp_path)]
    assert main(arguments) == 0
    assert capsys.readouterr().out == "yunfan: complete, 5 clauses\n"
    (folder / "policy.txt").write_text(TEXT.replace("三十日", "六十日"), "utf-8")
    assert main(arguments) == 1
    out = capsys.readouterr().out
    assert "outdated  二（二）  [2.2]\n   （二）期限：六十日。\n" in out
    hint = f"`policy-assistant translations template yunfan --update --corpus {tmp_path}` makes room for them"
    assert f"yunfan: 1 to do; {hint}\n" in out
    assert main([*arguments, "--json"]) == 1
    gap = {"kind": "outdated", "clause_id": "2.2", "reference": "二（二）", "text": "（二）期限：六十日。"}
    assert json.loads(capsys.readouterr().out) == {"policy_id": "yunfan", "complete": False, "gaps": [gap]}


def test_a_template_is_filled_in_and_checked(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = corpus / "yunchao" / "translations" / "en.toml"
    assert main(["translations", "check", "--corpus", str(corpus)]) == 1
    assert main(["translations", "template", "--corpus", str(corpus), "--out", str(path)]) == 0
    path.write_text(path.read_text("utf-8").replace('  "",', '  "It says so.",'), "utf-8")
    capsys.readouterr()
    # The English policy of the corpus needs none.
    assert main(["translations", "check", "--corpus", str(corpus)]) == 0
    assert "yunchao: complete" in capsys.readouterr().out
    assert main(["translations", "template", "yunchao", "--corpus", str(corpus)]) == 0
    assert capsys.readouterr().out.count("'It says so.'") == path.read_text("utf-8").count('"It says so."') > 20


def test_a_template_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path)
    path = folder / "translations" / "en.toml"
    before = path.read_bytes()
    assert main(["translations", "template", "yunfan", "--corpus", str(tmp_path), "--out", str(path)]) == 1
    assert "is there already: --update writes it anew and keeps what is rendered in it" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("named", [False, True], ids=["its own file", "named by --out"])
def test_a_file_is_updated_in_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str], named: bool) -> None:
    folder = put(tmp_path)
    path = folder / "translations" / "en.toml"
    (folder / "policy.txt").write_text(TEXT.replace("三十日", "六十日"), "utf-8")
    command = ["translations", "template", "yunfan", "--update", "--corpus", str(tmp_path)]
    assert main([*command, *(["--out", str(path)] if named else [])]) == 0
    check = f"`policy-assistant translations check yunfan --corpus {tmp_path}`"
    assert capsys.readouterr().out == f"{path}: 1 to do; fill it in, then {check}\n"
    assert english_of(read_policy(folder), "我们收集您的手机号码。") == "We collect your mobile phone number."
    assert list(path.parent.iterdir()) == [path]
    path.write_text(path.read_text("utf-8").replace('""', '"(II) Period: Sixty days."'), "utf-8")
    assert main(command) == 0
    assert capsys.readouterr().out == f"{path}: complete\n"
    assert "#   '(II) Period: Thirty days.'" in path.read_text("utf-8")


def test_the_english_that_came_with_the_package_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = (BAIJU / "translations" / "en.toml").read_bytes()
    assert main(["translations", "template", "baiju", "--update"]) == 1
    assert "'baiju' came with the program: name a file of your own with --out" in capsys.readouterr().err
    assert (BAIJU / "translations" / "en.toml").read_bytes() == before


def test_what_another_file_holds_is_not_lost_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path)
    other = tmp_path / "draft.toml"
    other.write_text((folder / "translations" / "en.toml").read_text("utf-8").replace("Thirty", "30"), "utf-8")
    command = ["translations", "template", "yunfan", "--update", "--corpus", str(tmp_path), "--out"]
    assert main([*command, str(other)]) == 0
    assert "(II) Period: 30 days." in other.read_text("utf-8")
    (folder / "translations" / "en.toml").unlink()
    new = tmp_path / "new.toml"
    assert main([*command, str(new)]) == 0
    assert "put it into the policy's folder as translations/en.toml" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["check", "nobody"], 1, "there is no policy 'nobody': the corpus has lantern, yunchao"),
        (["check", "lantern"], 1, "in English already"),
        (["template", "lantern"], 1, "in English already"),
        (["template", "yunchao", "--out", "{corpus}/no/such/folder/en.toml"], 1, "No such file"),
        (["template", "--no"], 2, "No such option"),
    ],
)
def test_what_the_commands_refuse(
    corpus: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    given = [argument.format(corpus=corpus) for argument in arguments]
    assert main(["translations", *given, "--corpus", str(corpus)]) == code
    assert said in " ".join(capsys.readouterr().err.split())


# --- Answers ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def policy() -> Policy:
    parsed = parse(TEXT, id="yunfan", title="云帆隐私政策")
    return replace(parsed, translations={name: rendering.en for name, rendering in rendered(parsed).clauses.items()})


def answered(policy: Policy, question: str, *quotes: str) -> tuple[str, list[str | None]]:
    """Return the text of an answer that quotes `quotes`, and the translations of its citations."""
    hits = [
        Hit(policy=policy, clause=policy[passage.clause_id], passage=passage, score=1.0) for passage in passages(policy)
    ]
    claims = tuple(
        Claim(policy_id=policy.id, clause_id=policy.at(policy.text.index(quote)).id, quote=quote) for quote in quotes
    )
    found = answer(question=question, query=question, draft=Draft(claims=claims), hits=hits, min_quote_chars=2)
    return found.text, [citation.translation for citation in found.citations]


def test_an_english_answer_shows_the_english_of_what_it_quotes(policy: Policy) -> None:
    text, translations = answered(policy, "how long, and may I refuse?", "您可以拒绝。", "期限：三十日。", "我们收集")
    assert translations == ["You can refuse.", "Period: Thirty days.", None]
    assert text.splitlines()[1:] == [
        "• “您可以拒绝。” [1]",
        "  Translation: You can refuse.",
        "• “期限：三十日。” [2]",
        "  Translation: Period: Thirty days.",
        "• “我们收集” [3]",
        "Translations are a courtesy: the Chinese text prevails.",
    ]


def test_other_answers_show_none(policy: Policy) -> None:
    text, _ = answered(policy, "可以拒绝吗？", "您可以拒绝。")
    assert "refuse" not in text
    assert "prevails" not in text
    text, translations = answered(replace(policy, translations={}), "may I refuse?", "您可以拒绝。")
    assert translations == [None]
    assert "Translation:" not in text
    assert "in Chinese, no translation" in text


# --- The policy that comes with the program --------------------------------------------


def test_the_translation_that_comes_with_the_package_is_complete() -> None:
    policy = read_policy(BAIJU)
    translation = read_translation(BAIJU)
    assert gaps(policy, translation) == ()
    # Those who review it read each sentence above its rendering.
    printed = (BAIJU / "translations" / "en.toml").read_text("utf-8")
    for clause in policy.walk():
        for (start, end), english in policy.renderings(clause):
            sentence = " ".join(policy.text[start:end].split())
            assert f"  # {sentence}\n  '{english}',\n" in printed or not english
    assert translation.translator
    assert "Chinese text prevails" in translation.note


def test_it_keeps_names_and_numbers() -> None:
    policy = read_policy(BAIJU)
    for clause in policy.walk():
        for (start, end), english in policy.renderings(clause):
            sentence = policy.text[start:end].removeprefix(clause.label)
            numbers = re.findall(r"\d+", re.sub(r"(\d{4})年\d月(\d+)日", r"\1 \2", sentence))
            assert set(numbers) <= set(re.findall(r"\d+", english)), (clause.id, sentence)
            for name in re.findall(r"[A-Za-z][A-Za-z.]+", sentence):
                assert name.casefold() in english.casefold(), (clause.id, name)


def test_its_headings_can_be_shown_alone() -> None:
    policy = read_policy(BAIJU)
    for clause in policy.walk():
        if clause.title:
            start = policy.text.index(clause.title, clause.start)
            assert policy.translation(start, start + len(clause.title)), clause.id
