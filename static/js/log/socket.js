// Where the log comes from: the websocket, and polling when that does not work.
//
// Every chunk comes once and in order: a new connection says the last number we have.

const FAILURES = 3; // in a row, then polling begins
const SILENCE = 50_000; // ms; the server speaks every 20 s
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
  // `on` has chunks(list), state(message), restart() and status(name, text).
  constructor({ url, pollUrl, after, execution, on }) {
    Object.assign(this, { url, pollUrl, execution, on });
    this.last = after;
    this.failures = 0;
    this.done = false; // the log is complete
    this.stopped = false;
    this.pollUntil = 0;
  }

  start() {
    this.on.status("connecting", "Connecting");
    this.connect();
  }

  connect() {
    if (this.stopped) {
      return;
    }
    const address = new URL(this.url, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.addPosition(address);
    const socket = new WebSocket(address);
    this.socket = socket;
    this.listenForSilence();
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

  listenForSilence() {
    const socket = this.socket;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => socket.close(), SILENCE);
  }

  receive(message) {
    this.failures = 0;
    this.listenForSilence();
    if (!this.done) {
      this.on.status("live", "Live");
    }
    if (message.type === "chunks") {
      this.execution = message.execution;
      this.take(message.chunks);
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
    this.on.state(state);
    if (state.execution && this.execution && state.execution !== this.execution) {
      this.restart(state.execution);
    } else if (this.done && state.ended) {
      this.stop();
    }
  }

  // Another attempt began: its log is another text.
  restart(execution) {
    this.execution = execution;
    this.last = 0;
    this.done = false;
    this.on.restart();
    this.socket.close();
    this.connect();
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
    clearTimeout(this.silence);
    this.socket?.close();
  }

  closed(code) {
    clearTimeout(this.silence);
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
    if (!this.done) {
      this.on.status("reconnecting", "Reconnecting");
    }
    setTimeout(() => this.connect(), 500 * 2 ** this.failures * (0.5 + Math.random()));
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
    let more = false;
    try {
      more = await this.ask();
    } catch {
      this.on.status("reconnecting", "No connection; trying again");
    }
    setTimeout(() => this.poll(), more ? 0 : POLL);
  }

  // Ask once; answers whether there is probably more.

  async ask() {
    const address = new URL(this.pollUrl, location.href);
    this.addPosition(address);
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.status in ENDING_OF) {
      this.giveUp(ENDINGS[ENDING_OF[answer.status]]);
      return false;
    }
    if (!answer.ok) {
      throw new Error(`the server answered ${answer.status}`);
    }
    const page = await answer.json();
    this.execution = page.execution ?? this.execution;
    this.on.status("polling", "Live, every 2 s");
    this.take(page.chunks);
    if (page.ended) {
      this.jobEnded = true;
      this.on.state({ ended: true });
      this.finish();
    }
    return page.chunks.length >= PAGE && !page.ended;
  }
}
