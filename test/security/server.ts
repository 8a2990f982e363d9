// A server of the tests' own: a platform that answers as it likes, or a machine that nobody may be led to.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A running server, and what it was asked. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly IncomingMessage[];
  close(): void;
}

/** Starts a server on a free port. */
export async function listen(answer: RequestListener): Promise<Listening> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
