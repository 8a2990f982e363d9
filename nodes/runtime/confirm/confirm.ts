// sccc-confirm: acknowledges or refuses the delivery that a message's token stands for.
import type { NodeMessage } from "node-red";
import type { Outcome } from "../../delivery/tokens";
import { excerptOf } from "../../protocol/failure";
import { isObject } from "../../util/json";
import { typedInput } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import { doneStatus } from "../shared/status";
import { errorOf, ScccError } from "../shared/texts";
import { type ReadValue, reader } from "../shared/values";
import type { Runtime } from "../state";

const type = "sccc-confirm";

/** `auto`: refused if the message has an error, otherwise acknowledged. */
function outcomeOf(outcome: unknown, msg: NodeMessage): Outcome {
  if (outcome === "taken" || outcome === "refused") return outcome;
  return msg.error === undefined || msg.error === null ? "taken" : "refused";
}

/** A token or an array of tokens; undefined for anything else. */
function tokensOf(value: unknown): readonly string[] | undefined {
  const tokens: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = tokens.filter((token) => typeof token === "string" && token !== "");
  return texts.length === tokens.length && texts.length > 0 ? texts.map(String) : undefined;
}

/** Whether the sidebar handed this push to the flow again. Such a message has no token, and nothing waits for it. */
const isReplayed = ({ sccc }: NodeMessage): boolean =>
  isObject(sccc) && isObject(sccc.push) && sccc.push.replayed === true;

/** The failure for an invalid expression or path of the token. The error may quote a part of the message. */
const unreadable = (got: string): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: "token",
  rule: { key: "unreadable", params: {} },
  got: excerptOf(got),
});

/** Starts a node. */
function start(read: ReadValue, { runtime: { RED, state }, node, config }: NodeSource): Behaviour {
  let isClosed = false;
  const readToken = (msg: NodeMessage): Promise<unknown> =>
    read(msg).catch((error: unknown) => {
      const got = error instanceof Error ? error.message : String(error);
      throw errorOf(RED._, type, unreadable(got));
    });
  return {
    handle: async (msg, send) => {
      const tokens = tokensOf(await readToken(msg));
      if (tokens === undefined && isReplayed(msg)) {
        send(msg);
        return undefined;
      }
      if (tokens === undefined) throw new ScccError(RED._("errors.noToken"), "SCCC_NOT_PENDING", {});
      const outcome = outcomeOf(config.outcome, msg);
      // The same token several times in one list counts once.
      const distinct = [...new Set(tokens)];
      const pending = await Promise.all(distinct.map((token) => state.tokens.acknowledge(token, outcome)));
      const unknown = distinct.filter((_, index) => pending[index] !== true);
      if (unknown.length > 0) {
        const counts = { unknown: String(unknown.length), total: String(distinct.length) };
        throw new ScccError(RED._("errors.notPending", counts), "SCCC_NOT_PENDING", { tokens: unknown });
      }
      node.status(doneStatus);
      // A confirmed message is not delivered again, so a deploy in progress must not lose it.
      await state.sendOn(node.id, () => isClosed, msg, send);
      return undefined;
    },
    close: () => {
      isClosed = true;
    },
  };
}

export const registerConfirm = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    read: ({ node, config }) => ({
      ok: true,
      value: reader(runtime.RED, node, typedInput(config, "token", { value: "sccc.token", type: "msg" })),
    }),
    start,
  });
