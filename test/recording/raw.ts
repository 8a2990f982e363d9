// HTTP servers that send exactly the bytes that a test gives.
import { once } from "node:events";
import http, { type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "../../nodes/protocol/client";
import type { Fetched } from "../../nodes/protocol/transport";

/** A server, its requests, and a function to close it. */
export interface RawServer {
  readonly url: string;
  readonly asked: readonly http.IncomingMessage[];
  close(): void;
}

/** Starts a server on a free port. */
export async function serve(listener: RequestListener): Promise<RawServer> {
  const asked: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request);
    listener(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends chunks one after another, each in its own packet. */
export async function inPieces(response: http.ServerResponse, pieces: readonly Buffer[]): Promise<void> {
  response.socket?.setNoDelay(true);
  for (const piece of pieces) {
    await new Promise((written) => response.write(piece, written));
    await new Promise(setImmediate);
  }
  response.end();
}

/** A WAV file with `length` bytes after its header, none of them printable. */
export function wavOf(length: number): Buffer {
  const wav = Buffer.alloc(44 + length, 0x80);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + length, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  for (let at = 44; at < wav.length; at += 1) wav[at] = (at * 7919) % 251;
  return wav;
}

/** Downloads a file from a client's platform; returns the written data. */
export async function fetched(
  client: Client,
  url: string,
  more: { readonly maxBytes?: number; readonly signal?: AbortSignal } = {},
): Promise<{ readonly outcome: Fetched; readonly written: Buffer }> {
  const chunks: Buffer[] = [];
  const outcome = await client.fetch({
    url,
    maxBytes: 10_000_000,
    signal: new AbortController().signal,
    write: async (chunk) => void chunks.push(chunk),
    progress: () => undefined,
    ...more,
  });
  return { outcome, written: Buffer.concat(chunks) };
}
