// Where the log comes from: the websocket, and polling when that does not work.
//
// Every chunk comes once and in order: a new connection says the last number we have.

const FAILURES = 3; // in a row, then polling begins
const MISSED = 2.5; // beats of silence until a connection counts as dead
const POLL = 2_000; // ms
const PAGE = 10; // chunks; an answer with more of them is rarely the last
const RETRY_SOCKET = 10_000; // ms of polling between two tries of the socket
const SIGNED_OUT = 4401;
const NO_ACCESS = 4403;
const GONE = 4404;
const UNSURE = 4503;

const ENDINGS = {
  [SIGNED_OUT]: "You are signed out. Sign in and reload this page.",
  [NO_ACCESS]: "The log shows code, and your own account may not read this repository. Look at your keys and reload this page.",
  [GONE]: "You cannot see this job any more.",
  [UNSURE]: "The log shows code, and it cannot be asked now whether you may read this repository. Reload this page in a minute.",
};
// What the polling answers with instead.
const ENDING_OF = { 401: SIGNED_OUT, 403: NO_ACCESS, 404: GONE, 409: UNSURE };

export class LogSource {
  // `beat` is how many seconds lie between two signs of life of the server. `on` has chunks(list),
  // state(message), restart() and status(name, text).
  constructor({ url, pollUrl, after, execution, beat = 20, on }) {
    Object.assign(this, { url, pollUrl, execution, on });
    this.silence = beat * MISSED * 1_000; // ms
    this.last = after;
    this.failures = 0;
    this.done = false; // the log is complete
    this.stopped = false;
    this.pollUntil = 0;
  }

  start() {
    this.on.status("connecting", "Connecting");
    addEventListener("online", () => this.wakeUp());
    addEventListener("pageshow", () => this.wakeUp());
    document.addEventListener("visibilitychange", () => document.hidden || this.wakeUp());
    this.connect();
  }

  connect() {
    if (this.stopped) {
      return;
    }
    clearTimeout(this.next);
    const address = new URL(this.url, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.addPosition(address);
    const socket = new WebSocket(address);
    this.leave();
    this.socket = socket;
    this.heard();
    // A socket that was replaced has nothing more to say.
    const ifCurrent = (work) => (event) => socket === this.socket && work(event);
    socket.addEventListener("message", ifCurrent((event) => this.receive(JSON.parse(event.data))));
    socket.addEventListener("close", ifCurrent((event) => this.closed(event.code)));
  }

  addPosition(address) {
    address.searchParams.set("after", this.last);
    if (this.execution) {
      address.searchParams.set("execution", this.execution);
    }
  }

  // A sign of life; without another one in time the connection counts as dead.
  heard() {
    this.lastHeard = Date.now();
    clearTimeout(this.listening);
    this.listening = setTimeout(() => this.dead(), this.silence);
  }

  // Do not wait until the other side agrees: it may be gone for good.
  dead() {
    this.leave();
    this.closed(0);
  }

  leave() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  // The network is back, or somebody looks again: timers may have slept.
  wakeUp() {
    if (this.stopped) {
      return;
    }
    const isOpen = this.socket && this.socket.readyState <= WebSocket.OPEN;
    if (!isOpen || Date.now() - this.lastHeard > this.silence) {
      this.failures = 0;
      this.connect();
    }
  }

  receive(message) {
    this.failures = 0;
    this.heard();
    if (!this.done) {
      this.on.status("live", "Live");
    }
    if (message.type === "chunks") {
      this.execution = message.execution;
      this.take(message.chunks);
    } else if (message.type === "mark") {
      this.socket.send(JSON.stringify({ mark: message.mark })); // what came before it is here
    } else if (message.type === "state") {
      this.changed(message);
    } else if (message.type === "end") {
      this.finish();
    }
  }

  take(chunks) {
    const fresh = chunks.filter((chunk) => chunk.seq > this.last);
    if (fresh.length) {
      this.last = fresh[fresh.length - 1].seq;
      this.on.chunks(fresh);
    }
  }

  changed(state) {
    this.jobEnded = state.ended;
    if (state.execution && this.execution && state.execution !== this.execution) {
      this.restart(state.execution);
      this.connect();
    } else if (this.done && state.ended) {
      this.stop();
    }
    this.on.state(state);
  }

  // Another attempt began: its log is another text.
  restart(execution) {
    this.execution = execution;
    this.last = 0;
    this.done = false;
    this.on.restart();
  }

  finish() {
    this.done = true;
    this.on.status("ended", "Ended");
    if (this.jobEnded) {
      this.stop();
    }
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.listening);
    clearTimeout(this.next);
    this.leave();
  }

  closed(code) {
    clearTimeout(this.listening);
    if (this.stopped) {
      return;
    }
    if (code in ENDINGS) {
      this.giveUp(ENDINGS[code]);
      return;
    }
    this.failures += 1;
    if (this.failures >= FAILURES) {
      this.pollUntil = Date.now() + RETRY_SOCKET;
      this.poll();
      return;
    }
    this.missing("Reconnecting");
    this.later(() => this.connect(), 500 * 2 ** this.failures * (0.5 + Math.random()));
  }

  missing(text) {
    if (!this.done) {
      this.on.status("reconnecting", text);
    }
  }

  // One thing is planned at a time.
  later(work, milliseconds) {
    clearTimeout(this.next);
    this.next = setTimeout(work, milliseconds);
  }

  giveUp(text) {
    this.stop();
    this.on.status("stopped", text);
  }

  async poll() {
    if (this.stopped) {
      return;
    }
    if (Date.now() > this.pollUntil) {
      this.connect();
      return;
    }
    const before = this.socket;
    let more = false;
    try {
      more = await this.ask();
    } catch {
      this.missing("No connection; trying again");
    }
    if (!this.stopped && this.socket === before) {
      const pause = this.done ? RETRY_SOCKET : POLL;
      this.later(() => this.poll(), more ? 0 : pause);
    }
  }

  // Ask once; answers whether there is probably more.
  async ask() {
    const address = new URL(this.pollUrl, location.href);
    this.addPosition(address);
    if (this.done) {
      address.searchParams.delete("execution"); // is there another attempt?
    }
    const signal = AbortSignal.timeout(this.silence);
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal });
    if (answer.status in ENDING_OF) {
      this.giveUp(ENDINGS[ENDING_OF[answer.status]]);
      return false;
    }
    if (!answer.ok) {
      throw new Error(`the server answered ${answer.status}`);
    }
    const page = await answer.json();
    if (this.execution && page.execution && page.execution !== this.execution) {
      this.restart(page.execution);
      return true;
    }
    this.execution = page.execution ?? this.execution;
    if (!this.done) {
      this.on.status("polling", "Live, every 2 s");
    }
    this.take(page.chunks);
    if (page.ended) {
      this.on.state({ ended: true });
      this.finish();
    }
    return page.chunks.length >= PAGE && !page.ended;
  }
}
