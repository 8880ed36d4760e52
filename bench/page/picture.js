// Time to first picture: two ends join, one calls the other, and each shows the other's camera.

/** Opens the camera that all contenders send. Its frames come fast, so that waiting for one is a small part of the time. */
export async function openCamera() {
  const video = { width: 640, height: 480, frameRate: 60 };
  return navigator.mediaDevices.getUserMedia({ audio: true, video });
}

/** Returns the time in milliseconds from joining until both ends show the first frame of the other. */
export async function firstPicture(contender, camera) {
  const screens = [new Screen(), new Screen()];
  const started = performance.now();
  const hangUp = await contender.meet(camera, (end, stream) => screens[end].show(stream));
  const shown = await Promise.all(screens.map((screen) => screen.shown));
  await hangUp();
  for (const screen of screens) screen.remove();
  return Math.max(...shown) - started;
}

class Screen {
  #video = Object.assign(document.createElement("video"), { muted: true, autoplay: true, width: 160, height: 120 });

  constructor() {
    this.shown = new Promise((resolve) => this.#video.requestVideoFrameCallback(() => resolve(performance.now())));
    document.body.append(this.#video);
  }

  /** Shows a stream. Some libraries report the stream once for each of its tracks. */
  show(stream) {
    if (this.#video.srcObject !== stream) this.#video.srcObject = stream;
  }

  remove() {
    this.#video.srcObject = null;
    this.#video.remove();
  }
}
