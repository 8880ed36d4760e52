import type { IncomingRequest as RawIncomingRequest, Room as RawRoom } from "./wasm/browser_rtc.js";
import { func, type WaitOptions } from "./check.js";
import { RtcError } from "./error.js";
import { type ListenerOptions, registered } from "./events.js";
import type { Peer } from "./peer.js";
import { items, type RawIterator } from "./raw.js";

/** The options of `room.request`. */
export interface RequestOptions extends WaitOptions {
  /** How long to wait for the reply, in milliseconds. 30000 by default. */
  timeout?: number;
}

/** A request of a peer, for the handler of `room.onRequest`. */
export interface PeerRequest {
  /** The peer that has sent the request. */
  readonly from: Peer;
  /** The content of the request. */
  readonly data: unknown;
  /** Aborts if the peer no longer waits for the reply: it has cancelled the request or left, or the room has ended. */
  readonly signal: AbortSignal;
}

/**
 * The handler of the requests that a room receives.
 *
 * @internal
 */
export class Requests {
  readonly #raw: RawRoom;
  #handled = false;

  constructor(raw: RawRoom) {
    this.#raw = raw;
  }

  /** Sets the handler, and returns a function that removes it. */
  handle(handler: (request: PeerRequest) => unknown, options: ListenerOptions | undefined): () => void {
    func("onRequest", "handler", handler);
    const add = (): (() => void) => {
      if (this.#handled) throw new RtcError("InvalidStateError", "onRequest", "the room has a handler of requests already");
      this.#handled = true;
      const requests = items("onRequest", this.#raw.requests() as RawIterator, (request) => request as RawIncomingRequest);
      void run(requests, handler);
      let active = true;
      return () => {
        if (active) this.#handled = active = false;
        void requests.return();
      };
    };
    return registered(options, add, "onRequest");
  }
}

async function run(requests: AsyncIterable<RawIncomingRequest>, handler: (request: PeerRequest) => unknown): Promise<void> {
  for await (const request of requests) void answer(request, handler);
}

/** Answers a request with the outcome of the handler. */
async function answer(request: RawIncomingRequest, handler: (request: PeerRequest) => unknown): Promise<void> {
  const controller = new AbortController();
  let answered = false;
  void request.ended().then(() => {
    if (!answered) controller.abort();
  });
  const { from, data } = request;
  try {
    const reply = await handler({ from, data, signal: controller.signal });
    answered = true;
    request.reply(reply);
  } catch (thrown) {
    answered = true;
    try {
      request.fail(thrown instanceof Error ? thrown.message : String(thrown));
    } catch {
      // The peer no longer waits.
    }
  } finally {
    // The request of a peer that is not in the room cannot be answered, and would count as unanswered.
    request.free();
  }
}
