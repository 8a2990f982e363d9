// HTTP over a bare socket: what is sent is exactly what a test says, and every answer is seen.
import http from "node:http";
import { connect, type Socket } from "node:net";

/** An answer as it stood on the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Bytes, with the head. */
  readonly size: number;
}

/** The text of a request. Headers that are undefined are left out; one with several values stands there several times. */
export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
}

/** A request's bytes. It asks to close the connection, so that the answers have an end. */
export function bytesOf({ method = "POST", path, headers, body = "" }: Request): Buffer {
  const content = Buffer.from(body as string);
  const fields: Readonly<Record<string, string | undefined>> = {
    Host: "127.0.0.1",
    "Content-Type": "application/json",
    "Content-Length": String(content.length),
    Connection: "close",
    ...headers,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined);
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), "", ""].join(
    "\r\n",
  );
  return Buffer.concat([Buffer.from(head, "latin1"), content]);
}

/** The answers in what a server wrote; interim ones (1xx) don't count. */
export function answersIn(bytes: Buffer, method = "POST"): readonly Answer[] {
  const answers: Answer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) throw new Error(`No HTTP: ${rest.toString("latin1").slice(0, 200)}`);
    const [first = "", ...lines] = rest.subarray(0, end).toString("latin1").split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const bodyless = status < 200 || method === "HEAD";
    const length = bodyless ? 0 : Number(headers["content-length"] ?? rest.length - end - 4);
    const body = rest.subarray(end + 4, end + 4 + length);
    if (body.length < length) throw new Error(`An answer broke off: ${rest.toString("latin1").slice(0, 400)}`);
    if (status >= 200) answers.push({ status, headers, body: body.toString(), size: end + 4 + length });
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
}

/** How long a server may take to end a connection that asks for it. */
const patienceMs = 25_000;

/** How a socket is written to. */
export type Write = (socket: Socket) => void;

/** Opens a connection, writes, and resolves with all that came back once the server has closed it. */
export function talk(port: number, write: Write): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => write(socket));
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`The connection was still open after ${patienceMs} ms: ${Buffer.concat(chunks).toString()}`));
    }, patienceMs);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => socket.end());
    // Whoever breaks off gets a reset; what counts is what came before.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(limit);
      resolve(Buffer.concat(chunks));
    });
  });
}

/** A client that keeps its connections: for many pushes. */
export class Sender {
  readonly #agent: http.Agent;

  constructor(
    private readonly port: number,
    private readonly path: string,
    connections = 16,
  ) {
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  /** The status and body of the answer, or undefined if the connection broke. */
  post(
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: string } | undefined> {
    return new Promise((resolve) => {
      const request = http.request(
        {
          agent: this.#agent,
          host: "127.0.0.1",
          port: this.port,
          path: this.path,
          method: "POST",
          headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
          response.on("error", () => resolve(undefined));
        },
      );
      request.on("error", () => resolve(undefined));
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
