// A network that the tests in the page can break. Requests: `server/stop`, `server/start`, `paths/cut`, `paths/restore`, and
// `relay?to=ADDRESS:PORT`, which returns the port of a relay for packets to this address. A WebSocket to `socket` reaches the
// other WebSockets.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import { acceptSockets } from "./sockets.mjs";

/** Starts the network around a server with `start` and `stop`. Returns the URL for requests. */
export async function network(server) {
  let open = true;
  const relays = new Map();
  const requests = {
    "/server/start": () => server.start(),
    "/server/stop": () => server.stop(),
    "/paths/cut": () => void (open = false),
    "/paths/restore": () => void (open = true),
    "/relay": ({ searchParams }) => {
      const to = searchParams.get("to");
      if (!relays.has(to)) relays.set(to, relay(to, () => open));
      return relays.get(to);
    },
  };
  const control = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    response.setHeader("access-control-allow-origin", "*");
    try {
      response.end(String((await requests[url.pathname](url)) ?? ""));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  acceptSockets(control);
  control.listen(0, "127.0.0.1");
  await once(control, "listening");
  return `http://localhost:${control.address().port}`;
}

/** Relays packets to an address while `open` returns true, and the answers to their senders. Returns the port. */
async function relay(to, open) {
  const [address, port] = to.split(":");
  const front = await socket();
  const senders = new Map();
  front.on("message", async (packet, { address: from, port: fromPort }) => {
    const sender = `${from}:${fromPort}`;
    if (!senders.has(sender)) senders.set(sender, socket());
    const back = await senders.get(sender);
    if (back.listenerCount("message") === 0) {
      back.on("message", (answer) => open() && front.send(answer, fromPort, from));
    }
    if (open()) back.send(packet, Number(port), address);
  });
  return front.address().port;
}

async function socket() {
  const created = createSocket("udp4");
  created.on("error", () => {});
  created.bind(0);
  await once(created, "listening");
  created.unref();
  return created;
}
