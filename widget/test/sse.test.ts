import assert from "node:assert/strict";
import { test } from "node:test";
import { events } from "../src/sse";

const STREAM =
  ": hello\n\nevent: meta\ndata: {}\n\r\nevent: sentence\r\ndata: 个推\r\ndata:第二行😀\r\n\r\n: stay\n\nevent:done\rdata: 1\r\revent: cut\ndata: off\n";
const EXPECTED = [
  { name: "meta", data: "{}" },
  { name: "sentence", data: "个推\n第二行😀" },
  { name: "done", data: "1" },
];

async function read(parts: Uint8Array[]) {
  const found = [];
  async function* stream() {
    yield* parts;
  }
  for await (const event of events(stream())) found.push(event);
  return found;
}

test("events are the same wherever the bytes are cut", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  assert.deepEqual(await read([bytes]), EXPECTED);
  assert.deepEqual(await read(Array.from(bytes, (byte) => Uint8Array.of(byte))), EXPECTED);
  for (let cut = 1; cut < bytes.length; cut++) {
    assert.deepEqual(await read([bytes.slice(0, cut), bytes.slice(cut)]), EXPECTED);
  }
});

test("a stream without an event has none", async () => {
  assert.deepEqual(await read([]), []);
  assert.deepEqual(await read([new TextEncoder().encode("event: x\n\ndata: never ended")]), []);
});
