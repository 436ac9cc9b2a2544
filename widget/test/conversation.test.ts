import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Conversation, type Turn } from "../src/conversation";
import type { Settings } from "../src/settings";

const KEY = "policy-assistant:https://help.example/:";
let kept: Map<string, string>;
let isFull: boolean;

beforeEach(() => {
  kept = new Map();
  isFull = false;
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      if (isFull) throw new Error("full");
      kept.set(key, value);
    },
    removeItem: (key: string) => kept.delete(key),
  };
  Object.assign(globalThis, { localStorage: storage, sessionStorage: storage });
});

/** The conversation as a tab that is opened now has it. */
function tab(storage = "local"): Conversation {
  return new Conversation({ server: "https://help.example/", policies: [], storage } as unknown as Settings);
}

function answered(conversation: Conversation, turn: Turn, session = "ses_1"): Turn {
  Object.assign(turn, { state: "done", text: `about ${turn.question}`, answerId: turn.question });
  if (conversation.turns.includes(turn)) conversation.sessionId = session;
  conversation.end(turn);
  return turn;
}

function ask(conversation: Conversation, question: string): Turn {
  return answered(conversation, conversation.begin(question, "en"));
}

const questions = (conversation: Conversation) => conversation.shown.map(({ question }) => question);
const inStorage = () => JSON.parse(kept.get(KEY) ?? '{"turns":[]}').turns.map(({ question }: Turn) => question);

test("what one tab has deleted no other writes back", () => {
  const one = tab();
  ask(one, "a");
  const other = tab();
  assert.deepEqual([questions(other), other.sessionId], [["a"], "ses_1"]);
  one.clear();
  ask(other, "b");
  assert.deepEqual([inStorage(), questions(other)], [["b"], ["b"]]);
  one.sync();
  assert.deepEqual(questions(one), ["b"]);
});

test("after another tab has begun anew the session is not gone on with", () => {
  const one = tab();
  ask(one, "a");
  const other = tab();
  one.clear();
  other.sync();
  assert.deepEqual([questions(other), other.sessionId], [[], ""]);
});

test("tabs that ask at the same time keep each other's questions", () => {
  const [one, other] = [tab(), tab()];
  const first = one.begin("a", "en");
  const second = other.begin("b", "en");
  assert.deepEqual(questions(other), ["b"], "what another tab is asking is seen once it is answered");
  answered(other, second);
  answered(one, first);
  other.sync();
  for (const each of [one, other, tab()]) assert.deepEqual(questions(each).sort(), ["a", "b"]);
  assert.ok(one.turns.includes(first) && other.turns.includes(second));
  assert.equal(other.turns.find(({ question }) => question === "a")?.text, "about a");
});

test("an answer that another tab overwrites, having read before it was there, is written once more", () => {
  const [one, other] = [tab(), tab()];
  const first = one.begin("a", "en");
  const second = other.begin("b", "en");
  one.sync();
  const before = kept.get(KEY) ?? "";
  answered(one, first);
  kept.set(KEY, before);
  answered(other, second);
  one.sync();
  other.sync();
  for (const each of [one, other, tab()]) {
    assert.deepEqual(each.turns.map(({ question, state }) => `${question} ${state}`).sort(), ["a done", "b done"]);
  }
});

test("a tab that is opened, or deletes, while another is asking does not cost that one its answer", () => {
  const one = tab();
  ask(one, "a");
  const running = one.begin("b", "en");
  const other = tab();
  assert.equal(other.turns[1]?.state, "stopped");
  ask(other, "c");
  one.sync();
  answered(one, running);
  other.sync();
  assert.deepEqual([questions(other), other.turns[1]?.state], [["a", "b", "c"], "done"]);
  const last = one.begin("d", "en");
  other.clear();
  one.sync();
  assert.deepEqual(questions(one), ["d"]);
  answered(one, last);
  assert.deepEqual(inStorage(), ["d"]);
});

test("an opinion and a dropped question are taken over, and only what has changed", () => {
  const one = tab();
  const [first, second] = [ask(one, "a"), ask(one, "b")];
  const other = tab();
  const [theirs] = other.turns;
  let changes = 0;
  other.onChange = () => void changes++;
  first.useful = true;
  one.save();
  one.drop(second);
  other.sync();
  other.sync();
  assert.deepEqual([questions(other), other.turns[0]?.useful, changes], [["a"], true, 1]);
  assert.notEqual(other.turns[0], theirs);
  other.save();
  one.sync();
  assert.equal(one.turns[0], first);
});

test("what does not fit into the storage lives on in the page", () => {
  const one = tab();
  ask(one, "a");
  isFull = true;
  ask(one, "b");
  one.sync();
  assert.deepEqual([questions(one), inStorage()], [["a", "b"], ["a"]]);
});

test("a long conversation stays whole in its tab, and its newest part in the storage", () => {
  const one = tab();
  for (let number = 0; number < 60; number++) ask(one, String(number));
  assert.deepEqual([questions(one).length, inStorage().length, inStorage()[0]], [60, 50, "10"]);
});

test("a conversation of a version that gave turns no ids goes on in all tabs", () => {
  kept.set(KEY, JSON.stringify({ session: "ses_1", turns: [{ question: "a", state: "done" }, { question: "a" }] }));
  const [one, other] = [tab(), tab()];
  ask(one, "b");
  ask(other, "c");
  one.sync();
  for (const each of [one, other, tab()]) assert.deepEqual(questions(each), ["a", "a", "b", "c"]);
});

test("what a page deletes from its own tab's storage is not taken for another tab's wish", () => {
  const one = tab("session");
  ask(one, "a");
  kept.clear();
  ask(one, "b");
  assert.deepEqual([inStorage(), one.sessionId], [["a", "b"], "ses_1"]);
});
