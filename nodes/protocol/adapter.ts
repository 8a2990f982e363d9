// axios's way to the network for what an account sends most: a text, and an answer that is read whole (docs/decisions/0070).
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createUnzip } from "node:zlib";
import { type AxiosAdapter, AxiosHeaders, type AxiosResponse } from "axios";
import { Bytes } from "./bytes";
import { guarded } from "./guarded";

/** By a Content-Encoding, what undoes it. */
const unpackers = new Map([
  ["gzip", createUnzip],
  ["x-gzip", createUnzip],
  ["deflate", createUnzip],
  ["br", createBrotliDecompress],
]);

/** An answer's body as it was before it was packed. */
function unpacked(response: IncomingMessage, failed: (error: Error) => void): Readable {
  response.on("error", guarded(failed));
  const unpacker = unpackers.get(response.headers["content-encoding"]?.toLowerCase() ?? "");
  return unpacker === undefined ? response : response.pipe(unpacker().on("error", guarded(failed)));
}

function headersOf(response: IncomingMessage): AxiosResponse["headers"] {
  const headers = new AxiosHeaders();
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers.set(name, value);
  return headers;
}

/** Sends a request and reads its answer, as long as it is no longer than `maxContentLength`. Rejects with errors of Node's. */
export const wholeAnswer: AxiosAdapter = (config) =>
  new Promise((resolve, reject) => {
    const { url = "", method, data, headers, signal, maxContentLength = Number.POSITIVE_INFINITY } = config;
    const target = new URL(url);
    const secure = target.protocol === "https:";
    const body = Buffer.from(String(data));
    const options: https.RequestOptions = {
      method: method?.toUpperCase(),
      agent: secure ? config.httpsAgent : config.httpAgent,
      headers: {
        ...headers.toJSON(),
        "Accept-Encoding": "gzip, deflate, br",
        "Content-Length": body.length,
      },
      ...(signal instanceof AbortSignal ? { signal } : {}),
    };
    const answered = (response: IncomingMessage) => {
      const bytes = new Bytes();
      const answer = unpacked(response, reject);
      const take = (chunk: Buffer) => {
        bytes.add(chunk);
        if (bytes.size <= maxContentLength) return;
        reject(new Error(`maxContentLength of ${maxContentLength} exceeded`));
        request.destroy();
        answer.destroy();
      };
      const finish = () => {
        const { statusCode: status = 0, statusMessage: statusText = "" } = response;
        resolve({ data: bytes.whole(), status, statusText, headers: headersOf(response), config, request });
      };
      answer.on("data", guarded(take, reject));
      answer.on("end", guarded(finish, reject));
    };
    const request = (secure ? https : http).request(target, options, guarded(answered, reject));
    request.on("error", reject);
    request.end(body);
  });
