// Serves the benchmark's page, a PeerJS signaling server, and a minimal relay for simple-peer. The first line of output is
// the URL.

import express from "express";
import { ExpressPeerServer } from "peer";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const folder = (path) => express.static(fileURLToPath(new URL(path, import.meta.url)));

const app = express();
app.use((_request, response, next) => {
  // Only a cross-origin isolated page has a clock with a resolution of microseconds.
  response.set({ "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" });
  next();
});
app.use("/", folder("page"));
app.use("/rust", folder("pkg"));
app.use("/npm", folder("../npm/dist"));
app.use("/modules", folder("node_modules"));

const server = createServer(app);
app.use("/peerjs", ExpressPeerServer(server));

/** Relays each message to the other sockets with the same path. It has a port of its own, as PeerJS takes all upgrades. */
const relay = new WebSocketServer({ host: "127.0.0.1", port: 0 });
relay.on("connection", (socket, { url }) => {
  socket.room = url;
  socket.on("message", (message) => {
    for (const other of relay.clients) if (other !== socket && other.room === url) other.send(message.toString());
  });
});
app.get("/relay", (_request, response) => response.json({ port: relay.address().port }));

server.listen(0, "127.0.0.1", () => console.log(`http://localhost:${server.address().port}`));
