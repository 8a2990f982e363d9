// axios's way to the network for what an account sends most: a text, and an answer that is read whole (docs/decisions/0070).
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import axios, { type AxiosAdapter, AxiosHeaders, type AxiosResponse } from "axios";
import { Bytes } from "./bytes";
import { unpacked } from "./content-encoding";
import { guarded } from "./guarded";

/** An answer's body as it was before it was packed. That of an error can be done without: its status says enough. */
function bodyOf(response: Readable, status: number, contentEncoding: unknown): Readable {
  try {
    return unpacked(response, contentEncoding);
  } catch (error) {
    if (status >= 200 && status < 300) throw error;
    response.resume();
    return Readable.from([]);
  }
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
      const { statusCode: status = 0, statusMessage: statusText = "" } = response;
      response.on("error", guarded(reject));
      let answer: Readable;
      try {
        answer = bodyOf(response, status, response.headers["content-encoding"]);
      } catch (error) {
        reject(error);
        request.destroy();
        return;
      }
      if (answer !== response) answer.on("error", guarded(reject));
      const take = (chunk: Buffer) => {
        bytes.add(chunk);
        if (bytes.size <= maxContentLength) return;
        reject(new Error(`maxContentLength of ${maxContentLength} exceeded`));
        request.destroy();
        answer.destroy();
      };
      const finish = () => {
        resolve({ data: bytes.whole(), status, statusText, headers: headersOf(response), config, request });
      };
      answer.on("data", guarded(take, reject));
      answer.on("end", guarded(finish, reject));
    };
    const request = (secure ? https : http).request(target, options, guarded(answered, reject));
    request.on("error", reject);
    request.end(body);
  });

/** The same by axios's own way, which knows how to ask a proxy in absolute form; what is packed is undone here all the same. */
export const wholeAnswerByProxy: AxiosAdapter = async (config) => {
  const { maxContentLength = Number.POSITIVE_INFINITY } = config;
  const response = await axios.getAdapter("http")({ ...config, decompress: false });
  const { status, headers, data } = response;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bodyOf(Readable.from([data]), status, headers["content-encoding"])) {
    size += chunk.length;
    if (size > maxContentLength) throw new Error(`maxContentLength of ${maxContentLength} exceeded`);
    chunks.push(chunk);
  }
  return { ...response, data: Buffer.concat(chunks) };
};
