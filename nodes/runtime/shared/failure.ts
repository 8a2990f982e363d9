// Failures of a message as data: those of the client, and those of nodes. Error texts and outcomes are made from them.
import type { Failure as CommandFailure } from "../../protocol/failure";
import type { Cleaned } from "../../protocol/numbers-to-dial";

/** Numbers that were removed from a list before it was sent. */
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
      /** The environment's variable that is missing or wrong. */
      readonly variable?: string;
      /** The system's message. */
      readonly detail?: string;
      /** When it is tried again, in ms since 1970. */
      readonly retryAt?: number;
    }
  /** A file could not be written, or exists already; `reason` is a key below `errors.file`. */
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
