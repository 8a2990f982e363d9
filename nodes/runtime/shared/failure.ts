// What can go wrong with a message of a node, as data: what the client says, and what only nodes know of. Messages and error texts read it.
import type { Failure as CommandFailure } from "../../protocol/failure";
import type { Cleaned } from "../../protocol/numbers-to-dial";

/** What was taken out of a list of numbers before it was sent. */
type Cleanings = Pick<Cleaned, "duplicates" | "illegal">;

/** A message that failed. `code` is what flows see. */
export type Failure =
  | CommandFailure
  /** The account is missing or incomplete: which setting, and why, as a key below `errors.config`. */
  | {
      readonly kind: "config";
      readonly code: "SCCC_CONFIG";
      readonly reason: string;
      readonly setting: string;
      /** The environment's variable that is to blame. */
      readonly variable?: string;
      /** What the system says of it. */
      readonly detail?: string;
      /** When it is tried again, in ms since 1970. */
      readonly retryAt?: number;
    }
  /** A file could not be written, or is there already; `reason` is a key below `errors.file`. */
  | {
      readonly kind: "file";
      readonly code: "SCCC_FILE";
      readonly reason: "exists" | "write";
      readonly path: string;
      readonly detail: string;
    }
  /**
   * A list of numbers that got in only in part: those that are in the task, those that were not sent, and those of which that is not known,
   * because an answer was lost. `taskID` is "" where that of a new task was lost with it.
   */
  | {
      readonly kind: "partial";
      readonly code: "SCCC_PARTIAL";
      readonly taskID: string;
      readonly in: readonly string[];
      readonly notSent: readonly string[];
      readonly unknown: readonly string[];
      readonly cleaned: Cleanings;
      readonly because: Failure;
    };
