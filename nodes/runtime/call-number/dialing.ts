// What sccc-call-number does before it dials: stores the context of the call, and refuses repeats by buttons that fire
// twice.
import type { Node, NodeMessage } from "node-red";
import { dialingFact } from "../../calls/facts";
import { callNumberSettings } from "../../catalogue/index";
import type { PreparedCommand } from "../../protocol/envelope";
import type { PushContext } from "../../protocol/push";
import { newId } from "../../util/id";
import { contextOf, invalidContext, type Read } from "../shared/call-context";
import { narrow, Settings, typedInput } from "../shared/config";
import type { Failure } from "../shared/failure";
import { withOrigin } from "../shared/origin";
import { expander, reader } from "../shared/values";
import type { Runtime } from "../state";

/** Refuses a call of the same agent to the same number within a time. */
export class RepeatGuard {
  readonly #withinMs: number;
  readonly #now: () => number;
  /** When each call may be made again, the oldest first. */
  readonly #calls = new Map<string, number>();

  /** @param now a monotonic clock, in ms */
  constructor(withinMs: number, now: () => number = () => performance.now()) {
    this.#withinMs = withinMs;
    this.#now = now;
  }

  /**
   * Records calls that are about to be made. If one of them was made just now, records none and returns its index.
   * Calls of one message are not compared with each other.
   */
  take(calls: readonly (string | undefined)[]): number | undefined {
    if (this.#withinMs === 0) return undefined;
    const now = this.#now();
    for (const [old, until] of this.#calls) {
      if (until > now) break;
      this.#calls.delete(old);
    }
    const repeated = calls.findIndex((call) => call !== undefined && this.#calls.has(call));
    if (repeated >= 0) return repeated;
    for (const call of calls) if (call !== undefined) this.#calls.set(call, now + this.#withinMs);
    return undefined;
  }

  /** A call was certainly not made: it may be made at once. */
  release(call: string): void {
    this.#calls.delete(call);
  }
}

/** Whether a failure means that the command was certainly not carried out. */
function isSurelyUndone(failure: Failure): boolean {
  if (failure.kind === "network" || failure.kind === "closed") return failure.neverLeft === true;
  return failure.kind !== "timeout" && failure.kind !== "http" && failure.kind !== "protocol";
}

export interface Begun {
  /** A command failed. If it is one of a list, it may have been carried out. */
  failed(index: number, failure: Failure): void;
}

/** What a node does before it dials. */
export interface Dialing {
  /** Reads the context of a message's call. */
  context(msg: NodeMessage): Promise<Read<unknown>>;
  /**
   * Called before commands are sent, each with its context or none. If one of them was made just now, all are refused.
   */
  begin(commands: readonly PreparedCommand[], contexts: readonly unknown[]): Promise<Read<Begun>>;
}

/**
 * Makes a node's `Dialing`. An invalid setting is reported when the node is used.
 * @param place the settings that identify the account's numbers
 */
export function dialingOf(
  { RED, state }: Runtime,
  node: Node,
  config: Readonly<Record<string, unknown>>,
  place: PushContext,
): Dialing {
  const account = typeof config.account === "string" ? config.account : "";
  const input = typedInput(config, "context", { value: "", type: "json" });
  const inputs = new Map([["context", input]]);
  const readContext = reader(RED, node, input);
  const narrowed = narrow(() =>
    new Settings(callNumberSettings, config, undefined, expander(RED, node)).number("repeatGuard"),
  );
  const seconds = narrowed.ok ? narrowed.value : 0;
  const guard = new RepeatGuard(seconds * 1000);

  const contextIn = async (msg: NodeMessage) => {
    try {
      return contextOf(await readContext(msg));
    } catch (error) {
      return invalidContext("unreadable", error instanceof Error ? error.message : String(error));
    }
  };

  return {
    context: async (msg) => {
      const read = await contextIn(msg);
      return read.ok ? read : { ok: false, failure: withOrigin(read.failure, inputs, msg) };
    },
    begin: async (commands, contexts) => {
      if (!narrowed.ok) return { ok: false, failure: { kind: "config", code: "SCCC_CONFIG", ...narrowed.problem } };
      const facts = commands.map(({ fields }) => dialingFact(fields, { error: 0 }, place, Date.now()));
      const keys = facts.map((fact) => fact && JSON.stringify([fact.agent, fact.keys[0] ?? fact.number]));
      const repeated = guard.take(keys);
      if (repeated !== undefined) {
        const { agent = "", number = "" } = facts[repeated] ?? {};
        const at = commands.length === 1 ? {} : { index: repeated };
        return { ok: false, failure: { kind: "repeated", code: "SCCC_NOT_ALLOWED", agent, number, seconds, ...at } };
      }
      const ids = facts.map((fact, index) =>
        fact === undefined || contexts[index] === undefined ? undefined : newId(),
      );
      await Promise.all(
        facts.map(async (fact, index) => {
          const id = ids[index];
          if (fact === undefined || id === undefined) return;
          const { at, agent, keys: numbers, seq, userData, taskID } = fact;
          await state.callFollowers.expect(account, {
            id,
            at,
            agent,
            keys: numbers,
            seq,
            userData,
            taskID,
            context: contexts[index],
          });
        }),
      );
      return {
        ok: true,
        value: {
          failed: (index, failure) => {
            if (!isSurelyUndone(failure)) return;
            const [key, id] = [keys[index], ids[index]];
            if (key !== undefined) guard.release(key);
            if (id !== undefined) state.callFollowers.unexpect(account, id);
          },
        },
      };
    },
  };
}
