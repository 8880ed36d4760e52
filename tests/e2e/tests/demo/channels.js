// One side of a call over the npm package, in which channels are tried.
const { default: init, joinRoom } = await import("./npm/browser_rtc.js");
await init();

const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const HIGH = 256 * 1024;
const LAST = "that was all";

/** The same bytes of a number on both sides. */
const bytesOf = (number, length) => Uint8Array.from({ length }, (_, at) => (number * 31 + at) % 251);
function numbered(number, length) {
  const bytes = bytesOf(number, length);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
/** What came, text or bytes, as it was meant. */
const equal = (got, meant) => (typeof meant === "string" ? got === meant : typeof got !== "string" && same(got, meant));

let call, room, fullest;

/** Looks into every channel of the page, as the browser has it. */
const send = RTCDataChannel.prototype.send;
RTCDataChannel.prototype.send = function (message) {
  send.call(this, message);
  fullest = Math.max(fullest, this.bufferedAmount);
};

/** What comes until the last word, without it. */
async function all(channel) {
  const messages = [];
  for await (const message of channel) {
    if (message === LAST) return messages;
    messages.push(message);
  }
  throw new Error("the channel closed before the last word");
}

/** What one side sends and the other looks for. */
const trials = {
  // f40: text, bytes, blobs and empty ones in their order, and the largest.
  async messages({ channel, sends }) {
    const largest = Math.min(channel.maxMessageSize, 1 << 20);
    const [text, blob] = ["žluťoučký 😀", bytesOf(2, 70_000)];
    const sent = [text, "", bytesOf(1, 5), new Uint8Array(), blob, "after", bytesOf(3, largest)];
    if (sends) {
      for (const message of sent) await channel.send(message === blob ? new Blob([blob]) : message);
      await channel.send(LAST);
      return {};
    }
    const got = await all(channel);
    // The largest is the sender's own matter: it is compared by what it says of itself.
    const meant = [...sent.slice(0, -1), bytesOf(3, got.at(-1).length)];
    const right = got.every((message, at) => equal(message, meant[at]));
    return { got: got.length, right, largest: got.at(-1).length };
  },

  // f42: what has no room goes in its turn nevertheless, and as it was when it was sent. Nobody waits between the sends.
  async turns({ channel, sends }) {
    const [first, reused, blob, last] = [bytesOf(1, 800), bytesOf(2, 500), bytesOf(3, 70_000), bytesOf(4, 5)];
    if (sends) {
      channel.highWaterMark = 1000;
      const sent = [first, reused, reused.buffer, "small"].map((message) => channel.send(message));
      const overtook = channel.trySend("smaller");
      reused.fill(0);
      await Promise.all(sent);
      channel.highWaterMark = 1 << 20;
      // Text waits behind a blob.
      await Promise.all([new Blob([blob]), "text", last].map((message) => channel.send(message)));
      await channel.send(LAST);
      return { overtook };
    }
    const got = await all(channel);
    const meant = [first, reused, reused, "small", blob, "text", last];
    const shown = got.map((message) => (typeof message === "string" ? message : message.length));
    return { right: got.length === meant.length && got.every((message, at) => equal(message, meant[at])), shown };
  },

  // f42: as fast as it goes, never over the mark. f43: then closed, and all that was sent comes before the close.
  // f41: what is unordered or limited may be overtaken or lost, but never comes twice or in part.
  async numbers({ channel, sends, count, length, pause }) {
    if (sends) {
      channel.highWaterMark = HIGH;
      channel.lowWaterMark = HIGH / 4;
      fullest = 0;
      for (let number = 0; number < count; number++) {
        await channel.send(numbered(number, length));
        if (pause && number % 50 === 49) await new Promise((resolve) => setTimeout(resolve, pause));
      }
      channel.close();
      await channel.closed();
      return { fullest, most: HIGH };
    }
    const seen = [];
    let whole = true;
    for await (const message of channel) {
      const number = new DataView(message.buffer).getUint32(0);
      whole &&= same(message, numbered(number, length));
      seen.push(number);
    }
    const ordered = seen.every((number, at) => at === 0 || number > seen[at - 1]);
    return { got: seen.length, different: new Set(seen).size, whole, ordered };
  },

  // f44: one file is refused, another taken, with its progress at both ends. The files of a channel are the same each
  // time.
  async file({ channel, sends, length }) {
    const file = new File([bytesOf(4, length)], "a/b.bin", { type: "application/x-bin" });
    const followed = async (transfer) => {
      const steps = [];
      for await (const { bytes, total } of transfer.progress()) steps.push([bytes, total]);
      const rises = steps.every(([bytes], at) => at === 0 || bytes >= steps[at - 1][0]);
      return { rises, last: steps.at(-1) };
    };
    if (sends) {
      const refused = await (await channel.files().offer(file)).finished().catch((error) => error.name);
      const transfer = await channel.files().offer(file);
      const [progress] = await Promise.all([followed(transfer), transfer.finished()]);
      return { refused, ...progress };
    }
    let refused = false;
    for await (const offer of channel.files()) {
      if (!refused) {
        offer.decline();
        refused = true;
        continue;
      }
      const incoming = offer.accept();
      const [progress, blob] = await Promise.all([followed(incoming), incoming.finished()]);
      const right = same(new Uint8Array(await blob.arrayBuffer()), bytesOf(4, length));
      return { right, name: offer.name, type: blob.type, ...progress };
    }
  },
};

/** How often somebody called. */
let rung = 0;

window.channels = {
  async join(name) {
    room = await joinRoom(url, { room: "channels", name });
    (async () => {
      for await (const event of room) {
        if (event.type !== "incoming") continue;
        rung += 1;
        call = await event.call.accept();
      }
    })();
  },
  async call(name) {
    const peer = room.peers.find((peer) => peer.name === name);
    call = await room.call(peer.id);
  },
  /** Calls somebody after giving up: how that ends. */
  async callInVain(name) {
    const peer = room.peers.find((peer) => peer.name === name);
    return room.call(peer.id, null, AbortSignal.abort()).catch((error) => error.name);
  },
  rung: () => rung,
  inCall: () => call !== undefined,
  /** Begins; the outcome is in `outcome`, as a browser's driver does not wait for long. */
  begin(trial, label, options, sends, task) {
    window.channels.outcome = null;
    const run = async () => trials[trial]({ channel: await call.channel(label, options), sends, ...task });
    run().then(
      (found) => (window.channels.outcome = found),
      (error) => (window.channels.outcome = { error: `${error.name}: ${error.message}` }),
    );
  },
  outcome: null,
};
