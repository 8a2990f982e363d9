// Node-RED's own server: one dispatcher for all push paths, mounted once. It is never removed, because Express has no way to do that.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeAPI } from "node-red";
import { type AnswerName, answer } from "../../receive/answers";
import { BodyCollector, ByteBudget, maxBodyBytes, pushIn, readBody } from "../../receive/body";
import { type Arrival, checkHead, isEncoded } from "../../receive/head";
import type { SharedRequest } from "../../receive/messages";
import { readTarget, type Target } from "../../receive/target";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";

/** Whether Node-RED has a server for HTTP nodes. `httpNodeRoot: false` turns it off. */
export const hasServer = (RED: NodeAPI): boolean => {
  const { httpNodeRoot } = RED.settings as { httpNodeRoot?: unknown };
  return httpNodeRoot !== false && typeof RED.httpNode === "function";
};

type Next = (error?: unknown) => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown;

const isMiddleware = (value: unknown): value is Middleware => typeof value === "function";

/** The user's own middleware, which Node-RED applies to `http in` nodes: one function or several. */
function middlewareOf(RED: NodeAPI): readonly Middleware[] {
  const { httpNodeMiddleware } = RED.settings as { httpNodeMiddleware?: unknown };
  return (Array.isArray(httpNodeMiddleware) ? httpNodeMiddleware : [httpNodeMiddleware]).filter(isMiddleware);
}

/**
 * The requests that `http in` nodes answer, such as `GET /path`. The dispatcher passes them on, unless they are POSTs.
 */
export function httpInRoutes(RED: NodeAPI): ReadonlySet<string> {
  const routes = new Set<string>();
  RED.nodes.eachNode((node: unknown) => {
    if (!isObject(node) || node.type !== "http in" || node.d === true) return;
    const { url, method } = node;
    if (typeof url !== "string" || typeof method !== "string") return;
    routes.add(`${method.toUpperCase()} ${url.startsWith("/") ? url : `/${url}`}`);
  });
  return routes;
}

/** The most bytes of all requests that are being read or wait for their answer. */
const requestBudget = 32 * 1024 * 1024;
/** The memory of a request besides its body, in bytes. It limits the number of slow senders. */
const requestBytes = 16 * 1024;
/** How long a sender may take for a body that this code reads, in ms. */
const bodyTimeoutMs = 15_000;

export interface SharedDeps {
  /** Whether an account receives at a path. */
  readonly isEndpoint: (path: string) => boolean;
  /** Whether an `http in` node answers a request. */
  readonly isElsewhere: (method: string, path: string) => boolean;
  /** Whether an account at the path accepts the sender. A refusal is counted. */
  readonly admits: (arrival: Arrival) => boolean;
  /** The body of a request is not a push. */
  readonly unreadable?: (arrival: Arrival) => void;
  /** Takes a request; resolves with the answer. */
  readonly take: (request: Omit<SharedRequest, "number">) => Promise<AnswerName>;
  /** For tests. */
  readonly budget?: ByteBudget;
  readonly bodyTimeoutMs?: number;
}

/**
 * Mounts the dispatcher, once for each server. A request to any other path goes on to the next handler.
 * @param mounted the servers that have a dispatcher
 */
export function mountDispatcher(RED: NodeAPI, mounted: WeakSet<object>, deps: SharedDeps): void {
  if (mounted.has(RED.httpNode)) return;
  mounted.add(RED.httpNode);
  const budget = deps.budget ?? new ByteBudget(requestBudget);
  RED.httpNode.use((request, response, next) => {
    const { method } = request;
    const target = readTarget(request.url);
    if (target === undefined || !deps.isEndpoint(target.path)) return next();
    if (method !== "POST" && deps.isElsewhere(method, request.path)) return next();
    request.on(
      "error",
      guarded(() => undefined),
    );
    const take = guarded(async () => {
      // Whether Node-RED or the user's middleware has already read the body.
      const parsed: unknown = request.readableEnded || "_body" in request ? request.body : undefined;
      const name = await answerTo(request, target, parsed, { ...deps, budget }).catch((): AnswerName => "busy");
      if (name !== undefined) answer(request, response, name);
    });
    runAll(RED, middlewareOf(RED), request, response, (error) => (error ? next(error) : take()));
  });
}

/**
 * Runs middleware in order. As in Express, an error stops it: one given to `next`, thrown, or rejected with.
 * @param end called once, unless a middleware answers itself
 */
function runAll(
  RED: NodeAPI,
  all: readonly Middleware[],
  request: IncomingMessage,
  response: ServerResponse,
  end: Next,
): void {
  const [first, ...rest] = all;
  if (first === undefined) {
    end();
    return;
  }
  let called = false;
  const next: Next = (error) => {
    // A second call must not take the push twice.
    if (called) return;
    called = true;
    if (error) end(error);
    else runAll(RED, rest, request, response, end);
  };
  // Uncaught, an error would end Node-RED.
  const failed = (error: unknown): void => {
    if (called) RED.log.error(`httpNodeMiddleware: ${error instanceof Error ? error.stack : String(error)}`);
    else next(error || new Error("httpNodeMiddleware failed"));
  };
  guarded(first, failed)(request, response, next);
}

/** @param parsed the body, if it is already parsed @returns undefined if the sender has disconnected */
async function answerTo(
  request: IncomingMessage,
  target: Target,
  parsed: unknown,
  deps: SharedDeps & { readonly budget: ByteBudget },
): Promise<AnswerName | undefined> {
  const { budget } = deps;
  const head = checkHead(request, { ...deps, target, decoded: parsed !== undefined });
  if (!head.ok) return head.answer;
  const { arrival } = head;
  return within(budget, requestBytes, () =>
    parsed === undefined ? takeRaw(request, arrival, deps) : takeParsed(request, arrival, parsed, deps),
  );
}

/** Takes a body that was parsed elsewhere. */
async function takeParsed(
  request: IncomingMessage,
  arrival: Arrival,
  parsed: unknown,
  { take, unreadable, budget }: SharedDeps & { readonly budget: ByteBudget },
): Promise<AnswerName> {
  // JSON.stringify fails at some depths, and changes numbers that JSON cannot express.
  if (pushIn(parsed) === undefined) {
    unreadable?.(arrival);
    return "malformed";
  }
  const body = JSON.stringify(parsed);
  const bytes = Buffer.byteLength(body);
  // The Content-Length was checked with the head. The JSON that is written here may be longer than the original.
  const isMeasured = request.headers["content-length"] !== undefined && !isEncoded(request);
  if (isMeasured || bytes <= maxBodyBytes) return within(budget, bytes, () => take({ ...arrival, body }));
  unreadable?.(arrival);
  return "tooLarge";
}

/** Reads a body and takes it unchanged. */
async function takeRaw(
  request: IncomingMessage,
  arrival: Arrival,
  { take, unreadable, budget, bodyTimeoutMs: timeoutMs = bodyTimeoutMs }: SharedDeps & { readonly budget: ByteBudget },
): Promise<AnswerName | undefined> {
  const body = new BodyCollector(budget);
  try {
    const read = await readBody(request, body, timeoutMs);
    if (read === "tooLarge") unreadable?.(arrival);
    if (read !== "read") return read;
    const bytes = Uint8Array.from(body.bytes);
    body.release();
    return await within(budget, bytes.length, () => take({ ...arrival, body: bytes }));
  } finally {
    body.release();
  }
}

/** Runs work that needs memory while it lasts; "busy" if there is not enough left. */
async function within<T>(budget: ByteBudget, bytes: number, work: () => Promise<T>): Promise<T | "busy"> {
  if (!budget.take(bytes)) return "busy";
  try {
    return await work();
  } finally {
    budget.give(bytes);
  }
}
