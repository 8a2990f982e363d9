// HTTP over a plain socket: sends exactly the given bytes and reads every answer.
import http from "node:http";
import { connect, type Socket } from "node:net";

/** An answer as received. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** In bytes, including the head. */
  readonly size: number;
}

/** The parts of a request. Undefined headers are omitted; a header with several values is repeated. */
export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
}

/** A request's bytes. It asks for the connection to be closed, so that the answers have an end. */
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

/** The answers in a server's output; interim ones (1xx) are skipped. */
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

/** How long a server may take to close a connection on request. */
const patienceMs = 25_000;

/** Writes to a socket. */
export type Write = (socket: Socket) => void;

/**
 * Opens a connection, writes, and resolves with all data received until the server has closed it.
 * @param limitMs rejects if that takes longer
 */
export function talk(port: number, write: Write, limitMs = patienceMs): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => write(socket));
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`The connection was still open after ${limitMs} ms: ${Buffer.concat(chunks).toString()}`));
    }, limitMs);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => socket.end());
    // A sender that disconnects early may get a reset; only the data before it matters.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(limit);
      resolve(Buffer.concat(chunks));
    });
  });
}

/** A client with kept-alive connections, for many pushes. */
export class Sender {
  readonly #agent: http.Agent;

  constructor(
    private readonly port: number,
    private readonly path: string,
    connections = 16,
  ) {
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  /** The status and body of the answer, or undefined if the connection failed. */
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
      request.on("error", ({ code }: NodeJS.ErrnoException) => {
        // The server closed the kept-alive connection while the request left. As Node's documentation says, it is sent again.
        resolve(request.reusedSocket && code === "ECONNRESET" ? this.post(body, headers) : undefined);
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
