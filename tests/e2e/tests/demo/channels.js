// One side of a call with the npm package, over which channels are tested.
const { default: init, joinRoom } = await import("/npm/wasm/browser_rtc.js");
await init();

const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const HIGH = 256 * 1024;
const LAST = "end of messages";

/** Returns bytes that depend on the number, which are the same on both sides. */
const bytesOf = (number, length) => Uint8Array.from({ length }, (_, at) => (number * 31 + at) % 251);
function numbered(number, length) {
  const bytes = bytesOf(number, length);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
/** Returns whether a message is the expected text or bytes. */
const equal = (received, expected) =>
  typeof expected === "string" ? received === expected : typeof received !== "string" && same(received, expected);

let call, room, maxBuffered;

/** Records the highest `bufferedAmount` of the browser's own channels. */
const send = RTCDataChannel.prototype.send;
RTCDataChannel.prototype.send = function (message) {
  send.call(this, message);
  maxBuffered = Math.max(maxBuffered, this.bufferedAmount);
};

/** Receives the messages before the last one. */
async function all(channel) {
  const messages = [];
  for await (const message of channel) {
    if (message === LAST) return messages;
    messages.push(message);
  }
  throw new Error("the channel closed before the last message");
}

/** The trials, each for the sender and for the receiver. */
const trials = {
  // f40: text, bytes, blobs, empty messages and the largest message, in order.
  async messages({ channel, sends }) {
    const largest = Math.min(channel.maxMessageSize, 1 << 20);
    const [text, blob] = ["žluťoučký 😀", bytesOf(2, 70_000)];
    const sent = [text, "", bytesOf(1, 5), new Uint8Array(), blob, "after", bytesOf(3, largest)];
    if (sends) {
      for (const message of sent) await channel.send(message === blob ? new Blob([blob]) : message);
      await channel.send(LAST);
      return {};
    }
    const received = await all(channel);
    // The limit of the sender may differ, so that the largest message is compared by its own length.
    const expected = [...sent.slice(0, -1), bytesOf(3, received.at(-1).length)];
    const correct = received.every((message, at) => equal(message, expected[at]));
    return { count: received.length, correct, largest: received.at(-1).length };
  },

  // f42: messages that exceed the buffer are sent later, in order, and with the content at the time of the call. The sends
  // do not wait for each other.
  async fullBuffer({ channel, sends }) {
    const [first, reused, blob, last] = [bytesOf(1, 800), bytesOf(2, 500), bytesOf(3, 70_000), bytesOf(4, 5)];
    if (sends) {
      channel.highWaterMark = 1000;
      const sent = [first, reused, reused.buffer, "small"].map((message) => channel.send(message));
      const accepted = channel.trySend("smaller");
      reused.fill(0);
      await Promise.all(sent);
      channel.highWaterMark = 1 << 20;
      // Text is sent after a preceding blob.
      await Promise.all([new Blob([blob]), "text", last].map((message) => channel.send(message)));
      await channel.send(LAST);
      return { accepted };
    }
    const messages = await all(channel);
    const expected = [first, reused, reused, "small", blob, "text", last];
    const received = messages.map((message) => (typeof message === "string" ? message : message.length));
    const correct =
      messages.length === expected.length && messages.every((message, at) => equal(message, expected[at]));
    return { correct, received };
  },

  // f42: a fast sender never exceeds the high-water mark. f43: all messages arrive before the close. f41: messages of an
  // unordered or unreliable channel may be reordered or lost, but are never duplicated or truncated.
  async numbers({ channel, sends, count, length, pause }) {
    if (sends) {
      channel.highWaterMark = HIGH;
      channel.lowWaterMark = HIGH / 4;
      maxBuffered = 0;
      for (let number = 0; number < count; number++) {
        await channel.send(numbered(number, length));
        if (pause && number % 50 === 49) await new Promise((resolve) => setTimeout(resolve, pause));
      }
      channel.close();
      await channel.closed();
      return { max_buffered: maxBuffered, limit: HIGH };
    }
    const seen = [];
    let intact = true;
    for await (const message of channel) {
      const number = new DataView(message.buffer).getUint32(0);
      intact &&= same(message, numbered(number, length));
      seen.push(number);
    }
    const ordered = seen.every((number, at) => at === 0 || number > seen[at - 1]);
    return { count: seen.length, distinct: new Set(seen).size, intact, ordered };
  },

  // f44: one file is declined, and another accepted, with its progress at both ends. `files()` returns the same object at
  // each call.
  async file({ channel, sends, length }) {
    const file = new File([bytesOf(4, length)], "a/b.bin", { type: "application/x-bin" });
    const progressOf = async (transfer) => {
      const steps = [];
      for await (const { bytes, total } of transfer.progress()) steps.push([bytes, total]);
      const isMonotonic = steps.every(([bytes], at) => at === 0 || bytes >= steps[at - 1][0]);
      return { is_monotonic: isMonotonic, last: steps.at(-1) };
    };
    if (sends) {
      const declined = await (await channel.files().offer(file)).finished().catch((error) => error.name);
      const transfer = await channel.files().offer(file);
      const [progress] = await Promise.all([progressOf(transfer), transfer.finished()]);
      return { declined, ...progress };
    }
    let hasDeclined = false;
    for await (const offer of channel.files()) {
    if (!hasDeclined) {
    offer.decline();
    hasDeclined = true;
        continue;
      }
      const incoming = offer.accept();
      const [progress, blob] = await Promise.all([progressOf(incoming), incoming.finished()]);
      const correct = same(new Uint8Array(await blob.arrayBuffer()), bytesOf(4, length));
      return { correct, name: offer.name, type: blob.type, ...progress };
    }
  },
};

/** The number of incoming calls. */
let rings = 0;

window.channels = {
  async join(name) {
    room = await joinRoom(url, { room: "channels", name });
    (async () => {
      for await (const event of room) {
        if (event.type !== "incoming") continue;
        rings += 1;
        call = await event.call.accept();
      }
    })();
  },
  async call(name) {
    const peer = room.peers.find((peer) => peer.name === name);
    call = await room.call(peer.id);
  },
  /** Calls a peer with an aborted signal, and returns the name of the error. */
  async callAborted(name) {
    const peer = room.peers.find((peer) => peer.name === name);
    return room.call(peer.id, null, AbortSignal.abort()).catch((error) => error.name);
  },
  rings: () => rings,
  inCall: () => call !== undefined,
  /** Starts a trial without waiting for it, because drivers limit the time of a script. `outcome` then has the result. */
  begin(trial, label, options, sends, task) {
    window.channels.outcome = null;
    const run = async () => trials[trial]({ channel: await call.channel(label, options), sends, ...task });
    run().then(
      (result) => (window.channels.outcome = result),
      (error) => (window.channels.outcome = { error: `${error.name}: ${error.message}` }),
    );
  },
  outcome: null,
};
