// The exports of the npm package, with their arguments.
import { objects, url } from "./arguments_objects.js";
import { BYTES, FUNCTIONS, JSON_VALUES, MEDIA, MESSAGES, OPTIONS, SHORTS, STRINGS, TIMES } from "./arguments_values.js";

const OPTIONAL_TIMES = ["undefined", ...TIMES];
const OPTIONAL_FUNCTIONS = ["undefined", ...FUNCTIONS];
const FLAGS = ["undefined", "true"];

/** An argument: its name in messages, the kinds of its valid values, and a function from a value to an argument list.
    `malformed` are the kinds of values of the correct type with invalid content, for which there is another message. */
const argument = (name, valid, list, malformed = []) => ({ name, valid, list, malformed });

/** An options object and its members, with the kinds of their valid values. `list` is a function from the object to an
    argument list, `valid` are the kinds of valid values for the object itself, and `required` are the members that it
    must have. */
const options = (list, members, { valid = OPTIONS, required = {} } = {}) => [
  argument("options", valid, list),
  ...Object.entries(members).map(([name, kinds]) =>
    argument(`options.${name}`, kinds, (value) => list({ ...required, [name]: value })),
  ),
];

/** The members of the member `recovery` of an options object. */
const recovery = (list, required) =>
  Object.entries({ patience: OPTIONAL_TIMES, attempts: SHORTS, attemptTime: OPTIONAL_TIMES }).map(([name, kinds]) =>
    argument(`options.recovery.${name}`, kinds, (value) => list({ ...required, recovery: { [name]: value } })),
  );

/** The options of a function that waits, which can also be an `AbortSignal`. */
const WAIT = { signal: ["undefined", "signal"] };
const OR_SIGNAL = { valid: [...OPTIONS, "signal"] };
const waitOptions = (list) => options(list, WAIT, OR_SIGNAL);

const ACCEPT = {
  metadata: ["undefined", ...JSON_VALUES],
  configuration: OPTIONS,
  sdpTransform: OPTIONAL_FUNCTIONS,
  ...WAIT,
};
const CHANNEL = {
  ordered: FLAGS,
  protocol: ["undefined", ...STRINGS],
  negotiated: FLAGS,
  maxRetransmits: SHORTS,
  maxPacketLifeTime: SHORTS,
  id: SHORTS,
  ...WAIT,
};
const JOIN = {
  room: STRINGS,
  name: STRINGS,
  token: ["undefined", ...STRINGS, ...FUNCTIONS],
  giveUpAfter: OPTIONAL_TIMES,
  ringTime: OPTIONAL_TIMES,
  configuration: OPTIONS,
  keepSeat: FLAGS,
  recovery: OPTIONS,
  ...WAIT,
};
const SESSION = {
  send: FUNCTIONS,
  polite: FLAGS,
  plainPeer: FLAGS,
  answerOnly: FLAGS,
  signalLimit: ["undefined", ...BYTES],
  configuration: OPTIONS,
  recovery: OPTIONS,
  sdpTransform: OPTIONAL_FUNCTIONS,
};
const JOINED = { room: "arguments", name: "Cyd", giveUpAfter: 0 };
const SENDING = { send: () => {} };
const joinArguments = (value) => [url, value];
const sessionArguments = (value) => [value];

/** The functions that calls and sessions have in common. */
const CHANNEL_POSITIONS = [
  argument("label", STRINGS, (value) => [value]),
  options((value) => ["label", value], CHANNEL),
];
const TONE_POSITIONS = [
  argument("tones", STRINGS, (value) => [value]),
  options((value) => ["1", value], { duration: OPTIONAL_TIMES, gap: OPTIONAL_TIMES }),
];
const limit = (name) => ({ on: () => objects.channel, positions: [argument("value", BYTES, (value) => [value])] });
const none = (on) => ({ on, positions: [] });

/** All exports. Getters and setters are spelled as in a class body. */
export const table = {
  isSupported: none(() => undefined),
  joinRoom: {
    positions: [
      argument("url", [...STRINGS, "url"], (value) => [value, JOINED]),
      [...options(joinArguments, JOIN, { valid: [], required: JOINED }), ...recovery(joinArguments, JOINED)],
    ],
  },
  createSession: {
    positions: [
      [...options(sessionArguments, SESSION, { valid: [], required: SENDING }), ...recovery(sessionArguments, SENDING)],
    ],
  },
  "Room.call": {
    on: () => objects.room,
    positions: [
      argument("peer", STRINGS, (value) => [value]),
      argument("media", MEDIA, (value) => ["nobody", value]),
      options((value) => ["nobody", null, value], { ...ACCEPT, ringTime: OPTIONAL_TIMES }, OR_SIGNAL),
    ],
  },
  "Room.say": {
    on: () => objects.room,
    positions: [argument("value", JSON_VALUES, (value) => [value]), waitOptions((value) => ["a message", value])],
  },
  "Room.send": {
    on: () => objects.room,
    positions: [
      argument("peer", STRINGS, (value) => [value, "a message"]),
      argument("value", JSON_VALUES, (value) => ["nobody", value]),
      waitOptions((value) => ["nobody", "a message", value]),
    ],
  },
  "Room.request": {
    on: () => objects.room,
    positions: [
      argument("peer", STRINGS, (value) => [value, "a question"]),
      argument("value", JSON_VALUES, (value) => ["nobody", value]),
      options((value) => ["nobody", "a question", value], { timeout: OPTIONAL_TIMES, ...WAIT }),
    ],
  },
  "Room.requests": none(() => objects.room),
  "Room.leave": none(),
  "Room.free": none(),
  "Room.[Symbol.asyncIterator]": none(),
  "Room.get me": none(() => objects.room),
  "Room.get peers": none(() => objects.room),
  "IncomingCall.accept": {
    on: (isValid) => (isValid ? objects.ended : objects.ringing),
    positions: [argument("media", MEDIA, (value) => [value]), options((value) => [null, value], ACCEPT, OR_SIGNAL)],
  },
  "IncomingCall.decline": {
    on: (isValid) => (isValid ? objects.ended : objects.ringing),
    positions: [argument("reason", ["undefined"], (value) => [value])],
  },
  "IncomingCall.ended": none(() => objects.ended),
  "IncomingCall.free": none(),
  "IncomingCall.get peer": none(() => objects.ringing),
  "IncomingCall.get metadata": none(() => objects.ringing),
  "IncomingRequest.reply": {
    on: (isValid) => (isValid ? objects.answeredRequest : objects.request),
    positions: [argument("value", ["undefined", ...JSON_VALUES], (value) => [value])],
  },
  "IncomingRequest.fail": {
    on: (isValid) => (isValid ? objects.answeredRequest : objects.request),
    positions: [argument("message", ["undefined", ...STRINGS], (value) => [value])],
  },
  "IncomingRequest.ended": none(() => objects.answeredRequest),
  "IncomingRequest.free": none(() => objects.answeredRequest),
  "IncomingRequest.get from": none(() => objects.request),
  "IncomingRequest.get data": none(() => objects.request),
  "Call.remoteStream": { on: () => objects.endedCall, positions: [waitOptions((value) => [value])] },
  "Call.channel": { on: () => objects.endedCall, positions: CHANNEL_POSITIONS },
  "Call.playTones": { on: () => objects.endedCall, positions: TONE_POSITIONS },
  "Call.events": none(),
  "Call.hangUp": none(() => objects.endedCall),
  "Call.ended": none(() => objects.endedCall),
  "Call.free": none(() => objects.endedCall),
  "Call.get peer": none(() => objects.call),
  "Call.get metadata": none(() => objects.call),
  "Call.get connection": none(() => objects.call),
  "Session.receive": { on: () => objects.session, positions: [argument("signal", [], (value) => [value], STRINGS)] },
  "Session.remoteStream": { on: () => objects.endedSession, positions: [waitOptions((value) => [value])] },
  "Session.channel": { on: () => objects.endedSession, positions: CHANNEL_POSITIONS },
  "Session.playTones": { on: () => objects.endedSession, positions: TONE_POSITIONS },
  "Session.events": none(() => objects.endedSession),
  "Session.close": none(() => objects.endedSession),
  "Session.ended": none(() => objects.endedSession),
  "Session.free": none(() => objects.endedSession),
  "Session.get connection": none(() => objects.session),
  "DataChannel.get label": none(() => objects.channel),
  "DataChannel.get state": none(() => objects.channel),
  "DataChannel.get native": none(() => objects.channel),
  "DataChannel.get bufferedAmount": none(() => objects.channel),
  "DataChannel.get highWaterMark": none(() => objects.channel),
  "DataChannel.set highWaterMark": limit("highWaterMark"),
  "DataChannel.get lowWaterMark": none(() => objects.channel),
  "DataChannel.set lowWaterMark": limit("lowWaterMark"),
  "DataChannel.get receiveLimit": none(() => objects.channel),
  "DataChannel.set receiveLimit": limit("receiveLimit"),
  "DataChannel.get maxMessageSize": none(() => objects.channel),
  "DataChannel.send": {
    on: () => objects.channel,
    positions: [argument("message", MESSAGES, (value) => [value]), waitOptions((value) => ["a message", value])],
  },
  "DataChannel.trySend": { on: () => objects.channel, positions: [argument("message", MESSAGES, (value) => [value])] },
  "DataChannel.flush": none(() => objects.channel),
  "DataChannel.files": none(),
  "DataChannel.close": none(),
  "DataChannel.closed": none(),
  "DataChannel.free": none(),
  "DataChannel.[Symbol.asyncIterator]": none(),
  "Files.offer": {
    on: () => objects.files,
    positions: [
      argument("file", ["blob"], (value) => [value]),
      argument("name", ["undefined", ...STRINGS], (value) => [new Blob(["text"]), value]),
    ],
  },
  "Files.offerAgain": { on: () => objects.files, positions: [argument("outgoing", [], (value) => [value])] },
  "Files.free": none(() => objects.files),
  "Files.[Symbol.asyncIterator]": none(),
  "OutgoingFile.progress": none(),
  "OutgoingFile.finished": none(),
  "OutgoingFile.cancel": none(),
  "OutgoingFile.free": none(),
  "OutgoingFile.get id": none(() => objects.transfer),
  "FileOffer.accept": {
    on: (isValid) => (isValid ? objects.answered : objects.offer),
    positions: [argument("into", ["undefined", "writable stream"], (value) => [value])],
  },
  "FileOffer.resume": { on: () => objects.offer, positions: [argument("partial", [], (value) => [value])] },
  "FileOffer.decline": none(() => objects.answered),
  "FileOffer.free": none(() => objects.answered),
  "FileOffer.get id": none(() => objects.offer),
  "FileOffer.get name": none(() => objects.offer),
  "FileOffer.get size": none(() => objects.offer),
  "FileOffer.get type": none(() => objects.offer),
  "IncomingFile.progress": none(),
  "IncomingFile.finished": none(),
  "IncomingFile.partial": none(),
  "IncomingFile.cancel": none(),
  "IncomingFile.free": none(),
  "PartialFile.free": none(),
  "PartialFile.get id": none(),
  "AsyncItems.next": none(() => objects.disposed),
  "AsyncItems.return": none(() => objects.disposed),
  "AsyncItems.free": none(() => objects.disposed),
  "AsyncItems.[Symbol.asyncIterator]": none(() => objects.disposed),
};
