// A server on a free port whose open sockets a test can wait for.
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";

/** Starts a server; the returned functions wait for its sockets, and close it with them. */
export async function listenWithSockets(server: Server) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      server.emit("left");
    });
    server.emit("joined");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connected: async (count = 1) => {
      while (sockets.size < count) await once(server, "joined");
    },
    disconnected: async () => {
      while (sockets.size > 0) await once(server, "left");
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
