// sccc-notify: every push of an account becomes a message.
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { pushes } from "../../catalogue/index";
import { excerptOf } from "../../protocol/failure";
import type { Counts, EventSelection } from "../../receive/messages";
import { guarded } from "../../util/guarded";
import { isObject, type JsonObject } from "../../util/json";
import { receiverOf } from "../account/account";
import type { AccountReceiver } from "../receive/account-receiver";
import type { Delivery } from "../receive/receiving";
import { type ConfigProblem, configFailure } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import { describe, ScccError, timeOf } from "../shared/texts";
import type { Runtime } from "../state";

const type = "sccc-notify";

const knownEvents: readonly string[] = pushes.map(({ event }) => event);

/** Which events a node takes, and the output of each. */
export interface Selection extends EventSelection {
  /** The output of an event, from 0. */
  outputOf(event: string): number;
}

/** Reads `events` (empty: all) and `layout` (one, or perType: the chosen events in the catalogue's order, then all others). */
export function selectionOf(config: unknown): Selection {
  const source = isObject(config) ? config : {};
  const given: readonly unknown[] = Array.isArray(source.events) ? source.events : [];
  const chosen = given.length === 0 ? knownEvents : knownEvents.filter((event) => given.includes(event));
  const all = given.length === 0;
  const perType = layoutOf(source) === "perType";
  return {
    events: all ? [] : chosen,
    // With one output per event, unknown events have an output too: a new event is not dropped.
    others: perType,
    outputOf: (event) => {
      if (!perType) return 0;
      const place = chosen.indexOf(event);
      return place >= 0 ? place : chosen.length;
    },
  };
}

/** The layout of the outputs. Older flows have it in `outputs`, as a word or as the number of ports. */
function layoutOf({ layout, outputs }: JsonObject): "one" | "perType" {
  if (layout === "one" || layout === "perType") return layout;
  return outputs === "perType" || Number(outputs) > 1 ? "perType" : "one";
}

/** How many characters of an event's name an error quotes: the platform chooses the name. */
const maxEvent = 60;

/** How often a status may change, in ms. */
const statusEveryMs = 1000;

/** The time of the last push, the number of taken ones, and the numbers of refused ones by reason (names of the push's fields). */
export function statusText({ taken, refused, last }: Counts): string {
  const time = last === undefined ? "–" : timeOf(last);
  const reasons = [...refused].map(([why, count]) => `${why} ${count}`).join(", ");
  return `${time} ✓ ${taken}${reasons === "" ? "" : ` ✗ ${reasons}`}`;
}

const messageOf = ({ topic, payload, push, token }: Delivery): NodeMessage => ({
  topic,
  payload,
  sccc: { push, token },
});

/** A problem for a status: a text in the runtime's language if it has a time, else a key, which the editor translates. */
function problemText(RED: NodeAPI, { reason, retryAt }: ConfigProblem): string {
  if (reason === "held") return "status.config.held";
  return retryAt === undefined ? "status.SCCC_CONFIG" : `${RED._(`status.config.${reason}`)} ↻ ${timeOf(retryAt)}`;
}

/** The nodes that an output is wired to. Wires change without a redeploy of the node. */
function destinationsOf(node: Node, output: number): readonly string[] {
  const { wires } = node as Node & { readonly wires?: unknown };
  const to: unknown = Array.isArray(wires) ? wires[output] : undefined;
  return Array.isArray(to) ? to.map(String) : [];
}

/** Wires a node to its account. */
function start(receiver: AccountReceiver, { runtime: { RED }, node, config }: NodeSource): Behaviour {
  const selection = selectionOf(config);
  /** The current problem as text; "": none; undefined: not known yet. */
  let trouble: string | undefined;
  const problem = (found: ConfigProblem | undefined): void => {
    // Every deploy reports that there is no problem. That must not replace the counts in the status.
    if (found === undefined && trouble === "") return;
    const before = trouble;
    trouble = found === undefined ? "" : `${found.setting} ${found.reason} ${found.detail ?? ""}`;
    if (found === undefined) {
      node.status({ fill: "grey", shape: "ring", text: "status.listening" });
      return;
    }
    // A further try only changes the time in the status. The log has the problem once.
    if (trouble !== before) node.error(describe(RED._, type, configFailure(found)));
    node.status({ fill: "red", shape: "ring", text: problemText(RED, found) });
  };

  let counts: Counts | undefined;
  let timer: NodeJS.Timeout | undefined;
  const show = (): void => {
    timer = undefined;
    // A problem must not be replaced by the counts of before.
    if (counts === undefined || trouble !== "") return;
    node.status({ fill: counts.last === undefined ? "yellow" : "green", shape: "dot", text: statusText(counts) });
  };
  problem(undefined);
  const detach = receiver.attach({
    id: node.id,
    events: selection.events,
    others: selection.others,
    destinations: (delivery) => destinationsOf(node, selection.outputOf(delivery.topic)),
    hand: (delivery) => {
      const outputs: (NodeMessage | null)[] = [];
      const output = selection.outputOf(delivery.topic);
      while (outputs.length < output) outputs.push(null);
      node.send([...outputs, messageOf(delivery)]);
    },
    dead: (delivery) => {
      const text = RED._("errors.neverConfirmed", {
        event: excerptOf(delivery.topic, maxEvent),
        deliveries: String(delivery.push.delivery),
      });
      node.error(new ScccError(text, "SCCC_TIMEOUT", { eventId: delivery.push.eventId }), messageOf(delivery));
    },
    counted: (now) => {
      counts = now;
      timer ??= setTimeout(guarded(show), statusEveryMs).unref();
    },
    problem,
  });
  return {
    close: () => {
      clearTimeout(timer);
      detach();
    },
  };
}

/** Registers the type. */
export const registerNotify = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    read: ({ config }) => {
      const receiving = receiverOf(runtime, config.account);
      return receiving.ok ? { ok: true, value: receiving.receiver } : receiving;
    },
    start,
  });
