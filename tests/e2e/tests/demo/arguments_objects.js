// The objects of the npm package whose functions `arguments.js` calls.
export const exported = await import("/npm/wasm/browser_rtc.js");
await exported.default();
const { createSession, joinRoom } = exported;

export const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The receivers of the calls, and the objects that are passed as arguments. For valid values, a receiver is used that
    has ended or been answered, so that the call has no effect. */
export const objects = {};

/** The other end of each object. */
const remote = {};

async function first(iterable, condition = () => true) {
  for await (const item of iterable) if (condition(item)) return item;
}

const join = (name) => joinRoom(url, { room: "arguments", name });
const incoming = async () => (await first(remote.room, (event) => event.type === "incoming")).call;
const peer = () => objects.room.peers.find(({ name }) => name === remote.room.me.name);

/** Connects a call between the two rooms of this page, and returns both ends. */
async function connect(stream) {
  return Promise.all([objects.room.call(peer(), stream), incoming().then((ring) => ring.accept())]);
}

async function channels([one, two], label, options) {
  return Promise.all([one.channel(label, options), two.channel(label, options)]);
}

/** Sends a request between the two rooms of this page, and returns it as received, with the promise of its reply. */
async function request() {
  const requests = remote.room.requests();
  const reply = objects.room.request(peer(), "a question");
  return { received: await first(requests), reply };
}

/** Creates two sessions that transport their signals to each other. */
function sessions() {
  const ends = [];
  const transport = (to) => (signal) => queueMicrotask(() => ends[to].receive(signal));
  for (const to of [1, 0]) ends.push(createSession({ send: transport(to) }));
  return ends;
}

function sharedBuffer() {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer;
  } catch {
    return undefined;
  }
}

async function prepareCalls() {
  // An incoming call that was cancelled.
  const abort = new AbortController();
  const ring = objects.room.call(peer(), null, abort.signal).catch(() => {});
  objects.ended = await incoming();
  abort.abort();
  await Promise.all([ring, objects.ended.ended()]);

  const ends = await connect();
  objects.call = ends[0];
  objects.endedCall = (await connect())[0];
  objects.endedCall.hangUp();
  await objects.endedCall.ended();
  return ends;
}

async function prepareChannels(ends) {
  let receiver;
  [objects.channel, receiver] = await channels(ends, "messages");
  // Messages are read, so that none are buffered.
  (async () => {
    for await (const _ of receiver);
  })().catch(() => {});
  const [sending, receiving] = await channels(ends, "files");
  objects.files = sending.files();
  const offers = receiving.files();
  objects.transfer = await objects.files.offer(new Blob(["first"]));
  objects.answered = await first(offers);
  objects.answered.decline();
  await objects.files.offer(new Blob(["second"]));
  objects.offer = await first(offers);
}

async function prepareRequests() {
  const { received, reply } = await request();
  received.reply("an answer");
  await reply;
  objects.answeredRequest = received;
  const pending = await request();
  objects.request = pending.received;
  remote.reply = pending.reply;
}

async function prepareSessions() {
  const ended = sessions();
  ended.forEach((session) => session.close());
  await Promise.all(ended.map((session) => session.ended()));
  [objects.endedSession] = ended;
  [objects.session, remote.session] = sessions();
}

/** Creates the objects. */
export async function prepare() {
  [objects.room, remote.room] = await Promise.all([join("Ada"), join("Bob")]);
  while (!peer()) await sleep(10);
  objects.shared = sharedBuffer();
  objects.track = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks()[0];
  await prepareChannels(await prepareCalls());
  await prepareRequests();
  await prepareSessions();
  objects.disposed = objects.call.events();
  objects.disposed.free();

  objects.room.call(peer()).catch(() => {});
  objects.ringing = await incoming();
}

/** Returns the names of the objects that no longer work. An offered file, a ringing call and a request can be accepted,
    and two sessions can connect. */
export async function broken() {
  const { offer, ringing, session } = objects;
  const accepted = await ringing.accept();
  const ends = await connect();
  const [one, two] = await channels(ends, "afterwards");
  await one.send("a message");
  objects.request.reply("a late answer");
  const opened = first(remote.session.events(), ({ type }) => type === "channel");
  const ownChannel = await session.channel("afterwards");
  const works = {
    file: (await (await offer.accept().finished()).text()) === "second",
    channel: (await first(two)) === "a message",
    request: (await remote.reply) === "a late answer",
    session: (await opened).channel.label === ownChannel.label,
  };
  accepted.hangUp();
  return Object.keys(works).filter((name) => !works[name]);
}
