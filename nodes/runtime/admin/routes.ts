// The routes that the editor's forms ask. Whoever may deploy may ask them: they do no more than a flow could.
import type { NodeAPI } from "node-red";
import { agentsTold, draftOf, type Told, told, tryOut } from "./connection";
import { sendSample } from "./sample";
import { callIn } from "./simulator";

const served = new WeakSet<object>();

/** What nobody understands. */
const unreadable: Told = { outcome: "silent" };

/** Serves the routes, once for each Node-RED; none where it has no editor. */
export function serveEditor(RED: NodeAPI): void {
  const app: unknown = RED.httpAdmin;
  if (typeof app !== "function" || served.has(app)) return;
  served.add(app);
  const serve = (route: string, answer: (body: unknown, signal: AbortSignal) => Promise<Told>): void => {
    RED.httpAdmin.post(`/sccc/${route}`, RED.auth.needsPermission("flows.write"), (request, response) => {
      const gone = new AbortController();
      response.on("close", () => gone.abort());
      const body: unknown = request.body;
      answer(body, gone.signal).then(
        (outcome) => response.json(outcome),
        () => response.status(500).json(unreadable),
      );
    });
  };
  serve("connection", async (body, signal) => {
    const draft = draftOf(body);
    return draft === undefined ? unreadable : told(await tryOut(RED, draft, signal));
  });
  serve("agents", async (body, signal) => {
    const draft = draftOf(body);
    return draft === undefined ? unreadable : agentsTold(await tryOut(RED, draft, signal));
  });
  serve("sample", (body) => sendSample(RED, body));
  serve("simulator", callIn);
}
