// The messages whose calls a node waits for. They are stored, so that their waiting continues after a crash.
import type { NodeMessage } from "node-red";
import type { CallRecord } from "../../calls/tracker";
import type { JsonObject } from "../../util/json";
import type { CommandReport } from "../command/send";

/**
 * The longest message that is stored while its call is waited for, in characters of JSON. A longer one is lost in a
 * restart.
 */
const mostKept = 256 * 1024;

/** A message as it is stored; undefined if JSON cannot hold it, or if it is too long. */
function keptMessage(msg: NodeMessage): JsonObject | undefined {
  try {
    const { req: _req, res: _res, ...rest } = msg as NodeMessage & JsonObject;
    const text = JSON.stringify(rest);
    return text.length > mostKept ? undefined : (JSON.parse(text) as JsonObject);
  } catch {
    return undefined;
  }
}

/** A message that waits for its call. */
interface WaitingMessage {
  /** The ID of the call. */
  readonly id: string;
  /** When the waiting ends, in ms since 1970. */
  readonly due: number;
  readonly msg: NodeMessage;
  readonly command: CommandReport | undefined;
}

/** The waiting messages of a node, by the IDs of their calls. */
export class StoredMessages {
  readonly #ids = new Set<string>();

  constructor(private readonly write: (record: CallRecord) => void) {}

  /** Stores a message; does nothing if it cannot be stored. */
  add({ id, due, msg, command }: WaitingMessage): void {
    const message = keptMessage(msg);
    if (message === undefined) return;
    this.#ids.add(id);
    this.write({ key: `w${id}`, value: { waiting: { id, due, msg: message, command } } });
  }

  /** A message was read from the store. */
  restored(id: string): void {
    this.#ids.add(id);
  }

  /** Removes a message, if it is stored. */
  remove(id: string): void {
    if (this.#ids.delete(id)) this.write({ key: `w${id}`, value: undefined });
  }

  removeAll(): void {
    for (const id of [...this.#ids]) this.remove(id);
  }
}
