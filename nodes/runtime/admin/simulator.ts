// Starts an inbound call on a deployed simulator: the button on the node.
import { isObject } from "../../util/json";
import type { RuntimeState } from "../state";
import type { AdminAnswer } from "./connection";

/** A number that answers, see the simulator's documentation. */
const number = "13800138888";

/** Durations in simulated seconds. They are short, because the user waits for the end of the call and its recording. */
const short = { ring: 3, talk: 10 };

/** Carries out the editor's request. If no agent is online, one is logged in first. */
export async function callIn({ simulators }: Pick<RuntimeState, "simulators">, body: unknown): Promise<AdminAnswer> {
  const { simulator } = isObject(body) ? body : {};
  const starting = typeof simulator === "string" ? simulators.get(simulator) : undefined;
  if (starting === undefined) return { outcome: "notRunning" };
  const running = await starting;
  if (running === undefined) return { outcome: "stopped" };
  const outcome = await running.instruct({ do: "inbound", number, login: true, ...short });
  return outcome.ok
    ? { outcome: "called", params: { number, agent: String(outcome["agent"]) } }
    : { outcome: "nobody" };
}
