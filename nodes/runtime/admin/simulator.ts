// Has a customer of a deployed simulator call in: the button on the node.
import { isObject } from "../../util/json";
import type { RuntimeState } from "../state";
import type { AdminAnswer } from "./connection";

/** A number that answers, see the simulator's documentation. */
const number = "13800138888";

/** Short, in simulated seconds: who presses the button waits for the call's end and its recording. */
const short = { ring: 3, talk: 10 };

/** Carries out what the editor asked for; somebody logs in first if nobody is there. */
export async function callIn({ simulators }: Pick<RuntimeState, "simulators">, body: unknown): Promise<AdminAnswer> {
  const { simulator } = isObject(body) ? body : {};
  const running = typeof simulator === "string" ? await simulators.get(simulator) : undefined;
  if (running === undefined) return { outcome: "notRunning" };
  const outcome = await running.instruct({ do: "inbound", number, login: true, ...short });
  return outcome.ok
    ? { outcome: "called", params: { number, agent: String(outcome["agent"]) } }
    : { outcome: "nobody" };
}
