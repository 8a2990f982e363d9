// A thread that floods a port of this machine in one of several ways until it is stopped.
import { connect, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/** The ways to flood. */
export type Flood = "one-byte chunks" | "silent TLS" | "idle" | "resets" | "unsigned";

interface Data {
  readonly flood: Flood;
  readonly port: number;
  readonly path: string;
  /** The source addresses: `127.0.<block>.*`. */
  readonly block: number;
}

const { flood, port, path, block } = workerData as Data;
const sockets = new Set<Socket>();
let over = false;
let made = 0;

function open(): Socket {
  made += 1;
  const localAddress = `127.0.${block}.${1 + (made % 250)}`;
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  sockets.add(socket);
  socket.on("error", () => undefined);
  socket.on("close", () => sockets.delete(socket));
  socket.resume();
  return socket;
}

/** Keeps this many connections open. */
function keep(count: number, begin: (socket: Socket) => void): void {
  const timer = setInterval(() => {
    if (over) return clearInterval(timer);
    for (let more = 0; more < 100 && sockets.size < count; more += 1) {
      const socket = open();
      socket.on("connect", () => begin(socket));
    }
  }, 10);
}

const chunkedHead = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
const unsigned = JSON.stringify({
  authentication: { customer: "C2", timestamp: "1", seq: "1", digest: "0".repeat(32) },
  notify: { type: "callin" },
});
const unsignedRequest = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${unsigned.length}\r\n\r\n${unsigned}`;

const floods: Readonly<Record<Flood, () => void>> = {
  "one-byte chunks": () => {
    const bytes = "1\r\nx\r\n".repeat(2000);
    keep(80, (socket) => {
      socket.write(chunkedHead);
      const more = (): void => {
        if (!over && !socket.destroyed) socket.write(bytes, () => setImmediate(more));
      };
      more();
    });
  },
  "silent TLS": () => keep(2000, () => undefined),
  idle: () => keep(2000, () => undefined),
  resets: () => {
    const again = (): void => {
      if (over) return;
      for (let count = 0; count < 100; count += 1) {
        const socket = open();
        socket.on("connect", () => socket.resetAndDestroy());
      }
      setTimeout(again, 10);
    };
    again();
  },
  unsigned: () =>
    keep(50, (socket) => {
      const more = (): void => {
        if (!over && !socket.destroyed) socket.write(unsignedRequest);
      };
      socket.on("data", more);
      more();
    }),
};

floods[flood]();

parentPort?.on("message", () => {
  over = true;
  for (const socket of sockets) socket.destroy();
  parentPort?.postMessage(made);
  parentPort?.close();
});
