// The page's own script: the conversation, which this browser keeps, the policy reader, and what the tabs want of it.
//
// Text of questions, answers and policies becomes text nodes only. The one HTML that is put in is the reader's, made
// by the page's own service, which escapes what stands in a policy.
"use strict";

(() => {
  const KEPT = "policy-assistant.chat.1";
  const THEME = "policy-assistant.theme";
  const MOST_TURNS = 50;
  const MOST_SENT = 12;
  const MOST_SENT_CHARS = 4000;
  const MOST_FOUND = 500;
  const MOST_RECENT = 8;
  const PAUSE_MS = 160;
  const LONG_QUESTION = 400;
  const WIDE = window.matchMedia("(min-width: 60rem)");
  const BASE = new URL(location.pathname.endsWith("/") ? "../page/" : "page/", location.href);

  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

  /** Return an element with these attributes and children, of which strings are text. */
  function made(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "onclick") element.addEventListener("click", value);
      else if (value === true) element.setAttribute(key, "");
      else if (value !== false && value !== undefined && value !== "") element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  }

  const SHAPES = {
    copy: "M7 7V4h9v9h-3M4 7h9v9H4z",
    retry: "M15.5 7A6 6 0 1 0 16 11M16 3.5V7h-3.5",
    edit: "M4 16l.8-3.4L13 4.4l2.6 2.6-8.2 8.2zM11.4 6l2.6 2.6",
    useful: "M7 9l3-5.5c1.4 0 2 .9 1.8 2.2L11.4 8H15c.9 0 1.5.8 1.3 1.7l-1 4.6c-.2.8-.8 1.2-1.5 1.2H7zM4 9h3v6.5H4z",
    useless: "M13 11l-3 5.5c-1.4 0-2-.9-1.8-2.2L8.6 12H5c-.9 0-1.5-.8-1.3-1.7l1-4.6C4.9 4.9 5.5 4.5 6.2 4.5H13zM16 11h-3V4.5h3z",
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", SHAPES[name]);
    svg.append(path);
    return svg;
  }

  function iconButton(name, label, onclick, attributes = {}) {
    return made("button", { type: "button", class: "pa-quiet pa-icon", "aria-label": label, title: label, onclick, ...attributes }, icon(name));
  }

  function clauseLink(place, label, attributes, ...children) {
    return made(
      "a",
      {
        href: `?${new URLSearchParams({ policy: place.policy, clause: place.clause })}`,
        "data-policy": place.policy,
        "data-clause": place.clause,
        "data-start": place.start === undefined ? "" : String(place.start),
        "data-end": place.end === undefined ? "" : String(place.end),
        "aria-label": label,
        title: label,
        ...attributes,
        class: `clause-link ${attributes.class ?? ""}`.trim(),
      },
      ...children,
    );
  }

  /** Put a text on the clipboard; say whether that was possible. */
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not there without encryption, or not allowed.
      const held = document.activeElement;
      const area = made("textarea", { class: "pa-hidden" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      held?.focus();
      return done;
    }
  }

  // --- What this browser keeps ---------------------------------------------------------------

  /** Return what this browser keeps; nothing if it keeps nothing. */
  function stored(key) {
    try {
      return localStorage.getItem(key) ?? "";
    } catch {
      return "";
    }
  }

  /** Keep a text; say whether there was room, in a browser that keeps anything. */
  function store(key, text) {
    try {
      localStorage.setItem(key, text);
      return true;
    } catch {
      return false;
    }
  }

  /** Return the list that is kept, empty if what is kept is none of those that `holds` wants. */
  function storedList(key, holds) {
    try {
      const found = JSON.parse(stored(key) || "[]");
      return isList(found, holds) ? found : [];
    } catch {
      return [];
    }
  }

  const isText = (value) => typeof value === "string";
  const isList = (value, holds) => Array.isArray(value) && value.every(holds);
  const isPlace = (value) => value && ["policy", "clause", "title", "reference", "language"].every((name) => isText(value[name]));
  const isCitation = (value) =>
    isPlace(value) && isText(value.quote) && isText(value.translation) && Number.isInteger(value.start) && Number.isInteger(value.end);

  function isAnswer(value) {
    return (
      value &&
      ["id", "question", "understood", "query", "language", "text", "abstained", "contact"].every((name) => isText(value[name])) &&
      isList(value.citations, isCitation) &&
      isList(value.nearest, (near) => isPlace(near) && isText(near.excerpt) && isText(near.translation)) &&
      isList(value.readings, isText) &&
      isList(value.follow_ups, isText)
    );
  }

  function kept() {
    return storedList(KEPT, (turn) => turn && isText(turn.question) && isAnswer(turn.answer)).slice(-MOST_TURNS);
  }

  const idsOf = (turns) => new Set(turns.map(({ answer }) => answer?.id));

  /** Return what is kept, and remember that this tab has seen it. */
  function read() {
    const turns = kept();
    chat.seen = chat.stored = idsOf(turns);
    return turns;
  }

  /** Keep the conversation, with what other tabs have kept or removed since this one looked. */
  function keep() {
    const now = kept();
    const there = idsOf(now);
    const own = chat.turns.filter(({ answer }) => !answer || !chat.stored.has(answer.id) || there.has(answer.id));
    const others = now.filter(({ answer }) => !chat.seen.has(answer.id));
    const fresh = own.findIndex(({ answer }) => !answer || !chat.seen.has(answer.id));
    // Before what has just been answered here.
    own.splice(fresh < 0 ? own.length : fresh, 0, ...others);
    chat.turns = own;
    let whole = own.filter((turn) => turn.answer).map(({ question, answer, rated }) => ({ question, answer, rated }));
    chat.seen = idsOf(whole);
    whole = whole.slice(-MOST_TURNS);
    // Where the browser has no more room the oldest go first; one that keeps nothing ends with none.
    while (!store(KEPT, JSON.stringify(whole)) && whole.length) whole = whole.slice(Math.ceil(whole.length / 2));
    chat.stored = idsOf(kept());
  }

  // --- Chat ----------------------------------------------------------------------------------

  const chat = { turns: [], seen: new Set(), stored: new Set(), draft: "", asking: null, editing: null, examples: [] };
  chat.turns = read();

  function startChat(root) {
    const words = JSON.parse(root.dataset.words);
    const language = root.dataset.language;
    const log = one(".pa-log", root);
    const status = one(".pa-said", root);
    const form = one(".pa-box", root);
    const box = one("textarea", form);
    const send = one(".pa-send", form);
    const stop = one(".pa-stop", form);
    const tooLong = one(".pa-too-long", root);
    const most = Number(box.dataset.most);
    const anew = one(".pa-anew", root);

    function say(text) {
      status.textContent = text;
    }

    function grow() {
      box.style.height = "auto";
      box.style.height = `${Math.min(box.scrollHeight + 2, 160)}px`;
      const count = Array.from(box.value.trim()).length;
      tooLong.hidden = count <= most;
      tooLong.textContent = tooLong.hidden ? "" : filled(words.too_long, { count: count.toLocaleString("en"), most: most.toLocaleString("en") });
      send.disabled = !count || !tooLong.hidden || chat.asking !== null;
      chat.draft = box.value;
    }

    function toEnd() {
      log.scrollTop = log.scrollHeight;
    }

    function refresh() {
      const asking = chat.asking !== null;
      root.classList.toggle("pa-empty", chat.turns.length === 0);
      anew.hidden = chat.turns.length === 0;
      one(".pa-kept", root).hidden = chat.turns.length === 0;
      stop.hidden = !asking;
      send.hidden = asking;
      log.setAttribute("aria-busy", String(asking));
      log.replaceChildren(...(chat.turns.length ? chat.turns.map(shownTurn) : [greeting()]));
      grow();
    }

    function greeting() {
      const examples = chat.examples.map((text) => made("button", { type: "button", class: "pa-ask", onclick: () => ask(text) }, text));
      return made("div", { class: "pa-hello" }, made("h2", {}, words.hello), made("p", {}, words.promise), made("div", { class: "pa-asks" }, ...examples));
    }

    /** Offer those of the examples that the policies in use answer. */
    async function learnExamples() {
      const address = new URL("examples", BASE);
      address.searchParams.set("language", language);
      const { examples } = await (await fetch(address)).json();
      if (isList(examples, isText)) chat.examples = examples;
      if (!chat.turns.length) refresh();
    }

    function shownTurn(turn, number) {
      const last = number === chat.turns.length - 1;
      const asked = made(
        "div",
        { class: "pa-asked" },
        made("span", { class: "pa-hidden" }, `${words.you}: `),
        turn.question.length > LONG_QUESTION
          ? made("details", { class: "pa-long" }, made("summary", {}, made("span", { class: "pa-whole" }, turn.question), made("span", { class: "pa-unfold pa-more" }, words.unfold), made("span", { class: "pa-unfold pa-less" }, words.fold)))
          : made("p", {}, turn.question),
        iconButton("edit", words.edit, () => edit(number), { disabled: chat.asking !== null }),
      );
      const answered = made("div", { class: "pa-answered" });
      turn.element = answered;
      showAnswer(turn, last);
      return made("article", { class: "pa-turn" }, asked, answered);
    }

    function showAnswer(turn, last) {
      const parts = [made("span", { class: "pa-hidden" }, `${words.assistant}: `)];
      const answer = turn.answer;
      if (answer?.understood) parts.push(made("p", { class: "pa-understood" }, filled(words.understood, { query: answer.understood })));
      const text = answer?.text ?? turn.text ?? "";
      if (text) parts.push(...shownText(text, answer?.citations ?? []));
      else if (!turn.problem) parts.push(made("p", { class: "pa-busy" }, words.busy));
      if (turn.problem) {
        parts.push(
          made(
            "div",
            { class: "pa-problem" },
            made("p", {}, turn.problem),
            last ? made("button", { type: "button", class: "pa-ask", onclick: () => retry() }, words.again) : null,
          ),
        );
      }
      if (answer) parts.push(...beside(answer, last), actions(turn, last));
      if (answer && last && answer.follow_ups.length) parts.push(asks(words.next, answer.follow_ups, "pa-next"));
      turn.element.replaceChildren(...parts);
    }

    /** Return what stands beside an answer's text: where there is none, what may help instead. */
    function beside(answer, last) {
      const parts = [];
      if (answer.readings.length && last) parts.push(asks(words.readings, answer.readings, "pa-readings"));
      if (answer.nearest.length && !answer.readings.length) {
        const items = answer.nearest.map((near) =>
          made(
            "li",
            {},
            clauseLink(near, filled(words.open_clause, { reference: named(near) }), { class: "pa-chip" }, named(near)),
            made("p", { lang: near.language }, near.excerpt),
            near.translation ? made("p", { class: "pa-translation", lang: "en" }, near.translation) : null,
          ),
        );
        parts.push(made("div", { class: "pa-nearest" }, made("h2", {}, words.nearest), made("ul", {}, ...items)));
      }
      if (answer.contact) parts.push(made("p", { class: "pa-contact" }, answer.contact));
      return parts;
    }

    function named(place) {
      if (!place.title) return place.reference;
      return place.language === "zh" ? `《${place.title}》${place.reference}` : `${place.title}, ${place.reference}`;
    }

    function asks(title, questions, name) {
      const buttons = questions.map((text) => made("button", { type: "button", class: "pa-ask", onclick: () => ask(text) }, text));
      return made("div", { class: `pa-asks ${name}`, role: "group", "aria-label": title }, made("h2", {}, title), ...buttons);
    }

    // A quote in quotation marks with its marker, which may go over several lines, as the assistant words it.
    const QUOTED = /^• (?:([^“]*?) )?“([\s\S]*?)” \[(\d+)\]$/gm;

    function shownText(text, citations) {
      const parts = [];
      let from = 0;
      const plain = (lines) => {
        for (const line of lines.split("\n").filter((each) => each.trim())) {
          const english = /^ {2}Translation: (.*)$/.exec(line);
          const quote = parts.at(-1);
          if (english && quote?.localName === "figure") {
            quote.insertBefore(
              made("p", { class: "pa-translation", lang: "en" }, made("span", { class: "pa-hidden" }, `${words.translation}: `), english[1]),
              one("figcaption", quote),
            );
          } else {
            const kind = /^Translations are a courtesy/.test(line) ? "pa-note" : /^(问：|Question: )/.test(line) ? "pa-one-of-several" : "";
            parts.push(made("p", { class: kind }, ...marked(line, citations)));
          }
        }
      };
      for (const match of text.matchAll(QUOTED)) {
        plain(text.slice(from, match.index));
        from = match.index + match[0].length;
        const [, claim, quote, marker] = match;
        const citation = citations[Number(marker) - 1];
        const [told, lead] = apart(claim ?? "", citation?.lead ?? "");
        parts.push(
          made(
            "figure",
            { class: "pa-quote" },
            told ? made("p", { class: "pa-claim" }, told) : null,
            lead ? made("p", { class: "pa-lead", lang: citation.language }, lead) : null,
            made("blockquote", { lang: citation?.language }, quote.replace(/\n {2}/g, "\n")),
            made("figcaption", {}, citation ? chip(citation, marker) : made("span", { class: "pa-chip" }, `[${marker}]`)),
          ),
        );
      }
      plain(text.slice(from));
      return parts;
    }

    /** Return what stands before a quote as the assistant's words, and the policy's that lead to the quote. */
    function apart(claim, lead) {
      const bare = (text) => text.replace(/[“”"‘’'「」『』]/g, "");
      const end = claim.slice(-lead.length);
      return lead && bare(end) === bare(lead) ? [claim.slice(0, -lead.length).trim(), end] : [claim, ""];
    }

    /** Return a line with a chip for each marker in it. */
    function marked(line, citations) {
      return line.split(/(\[\d+\])/).map((part) => {
        const citation = /^\[\d+\]$/.test(part) ? citations[Number(part.slice(1, -1)) - 1] : undefined;
        return citation ? chip(citation, part.slice(1, -1)) : part;
      });
    }

    function chip(citation, marker) {
      const label = filled(words.open_clause, { reference: named(citation) });
      return clauseLink(citation, label, { class: "pa-chip" }, made("b", {}, marker), named(citation));
    }

    function actions(turn, last) {
      const { answer } = turn;
      const copy = iconButton("copy", words.copy, async () => {
        if (!(await copied(plainText(answer)))) return;
        say(words.copied);
        flash(copy, words.copied);
      });
      const rate = (useful) =>
        iconButton(useful ? "useful" : "useless", useful ? words.useful : words.useless, () => (useful ? give(turn, true, "") : askWhy(turn)), {
          "aria-pressed": String(turn.rated === useful),
          class: `pa-quiet pa-icon pa-${useful ? "useful" : "useless"}`,
        });
      return made(
        "div",
        { class: "pa-actions" },
        copy,
        last ? iconButton("retry", words.retry, () => retry(), { disabled: chat.asking !== null }) : null,
        rate(true),
        rate(false),
        made("span", { class: "pa-flash", "aria-hidden": "true" }),
      );
    }

    function flash(button, text) {
      const place = one(".pa-flash", button.parentElement);
      if (!place) return;
      place.textContent = text;
      setTimeout(() => (place.textContent = ""), 2500);
    }

    function plainText(answer) {
      const references = answer.citations.map((citation, at) => `[${at + 1}] ${named(citation)}`);
      return [answer.text, references.join("\n")].filter(Boolean).join("\n\n");
    }

    function askWhy(turn) {
      const bar = one(".pa-actions", turn.element);
      if (one(".pa-why", turn.element)) return;
      const field = made("textarea", { rows: "2", maxlength: "1000", "aria-label": words.why, placeholder: words.why });
      const why = made("form", { class: "pa-why" }, field, made("button", { class: "pa-ask" }, words.send_why));
      why.addEventListener("submit", (event) => {
        event.preventDefault();
        give(turn, false, field.value.trim());
      });
      bar.after(why);
      field.focus();
    }

    async function give(turn, useful, why) {
      let told = words.thanks;
      try {
        const response = await sent("feedback", { answer_id: turn.answer.id, useful, why });
        if (response.ok) turn.rated = useful;
        else told = response.status === 404 ? words.not_kept : words.offline;
      } catch {
        told = words.offline;
      }
      keep();
      showAnswer(turn, turn === chat.turns.at(-1));
      flash(one(".pa-actions button", turn.element), told);
      one(`.pa-${useful ? "useful" : "useless"}`, turn.element)?.focus();
      say(told);
    }

    function sent(route, body, signal) {
      return fetch(new URL(route, BASE), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal,
      });
    }

    async function ask(question) {
      const asked = question.trim();
      if (!asked || chat.asking) return;
      const before = chat.editing === null ? chat.turns : chat.turns.slice(0, chat.editing);
      const history = before
        .filter((turn) => turn.answer)
        .slice(-MOST_SENT)
        .map(({ answer }) => ({
          question: answer.question,
          // By characters: half of one is no text.
          answer: Array.from(answer.text).slice(0, MOST_SENT_CHARS).join(""),
          query: answer.query,
          citations: answer.citations.slice(0, 100).map(({ policy, clause }) => [policy, clause]),
        }));
      const turn = { question: asked, text: "" };
      chat.turns = [...before.filter((each) => each.answer), turn];
      chat.editing = null;
      chat.asking = new AbortController();
      box.value = "";
      say(words.busy);
      refresh();
      toEnd();
      try {
        await answered(turn, history, chat.asking.signal);
      } catch (error) {
        turn.problem = error.name === "AbortError" ? words.stopped : error.refusal ? refused(error.refusal) : words.offline;
      }
      chat.asking = null;
      keep();
      const held = root.contains(document.activeElement) || document.activeElement === document.body;
      refresh();
      show(turn);
      say(turn.problem ?? plainText(turn.answer));
      if (held && WIDE.matches) box.focus({ preventScroll: true });
    }

    async function answered(turn, history, signal) {
      const response = await sent("ask", { question: turn.question, history, language }, signal);
      if (response.status === 401) location.reload();
      if (!response.ok) {
        const said = await response.json().catch(() => null);
        throw Object.assign(new Error("refused"), { refusal: said?.error });
      }
      for await (const [event, data] of events(response.body)) {
        if (event === "piece") {
          turn.text += data.text;
          const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
          showAnswer(turn, true);
          if (atEnd) toEnd();
        } else if (event === "answer") {
          if (!isAnswer(data)) throw new Error("no answer");
          turn.answer = data;
        } else if (event === "error") {
          throw Object.assign(new Error("failed"), { refusal: data.error });
        }
      }
      if (!turn.answer) throw new Error("cut off");
    }

    /** Return why the service gives no answer, in the page's language as far as it has words for it. */
    function refused({ code, message }) {
      return filled(words[`error_${code}`] ?? words.failed, { problem: message, most });
    }

    /** Yield the events of a stream with their data. */
    async function* events(body) {
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const lines = block.split("\n");
          const event = lines.find((line) => line.startsWith("event: "))?.slice(7);
          const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
          if (event) yield [event, JSON.parse(data.join("\n"))];
        }
      }
    }

    /** Scroll to where an answer begins, if it is longer than what is seen. */
    function show(turn) {
      const article = turn.element.parentElement;
      const top = article.offsetTop - log.offsetTop;
      log.scrollTop = article.offsetHeight > log.clientHeight ? top - 12 : log.scrollHeight;
    }

    function retry() {
      const { question } = chat.turns.at(-1);
      chat.turns = chat.turns.slice(0, -1);
      ask(question);
    }

    function edit(number) {
      chat.editing = number;
      box.value = chat.turns[number].question;
      all(".pa-turn", log).forEach((turn, at) => turn.classList.toggle("pa-outdated", at >= number));
      grow();
      box.focus();
      box.select();
    }

    function leaveEditing() {
      if (chat.editing === null) return;
      chat.editing = null;
      box.value = "";
      refresh();
    }

    /** Ask what is in the box; what is too long stays in it. */
    function askTyped() {
      if (tooLong.hidden) ask(box.value);
      else say(tooLong.textContent);
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      askTyped();
    });
    box.addEventListener("input", grow);
    box.addEventListener("keydown", (event) => {
      // Not while an input method composes: there Enter takes a word.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        askTyped();
      } else if (event.key === "Escape") {
        leaveEditing();
      }
    });
    stop.addEventListener("click", () => chat.asking?.abort());
    let sure = 0;
    anew.addEventListener("click", () => {
      if (!sure) {
        // Asked twice: there is no way back.
        anew.textContent = words.sure;
        sure = setTimeout(unsure, 6000);
        return;
      }
      unsure();
      chat.asking?.abort();
      chat.turns = [];
      chat.editing = null;
      store(KEPT, "[]");
      read();
      refresh();
      box.focus();
    });
    anew.addEventListener("blur", unsure);

    function unsure() {
      clearTimeout(sure);
      sure = 0;
      anew.textContent = words.anew;
    }

    window.addEventListener("storage", (event) => {
      if (event.key !== KEPT || chat.asking) return;
      chat.turns = read();
      refresh();
    });

    box.value = chat.draft;
    refresh();
    toEnd();
    // Without them the chat is as good.
    chat.renew = () => learnExamples().catch(() => {});
    chat.renew();
  }

  // --- Reader --------------------------------------------------------------------------------

  const reader = { policy: "", clause: "", policies: new Map(), open: { chat: true }, tab: "chat", wanted: location.hash.slice(1), opener: null, overlaid: false };

  function startReader(root) {
    const words = JSON.parse(root.dataset.words);
    const language = one("#pa-page")?.dataset.language ?? "zh";
    const choose = one(".pa-choose", root);
    const title = one(".pa-reader-title", root);
    const nav = one("nav", root);
    const outline = one(".pa-outline", root);
    const scroll = one(".pa-pages", root);
    const facts = one(".pa-facts", root);
    const article = one(".pa-text", root);
    const notice = one(".pa-notice", root);
    const find = one(".pa-find", root);
    const count = one(".pa-count", root);
    const [before, after] = [one(".pa-find-previous", root), one(".pa-find-next", root)];
    const english = one(".pa-english-switch", root);
    const toggle = one("#pa-show-reader");
    let lines = [];
    let sections = new Map();
    let found = [];
    let at = -1;
    let latest = 0;

    // --- Whether it is seen ---

    function seen(open) {
      reader.open[reader.tab] = open;
      apply();
    }

    function apply() {
      const wide = WIDE.matches;
      const open = Boolean(reader.open[reader.tab]) && (wide || reader.overlaid);
      document.body.classList.toggle("pa-reading", open);
      toggle?.setAttribute("aria-expanded", String(open));
      const over = open && !wide;
      for (const other of [one("#pa-work"), one("#pa-head")]) if (other) other.inert = over;
      if (over) root.setAttribute("role", "dialog");
      else root.setAttribute("role", "region");
    }

    function close() {
      reader.overlaid = false;
      seen(false);
      const back = reader.opener?.isConnected ? reader.opener : toggle;
      back?.focus();
      reader.opener = null;
    }

    function reveal(opener) {
      if (opener) reader.opener = opener;
      if (!WIDE.matches) reader.overlaid = true;
      seen(true);
    }

    // --- What it shows ---

    async function list() {
      const response = await fetch(new URL("policies", BASE));
      if (!response.ok) throw new Error("no list");
      const { policies } = await response.json();
      choose.replaceChildren(...policies.map(({ id, title: name }) => made("option", { value: id }, name)));
      choose.hidden = policies.length < 2;
      title.hidden = policies.length > 1;
      return policies.map(({ id }) => id);
    }

    async function load(id) {
      const address = new URL(`policies/${encodeURIComponent(id)}`, BASE);
      address.searchParams.set("language", language);
      // The browser asks whether it has changed: it may have been replaced.
      const response = await fetch(address);
      if (response.status === 401) location.reload();
      if (!response.ok) throw new Error("no policy");
      const version = response.headers.get("ETag");
      if (reader.policy === id && root.dataset.version === version) return;
      const policy = await response.json();
      root.dataset.version = version;
      reader.policy = id;
      title.textContent = policy.title;
      facts.textContent = policy.facts.join(" · ");
      nav.innerHTML = policy.outline;
      outline.hidden = !policy.outline;
      article.lang = policy.language;
      nav.lang = policy.language;
      article.innerHTML = policy.text;
      english.hidden = !policy.translated;
      lines = all(".pa-line", article).map((element) => ({ element, start: Number(element.dataset.start) }));
      sections = new Map(all(".pa-part", article).map((element) => [element.dataset.clause, element]));
      search();
    }

    /** Open a policy at a clause, and mark code points of its text if they are given. */
    async function go(id, clause, { start, end, push = true, focus = false } = {}) {
      notice.textContent = "";
      latest += 1;
      const own = latest;
      try {
        const known = choose.options.length && [...choose.options].some(({ value }) => value === id) ? null : await list();
        await load(id || reader.policy || known?.[0] || choose.options[0]?.value || "");
      } catch {
        notice.textContent = words.missing;
        if (!reader.policy) scroll.classList.add("pa-none");
        return;
      }
      // What is wanted since then has the last word.
      if (own !== latest) return;
      scroll.classList.remove("pa-none");
      choose.value = reader.policy;
      unmark();
      reader.clause = sections.has(clause) ? clause : "";
      for (const link of all("[aria-current]", nav)) link.removeAttribute("aria-current");
      if (push) address(end > start ? { start, end } : null);
      if (clause && !sections.has(clause)) notice.textContent = filled(words.missing_clause, { clause });
      const section = sections.get(reader.clause);
      if (!section) {
        if (!clause) scroll.scrollTop = 0;
        return;
      }
      const marks = end > start ? mark(start, end) : [];
      section.classList.add("pa-here");
      current(reader.clause);
      const target = marks[0] ?? section;
      place(target, marks.length ? "center" : "start");
      if (focus) section.focus({ preventScroll: true });
    }

    /** Offer the policies that are in use now; read the same one on, as it is now. */
    async function renew() {
      const known = await list();
      if (!known.includes(reader.policy)) await go("", "", { push: false });
      else {
        await load(reader.policy);
        choose.value = reader.policy;
      }
    }

    function place(target, wanted) {
      // The beginning of what is longer than what is seen.
      const block = target.getBoundingClientRect().height > scroll.clientHeight - 32 ? "start" : wanted;
      target.scrollIntoView({ block, behavior: "instant" });
      // What was not laid out before has its real height only now.
      requestAnimationFrame(() => target.scrollIntoView({ block, behavior: "instant" }));
    }

    /** Put into the address what is read; the history keeps which words are marked. */
    function address(words) {
      const query = new URLSearchParams(location.search);
      query.set("policy", reader.policy);
      if (reader.clause) query.set("clause", reader.clause);
      else query.delete("clause");
      const wanted = `?${query}`;
      if (wanted !== location.search) history.pushState(words, "", wanted + hashOf(reader.tab));
      else history.replaceState(words, "");
      switchLink();
    }

    /** Show which citation is read; none if it is none of those that are seen. */
    function cite(isRead) {
      for (const link of all("#pa-work .clause-link")) {
        if (isRead(link)) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }

    /** Show in the outline where the reader is: the clause, or the nearest above it. */
    function current(clause) {
      const links = new Map(all("a", nav).map((link) => [link.dataset.clause, link]));
      let id = clause;
      while (id && !links.has(id)) id = id.includes(".") ? id.slice(0, id.lastIndexOf(".")) : "";
      const link = links.get(id);
      if (!link) return;
      link.setAttribute("aria-current", "true");
      for (let list = link.closest("ul"); list && nav.contains(list); list = list.parentElement.closest("ul")) {
        if (list.hidden) fold(one(".pa-fold", list.parentElement));
      }
      const box = nav.getBoundingClientRect();
      const own = link.getBoundingClientRect();
      if (own.top < box.top || own.bottom > box.bottom) nav.scrollTop += own.top - box.top - box.height / 2;
    }

    /** Open or close a branch of the outline. */
    function fold(button) {
      const list = one("ul", button.parentElement);
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
    }

    nav.addEventListener("click", (event) => {
      if (event.target.matches(".pa-fold")) fold(event.target);
    });

    // --- Marks ---

    function unmark() {
      for (const section of all(".pa-here", article)) section.classList.remove("pa-here");
      for (const element of all("mark", article)) {
        const holder = element.parentElement;
        element.replaceWith(...element.childNodes);
        holder.normalize();
      }
    }

    /** Mark the code points from `start` to `end` of the policy's text; return the marks. */
    function mark(start, end) {
      const marks = [];
      for (let number = Math.max(lineAt(start), 0); number < lines.length && lines[number].start < end; number += 1) {
        const { element, start: begins } = lines[number];
        const holder = element.firstElementChild;
        const text = holder.textContent;
        const gone = element.dataset.gone ? element.dataset.gone.split(" ").map(Number) : [];
        const shownPlace = (offset) => offset - gone.filter((each) => each < offset).length;
        const from = units(text, shownPlace(Math.max(start - begins, 0)));
        const to = units(text, shownPlace(Math.max(end - begins, 0)));
        if (from >= to || !holder.firstChild) continue;
        const range = document.createRange();
        range.setStart(holder.firstChild, from);
        range.setEnd(holder.firstChild, to);
        const wrapped = made("mark", {});
        range.surroundContents(wrapped);
        marks.push(wrapped);
      }
      return marks;
    }

    /** Return the number of the last line that begins at or before a place. */
    function lineAt(offset) {
      let [low, high] = [0, lines.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (lines[middle].start <= offset) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    }

    /** Return how many of a string's units its first `count` code points have. */
    function units(text, count) {
      let place = 0;
      for (let left = count; left > 0 && place < text.length; left -= 1) place += text.codePointAt(place) > 0xffff ? 2 : 1;
      return place;
    }

    // --- Search ---

    const highlights = typeof Highlight === "function" && CSS.highlights;

    function search() {
      const wanted = find.value.trim().toLowerCase();
      found = [];
      at = -1;
      if (wanted) {
        for (const { element } of lines) {
          const text = element.firstElementChild.textContent.toLowerCase();
          for (let place = text.indexOf(wanted); place >= 0 && found.length < MOST_FOUND; place = text.indexOf(wanted, place + wanted.length)) {
            found.push({ element, from: place, to: place + wanted.length });
          }
          if (found.length >= MOST_FOUND) break;
        }
      }
      before.disabled = after.disabled = found.length === 0;
      count.textContent = wanted && !found.length ? words.none : "";
      if (highlights) {
        CSS.highlights.set("pa-found", new Highlight(...found.map(range).filter(Boolean)));
        CSS.highlights.delete("pa-found-here");
      }
    }

    function range({ element, from, to }) {
      // A citation's mark may cut the line's text into several nodes.
      const result = document.createRange();
      const walker = document.createTreeWalker(element.firstElementChild, NodeFilter.SHOW_TEXT);
      let place = 0;
      let begun = false;
      while (walker.nextNode()) {
        const { length } = walker.currentNode;
        if (!begun && from < place + length) {
          result.setStart(walker.currentNode, from - place);
          begun = true;
        }
        if (begun && to <= place + length) {
          result.setEnd(walker.currentNode, to - place);
          return result;
        }
        place += length;
      }
      return null;
    }

    function step(by) {
      if (!found.length) return;
      at = (at + by + found.length) % found.length;
      count.textContent = filled(words.found, { number: at + 1, count: found.length });
      place(found[at].element, "center");
      const here = range(found[at]);
      if (highlights && here) CSS.highlights.set("pa-found-here", new Highlight(here));
    }

    // --- What is done with it ---

    find.addEventListener("input", search);
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        step(event.shiftKey ? -1 : 1);
      }
    });
    before.addEventListener("click", () => step(-1));
    after.addEventListener("click", () => step(1));
    choose.addEventListener("change", () => go(choose.value, ""));
    one("input", english).addEventListener("change", (event) => article.classList.toggle("pa-with-english", event.target.checked));
    one(".pa-close", root).addEventListener("click", close);
    one(".pa-back", root).addEventListener("click", close);
    toggle?.addEventListener("click", () => (document.body.classList.contains("pa-reading") ? close() : reveal(toggle)));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && reader.overlaid && document.body.classList.contains("pa-reading")) close();
    });
    WIDE.addEventListener("change", apply);
    window.addEventListener("popstate", () => fromAddress(false));

    function fromAddress(first) {
      const query = new URLSearchParams(location.search);
      const id = query.get("policy") ?? "";
      const clause = query.get("clause") ?? "";
      const { start, end } = history.state ?? {};
      const isOther = id !== reader.policy || clause !== reader.clause;
      // Known at once: the next step through the history may come before the policy does.
      reader.clause = clause;
      if (clause && (first || (!WIDE.matches && isOther))) reveal(null);
      // Over the chat there is nothing to read without a clause.
      else if (!clause && reader.overlaid) close();
      cite(({ dataset }) => dataset.policy === id && dataset.clause === clause && dataset.start === String(start) && dataset.end === String(end));
      return go(id, clause, { start, end, push: false });
    }

    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a.clause-link");
      if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      const inside = root.contains(link);
      const { policy, clause, start, end } = link.dataset;
      if (!inside) {
        cite((other) => other === link);
        reveal(link);
      }
      if (inside && !WIDE.matches && nav.contains(link)) outline.open = false;
      go(policy, clause, { start: Number(start ?? NaN), end: Number(end ?? NaN), focus: !WIDE.matches || inside });
    });

    // Where there is room the outline stands beside the text.
    new ResizeObserver(() => {
      const roomy = root.clientWidth >= 720;
      if (roomy !== (root.dataset.roomy === "true")) {
        root.dataset.roomy = String(roomy);
        outline.open = roomy;
      }
    }).observe(root);
    one("summary", outline).addEventListener("click", (event) => {
      if (root.dataset.roomy === "true") event.preventDefault();
    });

    if (language === "en") {
      one("input", english).checked = true;
      article.classList.add("pa-with-english");
    }
    reader.apply = apply;
    reader.renew = () => renew().catch(() => {});
    apply();
    fromAddress(true);
  }

  // --- The frame -----------------------------------------------------------------------------

  /** Return what names a tab in an address: nothing for the first one. */
  function hashOf(tab) {
    return tab === "chat" ? "" : `#${tab}`;
  }

  function switchLink() {
    const other = one("#pa-other");
    if (!other) return;
    const address = new URL(`../${other.hreflang}/`, location.href);
    address.search = location.search;
    address.hash = hashOf(reader.tab);
    other.href = address.href;
  }

  function startPage(root) {
    const { language } = root.dataset;
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.cookie = `policy-assistant-language=${language};path=${new URL("..", BASE).pathname};max-age=31536000;samesite=lax`;
    switchLink();
    const dark = () => document.body.classList.contains("dark");
    const theme = stored(THEME);
    if (theme) document.body.classList.toggle("dark", theme === "dark");
    one("#pa-theme", root).addEventListener("click", () => {
      document.body.classList.toggle("dark", !dark());
      store(THEME, dark() ? "dark" : "light");
    });
  }

  /** Have the reader follow the tabs: each remembers whether it is open beside it. */
  function followTabs() {
    const tabs = all("#pa-tabs [role=tab]");
    const wanted = tabs.find(({ dataset }) => dataset.tabId === reader.wanted);
    if (wanted) {
      reader.wanted = "";
      wanted.click();
    }
    const chosen = tabs.find((tab) => tab.getAttribute("aria-selected") === "true");
    const name = chosen?.dataset.tabId ?? "chat";
    if (name === reader.tab) return;
    reader.tab = name;
    document.body.dataset.paTab = name;
    reader.overlaid = false;
    reader.apply?.();
    // Where the address led to the tab, it is there already.
    if (location.hash !== hashOf(name)) history.pushState(history.state, "", location.pathname + location.search + hashOf(name));
    switchLink();
  }

  /** Choose the tab that the address names. */
  function tabOfAddress() {
    const name = location.hash.slice(1) || "chat";
    if (name !== reader.tab) all("#pa-tabs [role=tab]").find(({ dataset }) => dataset.tabId === name)?.click();
  }

  window.addEventListener("popstate", tabOfAddress);
  window.addEventListener("hashchange", tabOfAddress);

  const PARTS = [
    ["#pa-page", startPage],
    [".pa-chat", startChat],
    ["#pa-reader", startReader],
  ];
  const started = new WeakSet();

  function start() {
    for (const [selector, begin] of PARTS) {
      const root = one(selector);
      if (!root || started.has(root)) continue;
      started.add(root);
      begin(root);
    }
    followTabs();
    followPolicies();
  }

  // --- Copying: a button's data-copy is put on the clipboard ---------------------------------

  /** Read words out to those who do not see the page. */
  function announce(words) {
    let place = one("#pa-status");
    if (!place) {
      place = made("div", { id: "pa-status", class: "pa-hidden", role: "status" });
      document.body.append(place);
    }
    place.textContent = words;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button || !(await copied(button.dataset.copy)) || button.classList.contains("pa-copied")) return;
    const words = button.textContent;
    button.textContent = button.dataset.copied;
    announce(button.dataset.copied);
    button.classList.add("pa-copied");
    setTimeout(() => {
      button.textContent = words;
      button.classList.remove("pa-copied");
      announce("");
    }, 1600);
  });

  // --- Recent look-ups: kept by the browser, shown in the element with data-recent -----------

  const recent = (nav) => storedList(nav.dataset.recent, isText).slice(0, MOST_RECENT);
  const fieldOf = (nav) => one(`${nav.dataset.field} textarea, ${nav.dataset.field} input`);

  function showRecent(nav) {
    const texts = recent(nav);
    one(".pa-recent-list", nav).replaceChildren(...texts.map((text) => made("button", { type: "button", title: text }, text)));
    nav.hidden = !texts.length;
  }

  function remember() {
    const nav = one("[data-recent]");
    const text = nav && fieldOf(nav)?.value.trim().slice(0, 200);
    if (!text) return;
    store(nav.dataset.recent, JSON.stringify([text, ...recent(nav).filter((other) => other !== text)].slice(0, MOST_RECENT)));
    showRecent(nav);
  }

  window.paRecent = (element) => all("[data-recent]", element).forEach(showRecent);
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const nav = target?.closest("[data-recent]");
    if (nav && target.closest(".pa-recent-clear")) {
      store(nav.dataset.recent, "[]");
      showRecent(nav);
      fieldOf(nav)?.focus();
    } else if (nav && target.closest(".pa-recent-list button")) {
      const field = fieldOf(nav);
      field.value = target.closest("button").textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    } else if (target?.closest("#pa-desk-compose, #pa-desk-found [data-copy], #pa-desk-found .clause-link")) {
      remember();
      // The reader that opens beside the clauses makes them narrower, and moves them.
      const link = target.closest("#pa-desk-found .clause-link");
      if (link) setTimeout(() => link.scrollIntoView({ block: "nearest" }), 400);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && event.target.closest?.("#pa-desk-query")) remember();
  });

  // --- Searching as one types: a pause in typing presses the hidden button beside the field --

  let pause = 0;

  function typing(event) {
    if (!event.target.closest?.("#pa-desk-query")) return;
    clearTimeout(pause);
    // What an input method has not put together yet is no word.
    if (!event.isComposing) pause = setTimeout(() => one("#pa-desk-pause")?.click(), PAUSE_MS);
  }

  document.addEventListener("input", typing);
  document.addEventListener("compositionend", typing);

  // --- Policies: what a form is told is seen, and what the page offers follows those in use -------

  const told = new Map();
  const stale = new Set();

  /** Say whether the text of an element is another than it was before; without the element nothing is told. */
  function isOther(selector) {
    const text = one(selector)?.textContent ?? "";
    const before = told.get(selector) ?? "";
    told.set(selector, text);
    return text !== "" && text !== before;
  }

  function followPolicies() {
    // It stands below the form.
    for (const status of ["#pa-policies-new-status", "#pa-policies-old-status"]) {
      if (isOther(`${status} .pa-hint`)) one(status).scrollIntoView({ block: "nearest" });
    }
    const isFirst = !told.get("#pa-policies-listing ul");
    if (isOther("#pa-policies-listing ul") && !isFirst) {
      reader.renew?.();
      chat.renew?.();
      for (const button of ["#pa-desk-renew", "#pa-eval-renew"]) stale.add(button);
    }
    // A tab is made when it is first opened.
    for (const button of stale) {
      if (one(button) && stale.delete(button)) one(button).click();
    }
  }

  // --- Reports of an evaluation: frames as high as what they show, as light or dark as the page

  function themeReport(frame) {
    const root = frame.contentDocument?.documentElement;
    if (root) root.dataset.theme = document.body.classList.contains("dark") ? "dark" : "light";
  }

  function fitReport(frame) {
    const height = frame.contentDocument?.documentElement.offsetHeight;
    if (height) frame.style.height = `${height}px`;
  }

  function startReport({ target: frame }) {
    if (!(frame instanceof HTMLIFrameElement) || !frame.matches(".pa-report")) return;
    themeReport(frame);
    fitReport(frame);
    new ResizeObserver(() => fitReport(frame)).observe(frame.contentDocument.documentElement);
  }

  // --- The beginning -------------------------------------------------------------------------

  function begin() {
    start();
    const themes = new MutationObserver(() => all(".pa-report").forEach(themeReport));
    themes.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  }

  document.body ? begin() : document.addEventListener("DOMContentLoaded", begin);
  // Gradio changes the text of what it shows anew where it stands.
  const changes = { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"] };
  new MutationObserver(start).observe(document.documentElement, changes);
  // That a frame is loaded is not told to those above it, but on the way down it can be seen.
  document.addEventListener("load", startReport, true);
})();
