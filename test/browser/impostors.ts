// Servers that are not an SCCC platform, or a platform with a fault: what a mistyped address may lead to.
import { once } from "node:events";
import http, { type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** Their addresses. */
export interface Impostors {
  /** Answers with a page. */
  readonly page: string;
  /** Answers with 404. */
  readonly missing: string;
  readonly redirect: string;
  /** Never answers. */
  readonly silent: string;
  /** The platform, with a clock that is ten minutes ahead. */
  readonly fast: string;
  close(): Promise<void>;
}

const minutes = 60_000;

/** Starts them; `platform` is a working one. */
export async function startImpostors(platform: string): Promise<Impostors> {
  const servers: http.Server[] = [];
  const start = async (listener: RequestListener): Promise<string> => {
    const server = http.createServer(listener).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  return {
    page: await start((_, response) => response.setHeader("Content-Type", "text/html").end("<html>Welcome</html>")),
    missing: await start((_, response) => response.writeHead(404).end("not here")),
    redirect: await start((_, response) => response.writeHead(302, { Location: "http://elsewhere.example/" }).end()),
    silent: await start(() => undefined),
    fast: await start((request, response) => {
      const { method, headers, url } = request;
      const forwarded = http.request(`${platform}${url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          date: new Date(Date.now() + 10 * minutes).toUTCString(),
        });
        answer.pipe(response);
      });
      request.pipe(forwarded);
    }),
    close: async () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
