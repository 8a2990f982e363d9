// Reads what a message says about calls. Adds the context of calls that a campaign makes.
import { type Fact, type Heard, type Reading, readMessage } from "../../calls/facts";
import type { CampaignContext } from "../../campaign/types";
import type { PushContext } from "../../protocol/push";
import { isObject } from "../../util/json";
import type { RuntimeState } from "../state";
import { contextOf } from "./call-context";

/** An account, and the settings needed to read its pushes. */
export interface FactsOf {
  /** The ID of its node. */
  readonly account: string;
  readonly context: PushContext;
}

/** Reads a message of an account: a push, or the answer to a command that dialled. */
export function readFacts(
  { campaigns }: Pick<RuntimeState, "campaigns">,
  { account, context }: FactsOf,
  msg: Heard,
): Reading {
  const reading = readMessage(msg, context, Date.now());
  const { payload } = msg;
  if (reading.kind !== "facts" || !isObject(payload)) return reading;
  const stores = [...campaigns.values()].filter((store) => store.account.id === account);
  const ofCampaign = (fact: Fact): Fact => {
    for (const store of stores) {
      const entry = store.entryOf(fact.kind, payload);
      if (entry !== undefined) return { ...fact, context: bounded(entry) };
    }
    return fact;
  };
  return stores.length === 0 ? reading : { ...reading, facts: reading.facts.map(ofCampaign) };
}

/** The context of a campaign's call, without the row if the row is too large for a context. */
function bounded({ campaign, index, row }: CampaignContext): unknown {
  const whole = contextOf({ campaign, index, row });
  return whole.ok ? whole.value : { campaign, index };
}
