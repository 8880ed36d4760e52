// Tests of large and packed messages against a fake of the raw module and the examples of the protocol's definition.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fake, FakeCall, FakeChannel, FakeRoom } from "./fake.mjs";

const dist = new URL("../../npm/dist/", import.meta.url).href;
const { joinRoom } = await import(`${dist}index.js`);
const { LargeMessages, PackedMessages } = await import(`${dist}channels.js`);

globalThis.RTCPeerConnection = class RTCPeerConnection {};
const definition = readFileSync(new URL("../../signaling/PROTOCOL.md", import.meta.url), "utf8");
const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Returns the bytes of the lines of an example. */
function examples(name) {
  const [, text] = definition.match(new RegExp(`^\`\`\`hex ${name}\\n(.*?)^\`\`\``, "ms"));
  return text.trim().split("\n").map((line) => Uint8Array.from(line.trim().split(" "), (byte) => Number.parseInt(byte, 16)));
}

/** Returns a channel of the layer on a fake channel. */
async function opened(native = {}) {
  const [room, call, raw] = [new FakeRoom(), new FakeCall(), new FakeChannel()];
  Object.assign(raw.native, native);
  raw.receiveLimit = 1 << 20;
  call.connection = Object.assign(new EventTarget(), { signalingState: "stable", getSenders: () => [] });
  fake.join = () => Promise.resolve(room);
  call.opened = raw;
  room.ringing.resolve(call);
  const joined = await joinRoom("wss://example.org/signal", { room: "lobby", name: "Ada" });
  return { raw, channel: await (await joined.call("2")).channel("chat") };
}

/** Returns the frames of large messages, on a connection whose messages have at most `size` bytes. */
async function pieces(messages, size) {
  const { raw, channel } = await opened();
  raw.maxMessageSize = size;
  const large = new LargeMessages(channel);
  for (const message of messages) await large.send(message);
  return raw.sent;
}

test("pieces are those of the protocol", async () => {
  assert.deepEqual(await pieces(["hello"], 4).catch(({ name }) => name), "TooLargeError");
  // A piece of three bytes after the header.
  const sent = await pieces(["x".repeat(28), "hello"], 27);
  assert.deepEqual(sent[0].subarray(0, 24), Uint8Array.from([0x9d, 76, 77, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 3, 0, 0, 0]));
  assert.equal(sent.at(-1), "hello");
  const { raw, channel } = await opened();
  const messages = new LargeMessages(channel)[Symbol.asyncIterator]();
  raw.messages.push(...examples("large"), "next");
  assert.equal((await messages.next()).value, "hello");
  assert.equal((await messages.next()).value, "next");
});

test("message that begins like a piece is sent in a piece", async () => {
  const message = new Uint8Array([0x9d, 0x4c, 0x4d, 1]);
  const [frame, ...others] = await pieces([message], 1000);
  assert.deepEqual([frame.byteLength, others, frame.subarray(24)], [28, [], message]);
});

test("withdrawn and incomplete messages are dropped", async () => {
  const { raw, channel } = await opened();
  const [first, second] = await pieces(["y".repeat(70)], 64);
  const messages = new LargeMessages(channel)[Symbol.asyncIterator]();
  raw.messages.push(first, "a whole message ends it", ...examples("withdrawn"), first, second);
  assert.equal((await messages.next()).value, "a whole message ends it");
  assert.equal((await messages.next()).value, "y".repeat(70));
  raw.messages.push(first);
  channel.close();
  await assert.rejects(messages.next(), { name: "ClosedError" });
});

test("abort between pieces withdraws the message", async () => {
  const { raw, channel } = await opened();
  raw.maxMessageSize = 64;
  const large = new LargeMessages(channel);
  const { send } = raw;
  const abort = new AbortController();
  raw.send = (message, options) => {
    send.call(raw, message, options);
    if (raw.sent.length === 2) abort.abort();
  };
  await assert.rejects(large.send(new Uint8Array(480), { signal: abort.signal }), { name: "AbortError" });
  await large.send("next");
  assert.deepEqual(raw.sent.map((frame) => (typeof frame === "string" ? frame : frame[4])), [2, 2, 3, "next"]);
});

test("invalid pieces are typed errors and close the channel", async () => {
  const [first, second] = await pieces([new Uint8Array(70)], 64);
  const changed = (frame, at, value) => Object.assign(frame.slice(), { [at]: value });
  const cases = [
    [[first.subarray(0, 10)], "InvalidDataError"],
    [[changed(first, 4, 9)], "InvalidDataError"],
    [[changed(first, 20, 0)], "InvalidDataError"],
    [[first, first], "InvalidDataError"],
    [[first, changed(second, 12, 7)], "InvalidDataError"],
    [[changed(first, 18, 9)], "TooLargeError"],
    [["text", changed(changed(first, 4, 1), 24, 0xff), changed(second, 4, 1)], "InvalidDataError"],
  ];
  for (const [frames, name] of cases) {
    const { raw, channel } = await opened();
    const large = new LargeMessages(channel, { limit: 1000 });
    raw.messages.push(...frames);
    const error = await (async () => { for await (const _ of large); })().then(assert.fail, (error) => error);
    assert.equal(error.name, name, `${frames}: ${error}`);
    assert.equal(raw.state, "closed");
  }
});

test("incomplete messages of an unordered channel are limited", async () => {
  const frames = await pieces(Array.from({ length: 65 }, () => new Uint8Array(70)), 64);
  const firsts = frames.filter((_, index) => index % 2 === 0);
  for (const [maxRetransmits, outcome] of [[null, "QuotaExceededError"], [0, "whole"]]) {
    const { raw, channel } = await opened({ ordered: false, maxRetransmits });
    const messages = new LargeMessages(channel)[Symbol.asyncIterator]();
    raw.messages.push(...firsts, "whole");
    assert.equal(await messages.next().then(({ value }) => value, ({ name }) => name), outcome);
  }
  const { raw, channel } = await opened({ ordered: false });
  const messages = new LargeMessages(channel)[Symbol.asyncIterator]();
  raw.messages.push(frames[3], frames[0], frames[2], frames[1]);
  for (let count = 0; count < 2; count += 1) assert.equal((await messages.next()).value.byteLength, 70);
});

test("frames are those of the protocol", async () => {
  const { raw, channel } = await opened();
  const packed = new PackedMessages(channel);
  const encoder = new TextEncoder();
  for (const text of ["hi", "", "abc"]) await packed.send(encoder.encode(text));
  assert.deepEqual(raw.sent, []);
  await turn();
  await turn();
  const [example] = examples("packed");
  assert.deepEqual(raw.sent, [example]);
  raw.messages.push(example);
  const messages = packed[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  for (const text of ["hi", "", "abc"]) assert.equal(decoder.decode((await messages.next()).value), text);
});

test("packed messages wait in order while the buffer is full", async () => {
  const { raw, channel } = await opened();
  const packed = new PackedMessages(channel, { frameSize: 8 });
  let drain;
  raw.full = new Promise((resolve) => (drain = resolve));
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const abort = new AbortController();
  const sent = numbers.map((number) => packed.send(Uint8Array.of(number, 0), number === 9 ? { signal: abort.signal } : {}));
  abort.abort();
  await assert.rejects(sent[9], { name: "AbortError" });
  assert.equal(packed.trySend(Uint8Array.of(99)), false);
  raw.full = undefined;
  drain();
  await Promise.all(sent.filter((_, index) => index !== 9));
  await packed.send(Uint8Array.of(20, 0));
  raw.flush = () => Promise.resolve();
  await packed.flush();
  const received = raw.sent.flatMap((frame) => [...frame]).filter((_, index) => index % 3 === 1);
  assert.deepEqual(received, [...numbers.filter((number) => number !== 9), 20]);
});

/** Sends packed messages while the send buffer is full, and returns a function that drains it. */
async function blocked() {
  const { raw, channel } = await opened();
  const packed = new PackedMessages(channel, { frameSize: 8 });
  let drain;
  raw.full = new Promise((resolve) => (drain = resolve));
  raw.flush = () => Promise.resolve();
  const numbers = [0, 1, 2, 3];
  const sent = Promise.all(numbers.map((number) => packed.send(Uint8Array.of(number))));
  const drained = () => {
    raw.full = undefined;
    drain();
  };
  const received = () => raw.sent.flatMap((frame) => [...frame]).filter((_, index) => index % 2 === 1);
  return { raw, packed, numbers, sent, drained, received };
}

test("close sends the packed messages that wait", async () => {
  const { raw, packed, numbers, sent, drained, received } = await blocked();
  packed.close();
  await assert.rejects(packed.send(Uint8Array.of(9)), { name: "ClosedError", operation: "send" });
  assert.throws(() => packed.trySend(Uint8Array.of(9)), { name: "ClosedError", operation: "trySend" });
  assert.equal(raw.state, "open");
  drained();
  await sent;
  await packed.closed();
  assert.deepEqual(received(), numbers);
});

test("flush sends the packed messages that wait", async () => {
  const { packed, numbers, drained, received } = await blocked();
  const flushed = packed.flush();
  drained();
  await flushed;
  assert.deepEqual(received(), numbers);
});

test("close sends the large messages that wait", async () => {
  const { raw, channel } = await opened();
  raw.maxMessageSize = 64;
  const large = new LargeMessages(channel);
  const sent = Promise.all([large.send("x".repeat(70)), large.send("bye")]);
  large.close();
  await assert.rejects(large.send("late"), { name: "ClosedError", operation: "send" });
  await large.closed();
  await sent;
  assert.deepEqual(raw.sent.map((frame) => (typeof frame === "string" ? frame : frame[4])), [1, 1, "bye"]);
});

test("lack of memory for a large message is reported", async () => {
  const frames = await pieces(["x".repeat(70)], 64);
  const { raw, channel } = await opened();
  const messages = new LargeMessages(channel)[Symbol.asyncIterator]();
  const { TextDecoder } = globalThis;
  globalThis.TextDecoder = class {
    decode() {
      throw new RangeError("Invalid string length");
    }
  };
  raw.messages.push(...frames);
  const message = /a large message cannot be stored/;
  await assert.rejects(messages.next(), { name: "InvalidDataError", message }).finally(() => (globalThis.TextDecoder = TextDecoder));
});

test("malformed frames fail the iteration", async () => {
  for (const frame of ["text", [2, 0], [0x80], [0xff, 0xff, 0xff, 0x7f], [0x80, 0x80, 0x80, 0x80, 0]]) {
    const { raw, channel } = await opened();
    const messages = new PackedMessages(channel)[Symbol.asyncIterator]();
    raw.messages.push(Uint8Array.of(1, 9), typeof frame === "string" ? frame : Uint8Array.from(frame));
    assert.deepEqual([...(await messages.next()).value], [9]);
    await assert.rejects(messages.next(), { name: "InvalidDataError" }, String(frame));
    assert.equal(raw.state, "closed");
  }
});
