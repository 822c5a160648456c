// Terminal output becomes lines of plain text with styled runs.
//
// Only colours and weights survive (SGR); links, titles, the clipboard, cursor movements and every
// other escape are dropped. Nothing here touches the page: the view writes text, never markup.

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const COLOURS = [...NAMES, ...NAMES.map((name) => `bright-${name}`)];
const PALETTE = [
  [0, 0, 0], [205, 49, 49], [13, 188, 121], [229, 229, 16],
  [36, 114, 200], [188, 63, 188], [17, 168, 205], [229, 229, 229],
  [102, 102, 102], [241, 76, 76], [35, 209, 139], [245, 245, 67],
  [59, 142, 234], [214, 112, 214], [41, 184, 219], [255, 255, 255],
];
const LEVELS = [0, 95, 135, 175, 215, 255];
const FLAGS = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "struck" };
const FLAGS_OFF = {
  21: ["bold"], 22: ["bold", "dim"], 23: ["italic"], 24: ["underline"], 27: ["inverse"], 29: ["struck"],
};

const ESCAPE = new RegExp(
  [
    "\\x1b\\[([0-?]*)[ -/]*([@-~])", // CSI: parameters and the final letter
    "\\x1b[\\]PX^_][^\\x07\\x1b\\n]*(?:\\x07|\\x1b\\\\)", // OSC, DCS and other strings
    "\\x1b[ -/]*[0-Z\\\\`-~]", // two characters
    "\\x1b",
    "\\r\\n|\\n|\\r",
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]", // other controls
  ].join("|"),
  "g",
);
const UNFINISHED = /(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)?|\r)$/;
const BIDIRECTIONAL = /[\u202a-\u202e\u2066-\u2069]/g;
const CARRY = 4096; // characters of an escape that is not finished yet
export const WIDTH = 4096; // characters of a line before it goes on in the next row
export const LONGEST = 64 * WIDTH; // characters of a line that are shown
export const MOST = 1_200_000; // rows; then the oldest go
const LET_GO = 0.1; // of the rows

function nearest(red, green, blue) {
  let best = 0;
  let least = Infinity;
  PALETTE.forEach(([r, g, b], index) => {
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < least) {
      [best, least] = [index, distance];
    }
  });
  return best;
}

function indexed(number) {
  if (number < 16) {
    return number;
  }
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return nearest(grey, grey, grey);
  }
  const cube = number - 16;
  return nearest(LEVELS[Math.floor(cube / 36)], LEVELS[Math.floor(cube / 6) % 6], LEVELS[cube % 6]);
}

// The colour after 38 or 48, and how many parameters it took.
function extended(codes, at) {
  if (codes[at + 1] === 5) {
    const number = codes[at + 2];
    return [number >= 0 && number <= 255 ? COLOURS[indexed(number)] : "", 2];
  }
  if (codes[at + 1] === 2) {
    const [red, green, blue] = codes.slice(at + 2, at + 5);
    return [COLOURS[nearest(red || 0, green || 0, blue || 0)], 4];
  }
  return ["", 0];
}

function colourOf(code, base, bright) {
  if (code >= base && code < base + 8) {
    return COLOURS[code - base];
  }
  return code >= bright && code < bright + 8 ? COLOURS[code - bright + 8] : "";
}

export class Style {
  constructor() {
    this.reset();
  }

  reset() {
    this.flags = new Set();
    this.ink = "";
    this.paper = "";
    this.className = "";
  }

  apply(parameters) {
    const codes = parameters.split(/[;:]/).map(Number);
    for (let at = 0; at < codes.length; at += 1) {
      at += this.one(codes, at);
    }
    const classes = [...this.flags].map((flag) => `ansi-${flag}`);
    if (this.ink) {
      classes.push(`ansi-${this.ink}`);
    }
    if (this.paper) {
      classes.push(`ansi-on-${this.paper}`);
    }
    this.className = classes.join(" ");
  }

  // Obey the code at a place; answers how many more parameters it used.
  one(codes, at) {
    const code = codes[at];
    if (code === 0) {
      this.reset();
    } else if (code in FLAGS) {
      this.flags.add(FLAGS[code]);
    } else if (code in FLAGS_OFF) {
      FLAGS_OFF[code].forEach((flag) => this.flags.delete(flag));
    } else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes, at);
      this[code === 38 ? "ink" : "paper"] = colour;
      return used;
    } else if (code === 39) {
      this.ink = "";
    } else if (code === 49) {
      this.paper = "";
    } else {
      this.ink = colourOf(code, 30, 90) || this.ink;
      this.paper = colourOf(code, 40, 100) || this.paper;
    }
    return 0;
  }
}

const PLAIN = Object.freeze([]);

// A row: `number` of its line, `text`, `runs` of [start, className], `more` when the line began in
// the row before, `seq` of the chunk that it began in, and how many characters were `cut` off.
function row(number, stream, more, seq) {
  return { number, stream, text: "", runs: PLAIN, more, seq, cut: 0 };
}

export class Lines {
  constructor(most = MOST) {
    this.most = most;
    this.rows = [];
    this.dropped = 0; // lines that were let go
    this.number = 0; // of the last line
    this.length = 0; // of the last line, as far as it is shown
    this.seq = 0; // of the chunk that is read
    this.open = false; // the last line has no end yet
    this.returned = false; // a carriage return came: the next text replaces the line
    this.streams = new Map();
  }

  // Add a chunk's text; answers the index of the first row that is new or changed.
  push(stream, text, seq = 0) {
    this.seq = seq;
    const changed = this.open ? this.firstOfLine() : this.rows.length;
    const state = this.state(stream);
    if (this.stream !== stream) {
      this.endLine(); // two voices do not share a line
      this.stream = stream;
    }
    const whole = state.carry + text;
    const begun = whole.search(UNFINISHED);
    const end = begun >= 0 && whole.length - begun <= CARRY ? begun : whole.length;
    state.carry = whole.slice(end);
    this.parse(state.style, whole.slice(0, end));
    return this.letGo() ? 0 : changed;
  }

  // A page has only so much memory: the oldest rows go, many at once.
  letGo() {
    if (this.rows.length <= this.most) {
      return false;
    }
    let count = Math.ceil(this.most * LET_GO) + this.rows.length - this.most;
    while (count < this.rows.length && this.rows[count].more) {
      count += 1;
    }
    this.dropped += this.rows.slice(0, count).filter((each) => !each.more).length;
    this.rows.splice(0, count);
    this.open = this.open && this.rows.length > 0;
    return true;
  }

  state(stream) {
    if (!this.streams.has(stream)) {
      this.streams.set(stream, { style: new Style(), carry: "" });
    }
    return this.streams.get(stream);
  }

  firstOfLine() {
    let index = this.rows.length - 1;
    while (this.rows[index].more) {
      index -= 1;
    }
    return index;
  }

  parse(style, text) {
    let from = 0;
    for (const match of text.matchAll(ESCAPE)) {
      this.write(text.slice(from, match.index), style.className);
      from = match.index + match[0].length;
      if (match[0].endsWith("\n")) {
        this.endLine(true);
      } else if (match[0] === "\r") {
        this.returned = this.open;
      } else if (match[2] === "m" && /^[0-9;:]*$/.test(match[1])) {
        style.apply(match[1]);
      }
    }
    this.write(text.slice(from), style.className);
  }

  endLine(always = false) {
    if (always && !this.open) {
      this.begin(false);
    }
    this.open = false;
    this.returned = false;
  }

  begin(more) {
    if (!more) {
      this.number += 1;
      this.length = 0;
    }
    this.rows.push(row(this.number, this.stream, more, this.seq));
    this.open = true;
  }

  write(text, className) {
    if (!text) {
      return;
    }
    if (this.returned) {
      this.rows.length = this.firstOfLine() + 1;
      const { seq } = this.rows[this.rows.length - 1];
      this.rows[this.rows.length - 1] = row(this.number, this.stream, false, seq);
      this.length = 0;
      this.returned = false;
    }
    if (!this.open) {
      this.begin(false);
    }
    const clean = text.replace(BIDIRECTIONAL, "\ufffd");
    for (let from = 0; from < clean.length; ) {
      const last = this.rows[this.rows.length - 1];
      if (this.length >= LONGEST) {
        last.cut += clean.length - from;
        return;
      }
      const room = WIDTH - last.text.length;
      if (room <= 0) {
        this.begin(true);
        continue;
      }
      const part = clean.slice(from, whole(clean, from + room));
      append(last, part, className);
      this.length += part.length;
      from += part.length;
    }
  }
}

// The place itself, or one further when it would cut a character in two.
function whole(text, place) {
  const code = text.charCodeAt(place - 1);
  return code >= 0xd800 && code < 0xdc00 ? place + 1 : place;
}

function append(last, text, className) {
  const before = last.runs.length ? last.runs[last.runs.length - 1][1] : "";
  if (className !== before) {
    last.runs = last.runs === PLAIN ? [] : last.runs;
    last.runs.push([last.text.length, className]);
  }
  last.text += text;
}

// The pieces of a row: [text, className, found], cut where styles change and where matches begin
// and end. `found` are sorted ranges [start, end].
export function pieces({ text, runs }, found = []) {
  const cuts = new Set([0, text.length]);
  runs.forEach(([start]) => cuts.add(start));
  found.forEach(([start, end]) => cuts.add(start).add(Math.min(end, text.length)));
  const places = [...cuts].sort((a, b) => a - b);
  return places.slice(0, -1).map((start, index) => {
    const run = runs.findLast(([begin]) => begin <= start);
    const match = found.findIndex(([begin, end]) => begin <= start && start < end);
    return [text.slice(start, places[index + 1]), run ? run[1] : "", match];
  });
}
