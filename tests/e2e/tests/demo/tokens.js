// A room on a server that requires tokens, which expire after a second.
const { default: init, joinRoom } = await import("/npm/wasm/browser_rtc.js");
await init();

const url = `${location.protocol.replace("http", "ws")}//${location.host}/signal`;
const encoder = new TextEncoder();
const secret = encoder.encode("a secret of 32 characters or more");
const base64 = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const part = (value) => base64(encoder.encode(JSON.stringify(value)));

/** Creates a token, as a server of the application would. */
let provided = 0;
async function token() {
  provided += 1;
  const claims = { room: "*", exp: Math.floor(Date.now() / 1000) + 1 };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `${signed}.${base64(new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(signed))))}`;
}

/** Joins, and returns a function that resolves with the outcome of the server's restart for this room. */
async function joined(name, token) {
  const room = await joinRoom(url, { room: "tokens", name, token });
  const events = [];
  return async () => {
    for await (const event of room) {
      events.push(event.type === "lost" ? event.error.code : event.type);
      if (event.type === "recovered" || event.type === "lost") break;
    }
    room.leave();
    return events.at(-1);
  };
}

const rooms = await Promise.all([joined("Ada", token), joined("Bob", await token())]);
document.body.dataset.at = "joined";
const [ada, bob] = await Promise.all(rooms.map((outcome) => outcome()));
document.body.dataset.outcome = JSON.stringify({ ada, bob, provided });
