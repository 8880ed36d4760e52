// One side of a storm: changes the connection of the call repeatedly, at pseudorandom moments.
const ROUNDS = 300;
const TRANSCEIVERS = 4;

const pc = window.e2e.connection();
let seed = 1;
const below = (bound) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed >>> 8) % bound;
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const own = [];
const channels = [];

const stopOne = () => {
  if (own.length) own.splice(below(own.length), 1)[0].stop();
};
const changes = [
  () => {
    if (own.length === TRANSCEIVERS) return stopOne();
    const direction = ["sendrecv", "sendonly", "recvonly"][below(3)];
    own.push(pc.addTransceiver(["audio", "video"][below(2)], { direction }));
  },
  stopOne,
  () => {
    channels.push(pc.createDataChannel("storm"));
    if (channels.length > 3) channels.shift().close();
  },
  () => pc.restartIce(),
];

window.storm = {
  rounds: 0,
  negotiations: 0,
  /** Makes changes of these kinds: 0 adds a transceiver, 1 stops one, 2 opens a channel, 3 restarts ICE. */
  async run(number, kinds) {
    seed = number;
    pc.addEventListener("signalingstatechange", () => (this.negotiations += pc.signalingState === "stable"));
    while (this.rounds < ROUNDS) {
      await pause(below(30));
      changes[kinds[below(kinds.length)]]();
      this.rounds += 1;
    }
  },
  seen: () => ({
    rounds: window.storm.rounds,
    negotiations: window.storm.negotiations,
    signaling: pc.signalingState,
    connection: pc.connectionState,
    directions: Object.fromEntries(
      pc.getTransceivers()
        .filter(({ mid, direction }) => mid !== null && direction !== "stopped")
        .map(({ mid, currentDirection }) => [mid, currentDirection]),
    ),
  }),
};
