// sccc-notify: every push of an account becomes a message.
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { pushes } from "../../catalogue/index";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";
import { receptionOf } from "../account/account";
import type { Counts, Delivery } from "../receive/receiver";
import type { ConfigProblem } from "../shared/config";
import { describe, ScccError } from "../shared/texts";

type NodeConfig = Parameters<NodeAPI["nodes"]["createNode"]>[1];

const knownEvents: readonly string[] = pushes.map(({ event }) => event);

/** Which events a node takes, and on which output each leaves. */
export interface Selection {
  wants(event: string): boolean;
  /** The output of an event, from 0. */
  outputOf(event: string): number;
}

/** Reads `events` (empty: all) and `outputs` (one, or perType: the chosen events in the catalogue's order, then all others). */
export function selectionOf(config: unknown): Selection {
  const source = isObject(config) ? config : {};
  const given: readonly unknown[] = Array.isArray(source.events) ? source.events : [];
  const chosen = given.length === 0 ? knownEvents : knownEvents.filter((event) => given.includes(event));
  const all = given.length === 0;
  // Should an editor ever have saved the number of ports instead of the word.
  const perType = source.outputs === "perType" || Number(source.outputs) > 1;
  return {
    // With outputs of their own, what nobody knows yet has one too: nothing is dropped because it is new.
    wants: (event) => all || chosen.includes(event) || (perType && !knownEvents.includes(event)),
    outputOf: (event) => {
      if (!perType) return 0;
      const place = chosen.indexOf(event);
      return place >= 0 ? place : chosen.length;
    },
  };
}

/** How often a status may change, in ms. */
const statusEveryMs = 1000;

/** When the last push came, how many were taken, and how many were refused and why, in the words of the push's fields. */
export function statusText({ taken, refused, last }: Counts): string {
  const time = last === undefined ? "–" : new Date(last).toTimeString().slice(0, 8);
  const reasons = [...refused].map(([why, count]) => `${why} ${count}`).join(", ");
  return `${time} ✓ ${taken}${reasons === "" ? "" : ` ✗ ${reasons}`}`;
}

const messageOf = ({ topic, payload, push, token }: Delivery): NodeMessage => ({
  topic,
  payload,
  sccc: { push, token },
});

/** Registers the type. */
export function registerNotify(RED: NodeAPI): void {
  RED.nodes.registerType(
    "sccc-notify",
    function (this: Node, config: NodeConfig & { readonly account?: unknown }): void {
      RED.nodes.createNode(this, config);
      const selection = selectionOf(config);
      const reception = receptionOf(RED, config.account);
      let troubled: boolean | undefined;
      const problem = (found: ConfigProblem | undefined): void => {
        // Every deploy says that all is well; what the status counts must not go for that.
        if (found === undefined && troubled === false) return;
        troubled = found !== undefined;
        if (found === undefined) {
          this.status({ fill: "grey", shape: "ring", text: "status.listening" });
          return;
        }
        this.error(describe(RED._, "sccc-notify", { kind: "config", code: "SCCC_CONFIG", ...found }));
        this.status({ fill: "red", shape: "ring", text: "status.SCCC_CONFIG" });
      };
      if (!reception.ok) {
        problem(reception.problem);
        return;
      }

      let counts: Counts | undefined;
      let timer: NodeJS.Timeout | undefined;
      const show = (): void => {
        timer = undefined;
        // That nothing can be received must not go for what was counted before.
        if (counts === undefined || troubled) return;
        this.status({ fill: counts.last === undefined ? "yellow" : "green", shape: "dot", text: statusText(counts) });
      };
      problem(undefined);
      const detach = reception.reception.attach({
        id: this.id,
        wants: selection.wants,
        hand: (delivery) => {
          const outputs: (NodeMessage | null)[] = [];
          const output = selection.outputOf(delivery.topic);
          while (outputs.length < output) outputs.push(null);
          this.send([...outputs, messageOf(delivery)]);
        },
        dead: (delivery) => {
          const text = RED._("errors.neverConfirmed", {
            event: delivery.topic,
            deliveries: String(delivery.push.delivery),
          });
          this.error(new ScccError(text, "SCCC_TIMEOUT", { eventId: delivery.push.eventId }), messageOf(delivery));
        },
        counted: (now) => {
          counts = now;
          timer ??= setTimeout(guarded(show), statusEveryMs).unref();
        },
        problem,
      });
      this.on("close", () => {
        clearTimeout(timer);
        detach();
      });
    },
  );
}
