// Loaded into the page of an example before the user does anything: records captured tracks and failures.
window.captured = [];
window.troubles = [];
addEventListener("error", (event) => window.troubles.push(event.message));
addEventListener("unhandledrejection", (event) => window.troubles.push(String(event.reason)));
for (const name of ["getUserMedia", "getDisplayMedia"]) {
  const capture = navigator.mediaDevices[name].bind(navigator.mediaDevices);
  navigator.mediaDevices[name] = async (constraints) => {
    const stream = await capture(constraints);
    window.captured.push(...stream.getTracks());
    return stream;
  };
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

// The end of a capture by the browser's own button, which no driver can press.
window.stopCapture = () => {
  for (const track of window.captured) {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }
};
