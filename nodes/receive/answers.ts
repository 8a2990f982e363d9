// Answers to senders of pushes, in the vendor's format.
import type { IncomingMessage, ServerResponse } from "node:http";
import { guarded } from "../util/guarded";
import { maxBodyBytes } from "./body";

/** The answers by the outcome of the push: HTTP status, `result.error` and `result.msg`. */
export const answers = {
  taken: [200, 0, ""],
  notAuthentic: [401, 1, "authentication failed"],
  malformed: [400, 8, "malformed push"],
  tooLarge: [413, 8, `larger than ${maxBodyBytes / 1024} KiB`],
  notPost: [405, 8, "POST only"],
  notJson: [415, 8, "application/json only"],
  notFound: [404, 11, "nothing is received here"],
  busy: [503, -1, "not now, send it again"],
} as const satisfies Readonly<Record<string, readonly [number, number, string]>>;

/** A name of an answer. */
export type AnswerName = keyof typeof answers;

/** An answer, serialized. */
export interface WrittenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string;
}

function write(name: AnswerName): WrittenAnswer {
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

/** All answers, serialized once: there are few, and none depends on the request. */
const writtenAnswers = Object.fromEntries(
  Object.keys(answers).map((name) => [name, write(name as AnswerName)]),
) as Readonly<Record<AnswerName, WrittenAnswer>>;

/** After a refusal, the rest of the request is still read, up to this many bytes and ms, so that the sender can read the answer. */
const drainBytes = 64 * 1024 * 1024;
const drainMs = 15_000;

/** Answers in the vendor's format. The rest of the request's body is read and discarded, within limits. */
export function answer(request: IncomingMessage, response: ServerResponse, name: AnswerName): void {
  if (response.headersSent || response.destroyed) return;
  const { status, headers, body } = writtenAnswers[name];
  if (request.readableEnded || (request.complete && request.readableLength === 0)) {
    response.writeHead(status, headers).end(body);
    return;
  }
  response.writeHead(status, { ...headers, Connection: "close" }).write(body);
  // Close the connection only after the response has ended: a reset while the sender is still sending could lose the answer.
  for (const event of ["end", "close"])
    request.once(
      event,
      guarded(() => response.end()),
    );
  drain(request);
}

function drain(request: IncomingMessage): void {
  let left = drainBytes;
  const timer = setTimeout(
    guarded(() => request.destroy()),
    drainMs,
  ).unref();
  request.on(
    "close",
    guarded(() => clearTimeout(timer)),
  );
  request.on(
    "data",
    guarded((chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) request.destroy();
    }),
  );
  request.resume();
}
