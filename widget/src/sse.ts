// Server-sent events out of the bytes of a response.

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Yields each event as soon as it is whole; comments and unfinished events are dropped. */
export async function* events(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let name = "";
  let data: string[] = [];
  for await (const part of bytes) {
    rest += decoder.decode(part, { stream: true });
    // A carriage return at the very end may be half of a line's end.
    const whole = /^[\s\S]*(?:\n|\r(?!$))/.exec(rest)?.[0] ?? "";
    rest = rest.slice(whole.length);
    const found = whole.split(/\r\n|\r|\n/);
    found.pop(); // the nothing behind the last line's end
    for (const line of found) {
      if (!line) {
        if (data.length) yield { name: name || "message", data: data.join("\n") };
        name = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
    }
  }
}
