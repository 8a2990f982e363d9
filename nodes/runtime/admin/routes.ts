// The admin routes for the editor's forms. They need the permission to deploy: a flow could do the same things.
import { guarded } from "../../util/guarded";
import { serveSidebar } from "../sidebar/routes";
import type { Runtime } from "../state";
import { type AdminAnswer, agentsAnswer, draftOf, testAnswer, tryOut } from "./connection";
import { tryNewestRecording } from "./newest-recording";
import { sendSample } from "./sample";
import { callIn } from "./simulator";

/** The answer of a route. The texts of `recording` are below `recording` of the locales. */
type Answered = AdminAnswer & { readonly recording?: AdminAnswer };

/** The answer to an invalid request. */
const unreadable: AdminAnswer = { outcome: "silent" };

/** Adds the routes, once for each Node-RED with an editor. */
export function serveEditor(runtime: Runtime): void {
  const { RED, state } = runtime;
  const app: unknown = RED.httpAdmin;
  if (typeof app !== "function" || state.served.has(app)) return;
  state.served.add(app);
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
    const tried = await tryOut(runtime, draft, signal);
    if (!tried.ok || !tried.probed.ok) return testAnswer(tried);
    const config = { ...tried.config, ...state.sequences };
    return { ...testAnswer(tried), recording: await tryNewestRecording(config, tried.probed.offMs ?? 0, signal) };
  });
  serve("agents", async (body, signal) => {
    const draft = draftOf(body);
    return draft === undefined ? unreadable : agentsAnswer(await tryOut(runtime, draft, signal));
  });
  serve("sample", (body) => sendSample(runtime, body));
  serve("simulator", (body) => callIn(state, body));
  serveSidebar(runtime);
}
