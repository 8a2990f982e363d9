// One push over HTTP: from a request to the push in it, and from what became of it to the answer.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Bytes } from "../../util/bytes";
import { guarded } from "../../util/guarded";
import { isObject, isWithin, type JsonObject, maxDepth, parseJson } from "../../util/json";

/** Bytes of a push; those of the vendor's document have a few hundred. */
export const maxBodyBytes = 256 * 1024;

/** How long a sender may take for a body that we read ourselves, in ms. */
const bodyTimeoutMs = 15_000;

/** A sender that goes on after it was refused is read for so many bytes, so that it gets to see the answer. */
const drainBytes = 64 * 1024 * 1024;

/** The same for an address that may not send: its body is not wanted, and a push of the usual size still gets its answer. */
export const strangerBytes = 2 * maxBodyBytes;

/** The answers, by what became of the push: HTTP status and `result.error`. */
export const answers = {
  taken: [200, 0, ""],
  notAuthentic: [401, 1, "authentication failed"],
  malformed: [400, 8, "malformed push"],
  tooLarge: [413, 8, "larger than 256 KiB"],
  notPost: [405, 8, "POST only"],
  notJson: [415, 8, "application/json only"],
  notFound: [404, 11, "nothing is received here"],
  busy: [503, -1, "not now, send it again"],
} as const satisfies Readonly<Record<string, readonly [number, number, string]>>;

/** A name of an answer. */
export type AnswerName = keyof typeof answers;

interface Written {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string;
}

/** An answer as it goes out. */
function write(name: AnswerName): Written {
  const [status, error, msg] = answers[name];
  const body = JSON.stringify({ result: { error, msg } });
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...(name === "notPost" ? { Allow: "POST" } : {}),
    ...(name === "busy" ? { "Retry-After": 5 } : {}),
  };
  return { status, headers, body };
}

/** They are few, and the same for everybody. */
const written = Object.fromEntries(Object.keys(answers).map((name) => [name, write(name as AnswerName)])) as Readonly<
  Record<AnswerName, Written>
>;

/** Answers in the vendor's shape. What is left of the request's body is read and thrown away, up to so many bytes. */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  name: AnswerName,
  restBytes = drainBytes,
): void {
  if (response.headersSent || response.destroyed) return;
  const { status, headers, body } = written[name];
  if (request.readableEnded) return void response.writeHead(status, headers).end(body);
  response.writeHead(status, { ...headers, Connection: "close" }).write(body);
  // The connection goes with the response's end: a reset amid what is still sent could cost the sender the answer.
  for (const event of ["end", "close"])
    request.once(
      event,
      guarded(() => response.end()),
    );
  drain(request, restBytes);
}

function drain(request: IncomingMessage, bytes: number): void {
  let left = bytes;
  const timer = setTimeout(
    guarded(() => request.destroy()),
    bodyTimeoutMs,
  ).unref();
  request.on(
    "close",
    guarded(() => clearTimeout(timer)),
  );
  const drop = (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  };
  request.on("data", guarded(drop));
  request.resume();
}

/** A JSON body by its type; UTF-8 is the vendor's only encoding (§三.3). */
export function isJsonType(contentType: string | undefined): boolean {
  // What nearly every sender writes.
  if (contentType === "application/json") return true;
  const [type = "", ...parameters] = (contentType ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  if (!/^application\/(?:json|[\w.-]+\+json)$/.test(type)) return false;
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replace(/"/g, "");
  return charset === undefined || charset === "utf-8" || charset === "utf8";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A request's body: its text, or the answer that it gets instead; undefined if the sender has gone. */
export type Body = { readonly text: string } | { readonly refused: AnswerName } | undefined;

/** Reads a body that nobody has read, within the bounds of size and time; what its length says has been looked at. */
export function readBody(request: IncomingMessage): Promise<Body> {
  return new Promise((resolve) => {
    const bytes = new Bytes();
    const end = (body: Body) => {
      clearTimeout(timer);
      resolve(body);
    };
    const gone = guarded(() => end(undefined));
    const expire = () => {
      request.destroy();
      end(undefined);
    };
    const timer = setTimeout(guarded(expire), bodyTimeoutMs).unref();
    const take = guarded((chunk: Buffer) => {
      if (bytes.size + chunk.length <= maxBodyBytes) return bytes.add(chunk);
      request.off("data", take).pause();
      end({ refused: "tooLarge" });
    });
    const finish = () => {
      try {
        end({ text: utf8.decode(bytes.whole()) });
      } catch {
        end({ refused: "malformed" });
      }
    };
    request.on("data", take);
    request.on("end", guarded(finish));
    request.on("error", gone);
    request.on("close", gone);
  });
}

/** The push in a body, or undefined for what is none: not JSON, not an object, nested too deep, or without authentication or notify. */
export function pushIn(
  body: unknown,
): { readonly authentication: JsonObject; readonly notify: JsonObject } | undefined {
  if (!isObject(body) || !isWithin(body, maxDepth, isPassable)) return undefined;
  const { authentication, notify } = body;
  return isObject(authentication) && isObject(notify) ? { authentication, notify } : undefined;
}

/** JSON.parse, with long integers kept; undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Numbers such as 1e400 are JSON, but can't be passed on unchanged. */
const isPassable = (leaf: unknown): boolean => typeof leaf !== "number" || Number.isFinite(leaf);
