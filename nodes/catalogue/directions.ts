// Directions of calls: the vendor's words for them, and which number is the customer's.
import type { CallType, Direction } from "./types";

/** The call types by direction. */
export const callTypeOf: Readonly<Record<Direction, CallType>> = {
  inbound: { value: "0", direction: "inbound", text: { en: "inbound", zh: "来电" } },
  outbound: { value: "1", direction: "outbound", text: { en: "outbound", zh: "去电" } },
};

/** Which number of a call is the customer's. */
export const customerSide: Readonly<Record<Direction, "caller" | "callee">> = { inbound: "caller", outbound: "callee" };
