// Serves the benchmark's page and a PeerJS signaling server. The first line of output is the URL.

import express from "express";
import { ExpressPeerServer } from "peer";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

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
server.listen(0, "127.0.0.1", () => console.log(`http://localhost:${server.address().port}`));
