// Tests of codecs, large messages, packed messages and the signals of channel functions.
import { LargeMessages, PackedMessages } from "/npm/channels.js";
import { RtcError } from "/npm/index.js";
import { calls, equal, once, pair, rejects, sleep, test } from "./harness.js";

/** Returns both ends of a channel of a new call. */
async function opened(options) {
  const { ada, bob } = await pair();
  const [caller, callee] = await calls(ada, bob);
  const [a, b] = await Promise.all([caller.channel("chat", options), callee.channel("chat", options)]);
  const end = () => {
    ada.leave();
    bob.leave();
  };
  return { a, b, caller, callee, end };
}

const position = {
  encode: ({ x, y }) => new Float64Array([x, y]),
  decode: (message) => {
    if (typeof message === "string") throw new SyntaxError("a position is bytes");
    const [x, y] = new Float64Array(message.slice().buffer);
    return { x, y };
  },
};

test("codec converts sent and received values", async () => {
  const { a, b, end } = await opened();
  const [typed, theirs] = [a.withCodec(position), b.withCodec(position)];
  const listened = [];
  const errors = [];
  theirs.on("message", ({ data }) => listened.push(data));
  theirs.on("error", ({ error }) => errors.push(error));
  const values = theirs[Symbol.asyncIterator]();
  await typed.send({ x: 1, y: 2 });
  equal((await values.next()).value, { x: 1, y: 2 });
  await a.send("not a position");
  await typed.send({ x: 3, y: 4 });
  const error = await rejects(values.next(), "InvalidDataError");
  equal([error instanceof RtcError, error.cause.message, (await values.next()).done], [true, "a position is bytes", true]);
  while (listened.length < 2) await sleep(10);
  const next = theirs[Symbol.asyncIterator]().next();
  await typed.send({ x: 5, y: 6 });
  equal((await next).value, { x: 5, y: 6 });
  equal([listened, errors.map(({ name }) => name)], [[{ x: 1, y: 2 }, { x: 3, y: 4 }, { x: 5, y: 6 }], ["InvalidDataError"]]);

  const writer = typed.writable.getWriter();
  const reader = theirs.readable.getReader();
  await writer.write({ x: 7, y: 8 });
  equal((await reader.read()).value, { x: 7, y: 8 });
  await rejects(typed.send(undefined), "TypeError");
  for (const codec of [undefined, {}, { encode: position.encode }]) await rejects(Promise.resolve().then(() => a.withCodec(codec)), "TypeError");
  const closed = once(theirs, "closed");
  await writer.close();
  await closed;
  equal((await reader.read()).done, true);
  end();
});

/** Returns bytes that differ. */
function bytes(length) {
  const array = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) array[index] = (index * 31) ^ (index >> 8);
  return array;
}

const digest = async (data) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))].join();

test("large messages arrive in order and complete", async () => {
  const { a, b, end } = await opened();
  const [mine, theirs] = [new LargeMessages(a), new LargeMessages(b)];
  const messages = theirs[Symbol.asyncIterator]();
  const next = async () => (await messages.next()).value;
  const large = bytes(20_000_000);
  const text = "äöü𝄞".repeat(100_000);
  const prefixed = new Uint8Array([0x9d, 0x4c, 0x4d, 1, 5]);
  const sent = [large, text, "short", prefixed, new Blob([large.subarray(0, 1_000_000)]), new Uint8Array(0), ""];
  const sending = Promise.all(sent.map((message) => mine.send(message)));
  equal(await digest(await next()), await digest(large));
  equal((await next()) === text, true, "the text");
  equal(await next(), "short");
  equal([...(await next())], [...prefixed]);
  equal(await digest(await next()), await digest(large.subarray(0, 1_000_000)));
  equal([(await next()).length, await next()], [0, ""]);
  await sending;
  end();
}, 40_000);

test("aborted large message is not received", async () => {
  const { a, b, end } = await opened();
  const [mine, theirs] = [new LargeMessages(a), new LargeMessages(b)];
  const abort = new AbortController();
  const reason = new Error("changed my mind");
  const messages = theirs[Symbol.asyncIterator]();
  const first = mine.send(bytes(30_000_000), { signal: abort.signal });
  const cancelled = mine.send("cancelled", { signal: abort.signal });
  const last = mine.send("last");
  setTimeout(() => abort.abort(reason), 20);
  for (const sending of [first, cancelled]) equal(await sending.catch((error) => error === reason), true, "the reason");
  await last;
  equal((await messages.next()).value, "last");
  end();
});

test("limits of large messages are typed errors", async () => {
  const { a, b, end } = await opened();
  const [mine, theirs] = [new LargeMessages(a, { limit: 2_000_000 }), new LargeMessages(b, { limit: 1_000_000 })];
  const tooLarge = await rejects(mine.send(bytes(2_000_001)), "TooLargeError");
  equal([tooLarge.limit, mine.limit], [2_000_000, 2_000_000]);
  await rejects(mine.send(5), "TypeError");
  const closed = once(mine, "closed");
  const messages = theirs[Symbol.asyncIterator]();
  await mine.send(bytes(1_500_000)).catch(() => {});
  equal((await rejects(messages.next(), "TooLargeError")).limit, 1_000_000);
  await closed;
  await rejects(mine.send("late"), "ClosedError");
  await rejects(Promise.resolve().then(() => new LargeMessages(a, { limit: -1 })), "RangeError");
  end();
});

test("large messages arrive on an unordered channel", async () => {
  const { a, b, end } = await opened({ ordered: false });
  const [mine, theirs] = [new LargeMessages(a), new LargeMessages(b)];
  const messages = theirs[Symbol.asyncIterator]();
  const large = bytes(3_000_000);
  await mine.send(large);
  equal(await digest((await messages.next()).value), await digest(large));
  end();
});

/** Returns the statistics of a channel. */
async function sentThrough(connection, label) {
  for (const entry of (await connection.getStats()).values()) if (entry.type === "data-channel" && entry.label === label) return entry;
  throw new Error(`no statistics of ${label}`);
}

test("packed messages share frames and keep their order", async () => {
  const { a, b, caller, end } = await opened();
  const [mine, theirs] = [new PackedMessages(a), new PackedMessages(b)];
  const messages = theirs[Symbol.asyncIterator]();
  const start = performance.now();
  const COUNT = 20_000;
  const sending = (async () => {
    for (let count = 0; count < COUNT; count += 1) await mine.send(new Uint32Array([count]));
    await mine.flush();
  })();
  for (let count = 0; count < COUNT; count += 1) {
    const { value } = await messages.next();
    if (value.byteLength !== 4 || new DataView(value.buffer, value.byteOffset).getUint32(0, true) !== count) {
      throw new Error(`message ${count} is ${value}`);
    }
  }
  await sending;
  const packed = (performance.now() - start) / COUNT;
  equal(mine.trySend(new Uint8Array(200)), true);
  await mine.send(bytes(20_000));
  equal([(await messages.next()).value.byteLength, (await messages.next()).value.byteLength], [200, 20_000]);
  const report = await sentThrough(caller.connection, "chat");
  equal(report.messagesSent < COUNT / 100, true, `whether ${report.messagesSent} messages are few`);
  for (const message of ["text", 5, new Blob()]) await rejects(mine.send(message), "TypeError");
  await rejects(mine.send(new Uint8Array(a.maxMessageSize)), "TooLargeError");
  end();
  return `${(1000 * packed).toFixed(1)} µs a message`;
});

test("malformed frame fails the iteration and closes the channel", async () => {
  const { a, b, end } = await opened();
  const theirs = new PackedMessages(b);
  const messages = theirs[Symbol.asyncIterator]();
  await a.send(new Uint8Array([1, 9, 5, 0]));
  equal([...(await messages.next()).value], [9]);
  await rejects(messages.next(), "InvalidDataError");
  await a.closed();
  await rejects(theirs.send(new Uint8Array(1)), "ClosedError");
  end();
});

test("aborted message is not sent", async () => {
  const { a, b, end } = await opened();
  const messages = b[Symbol.asyncIterator]();
  [a.highWaterMark, a.lowWaterMark] = [65_536, 0];
  const abort = new AbortController();
  const reason = new Error("changed my mind");
  const filling = Array.from({ length: 40 }, () => a.send(new Uint8Array(65_536)));
  const aborted = [a.send("aborted", { signal: abort.signal }), a.sendJson("aborted", { signal: abort.signal })];
  const last = a.send("last");
  abort.abort(reason);
  for (const sending of aborted) equal(await sending.catch((error) => error === reason), true, "the reason");
  for (let count = 0; count < 40; count += 1) equal((await messages.next()).value.byteLength, 65_536);
  equal((await messages.next()).value, "last");
  await Promise.all([...filling, last]);
  for (const wait of [a.send("x", { signal: abort.signal }), a.flush({ signal: abort.signal }), a.closed({ signal: abort.signal })]) {
    equal(await wait.catch((error) => error === reason), true, "the reason of a signal that has aborted");
  }
  await rejects(a.send("x", { singal: 1 }), "TypeError");
  end();
});
