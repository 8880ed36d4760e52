// Statistics of connections, with types. This entry needs no WebAssembly module.

import { abortable, milliseconds, options as checkOptions, signal as checkSignal, tag, type WaitOptions, wrongType } from "./check.js";
import { settled } from "./raw.js";

/** The members that all entries of a report have. */
export interface EntryBase {
  /** The id of the entry, which is stable between reports. */
  readonly id: string;
  /** The time of the measurement, in milliseconds. */
  readonly timestamp: number;
}

/** An ICE candidate. */
export interface CandidateEntry extends EntryBase {
  readonly transportId?: string;
  readonly address?: string | null;
  readonly port?: number;
  readonly protocol?: string;
  readonly candidateType?: RTCIceCandidateType;
  readonly priority?: number;
  readonly url?: string;
  readonly relayProtocol?: "udp" | "tcp" | "tls";
}

/** A codec. */
export interface CodecEntry extends EntryBase {
  readonly payloadType: number;
  readonly transportId: string;
  readonly mimeType: string;
  readonly clockRate?: number;
  readonly channels?: number;
  readonly sdpFmtpLine?: string;
}

/** The remote peer's statistics of a stream that this page sends. Times are in seconds. */
export interface RemoteInboundEntry extends EntryBase {
  readonly ssrc: number;
  readonly kind: "audio" | "video";
  readonly localId?: string;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly jitter?: number;
  readonly roundTripTime?: number;
  readonly totalRoundTripTime?: number;
  readonly fractionLost?: number;
  readonly roundTripTimeMeasurements?: number;
}

/** The remote peer's statistics of a stream that this page receives. Times are in seconds. */
export interface RemoteOutboundEntry extends EntryBase {
  readonly ssrc: number;
  readonly kind: "audio" | "video";
  readonly localId?: string;
  readonly packetsSent?: number;
  readonly bytesSent?: number;
  readonly remoteTimestamp?: number;
  readonly roundTripTime?: number;
}

/** A track that is sent, before it is encoded. */
export interface MediaSourceEntry extends EntryBase {
  readonly trackIdentifier: string;
  readonly kind: "audio" | "video";
  readonly audioLevel?: number;
  readonly totalAudioEnergy?: number;
  readonly totalSamplesDuration?: number;
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
  readonly framesPerSecond?: number;
}

/** A data channel. */
export interface DataChannelEntry extends EntryBase {
  readonly label?: string;
  readonly protocol?: string;
  readonly dataChannelIdentifier?: number;
  readonly state: RTCDataChannelState;
  readonly messagesSent?: number;
  readonly bytesSent?: number;
  readonly messagesReceived?: number;
  readonly bytesReceived?: number;
}

/** The connection. */
export interface PeerConnectionEntry extends EntryBase {
  readonly dataChannelsOpened?: number;
  readonly dataChannelsClosed?: number;
}

/** A certificate. */
export interface CertificateEntry extends EntryBase {
  readonly fingerprint: string;
  readonly fingerprintAlgorithm: string;
  readonly base64Certificate: string;
  readonly issuerCertificateId?: string;
}

/** The entries by the value of their member `type`. */
export interface StatsByType {
  readonly "candidate-pair": RTCIceCandidatePairStats;
  readonly certificate: CertificateEntry;
  readonly codec: CodecEntry;
  readonly "data-channel": DataChannelEntry;
  readonly "inbound-rtp": RTCInboundRtpStreamStats;
  readonly "local-candidate": CandidateEntry;
  readonly "media-source": MediaSourceEntry;
  readonly "outbound-rtp": RTCOutboundRtpStreamStats;
  readonly "peer-connection": PeerConnectionEntry;
  readonly "remote-candidate": CandidateEntry;
  readonly "remote-inbound-rtp": RemoteInboundEntry;
  readonly "remote-outbound-rtp": RemoteOutboundEntry;
  readonly transport: RTCTransportStats;
}

/** The types of entries. A browser can have further types. */
export type StatsType = keyof StatsByType;

/** An entry of a report, by its member `type`. */
export type StatsEntry = { [T in StatsType]: StatsByType[T] & { readonly type: T } }[StatsType];

/** An entry with the given type. */
export type EntryOf<T extends StatsType> = Extract<StatsEntry, { readonly type: T }>;

/** An object with statistics. */
export type StatsSource = Connected | RTCPeerConnection | RTCRtpSender | RTCRtpReceiver;

/** A call, a session, or another object with a connection. */
export interface Connected {
  readonly connection: RTCPeerConnection;
}

/** The statistics of a connection at one time. */
export class StatsReport implements Iterable<StatsEntry> {
  /** The browser's report. */
  readonly raw: RTCStatsReport;
  readonly #entries: ReadonlyMap<string, StatsEntry>;

  /** Creates a report from that of the browser. */
  constructor(raw: RTCStatsReport) {
    this.raw = raw;
    const entries = new Map<string, StatsEntry>();
    raw.forEach((entry: StatsEntry) => entries.set(entry.id, entry));
    this.#entries = entries;
  }

  /** The number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Returns the entry with this id. */
  get(id: string): StatsEntry | undefined {
    return this.#entries.get(id);
  }

  /** Returns the entries of a type. */
  ofType<T extends StatsType>(type: T): EntryOf<T>[] {
    return [...this].filter((entry): entry is EntryOf<T> => entry.type === type);
  }

  /** The candidate pair through which the peers communicate. */
  get selectedPair(): EntryOf<"candidate-pair"> | undefined {
    const selected = this.ofType("transport").map(({ selectedCandidatePairId }) => selectedCandidatePairId);
    const pairs = this.ofType("candidate-pair");
    // Firefox has no transports, and marks the pair instead.
    const isSelected = (pair: EntryOf<"candidate-pair">): boolean =>
      selected.includes(pair.id) || (pair as { selected?: boolean }).selected === true;
    return pairs.find(isSelected);
  }

  [Symbol.iterator](): IterableIterator<StatsEntry> {
    return this.#entries.values();
  }
}

/** Returns the statistics of a call, a session, a connection, a sender or a receiver. */
export async function stats(source: StatsSource, options?: WaitOptions): Promise<StatsReport> {
  const signal = checkSignal("stats", checkOptions("stats", "options", options, ["signal"]).signal);
  signal?.throwIfAborted();
  const raw = typeof source === "object" && source !== null && "connection" in source ? source.connection : source;
  if (typeof raw?.getStats !== "function") {
    throw wrongType("stats", "source", "a Call, a Session, an RTCPeerConnection, an RTCRtpSender or an RTCRtpReceiver", source);
  }
  return new StatsReport(await abortable(signal, settled("stats", raw.getStats())));
}

/** The rates of one stream. A rate that cannot be computed is `undefined`. */
export interface StreamRates {
  /** The id of the stream's entry in the later report. */
  readonly id: string;
  /** The kind of media. */
  readonly kind: string;
  /** The bit rate of the payload, in bits per second. */
  readonly bitRate: number | undefined;
  /** Packets per second. */
  readonly packetRate: number | undefined;
  /** Frames per second that were encoded or decoded. */
  readonly frameRate: number | undefined;
  /** The fraction of packets that were lost, from 0 to 1. Of a sent stream, according to the remote peer's last report. */
  readonly loss: number | undefined;
}

/** The rates between two reports of a connection. A rate that cannot be computed is `undefined`. */
export interface Rates {
  /** The bit rate of the payload of all sent streams, in bits per second. */
  readonly outgoingBitRate: number | undefined;
  /** The bit rate of the payload of all received streams, in bits per second. */
  readonly incomingBitRate: number | undefined;
  /** The bit rate of everything that was sent, including data channels, in bits per second. */
  readonly transportOutgoingBitRate: number | undefined;
  /** The bit rate of everything that was received, including data channels, in bits per second. */
  readonly transportIncomingBitRate: number | undefined;
  /** The fraction of incoming media packets that were lost, from 0 to 1. */
  readonly incomingLoss: number | undefined;
  /** The round-trip time of the selected candidate pair, in seconds. */
  readonly roundTripTime: number | undefined;
  /** The rates of each sent stream. */
  readonly outgoing: readonly StreamRates[];
  /** The rates of each received stream. */
  readonly incoming: readonly StreamRates[];
}

type Counters = { readonly timestamp: number } | undefined;

/** Returns the increase of a counter, or `undefined` if it is not reported or was reset. */
function increase<T extends Counters>(earlier: T, later: T, counter: (entry: NonNullable<T>) => number | undefined): number | undefined {
  const [before, after] = [earlier && counter(earlier as NonNullable<T>), later && counter(later as NonNullable<T>)];
  return before === undefined || after === undefined || after < before ? undefined : after - before;
}

function perSecond<T extends Counters>(earlier: T, later: T, counter: (entry: NonNullable<T>) => number | undefined): number | undefined {
  const seconds = earlier && later ? (later.timestamp - earlier.timestamp) / 1000 : 0;
  const amount = increase(earlier, later, counter);
  return amount === undefined || seconds <= 0 ? undefined : amount / seconds;
}

function times(factor: number, rate: number | undefined): number | undefined {
  return rate === undefined ? undefined : factor * rate;
}

function sum(rates: readonly (number | undefined)[]): number | undefined {
  const known = rates.filter((rate): rate is number => rate !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, rate) => total + rate, 0);
}

function fraction(part: number | undefined, rest: number | undefined): number | undefined {
  return part === undefined || rest === undefined || part + rest <= 0 ? undefined : part / (part + rest);
}

/** Returns the rates between two reports of the same connection. */
export function rates(earlier: StatsReport, later: StatsReport): Rates {
  const before = <T extends StatsType>(entry: EntryOf<T>): EntryOf<T> | undefined => {
    const found = earlier.get(entry.id);
    return found?.type === entry.type ? (found as EntryOf<T>) : undefined;
  };
  const remote = later.ofType("remote-inbound-rtp");
  const outgoing = later.ofType("outbound-rtp").map((entry): StreamRates => {
    const old = before<"outbound-rtp">(entry);
    return {
      id: entry.id,
      kind: entry.kind,
      bitRate: times(8, perSecond(old, entry, ({ bytesSent }) => bytesSent)),
      packetRate: perSecond(old, entry, ({ packetsSent }) => packetsSent),
      frameRate: perSecond(old, entry, ({ framesEncoded }) => framesEncoded),
      loss: remote.find(({ localId, ssrc }) => localId === entry.id || ssrc === entry.ssrc)?.fractionLost,
    };
  });
  let [received, lost] = [undefined, undefined] as [number | undefined, number | undefined];
  const incoming = later.ofType("inbound-rtp").map((entry): StreamRates => {
    const old = before<"inbound-rtp">(entry);
    const packets = increase(old, entry, ({ packetsReceived }) => packetsReceived);
    // Duplicates reduce the counter.
    const missing = old?.packetsLost === undefined ? undefined : Math.max(0, (entry.packetsLost ?? 0) - old.packetsLost);
    [received, lost] = [sum([received, packets]), sum([lost, missing])];
    return {
      id: entry.id,
      kind: entry.kind,
      bitRate: times(8, perSecond(old, entry, ({ bytesReceived }) => bytesReceived)),
      packetRate: perSecond(old, entry, ({ packetsReceived }) => packetsReceived),
      frameRate: perSecond(old, entry, ({ framesDecoded }) => framesDecoded),
      loss: fraction(missing, packets),
    };
  });
  // The transports of Firefox have no counters, and those of the selected pair are the same.
  const transports = later.ofType("transport").filter(({ bytesSent }) => bytesSent !== undefined);
  const pair = later.selectedPair;
  const paths = transports.length > 0 ? transports : pair ? [pair] : [];
  const path = (counter: (entry: { bytesSent?: number; bytesReceived?: number; timestamp: number }) => number | undefined) =>
    times(8, sum(paths.map((entry) => perSecond(earlier.get(entry.id) as typeof entry | undefined, entry, counter))));
  return {
    outgoingBitRate: sum(outgoing.map(({ bitRate }) => bitRate)),
    incomingBitRate: sum(incoming.map(({ bitRate }) => bitRate)),
    transportOutgoingBitRate: path(({ bytesSent }) => bytesSent),
    transportIncomingBitRate: path(({ bytesReceived }) => bytesReceived),
    incomingLoss: fraction(lost, received),
    roundTripTime: pair?.currentRoundTripTime,
    outgoing,
    incoming,
  };
}

/** The options of `watchRates`. */
export interface WatchOptions extends WaitOptions {
  /** The time between two reports, in milliseconds. 1000 by default. */
  interval?: number;
}

/**
 * Yields the rates of a call, a session or a connection at each interval. The iteration ends when the connection is closed, and fails with
 * the reason of `options.signal` when it aborts.
 */
export async function* watchRates(source: Connected | RTCPeerConnection, options?: WatchOptions): AsyncGenerator<Rates, void> {
  const { interval = 1000, signal: given } = checkOptions("watchRates", "options", options, ["interval", "signal"]);
  milliseconds("watchRates", "options.interval", interval);
  const signal = checkSignal("watchRates", given);
  const connection = tag(source) === "RTCPeerConnection" ? (source as RTCPeerConnection) : (source as Connected).connection;
  const wait = signal && { signal };
  let earlier = await stats(connection, wait);
  for (;;) {
    await sleep(interval, signal);
    if (connection.signalingState === "closed") return;
    const later = await stats(connection, wait);
    yield rates(earlier, later);
    earlier = later;
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
