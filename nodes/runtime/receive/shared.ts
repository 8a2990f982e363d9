// Node-RED's own server: one dispatcher for all places on it, mounted once and never taken out of Express's router.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeAPI } from "node-red";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";
import type { Places } from "./places";

const mounted = new WeakSet<object>();

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

/** Whether an `http in` node has a route of its own for this method and path: its requests are not ours. */
function isElsewhere(RED: NodeAPI, method: string, path: string): boolean {
  const { _router: router } = RED.httpNode as { _router?: { stack?: unknown } };
  const layers: readonly unknown[] = Array.isArray(router?.stack) ? router.stack : [];
  return layers.some((layer) => {
    if (!isObject(layer) || !isObject(layer.route)) return false;
    return (
      layer.route.path === path && isObject(layer.route.methods) && layer.route.methods[method.toLowerCase()] === true
    );
  });
}

/** Mounts the dispatcher, once for each server. What is at none of the places goes on to whoever comes next. */
export function mount(RED: NodeAPI, places: Places): void {
  if (mounted.has(RED.httpNode)) return;
  mounted.add(RED.httpNode);
  RED.httpNode.use((request, response, next) => {
    const { path, method } = request;
    if (!places.isShared(path) || (method !== "POST" && isElsewhere(RED, method, path))) return next();
    const rest = [...middlewareOf(RED)];
    // Middleware may call this in a later turn, where Express does not catch what is thrown.
    const step: Next = guarded((error) => {
      if (error !== undefined) return next(error);
      const middleware = rest.shift();
      if (middleware !== undefined) return middleware(request, response, step);
      const body: unknown = request.readableEnded || "_body" in request ? request.body : undefined;
      return places.handle(0, path, { ...request.query }, body, request, response);
    }, next);
    step();
  });
}
