import type { Call as RawCall, Session as RawSession } from "./wasm/browser_rtc.js";
import { milliseconds, options as checkOptions, signal as checkSignal, string, type WaitOptions } from "./check.js";
import { calling } from "./error.js";
import { items } from "./raw.js";

/** The options of `dtmf.play`. Values outside of the ranges are clamped, as in `insertDTMF`. */
export interface ToneOptions extends WaitOptions {
  /** The duration of each tone in milliseconds, 40 to 6000. 100 by default. */
  duration?: number;
  /** The silence after each tone in milliseconds, 30 to 6000. 70 by default. */
  gap?: number;
}

/** The telephone tones of a call or a session. Each tone is an event `tone` of it when it begins. */
export class Dtmf {
  readonly #raw: RawCall | RawSession;
  readonly #began: (tone: string) => void;

  private constructor(raw: RawCall | RawSession, began: (tone: string) => void) {
    this.#raw = raw;
    this.#began = began;
  }

  /** @internal */
  static wrap(raw: RawCall | RawSession, began: (tone: string) => void): Dtmf {
    return new Dtmf(raw, began);
  }

  /**
   * Plays tones (0-9, A-D, *, #, and a comma for a pause of 2 seconds), and resolves when they have been played. Tones that
   * still play are replaced. If the signal aborts, the remaining tones are cancelled.
   *
   * The promise is rejected with an {@link RtcError} whose name is `SyntaxError` for a character that is not a tone, and
   * `NotSupportedError` or `InvalidStateError` if no audio is sent.
   */
  async play(tones: string, options?: ToneOptions): Promise<void> {
    const operation = "play";
    string(operation, "tones", tones);
    const { duration, gap, signal: given } = checkOptions(operation, "options", options, ["duration", "gap", "signal"]);
    milliseconds(operation, "options.duration", duration);
    milliseconds(operation, "options.gap", gap);
    const signal = checkSignal(operation, given);
    signal?.throwIfAborted();
    const timing = { ...(duration === undefined ? {} : { duration }), ...(gap === undefined ? {} : { gap }) };
    const raw = calling(operation, () => this.#raw.playTones(tones, timing))[Symbol.asyncIterator]();
    const played = items(operation, raw, String);
    const cancel = (): void => {
      this.#cancel();
      void played.return();
    };
    signal?.addEventListener("abort", cancel);
    try {
      for await (const tone of played) this.#began(tone);
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
    signal?.throwIfAborted();
  }

  #cancel(): void {
    for (const { dtmf } of this.#raw.connection.getSenders()) {
      if (dtmf?.toneBuffer) dtmf.insertDTMF("");
    }
  }
}
