import { tag, wrongType } from "./check.js";
import { RtcError } from "./error.js";
import type { Signal } from "./signal.js";

/**
 * The transport of a session's signals: a function that sends a signal to the remote peer, or an object that sends and
 * receives.
 *
 * - A function is called with one signal after the other. If it returns a promise, the next call waits for it. The page passes
 *   the signals of the remote peer to `session.receive`.
 * - A `BroadcastChannel` or a `MessagePort` carries signals as objects. Only the two peers use the channel.
 * - A `WebSocket` carries signals as JSON text. The server passes each message on to the other peer.
 *
 * The session ignores other messages of the object, and does not close it.
 */
export type SignalTransport = ((signal: Signal) => void | Promise<void>) | BroadcastChannel | MessagePort | WebSocket;

/** @internal */
export interface Link {
  readonly send: (signal: Signal) => void | Promise<void>;
  /** Stops receiving. */
  readonly close: () => void;
}

/**
 * Begins to receive from a transport.
 *
 * @internal
 */
export function openLink(operation: string, transport: SignalTransport, received: (message: unknown) => void): Link {
  if (typeof transport === "function") return { send: transport, close: () => {} };
  switch (tag(transport)) {
    case "BroadcastChannel":
    case "MessagePort":
      return portLink(transport as BroadcastChannel | MessagePort, received);
    case "WebSocket":
      return socketLink(transport as WebSocket, received);
    default:
      throw wrongType(operation, "transport", "a function, a BroadcastChannel, a MessagePort or a WebSocket", transport);
  }
}

function listen(target: EventTarget, message: (data: unknown) => void): () => void {
  const listener = (event: Event): void => message((event as MessageEvent<unknown>).data);
  target.addEventListener("message", listener);
  return () => target.removeEventListener("message", listener);
}

function portLink(port: BroadcastChannel | MessagePort, received: (message: unknown) => void): Link {
  const close = listen(port, received);
  // A port delivers no messages before this call, unless `onmessage` is set.
  if ("start" in port) port.start();
  return { send: (signal) => port.postMessage(signal), close };
}

function socketLink(socket: WebSocket, received: (message: unknown) => void): Link {
  const close = listen(socket, (data) => {
    try {
      received(JSON.parse(String(data)));
    } catch {
      // The message belongs to the page.
    }
  });
  const send = (signal: Signal): void | Promise<void> => {
    if (socket.readyState === socket.CONNECTING) return opened(socket).then(() => send(signal));
    if (socket.readyState !== socket.OPEN) throw new RtcError("NetworkError", "send", "the WebSocket is closed");
    socket.send(JSON.stringify(signal));
  };
  return { send, close };
}

/** Resolves when the socket is no longer connecting. */
function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    for (const type of ["open", "close"]) socket.addEventListener(type, () => resolve(), { once: true });
  });
}

/**
 * Returns a function that calls `send` with one item after the other, and reports its failures to `failed`.
 *
 * @internal
 */
export function inOrder<T>(send: (item: T) => void | Promise<void>, failed: (error: unknown) => void): (item: T) => void {
  let pending: Promise<void> | undefined;
  const attempt = (item: T): void | Promise<void> => {
    try {
      return send(item);
    } catch (error) {
      failed(error);
    }
  };
  return (item) => {
    const sent = pending ? pending.then(() => attempt(item)) : attempt(item);
    if (typeof sent?.then !== "function") return;
    const settled: Promise<void> = Promise.resolve(sent).catch(failed).then(() => {
      if (pending === settled) pending = undefined;
    });
    pending = settled;
  };
}
