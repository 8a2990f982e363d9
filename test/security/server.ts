// A server for tests: a platform with arbitrary answers, or a machine that must not receive requests.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A running server, and the requests that it received. */
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
