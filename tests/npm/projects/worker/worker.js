import { isSupported, joinRoom, RtcError } from "browser-rtc";

// A worker has no RTCPeerConnection. The import has no effect there, and a call is an error that says so.
joinRoom("ws://localhost/signal", { room: "lobby", name: "Worker" }).then(
  () => postMessage("joined"),
  (error) => postMessage(`${isSupported()} ${error instanceof RtcError} ${error.name}`),
);
