// What an answer, or a failure, of a command means for the numbers that it carried.
import type { Failure } from "../protocol/failure";
import { isTooFrequent } from "../protocol/resend";
import type { CommandAnswer } from "./types";

/**
 * A failure as a campaign has to know it. `lost` is everything that leaves open whether the command was carried out: what is not surely refused
 * or surely not sent may have dialled.
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
