// Tests of captures and devices, and of the signals of functions on streams and statistics.
import { advice, devices, getDisplayMedia, getUserMedia, levels, onDevicesChanged, record, snapshot, stop } from "/npm/media.js";
import { stats, watchRates } from "/npm/stats.js";
import { connected, equal, rejects, sleep, test } from "./harness.js";

/** Calls a function when the user clicks a button, which the runner does. */
function onClick(run) {
  const button = document.body.appendChild(document.createElement("button"));
  button.textContent = "Continue";
  return new Promise((resolve, reject) => {
    button.onclick = () => {
      button.remove();
      run().then(resolve, reject);
    };
  });
}

test("screen is captured after a click", async () => {
  if (navigator.userAgent.includes("Firefox")) {
    await rejects(getDisplayMedia({ video: true }), "InvalidStateError");
    // Without a window, Firefox has no screen to offer.
    const error = await rejects(onClick(() => getDisplayMedia({ video: true })), "NotFoundError");
    equal([error.operation, typeof advice(error)], ["getDisplayMedia", "string"]);
    return;
  }
  const screen = await onClick(() => getDisplayMedia({ video: true }));
  equal(screen.getVideoTracks().map(({ kind, readyState }) => [kind, readyState]), [["video", "live"]]);
  const video = Object.assign(document.createElement("video"), { muted: true, srcObject: screen });
  document.body.append(video);
  await video.play();
  while (video.videoWidth === 0) await sleep(50);
  equal((await snapshot(video)).type, "image/png");
  video.remove();
  stop(screen);
  equal(screen.getTracks()[0].readyState, "ended");
});

test("aborted capture stops its tracks", async () => {
  const reason = new Error("changed my mind");
  const isReason = (promise) => promise.then(() => false, (error) => error === reason);
  equal(await isReason(getDisplayMedia({}, { signal: AbortSignal.abort(reason) })), true);
  const abort = new AbortController();
  const { getUserMedia: original } = MediaDevices.prototype;
  let captured;
  MediaDevices.prototype.getUserMedia = function (constraints) {
    return (captured = original.call(this, constraints));
  };
  const capture = getUserMedia({ video: true }, { signal: abort.signal });
  MediaDevices.prototype.getUserMedia = original;
  abort.abort(reason);
  equal(await isReason(capture), true);
  const stream = await captured;
  await sleep(0);
  equal(stream.getTracks()[0].readyState, "ended");
});

test("changes of devices reach listeners until they are removed", async () => {
  // No test can connect a device, so that the event of the browser is dispatched here.
  const change = () => navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  const changes = [];
  const abort = new AbortController();
  const off = onDevicesChanged((found) => changes.push(["first", found.length]));
  onDevicesChanged((found) => changes.push(["second", found.length]), { signal: abort.signal });
  const { length } = await devices();
  equal(length > 0, true, "whether there are devices");
  change();
  while (changes.length < 2) await sleep(10);
  off();
  change();
  while (changes.length < 3) await sleep(10);
  change();
  abort.abort();
  await devices();
  await sleep(50);
  equal(changes, [["first", length], ["second", length], ["second", length]]);
  await rejects(Promise.resolve().then(() => onDevicesChanged(5)), "TypeError");
  await rejects(Promise.resolve().then(() => onDevicesChanged(() => {}, { singal: 1 })), "TypeError");
});

test("signals end recordings, pictures, levels and statistics", async () => {
  const { caller, camera, end } = await connected();
  const reason = new Error("changed my mind");
  const abort = new AbortController();
  const { signal } = abort;
  const outcomes = [];
  const expect = (promise) => outcomes.push(promise.then(() => "fulfilled", (error) => error === reason || String(error)));
  const recording = record(camera, { interval: 50, signal });
  const other = record(camera, { interval: 50 });
  const parts = recording[Symbol.asyncIterator]();
  equal((await parts.next()).value.size > 0, true);
  expect(recording.finished());
  expect(other.finished({ signal }));
  expect((async () => { for await (const _ of { [Symbol.asyncIterator]: () => parts }); })());
  expect((async () => { for await (const _ of levels(camera, { interval: 10, signal })); })());
  expect((async () => { for await (const _ of watchRates(caller, { interval: 10_000, signal })); })());
  await sleep(100);
  abort.abort(reason);
  const video = document.createElement("video");
  expect(snapshot(video, { signal }));
  expect(stats(caller, { signal }));
  expect(devices({ signal }));
  expect(recording.stop());
  expect(other.stop({ signal }));
  equal(await Promise.all(outcomes), outcomes.map(() => true));
  equal((await other.stop()).size > 0, true);
  await rejects(Promise.resolve().then(() => record(camera, { signal: 5 })), "TypeError");
  await rejects(stats(caller, { singal: 1 }), "TypeError");
  end();
});
