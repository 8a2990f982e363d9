// What a push leads to: the message without its token, as it is stored and as it goes to Node-RED's thread.
import { isObject } from "../util/json";

/** A push's message. `base`: number of earlier deliveries of the same event. */
export interface Kept {
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly push: Readonly<Record<string, unknown>>;
  readonly base?: number;
}

/** Reads what was stored; undefined if it is not a push's message. */
export function keptIn(value: unknown): Kept | undefined {
  if (!isObject(value) || typeof value.topic !== "string" || !isObject(value.payload) || !isObject(value.push)) {
    return undefined;
  }
  const { topic, payload, push, base } = value;
  return { topic, payload, push, ...(typeof base === "number" ? { base } : {}) };
}
