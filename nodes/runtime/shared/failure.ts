// Failures of a message as data: those of the client and those of nodes. Error texts and results are made from them.
import type { Failure as CommandFailure } from "../../protocol/failure";
import type { Cleaned } from "../../protocol/numbers-to-dial";

/** Numbers that were removed from a list before it was sent. */
type Cleanings = Pick<Cleaned, "duplicates" | "illegal">;

/** A failed message. `code` is for flows. */
export type Failure =
  | CommandFailure
  /** The account is missing or incomplete: the setting, and the reason as a key below `errors.config`. */
  | {
      readonly kind: "config";
      readonly code: "SCCC_CONFIG";
      readonly reason: string;
      readonly setting: string;
      /** The environment variable that is missing or wrong. */
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
  /** Only part of a list of numbers was sent. `taskID` is "" if the answer that would have contained it was lost. */
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
