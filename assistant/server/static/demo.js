// The page that shows the widget. It runs before the widget's own script, whose settings it takes from the address:
// /demo?lang=zh&theme=dark&position=left&colour=%23b3261e

(() => {
  const names = ["theme", "position", "colour", "policies", "title", "contact", "storage", "suggestions", "key"];
  const query = new URLSearchParams(location.search);
  const lang = query.get("lang") || navigator.language;
  document.documentElement.lang = /^zh/i.test(lang) ? "zh" : "en";

  const widget = document.querySelector('script[src="widget.js"]');
  for (const name of names) {
    const value = query.get(name);
    if (value) widget.dataset[name] = value;
  }

  for (const option of document.querySelectorAll("option[data-en]")) {
    option.textContent = option.dataset[document.documentElement.lang];
  }

  const form = document.getElementById("settings");
  for (const field of form.elements) {
    const value = query.get(field.name);
    if (value) field.value = value;
  }
  const quoted = (value) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const data = Object.entries(widget.dataset).map(([name, value]) => ` data-${name}="${quoted(value)}"`);
  const address = new URL("widget.js", location.href).href;
  document.getElementById("tag").textContent = `<script src="${address}" defer${data.join("")}></script>`;

  document.addEventListener("policy-assistant:ready", ({ detail: assistant }) => {
    const list = document.getElementById("events");
    for (const name of ["open", "question", "answer", "error", "citation", "feedback", "person", "reset", "close"]) {
      assistant.on(name, (detail) => {
        const item = document.createElement("li");
        item.textContent = `${name} ${detail ? JSON.stringify(detail).slice(0, 160) : ""}`;
        list.append(item);
        list.parentElement.scrollTop = list.parentElement.scrollHeight;
      });
    }
    document.getElementById("open").addEventListener("click", () => assistant.open());
    const ask = document.getElementById("ask");
    ask.addEventListener("click", () => {
      void assistant.ask(ask.querySelector(`[lang="${document.documentElement.lang}"]`).textContent);
    });
  });
})();
