// Capture of cameras, microphones and screens, and functions on streams. This entry needs no WebAssembly module.

import { abortable, func, isMediaStream, milliseconds, options as checkOptions, signal as checkSignal, tag, type WaitOptions, wrongType } from "./check.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { RtcError, type RtcErrorName, toRtcError } from "./error.js";
import { deliver, type ListenerOptions, registered, report } from "./events.js";
import { settled } from "./raw.js";

const ADVICE: Partial<Record<RtcErrorName, string>> = {
  NotAllowedError: "Allow this page to use the camera and the microphone in the settings of the browser, and of the system.",
  NotFoundError: "Connect a camera or a microphone.",
  NotReadableError: "Close other programs that use the camera or the microphone, or connect the device again.",
  OverconstrainedError: "No device has the requested properties. Request fewer of them.",
  SecurityError: "The settings of the browser forbid the capture on this page.",
  NotSupportedError: "Open the page over https, in a current browser.",
  AbortError: "The device has failed. Connect it again.",
};

/** Returns what the user can do about an error of this module, as a sentence, or `undefined` if nothing is known. */
export function advice(error: unknown): string | undefined {
  return error instanceof RtcError ? ADVICE[error.name] : undefined;
}

function mediaDevices(operation: string): MediaDevices {
  const devices = (globalThis.navigator as Navigator | undefined)?.mediaDevices as MediaDevices | undefined;
  if (devices) return devices;
  const message = "there is no navigator.mediaDevices: it exists in pages that are loaded over https or from localhost";
  throw new RtcError("NotSupportedError", operation, message);
}

/** Returns the checked signal of the options of a function that waits. Throws its reason if it has aborted. */
function waitSignal(operation: string, wait: WaitOptions | undefined): AbortSignal | undefined {
  const signal = checkSignal(operation, checkOptions(operation, "wait", wait, ["signal"]).signal);
  signal?.throwIfAborted();
  return signal;
}

/** Resolves to a captured stream. A stream that arrives after the signal has aborted is stopped. */
async function captured(operation: string, wait: WaitOptions | undefined, open: () => Promise<MediaStream>): Promise<MediaStream> {
  const signal = waitSignal(operation, wait);
  const opening = settled(operation, open());
  opening.then((stream) => signal?.aborted && stop(stream), () => {});
  return abortable(signal, opening);
}

/**
 * Opens a camera and a microphone, or one of them.
 *
 * The promise is rejected with a `TypeError` for invalid constraints, and with an {@link RtcError} whose name is
 * `NotAllowedError`, `NotFoundError`, `NotReadableError`, `OverconstrainedError`, `SecurityError`, `AbortError` or
 * `NotSupportedError`. `advice` returns a sentence for the user.
 */
export async function getUserMedia(constraints: MediaStreamConstraints, wait?: WaitOptions): Promise<MediaStream> {
  return captured("getUserMedia", wait, () => mediaDevices("getUserMedia").getUserMedia(constraints));
}

/** Asks the user for a screen, a window or a tab, and captures it. Most browsers require a click of the user before. */
export async function getDisplayMedia(options?: DisplayMediaStreamOptions, wait?: WaitOptions): Promise<MediaStream> {
  return captured("getDisplayMedia", wait, async () => {
    const devices = mediaDevices("getDisplayMedia");
    if (typeof devices.getDisplayMedia === "function") return devices.getDisplayMedia(options);
    throw new RtcError("NotSupportedError", "getDisplayMedia", "this browser cannot capture screens");
  });
}

/** Returns the devices. Their names are empty until the page has captured one. */
export async function devices(wait?: WaitOptions): Promise<MediaDeviceInfo[]> {
  const signal = waitSignal("devices", wait);
  return abortable(signal, settled("devices", mediaDevices("devices").enumerateDevices()));
}

/** Calls a function with the devices whenever one is connected or removed, and returns a function that removes it. */
export function onDevicesChanged(listener: (devices: MediaDeviceInfo[]) => void, options?: ListenerOptions): () => void {
  func("onDevicesChanged", "listener", listener);
  const target = mediaDevices("onDevicesChanged");
  const listen = (): (() => void) => {
    let active = true;
    const notify = (found: MediaDeviceInfo[]): void => {
      if (active) deliver(listener, found);
    };
    const changed = (): void => void devices().then(notify).catch(report);
    target.addEventListener("devicechange", changed);
    return () => {
      active = false;
      target.removeEventListener("devicechange", changed);
    };
  };
  return registered(options, listen, "onDevicesChanged");
}

/** Stops the tracks of a stream, which frees its camera and its microphone. */
export function stop(stream: MediaStream): void {
  requireStream("stop", stream);
  for (const track of stream.getTracks()) track.stop();
}

function requireStream(operation: string, stream: MediaStream): void {
  if (!isMediaStream(stream)) throw wrongType(operation, "stream", "a MediaStream", stream);
}

/** The options of `snapshot`. */
export interface SnapshotOptions extends WaitOptions {
  /** The format of the image, such as `image/jpeg`. `image/png` by default. */
  type?: string;
  /** The quality of a format with loss, from 0 to 1. */
  quality?: number;
}

/** Returns the current picture of a video element. */
export async function snapshot(video: HTMLVideoElement, options?: SnapshotOptions): Promise<Blob> {
  const operation = "snapshot";
  if (tag(video) !== "HTMLVideoElement") throw wrongType(operation, "video", "a video element", video);
  const { type = "image/png", quality, signal: given } = checkOptions(operation, "options", options, ["type", "quality", "signal"]);
  const signal = checkSignal(operation, given);
  signal?.throwIfAborted();
  if (video.videoWidth === 0) throw new RtcError("InvalidStateError", operation, "the video element has no picture yet");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const encoded = new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  const image = await abortable(signal, encoded);
  if (!image) throw new RtcError("OperationError", operation, "the browser could not encode the picture");
  return image;
}

/** The options of `record`. */
export interface RecordOptions extends MediaRecorderOptions, WaitOptions {
  /** The time between two parts, in milliseconds. 1000 by default. */
  interval?: number;
}

/** A recording of a stream, and an async iterable of its parts. */
export class Recording implements AsyncIterable<Blob> {
  readonly #recorder: MediaRecorder;
  readonly #parts: Blob[] = [];
  readonly #stopped: Promise<void>;
  #waiting: (() => void)[] = [];

  private constructor(recorder: MediaRecorder, interval: number, signal: AbortSignal | undefined) {
    this.#recorder = recorder;
    recorder.addEventListener("dataavailable", ({ data }) => {
      if (data.size > 0) this.#parts.push(data);
      this.#arrived();
    });
    const stopped = new Promise<void>((resolve, reject) => {
      recorder.addEventListener("stop", () => resolve());
      recorder.addEventListener("error", (event) => {
        reject(toRtcError("record", (event as { error?: unknown }).error ?? "the recording has failed"));
      });
    });
    this.#stopped = abortable(signal, stopped);
    this.#stopped
      .catch(() => {
        if (recorder.state !== "inactive") recorder.stop();
      })
      .finally(() => this.#arrived());
    recorder.start(interval);
  }

  /** @internal */
  static start(recorder: MediaRecorder, interval: number, signal: AbortSignal | undefined): Recording {
    return new Recording(recorder, interval, signal);
  }

  #arrived(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The format of the recording. */
  get mimeType(): string {
    return this.#recorder.mimeType;
  }

  /** Ends the recording, and resolves to all of it. */
  async stop(wait?: WaitOptions): Promise<Blob> {
    const signal = waitSignal("stop", wait);
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
    return this.finished(signal && { signal });
  }

  /**
   * Resolves to all of the recording when it has ended: stopped, or as all tracks of the stream have ended. The promise is
   * rejected with the signal's `reason` if that of `record` or that of `wait` aborts.
   */
  async finished(wait?: WaitOptions): Promise<Blob> {
    await abortable(waitSignal("finished", wait), this.#stopped);
    return new Blob(this.#parts, { type: this.#recorder.mimeType });
  }

  /** Yields all parts of the recording, from its beginning. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Blob, void> {
    let over = false;
    const end = this.#stopped.finally(() => (over = true));
    end.catch(() => {});
    for (let next = 0; ; ) {
      const part = this.#parts[next];
      if (part) {
        next += 1;
        yield part;
      } else if (over) {
        return end;
      } else {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }
}

export interface Recording {
  /** Ends the recording. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
}

disposable(Recording.prototype, (recording) => void recording.stop().catch(() => {}));

/**
 * Records a stream. If the signal aborts, the recording ends, and its promises and iterators fail with the signal's `reason`.
 *
 * Throws an {@link RtcError} whose name is `NotSupportedError` for a format that the browser lacks.
 */
export function record(stream: MediaStream, options?: RecordOptions): Recording {
  requireStream("record", stream);
  if (options !== undefined && tag(options) !== "Object") throw wrongType("record", "options", "an options object", options);
  const { interval = 1000, signal: given, ...init } = options ?? {};
  milliseconds("record", "options.interval", interval);
  const signal = checkSignal("record", given);
  signal?.throwIfAborted();
  if (typeof globalThis.MediaRecorder !== "function") {
    throw new RtcError("NotSupportedError", "record", "this browser has no MediaRecorder");
  }
  try {
    return Recording.start(new MediaRecorder(stream, init), interval, signal);
  } catch (thrown) {
    throw toRtcError("record", thrown);
  }
}

/** The options of `levels`. */
export interface LevelOptions extends WaitOptions {
  /** The time between two levels, in milliseconds. 50 by default. */
  interval?: number;
}

/**
 * Yields the loudness of a stream's audio at each interval, as the root mean square of the samples, from 0 to 1. The iteration
 * ends with the stream, and fails with the reason of `options.signal` when it aborts.
 */
export async function* levels(stream: MediaStream, options?: LevelOptions): AsyncGenerator<number, void> {
  const operation = "levels";
  requireStream(operation, stream);
  const { interval = 50, signal: given } = checkOptions(operation, "options", options, ["interval", "signal"]);
  milliseconds(operation, "options.interval", interval);
  const signal = checkSignal(operation, given);
  if (stream.getAudioTracks().length === 0) throw new RtcError("InvalidStateError", operation, "the stream has no audio track");
  signal?.throwIfAborted();
  const context = new AudioContext();
  try {
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    // A context that was created without a click of the user is suspended until one.
    void context.resume().catch(() => {});
    while (stream.getAudioTracks().some(({ readyState }) => readyState === "live")) {
      analyser.getFloatTimeDomainData(samples);
      yield Math.min(1, Math.sqrt(samples.reduce((total, sample) => total + sample * sample, 0) / samples.length));
      await abortable(signal, new Promise<void>((resolve) => setTimeout(resolve, interval)));
    }
  } finally {
    await context.close();
  }
}
