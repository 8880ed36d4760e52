// Reads the open lab, and counts what it holds. The spies are installed once, before the first lab.
if (!window.labs) {
  const connections = [];
  const tracks = [];
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args, newTarget) {
      const connection = Reflect.construct(target, args, newTarget);
      connections.push(connection);
      return connection;
    },
  });
  for (const name of ["getUserMedia", "getDisplayMedia"]) {
    navigator.mediaDevices[name] = new Proxy(navigator.mediaDevices[name], {
      async apply(target, self, args) {
        const stream = await Reflect.apply(target, self, args);
        tracks.push(...stream.getTracks());
        return stream;
      },
    });
  }
  const problems = [];
  addEventListener("error", (event) => problems.push(event.message));
  addEventListener("unhandledrejection", (event) => problems.push(String(event.reason)));
  window.labs = { connections, tracks, problems };
}
const { connections, tracks, problems } = window.labs;
const all = (selector) => [...document.querySelectorAll(selector)];
const text = (selector) => document.querySelector(selector).textContent;
return {
  lab: document.querySelector("#list [aria-current]")?.hash.slice(1) ?? "",
  view: document.body.dataset.view,
  state: document.body.dataset.state,
  failure: text("#failure"),
  showsSource: text("#source").includes("pub async fn run("),
  results: Object.fromEntries(all("#results dd").map((value) => [value.dataset.result, value.textContent])),
  videos: all("#stage video").map((video) => ({ width: video.videoWidth, time: video.currentTime })),
  connections: connections.filter((connection) => connection.signalingState !== "closed").length,
  tracks: tracks.filter((track) => track.readyState === "live").length,
  overflow: document.documentElement.scrollWidth - innerWidth,
  width: innerWidth,
  problems,
};
