// Tests in which the network fails. The runner is the network: it stops and starts the server, and relays the packets between
// the peers.
import { calls, channels, equal, established, once, pair, sleep, test } from "./harness.js";

const runner = new URLSearchParams(location.search).get("runner");

/** Sends a request to the runner: see `network.mjs`. */
async function request(path) {
  const response = await fetch(`${runner}/${path}`, { method: "POST" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
}

const { addIceCandidate, setRemoteDescription } = RTCPeerConnection.prototype;

/** The requests of the candidates, so that candidates are added in their order. */
let relayed = Promise.resolve();

/** Adds a candidate of the peer with the port of a relay. Other candidates than those over UDP and IPv4 are left out. */
RTCPeerConnection.prototype.addIceCandidate = async function (init) {
  const words = init?.candidate?.split(" ") ?? [];
  if (words.length < 6) return addIceCandidate.call(this, init);
  const [, , transport, , address, port] = words;
  if (transport.toLowerCase() !== "udp" || !address.includes(".")) return;
  relayed = relayed.then(() => request(`relay?to=${address}:${port}`));
  words[5] = await relayed;
  return addIceCandidate.call(this, { candidate: words.join(" "), sdpMid: init.sdpMid, sdpMLineIndex: init.sdpMLineIndex });
};

/** Leaves out the candidates in a description, which are sent separately too. */
RTCPeerConnection.prototype.setRemoteDescription = function (description) {
  const sdp = description.sdp?.replace(/^a=candidate:.*\r\n/gm, "");
  return setRemoteDescription.call(this, { type: description.type, sdp });
};

test("room and call survive a restart of the server", async () => {
  const { ada, bob } = await pair();
  const [caller, callee] = await calls(ada, bob);
  const [a, b] = await channels(caller, callee, "chat");
  const messages = b[Symbol.asyncIterator]();
  const lost = [ada, bob].map((room) => once(room, "reconnecting"));
  const recovered = [ada, bob].map((room) => once(room, "recovered"));
  await request("server/stop");
  const events = await Promise.all(lost);
  equal(events.map(({ attempt }) => attempt), [1, 1], "the attempts");
  await a.send("the server is down");
  equal((await messages.next()).value, "the server is down");
  await request("server/start");
  await Promise.all(recovered);
  const said = once(bob, "said");
  await ada.say("hello again");
  equal((await said).data, "hello again");
  await a.send("the server is up");
  equal((await messages.next()).value, "the server is up");
  caller.hangUp();
  equal(await callee.ended(), "peerHungUp");
  ada.leave();
  bob.leave();
});

test("call recovers when its path is restored", async () => {
  const { ada, bob } = await pair({ recovery: { patience: 500 } });
  const [caller, callee] = await calls(ada, bob);
  await Promise.all([established(caller.connection), established(callee.connection)]);
  const [a, b] = await channels(caller, callee, "chat");
  const messages = b[Symbol.asyncIterator]();
  await a.send("before");
  equal((await messages.next()).value, "before");
  // The restart of ICE by one peer keeps the other from noticing the failure, unless both notice it at once.
  const lost = [];
  const recovered = [];
  for (const call of [caller, callee]) {
    call.on("reconnecting", () => lost.push(call));
    call.on("recovered", () => recovered.push(call));
  }
  await request("paths/cut");
  while (lost.length === 0) await sleep(50);
  await a.send("meanwhile");
  await request("paths/restore");
  while (!lost.every((call) => recovered.includes(call))) await sleep(50);
  equal((await messages.next()).value, "meanwhile");
  caller.hangUp();
  equal(await callee.ended(), "peerHungUp");
  ada.leave();
  bob.leave();
}, 60_000);
