// sccc-confirm: tells that what a message stands for was taken, or was not.
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { typedInput } from "../config";
import { ScccError } from "../texts";
import { reader } from "../values";
import { type Confirmation, confirm } from "./tokens";

type NodeConfig = Parameters<NodeAPI["nodes"]["createNode"]>[1];

/** `auto`: refused if the message carries an error, else taken. */
function confirmationOf(outcome: unknown, msg: NodeMessage): Confirmation {
  if (outcome === "taken" || outcome === "refused") return outcome;
  return msg.error === undefined || msg.error === null ? "taken" : "refused";
}

/** A token or an array of them; undefined for anything else. */
function tokensOf(value: unknown): readonly string[] | undefined {
  const tokens: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = tokens.filter((token) => typeof token === "string" && token !== "");
  return texts.length === tokens.length && texts.length > 0 ? texts.map(String) : undefined;
}

/** Registers the type. */
export function registerConfirm(RED: NodeAPI): void {
  RED.nodes.registerType(
    "sccc-confirm",
    function (this: Node, config: NodeConfig & { readonly outcome?: unknown }): void {
      RED.nodes.createNode(this, config);
      const read = reader(RED, this, typedInput(config, "token", { value: "sccc.token", type: "msg" }));
      const handle = async (msg: NodeMessage): Promise<void> => {
        const tokens = tokensOf(await read(msg));
        if (tokens === undefined) throw new ScccError(RED._("errors.noToken"), "SCCC_NOT_PENDING", {});
        const confirmation = confirmationOf(config.outcome, msg);
        const unknown = tokens.filter((token) => !confirm(token, confirmation));
        if (unknown.length === 0) return;
        const counts = { unknown: String(unknown.length), total: String(tokens.length) };
        throw new ScccError(RED._("errors.notPending", counts), "SCCC_NOT_PENDING", { tokens: unknown });
      };
      this.on("input", (msg, send, done) => {
        const failed = (error: unknown) => done(error instanceof Error ? error : new Error(String(error)));
        handle(msg)
          .then(
            () => {
              this.status({ fill: "green", shape: "dot", text: "status.done" });
              send(msg);
              done();
            },
            (error: unknown) => {
              this.status({ fill: "red", shape: "ring", text: "status.SCCC_NOT_PENDING" });
              failed(error);
            },
          )
          .catch(failed);
      });
    },
  );
}
