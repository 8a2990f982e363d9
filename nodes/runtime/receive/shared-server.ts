// Node-RED's own server: one dispatcher for all paths on it, mounted once and never taken out of Express's router.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeAPI } from "node-red";
import { type AnswerName, answer } from "../../receive/answers";
import { BodyCollector, ByteBudget, isJsonType, maxBodyBytes, pushIn, readBody } from "../../receive/body";
import type { SharedRequest } from "../../receive/messages";
import { decodedPath } from "../../receive/target";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";

/** Whether Node-RED has a server for nodes: `httpNodeRoot: false` means that it has none. */
export const hasServer = (RED: NodeAPI): boolean => {
  const { httpNodeRoot } = RED.settings as { httpNodeRoot?: unknown };
  return httpNodeRoot !== false && typeof RED.httpNode === "function";
};

type Next = (error?: unknown) => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

const isMiddleware = (value: unknown): value is Middleware => typeof value === "function";

/** The user's own middleware, which Node-RED gives to `http in` nodes: one or several. */
function middlewareOf(RED: NodeAPI): readonly Middleware[] {
  const { httpNodeMiddleware } = RED.settings as { httpNodeMiddleware?: unknown };
  return (Array.isArray(httpNodeMiddleware) ? httpNodeMiddleware : [httpNodeMiddleware]).filter(isMiddleware);
}

/** The requests that `http in` nodes of the flows answer: `GET /path`. Those are not ours, unless they are POSTs. */
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

/** Bytes that bodies may take while they are read on Node-RED's thread. */
const bodyBudget = 16 * 1024 * 1024;
/** How long a sender may take for a body that we read ourselves, in ms. */
const bodyTimeoutMs = 15_000;

/** What the dispatcher asks. */
export interface SharedDeps {
  /** Whether somebody receives at a path. */
  readonly isEndpoint: (path: string) => boolean;
  /** Whether a request is an `http in` node's. */
  readonly isElsewhere: (method: string, path: string) => boolean;
  /** Whether pushes of a sender are looked at; those that are not are counted. */
  readonly admits: (path: string, peer: string, forwarded: string) => boolean;
  /** A request has a body that is no push. */
  readonly unreadable: (path: string, peer: string, forwarded: string) => void;
  /** Takes a request; resolves with the answer. */
  readonly take: (request: Omit<SharedRequest, "number">) => Promise<AnswerName>;
}

/**
 * Mounts the dispatcher, once for each server. What is at none of the paths goes on to whoever comes next.
 * @param mounted the servers that have one
 */
export function mountDispatcher(RED: NodeAPI, mounted: WeakSet<object>, deps: SharedDeps): void {
  if (mounted.has(RED.httpNode)) return;
  mounted.add(RED.httpNode);
  const budget = new ByteBudget(bodyBudget);
  RED.httpNode.use((request, response, next) => {
    const { method } = request;
    const path = decodedPath(request.path) ?? "";
    if (!deps.isEndpoint(path) || (method !== "POST" && deps.isElsewhere(method, request.path))) return next();
    const rest = [...middlewareOf(RED)];
    const step: Next = (error) => {
      if (error !== undefined) return next(error);
      const middleware = rest.shift();
      if (middleware !== undefined) return middleware(request, response, step);
      const parsed: unknown = request.readableEnded || "_body" in request ? request.body : undefined;
      request.on(
        "error",
        guarded(() => undefined),
      );
      answerTo(request, path, parsed, deps, budget).then(
        (name) => name !== undefined && answer(request, response, name),
        () => answer(request, response, "busy"),
      );
    };
    step();
  });
}

/** @param parsed what Node-RED has parsed already, undefined if nothing. @returns undefined if the sender has gone */
async function answerTo(
  request: IncomingMessage,
  path: string,
  parsed: unknown,
  deps: SharedDeps,
  budget: ByteBudget,
): Promise<AnswerName | undefined> {
  const { headers, method, url = "" } = request;
  if (method !== "POST") return "notPost";
  const peer = request.socket.remoteAddress ?? "";
  const forwarded = String(headers["x-forwarded-for"] ?? "");
  const unreadable = (name: AnswerName): AnswerName => {
    deps.unreadable(path, peer, forwarded);
    return name;
  };
  if (!isJsonType(headers["content-type"])) return unreadable("notJson");
  if (parsed === undefined && !/^(?:identity)?$/i.test(headers["content-encoding"] ?? "")) return unreadable("notJson");
  if (Number(headers["content-length"] ?? 0) > maxBodyBytes) return unreadable("tooLarge");
  if (!deps.admits(path, peer, forwarded)) return "notAuthentic";
  const mark = url.indexOf("?");
  const common = { path, query: mark < 0 ? "" : url.slice(mark + 1), peer, forwarded };
  if (parsed !== undefined) {
    // JSON has no Infinity, and cannot be written at any depth.
    if (pushIn(parsed) === undefined) return unreadable("malformed");
    const body = JSON.stringify(parsed);
    // What Node-RED has parsed has a length that was looked at, unless its sender gave none.
    if (headers["content-length"] === undefined && Buffer.byteLength(body) > maxBodyBytes)
      return unreadable("tooLarge");
    return deps.take({ ...common, body });
  }
  const body = new BodyCollector(budget);
  try {
    const read = await readBody(request, body, bodyTimeoutMs);
    // A copy of its own: the collector's memory is given back.
    return read === "read" ? await deps.take({ ...common, body: Uint8Array.from(body.bytes) }) : read;
  } finally {
    body.release();
  }
}
