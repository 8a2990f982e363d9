// An HTTP server of a test. It stands for a system to which an example writes.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** The text, exactly as it came. */
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body: object;
}

/** A server on a port that the system chooses. */
export class Counterpart {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** Starts a server. `answer` is called for each request, in the order in which they were complete. */
  static async start(answer: (received: Received) => Reply | Promise<Reply>): Promise<Counterpart> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "", url = "", headers } = request;
      const received = {
        method,
        url: new URL(url, "http://127.0.0.1"),
        headers,
        body: Buffer.concat(chunks).toString(),
      };
      const { status, body } = await answer(received);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Counterpart(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
