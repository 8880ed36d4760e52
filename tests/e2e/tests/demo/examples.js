// Loaded into the page of an example before the user does anything: records captured tracks and failures.
window.captured = [];
window.problems = [];
addEventListener("error", (event) => window.problems.push(event.message));
addEventListener("unhandledrejection", (event) => window.problems.push(String(event.reason)));
{
  const devices = navigator.mediaDevices;
  const record = (capture) => async (constraints) => {
    const stream = await capture.call(devices, constraints);
    window.captured.push(...stream.getTracks());
    return stream;
  };
  const { getUserMedia, getDisplayMedia } = devices;
  devices.getUserMedia = record(getUserMedia);
  devices.getDisplayMedia = record((options) =>
    getDisplayMedia.call(devices, options).catch((error) => {
      // A headless Firefox has no screen. The camera of a frame takes its place, because it ends with the frame.
      if (error.name !== "NotFoundError") throw error;
      window.screenFrame = document.body.appendChild(document.createElement("iframe"));
      return window.screenFrame.contentWindow.navigator.mediaDevices.getUserMedia({ video: true });
    }),
  );
}

// The number of frames that the video shows from now on, 5 at most and for a second at most.
window.frames5 = (id) =>
  new Promise((resolve) => {
    const video = document.getElementById(id);
    if (!video?.srcObject) return resolve(0);
    let frames = 0;
    const timeout = setTimeout(() => resolve(frames), 1000);
    const count = () => {
      frames += 1;
      if (frames < 5) return video.requestVideoFrameCallback(count);
      clearTimeout(timeout);
      resolve(frames);
    };
    video.requestVideoFrameCallback(count);
  });

// The end of a capture by the browser's own button, which no driver can press. Firefox dispatches no events of a page on a
// track.
window.stopCapture = () => {
  if (window.screenFrame) return window.screenFrame.remove();
  for (const track of window.captured) {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }
};
