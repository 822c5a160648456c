// Run by test_javascript.py beside a copy of static/js/log.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Lines, LONGEST, pieces, WIDTH } from "./ansi.js";
import { Groups } from "./groups.js";
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

test("a line of 50 MB stays small and says what is missing", () => {
  const lines = new Lines();
  for (let count = 0; count < 800; count += 1) {
    lines.push("output", "x".repeat(65_536));
  }
  lines.push("output", "\nnext\n");
  assert.equal(lines.rows.length, LONGEST / WIDTH + 1);
  const last = lines.rows.at(-2);
  assert.equal(last.cut, 800 * 65_536 - LONGEST);
  assert.deepEqual([lines.rows.at(-1).text, lines.rows.at(-1).number], ["next", 2]);
});

test("a flood lets the oldest lines go and numbers stay", () => {
  const lines = new Lines(100);
  const search = new Search(lines.rows);
  search.set("line");
  for (let count = 1; count <= 250; count += 1) {
    search.extend(lines.push("output", `line ${count}\n`));
  }
  assert.ok(lines.rows.length <= 100);
  assert.equal(lines.dropped + lines.rows.length, 250);
  assert.equal(lines.rows[0].number, lines.dropped + 1);
  assert.deepEqual(lines.rows.at(-1).text, "line 250");
  assert.equal(search.matches.length, lines.rows.length);
  assert.equal(shown("a\n".repeat(3)).dropped, 0);
});

test("a flood of carriage returns is one row", () => {
  const lines = new Lines();
  for (let count = 0; count < 1000; count += 1) {
    lines.push("output", `\r${count} %`.repeat(10));
  }
  assert.deepEqual(texts(lines), ["999 %"]);
});

test("no character is cut in two", () => {
  const lines = shown(`x${"\u{1f600}".repeat(WIDTH)}`);
  assert.ok(lines.rows.every((row) => row.text.isWellFormed()));
  assert.equal(lines.rows.map((row) => row.text).join(""), `x${"\u{1f600}".repeat(WIDTH)}`);
});

test("search keeps its place behind letters that become longer", () => {
  const search = new Search(shown("\u0130\u0130 Error").rows);
  search.set("error");
  assert.deepEqual(search.matches, [[0, 3]]);
});

const step = (name, first, last, status = "completed") => ({ name, round: 1, status, first, last });

function grouped(steps, seqs) {
  const groups = new Groups();
  groups.set(steps);
  groups.arrange(seqs.map((seq) => ({ seq })));
  return groups;
}

const what = (groups) =>
  Array.from({ length: groups.size }, (_, place) => groups.at(place).step?.name ?? groups.at(place).row);

test("lines fold by step, the running one is open", () => {
  const steps = [step("setup", 1, 3), step("quiet", 3, 3), step("agent", 3, null, "running")];
  const groups = grouped(steps, [1, 2, 3, 3, 4, 5]);
  assert.deepEqual(what(groups), [0, "setup", "agent", 4, 5]);
  groups.toggle(steps[0]);
  groups.arrange([1, 2, 3, 3, 4, 5].map((seq) => ({ seq })));
  assert.deepEqual(what(groups), [0, "setup", 1, 2, 3, "agent", 4, 5]);
  for (let row = 0; row < 6; row += 1) {
    assert.equal(groups.at(groups.placeOf(row)).row, row);
    assert.equal(groups.rowAt(groups.placeOf(row)), row);
  }
});

test("what was open does not close by itself, what failed is open", () => {
  const groups = grouped([step("setup", 0, null, "running")], [1]);
  groups.set([step("setup", 0, 1), step("baseline", 1, 2, "failed"), step("agent", 2, null, "running")]);
  groups.arrange([1, 2, 3].map((seq) => ({ seq })));
  assert.deepEqual(what(groups), ["setup", 0, "baseline", 1, "agent", 2]);
});

test("a row in a closed step stands at its heading until it is opened", () => {
  const groups = grouped([step("setup", 0, 2), step("agent", 2, 3)], [1, 2, 3]);
  assert.equal(groups.placeOf(1), 0);
  groups.open(1);
  groups.arrange([1, 2, 3].map((seq) => ({ seq })));
  assert.deepEqual(groups.at(groups.placeOf(1)), { row: 1 });
  groups.toggleAll();
  assert.ok(!groups.areAllOpen());
});

test("a mark is sent back, and a repeated chunk is left out", () => {
  const sent = [];
  const got = [];
  const on = { status: () => {}, chunks: (list) => got.push(...list.map((chunk) => chunk.seq)) };
  const source = new LogSource({ url: "/ws/", pollUrl: "http://x/", after: 1, execution: 1, on });
  source.socket = { send: (text) => sent.push(text), close: () => {} };
  const chunk = (seq) => ({ seq, stream: "output", text: "x" });
  source.receive({ type: "chunks", execution: 1, chunks: [chunk(1), chunk(2)] });
  source.receive({ type: "chunks", execution: 1, chunks: [chunk(2), chunk(3)] });
  source.receive({ type: "mark", mark: 7 });
  source.stop();
  assert.deepEqual(got, [2, 3]);
  assert.deepEqual(sent.map((text) => JSON.parse(text)), [{ mark: 7 }]);
});

test("a connection without a sign of life is given up at once", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const opened = [];
  globalThis.location = { href: "http://x/jobs/1/" };
  globalThis.WebSocket = class {
    constructor(address) {
      this.address = address;
      opened.push(this);
    }
    addEventListener() {}
    close() {} // the other side never agrees
  };
  const told = [];
  const on = { status: (name) => told.push(name) };
  const source = new LogSource({ url: "/ws/", pollUrl: "http://x/", after: 5, execution: 2, beat: 1, on });
  source.connect();
  context.mock.timers.tick(2_400);
  assert.equal(opened.length, 1);
  context.mock.timers.tick(200);
  assert.deepEqual(told, ["reconnecting"]);
  context.mock.timers.tick(2_000);
  assert.equal(opened.length, 2);
  assert.match(String(opened[1].address), /^ws:.*after=5&execution=2$/);
  source.stop();
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
