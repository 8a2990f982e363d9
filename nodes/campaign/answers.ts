// What an answer, or a failure, of a command means for the numbers that it carried.
import type { Failure } from "../protocol/failure";
import { isTooFrequent } from "../protocol/resend";
import type { CommandAnswer } from "./types";

/**
 * Converts a failure for a campaign. `lost`: it is not known whether the command was carried out. A command that was
 * not certainly refused or certainly not sent may have dialled.
 */
export function answerOf(failure: Failure): CommandAnswer {
  switch (failure.kind) {
    case "platform":
      return isTooFrequent(failure) ? { kind: "notSent" } : { kind: "refused", code: failure.code };
    case "field":
    case "notAllowed":
    case "unsupported":
      return { kind: "refused", code: failure.code };
    case "busy":
      return { kind: "notSent" };
    case "network":
    case "closed":
      return { kind: failure.neverLeft ? "notSent" : "lost" };
    default:
      return { kind: "lost" };
  }
}
