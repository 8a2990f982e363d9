// sccc-notify: every push of an account becomes a message.
import type { Node, NodeMessage } from "node-red";
import { pushes } from "../../catalogue/index";
import { excerptOf } from "../../protocol/failure";
import type { Counts, EventSelection } from "../../receive/messages";
import { guarded } from "../../util/guarded";
import { isObject, type JsonObject } from "../../util/json";
import { receiverOf } from "../account/account";
import type { AccountReceiver } from "../receive/account-receiver";
import type { Delivery } from "../receive/account-state";
import { refusalWords } from "../receive/refusals";
import { type ConfigProblem, configFailure } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import { failureStatus, statusWords } from "../shared/status";
import { ScccError, type Translate, timeOf } from "../shared/texts";
import type { Runtime } from "../state";

const type = "sccc-notify";

const knownEvents: readonly string[] = pushes.map(({ event }) => event);

/** Which events a node takes, and the output of each. */
export interface Selection extends EventSelection {
  /** The output of an event, from 0. */
  outputOf(event: string): number;
}

/**
 * Reads `events` (empty: all) and `layout`. With `perType`, the outputs are the chosen events in the catalogue's order,
 * then one for all others.
 */
export function selectionOf(config: unknown): Selection {
  const source = isObject(config) ? config : {};
  const given = Array.isArray(source.events) ? source.events.map((event) => String(event).toLowerCase()) : [];
  const all = given.length === 0;
  const chosen = all ? knownEvents : knownEvents.filter((event) => given.includes(event));
  const perType = layoutOf(source) === "perType";
  return {
    // Includes events that the catalogue does not have: their topic is the vendor's event name.
    events: given,
    // With one output per event, unknown events have an output too, so that a new event is not dropped.
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

/** The length to which an error shortens an event's name: the platform chooses the name. */
const maxEvent = 60;

/** The error of a push that was never confirmed. */
export const neverConfirmed = (translate: Translate, { topic, push }: Pick<Delivery, "topic" | "push">): ScccError =>
  new ScccError(
    translate("errors.neverConfirmed", {
      event: excerptOf(topic, maxEvent),
      deliveries: String(push.delivery),
    }),
    "SCCC_TIMEOUT",
    { eventId: push.eventId },
  );

/** How often a status may change, in ms. */
const statusEveryMs = 1000;

/**
 * The status text: how many pushes were taken, when the last one came, and how many were refused and why. Refusals whose
 * cause was removed do not count.
 */
export function statusText(translate: Translate, { taken, unremedied, last }: Omit<Counts, "refused">): string {
  const parts: string[] = [];
  if (last !== undefined) parts.push(statusWords(translate, "received", { taken, time: timeOf(last) }));
  const count = [...unremedied.values()].reduce((sum, times) => sum + times, 0);
  if (count > 0) parts.push(statusWords(translate, "refused", { count, reasons: refusalWords(translate, unremedied) }));
  return parts.join(" · ");
}

const messageOf = ({ topic, payload, push, token }: Delivery): NodeMessage => ({
  topic,
  payload,
  sccc: push.replayed === true ? { push } : { push, token },
});

/** The nodes that an output is wired to. Wires can change without a redeploy of the node. */
function destinationsOf(node: Node, output: number): readonly string[] {
  const { wires } = node as Node & { readonly wires?: unknown };
  const to: unknown = Array.isArray(wires) ? wires[output] : undefined;
  return Array.isArray(to) ? to.map(String) : [];
}

/** Starts a node with its account. */
function start(receiver: AccountReceiver, { runtime: { RED, state }, node, config }: NodeSource): Behaviour {
  const selection = selectionOf(config);
  /** Whether the account can receive; undefined while that is not known. */
  let isWorking: boolean | undefined;
  const problem = (found: ConfigProblem | undefined): void => {
    // Every deploy reports that there is no problem. That must not replace the counts in the status.
    if (found === undefined && isWorking) return;
    isWorking = found === undefined;
    // The account logs the reason.
    node.status(
      found === undefined
        ? { fill: "grey", shape: "ring", text: "status.listening" }
        : failureStatus(RED._, configFailure(found)),
    );
  };

  let counts: Counts | undefined;
  let timer: NodeJS.Timeout | undefined;
  const show = (): void => {
    timer = undefined;
    // While the node cannot receive, the counts must not replace that status.
    if (counts === undefined || !isWorking) return;
    const { last, unremedied } = counts;
    if (last === undefined && unremedied.size === 0) return;
    const fill = last === undefined ? "yellow" : "green";
    node.status({ fill, shape: "dot", text: statusText(RED._, counts) });
  };
  problem(undefined);
  const detach = receiver.attach({
    id: node.id,
    events: selection.events,
    others: selection.others,
    passesOn: true,
    destinations: (delivery) => destinationsOf(node, selection.outputOf(delivery.topic)),
    hand: (delivery) => {
      const outputs: (NodeMessage | null)[] = [];
      const output = selection.outputOf(delivery.topic);
      while (outputs.length < output) outputs.push(null);
      node.send([...outputs, messageOf(delivery)]);
    },
    // Nothing waits for a confirmation any more, but the flow after Catch may have an sccc-confirm, which needs a token.
    dead: (delivery) =>
      node.error(neverConfirmed(RED._, delivery), messageOf({ ...delivery, token: state.tokens.free(node.id) })),
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

export const registerNotify = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    read: ({ config }) => {
      const receiving = receiverOf(runtime, config.account);
      return receiving.ok ? { ok: true, value: receiving.receiver } : receiving;
    },
    start,
  });
