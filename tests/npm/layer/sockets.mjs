// A WebSocket server that passes each text message on to the other sockets, as much of the protocol as the tests need.
import { createHash } from "node:crypto";

const KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const [TEXT, CLOSE] = [1, 8];

/** Accepts the WebSockets of an HTTP server. */
export function acceptSockets(server) {
  const sockets = new Set();
  server.on("upgrade", (request, socket) => {
    const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + KEY).digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on("data", (data) => {
      received = Buffer.concat([received, data]);
      for (let frame = read(received); frame; frame = read(received)) {
        received = received.subarray(frame.end);
        if (frame.opcode === CLOSE) socket.end(written(CLOSE, frame.payload));
        else for (const other of sockets) if (other !== socket) other.write(written(TEXT, frame.payload));
      }
    });
  });
}

/** Reads the first frame, which a browser has masked, or returns `undefined` if it is incomplete. */
function read(data) {
  if (data.length < 2) return undefined;
  const short = data[1] & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < start + 4) return undefined;
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  const end = start + 4 + length;
  if (data.length < end) return undefined;
  const mask = data.subarray(start, start + 4);
  const payload = Buffer.from(data.subarray(start + 4, end)).map((byte, index) => byte ^ mask[index % 4]);
  return { opcode: data[0] & 0x0f, payload, end };
}

function written(opcode, payload) {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}
