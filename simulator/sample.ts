// A signed push of any event with plausible fields: the editor sends it so that a flow can be tried before the first call.
import { randomInt } from "node:crypto";
import { dialects } from "./dialects";
import { madeUpOf, notifyOf, pushOf } from "./notifies";
import { type SignedPush, signPush } from "./signing";

/** Options of a sample. */
export interface SampleOptions {
  /** The account that the event is about. */
  readonly customer: string;
  /** Who signs: the push user if the account has one, else the customer. */
  readonly signer: { readonly customer: string; readonly password: string };
}

const seqsBelow = 2 ** 31;
/** Distinguishes the sessions of samples made in the same second. */
const ordinalsBelow = 2 ** 28;

/** A sample of an event; undefined if there is no such event. */
export function sampleOf(event: string, { customer, signer }: SampleOptions): SignedPush | undefined {
  const push = pushOf(event);
  if (push === undefined) return undefined;
  const dialect = dialects.document;
  const values = madeUpOf({
    customer,
    agent: "1000",
    seq: String(randomInt(seqsBelow)),
    ordinal: randomInt(ordinalsBelow),
    now: Math.floor(Date.now() / 1000),
    dialect,
  });
  return signPush({ ...signer, notify: notifyOf(push, { userData: "sample", ...values }, dialect) });
}
