/** The header of a signal: its sender and receiver, and its position among the signals of its sender. */
export interface SignalHeader {
  readonly from: string;
  readonly to?: string;
  readonly number?: number;
  readonly received?: number;
  readonly sent?: number;
  readonly part?: number;
  readonly parts?: number;
}

/**
 * A message between the two sessions of a connection, which can be represented in JSON.
 *
 * A session whose peer implements perfect negotiation without this package, which the option `plainPeer` declares, sends and
 * receives signals of the kinds `description` and `candidate` only, without a header. Their other members are those of
 * `RTCSessionDescriptionInit` and `RTCIceCandidateInit`.
 */
export type Signal =
  | {
      readonly kind: "description";
      readonly type: RTCSdpType;
      readonly sdp: string;
      readonly session?: SignalHeader;
    }
  | {
      readonly kind: "candidate";
      readonly candidate: string;
      readonly sdpMid?: string | null;
      readonly sdpMLineIndex?: number | null;
      readonly usernameFragment?: string | null;
      readonly session?: SignalHeader;
    }
  | { readonly kind: "refuse"; readonly offer: number; readonly session?: SignalHeader }
  | {
      readonly kind: "hello" | "ack" | "ping" | "request" | "grant" | "release" | "bye";
      readonly session?: SignalHeader;
    };

/**
 * Returns whether a value has the form of a signal.
 *
 * @internal
 */
export function isSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { kind?: unknown }).kind === "string";
}
