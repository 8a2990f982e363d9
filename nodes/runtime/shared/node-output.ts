// What a node sends and reports while it handles no message, for example in a timer. Nothing here throws: an uncaught
// error would end Node-RED.
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { guarded } from "../../util/guarded";
import { BoundedLog } from "../receive/bounded-log";
import { asError, makeCopyable, type Send } from "./input";
import { ScccError } from "./texts";

/** The output of one node. */
export class NodeOutput {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #warnings: BoundedLog;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
    this.#warnings = new BoundedLog((counts) => {
      for (const [what, count] of counts) node.warn(count === 1 ? what : `${what} (×${count})`);
    });
  }

  /**
   * Sends messages. Node-RED copies a message for every further wire; if that fails, the error is reported, also to
   * Catch. @returns whether it was sent
   */
  send(outputs: Parameters<Send>[0]): boolean {
    try {
      this.#node.send(outputs);
      return true;
    } catch {
      const error = new ScccError(this.#RED._("errors.notCopied", { property: "msg" }), "SCCC_INVALID_FIELD", {});
      const [first] = [outputs].flat().filter((msg) => msg !== null);
      this.error(error, first);
      return false;
    }
  }

  /** Reports an error. @param msg passed to Catch with the error; if absent, the error is only logged */
  error(thrown: unknown, msg?: NodeMessage): void {
    const error = asError(thrown);
    if (msg !== undefined) {
      for (const copyable of [false, true]) {
        try {
          const caught = { ...msg };
          if (copyable) makeCopyable(this.#RED, caught);
          this.#node.error(error, caught);
          return;
        } catch {
          // Node-RED could not copy the message for Catch.
        }
      }
    }
    guarded(() => this.#node.error(error))();
  }

  /** Warns. Repeats within a minute are counted and logged together. @param key below `errors` in the locales */
  warn(key: string, params: Readonly<Record<string, string>> = {}): void {
    this.warnText(this.#RED._(`errors.${key}`, { ...params }));
  }

  /** Warns with a finished text. */
  warnText(text: string): void {
    guarded(() => this.#warnings.add(text))();
  }

  /** Runs work that nothing waits for, and reports its errors. */
  run(work: () => unknown): void {
    guarded(work, (error) => this.error(error))();
  }

  close(): void {
    this.#warnings.close();
  }
}
