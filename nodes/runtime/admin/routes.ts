// The routes that the editor's forms ask. Whoever may deploy may ask them: they do no more than a flow could.
import type { NodeAPI } from "node-red";
import { guarded } from "../../util/guarded";
import { type AdminAnswer, agentsTold, draftOf, told, tryOut } from "./connection";
import { tryNewestRecording } from "./newest-recording";
import { sendSample } from "./sample";
import { callIn } from "./simulator";

const served = new WeakSet<object>();

/** What a route answers; `recording` has its texts below `recording` of the locales. */
type Answered = AdminAnswer & { readonly recording?: AdminAnswer };

/** What nobody understands. */
const unreadable: AdminAnswer = { outcome: "silent" };

/** Serves the routes, once for each Node-RED; none where it has no editor. */
export function serveEditor(RED: NodeAPI): void {
  const app: unknown = RED.httpAdmin;
  if (typeof app !== "function" || served.has(app)) return;
  served.add(app);
  const serve = (route: string, answer: (body: unknown, signal: AbortSignal) => Promise<Answered>): void => {
    RED.httpAdmin.post(`/sccc/${route}`, RED.auth.needsPermission("flows.write"), (request, response) => {
      const gone = new AbortController();
      response.on(
        "close",
        guarded(() => gone.abort()),
      );
      const body: unknown = request.body;
      const respond = async () => response.json(await answer(body, gone.signal));
      guarded(respond, () => response.headersSent || response.status(500).json(unreadable))();
    });
  };
  serve("connection", async (body, signal) => {
    const draft = draftOf(body);
    if (draft === undefined) return unreadable;
    const tried = await tryOut(RED, draft, signal);
    if (!tried.ok || !tried.probed.ok) return told(tried);
    return { ...told(tried), recording: await tryNewestRecording(tried.config, tried.probed.offMs ?? 0, signal) };
  });
  serve("agents", async (body, signal) => {
    const draft = draftOf(body);
    return draft === undefined ? unreadable : agentsTold(await tryOut(RED, draft, signal));
  });
  serve("sample", (body) => sendSample(RED, body));
  serve("simulator", callIn);
}
