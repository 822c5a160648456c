// Run by test_javascript.py beside a copy of static/js/log.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Lines, pieces, WIDTH } from "./ansi.js";
import { Search } from "./search.js";
import { LogSource } from "./socket.js";

function shown(...chunks) {
  const lines = new Lines();
  for (const chunk of chunks) {
    const [stream, text] = typeof chunk === "string" ? ["output", chunk] : chunk;
    lines.push(stream, text);
  }
  return lines;
}

const texts = (lines) => lines.rows.map((row) => row.text);
const styled = (lines, index = 0) => pieces(lines.rows[index]).map(([text, name]) => [text, name]);

test("lines end at line ends, also across chunks", () => {
  assert.deepEqual(texts(shown("a\nb", "c\r", "\n\nd")), ["a", "bc", "", "d"]);
});

test("every cut gives the same lines", () => {
  const text = "a\x1b[1;31mred\x1b[0m\r\n\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n10%\r20%\r\x1b[K30%\nü\x1b[3";
  const whole = shown(text);
  for (let cut = 0; cut <= text.length; cut += 1) {
    assert.deepEqual(shown(text.slice(0, cut), text.slice(cut)).rows, whole.rows);
  }
});

test("progress is folded to its last state", () => {
  assert.deepEqual(texts(shown("10%\r20%", "\r30%\ndone")), ["30%", "done"]);
  assert.deepEqual(texts(shown("100 %\r\nnext")), ["100 %", "next"]);
});

test("colours become classes", () => {
  assert.deepEqual(styled(shown("a\x1b[1;31mb\x1b[39mc\x1b[0md")), [
    ["a", ""], ["b", "ansi-bold ansi-red"], ["c", "ansi-bold"], ["d", ""],
  ]);
  assert.deepEqual(styled(shown("\x1b[97;44mx")), [["x", "ansi-bright-white ansi-on-blue"]]);
});

test("more colours become the nearest of sixteen", () => {
  assert.deepEqual(styled(shown("\x1b[38;5;9mx")), [["x", "ansi-bright-red"]]);
  assert.deepEqual(styled(shown("\x1b[38;5;196mx")), [["x", "ansi-red"]]);
  assert.deepEqual(styled(shown("\x1b[38;2;0;0;0;1mx")), [["x", "ansi-bold ansi-black"]]);
  assert.deepEqual(styled(shown("\x1b[48:5:21mx")), [["x", "ansi-on-blue"]]);
});

test("a style goes on over lines but not over streams", () => {
  const lines = shown("\x1b[32mone\ntwo", ["platform", "plain\n"], "three");
  assert.deepEqual(texts(lines), ["one", "two", "plain", "three"]);
  assert.deepEqual([0, 1, 2, 3].map((index) => styled(lines, index)[0][1]), [
    "ansi-green", "ansi-green", "", "ansi-green",
  ]);
});

test("everything that is not text or colour is dropped", () => {
  const hostile = [
    "\x1b]52;c;c2VjcmV0\x07", "\x1b]0;title\x07", "\x1b[2J", "\x1b[10;5H", "\x1b[?25l", "\x1bc",
    "\x1bPq#0\x1b\\", "\x07", "\x08", "\x7f", "\x9b", "\x1b[>4m",
  ];
  for (const code of hostile) {
    assert.deepEqual(texts(shown(`a${code}b`)), ["ab"], JSON.stringify(code));
  }
  assert.equal(texts(shown("a\u202eb"))[0], "a\ufffdb");
});

test("an escape that never ends does not hide the log", () => {
  const lines = shown(`\x1b]8;;${"x".repeat(5000)}`, "y\n");
  assert.ok(texts(lines).join("").endsWith("y"));
});

test("a huge line goes on in further rows under one number", () => {
  const lines = shown("x".repeat(WIDTH * 2 + 1), "y\nnext\n");
  assert.deepEqual(lines.rows.map((row) => row.number), [1, 1, 1, 2]);
  assert.deepEqual(lines.rows.map((row) => row.more), [false, true, true, false]);
  assert.equal(lines.rows[2].text, "xy");
  assert.deepEqual(texts(shown("x".repeat(WIDTH + 1), "\rshort\n")), ["short"]);
});

test("push tells the first row that changed", () => {
  const lines = new Lines();
  assert.equal(lines.push("output", "a\nb"), 0);
  assert.equal(lines.push("output", "c\n"), 1);
  assert.equal(lines.push("output", "d\n"), 2);
});

test("search finds words, also in what comes later", () => {
  const lines = shown("Error one\nfine\nerror two error\nerr");
  const search = new Search(lines.rows);
  search.set("ERROR");
  assert.deepEqual(search.matches, [[0, 0], [2, 0], [2, 10]]);
  search.extend(lines.push("output", "or\n"));
  assert.equal(search.matches.length, 4);
  assert.equal(search.count(), "4 found");
  assert.deepEqual(search.step(1, 1), [2, 0]);
  assert.deepEqual(search.inRow(2), { found: [[0, 5], [10, 15]], current: 0 });
  assert.deepEqual(search.step(-1, 0), [0, 0]);
  assert.deepEqual(search.step(-1, 0), [3, 0]);
  assert.equal(search.count(), "4 of 4");
});

test("found words are marked inside of styles", () => {
  const lines = shown("ab\x1b[31mcd");
  assert.deepEqual(pieces(lines.rows[0], [[1, 3]]), [
    ["a", "", -1], ["b", "", 0], ["c", "ansi-red", 0], ["d", "ansi-red", -1],
  ]);
});

test("a hundred thousand lines are read fast", () => {
  const line = "\x1b[32mPASSED\x1b[0m tests/test_basket.py::test_two_coupons and some more words\n";
  const began = performance.now();
  const lines = new Lines();
  for (let count = 0; count < 100; count += 1) {
    lines.push("output", line.repeat(1000));
  }
  new Search(lines.rows).set("coupons");
  assert.equal(lines.rows.length, 100_000);
  assert.ok(performance.now() - began < 10_000);
});

test("a viewer who is turned away is told why, by socket and by polling", async (context) => {
  const expected = [
    [4401, 401, /signed out/], [4403, 403, /may not read this repository/],
    [4404, 404, /cannot see this job/], [4503, 409, /cannot be asked now/],
  ];
  for (const [code, status, words] of expected) {
    const told = [];
    const on = { status: (...said) => told.push(said) };
    const source = new LogSource({ url: "/ws/", pollUrl: "http://x/", after: 0, execution: 1, on });
    source.closed(code);
    source.stopped = false;
    context.mock.method(globalThis, "fetch", async () => ({ status, ok: false }));
    globalThis.location = { href: "http://x/" };
    assert.equal(await source.ask(), false);
    assert.equal(told.length, 2);
    for (const [name, text] of told) {
      assert.equal(name, "stopped");
      assert.match(text, words);
    }
    assert.ok(source.stopped);
  }
});
