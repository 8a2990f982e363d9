// Faults on demand: what may go wrong, how it is asked for, and whose turn it is.
import { commandOf, type ErrorCode, errorOfName, errorOfValue } from "../nodes/catalogue";
import { errors } from "./errors";
import { pushOf } from "./notifies";
import type { Reader } from "./reader";

/** How an error's value is written on the wire: 4043309075, "4043309075", "0xF1000013" or -251658221. */
export type ErrorForm = "number" | "decimal" | "hex" | "signed";

/** A fault of the answer's content: the platform itself says something else. */
export type AnswerFault =
  | {
      readonly kind: "error";
      readonly error: ErrorCode;
      readonly where: "command" | "request";
      readonly form: ErrorForm;
      /** The commands of a batch that it befalls, by index; all if absent. */
      readonly only: readonly number[] | undefined;
    }
  /** A batch's answers in the opposite order. */
  | { readonly kind: "shuffle" }
  /** Every command's `result` is this value instead; it is left out if this is undefined. */
  | { readonly kind: "inner"; readonly value: unknown };

/** A fault of the delivery: the answer comes late, not whole, or something else comes in its place. */
export type WireFault = { /** Whether what was asked for is carried out all the same. */ readonly after: boolean } & (
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "drop" }
  | { readonly kind: "hang" }
  | { readonly kind: "truncated" }
  | { readonly kind: "endless" }
  | { readonly kind: "large"; readonly bytes: number }
  | {
      readonly kind: "body";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
);

export type PushFault = "duplicate" | "wrongDigest" | "dropPush";

/** The name that recordings go by where faults are asked for. */
export const recordingApi = "recording";

const answerKinds = ["error", "tooFrequent", "shuffle", "inner"] as const;
const wireKinds = ["slow", "drop", "hang", "truncated", "endless", "large"] as const;
const bodyKinds = ["status", "html", "empty", "body", "redirect"] as const;
const pushKinds = ["duplicate", "wrongDigest", "dropPush"] as const;
const kinds = ["none", ...answerKinds, ...wireKinds, ...bodyKinds, ...pushKinds] as const;

type Kind = (typeof kinds)[number];

const isOneOf = <K extends Kind>(list: readonly K[], kind: Kind): kind is K => list.some((one) => one === kind);

const htmlPage = "<!DOCTYPE html><html><body><h1>Welcome</h1><p>This is not the API.</p></body></html>\n";

/** An error by its name, or by its value as a number, "4043309075" or "0xF1000013"; values that are not in the catalogue do too. */
const errorOf = (reader: Reader): ErrorCode => {
  const text = reader.any("error");
  const known = typeof text === "string" ? errorOfName(text) : undefined;
  if (known !== undefined) return known;
  const value = typeof text === "number" || (typeof text === "string" && text !== "") ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    reader.wrong("error", "must be the name or the value of an error code");
    return errors.internal;
  }
  const unsigned = value < -1 ? value >>> 0 : value;
  const unknown = { name: `E_${unsigned}`, value: unsigned, text: { en: `error ${unsigned}`, zh: `错误 ${unsigned}` } };
  return errorOfValue(unsigned) ?? unknown;
};

const answerFaultOf = (kind: (typeof answerKinds)[number], reader: Reader): AnswerFault => {
  if (kind === "shuffle") return { kind };
  if (kind === "inner") return { kind, value: reader.any("value") };
  return {
    kind: "error",
    error: kind === "tooFrequent" ? errors.tooFrequent : errorOf(reader),
    where: reader.word("where", ["command", "request"], true),
    form: reader.word("form", ["number", "decimal", "hex", "signed"], true),
    only: reader.integers("only"),
  };
};

const bodyFaultOf = (kind: (typeof bodyKinds)[number], reader: Reader): WireFault => {
  const after = reader.flag("after");
  const usual = { status: undefined, html: 200, empty: 200, body: 200, redirect: 302 }[kind];
  const status = reader.integer("status", { min: 200, max: 599, fallback: usual });
  const as = (contentType: string, body: string): WireFault => ({
    kind: "body",
    after,
    status,
    headers: { "Content-Type": contentType },
    body,
  });
  switch (kind) {
    case "html":
      return as("text/html; charset=utf-8", htmlPage);
    case "empty":
      return as("application/json", "");
    case "status":
      return as(reader.text("contentType", "text/html; charset=utf-8"), reader.text("body", htmlPage));
    case "body":
      return as(reader.text("contentType", "application/json"), reader.text("body", ""));
    case "redirect":
      return { kind: "body", after, status, headers: { Location: reader.text("location") }, body: "" };
  }
};

const wireFaultOf = (kind: (typeof wireKinds)[number], reader: Reader): WireFault => {
  switch (kind) {
    // Carried out in any case, and then the answer takes its time.
    case "slow":
      return { kind, after: true, ms: reader.integer("ms", { min: 0, max: 3_600_000 }) };
    case "large":
      return { kind, after: reader.flag("after"), bytes: reader.integer("bytes", { min: 1, max: 2 ** 40 }) };
    default:
      return { kind, after: reader.flag("after") };
  }
};

interface Waiting<Fault> {
  readonly fault: Fault;
  /** A lower-case ApiName or event; undefined for any. */
  readonly of: string | undefined;
  left: number;
}

/** What the sender of pushes needs of the faults. */
export interface PushFaults {
  /** The fault whose turn it is for a push of this event, used up by asking. */
  takeForPush(event: string): PushFault | undefined;
}

const take = <Fault>(list: Waiting<Fault>[], name: string, fits: (fault: Fault) => boolean): Fault | undefined => {
  const waiting = list.find(({ fault, of }) => (of === undefined || of === name.toLowerCase()) && fits(fault));
  if (waiting === undefined) return undefined;
  waiting.left -= 1;
  if (waiting.left <= 0) list.splice(list.indexOf(waiting), 1);
  return waiting.fault;
};

/** The faults that wait for their turn, each for the next request or push that it fits; one fault per request. */
export class Faults implements PushFaults {
  readonly #requests: Waiting<AnswerFault | WireFault>[] = [];
  readonly #pushes: Waiting<PushFault>[] = [];

  /** Adds the fault that an instruction asks for; nothing is added if the reader finds a problem. */
  add(reader: Reader): void {
    const kind = reader.word("kind", kinds);
    if (kind === "none") {
      if (reader.problem === undefined) this.reset();
      return;
    }
    const always = reader.any("times") === "always";
    const left = always ? Number.POSITIVE_INFINITY : reader.integer("times", { min: 1, max: 1e9, fallback: 1 });
    if (isOneOf(pushKinds, kind)) {
      const event = reader.optionalText("event")?.toLowerCase();
      if (event !== undefined && pushOf(event) === undefined) reader.wrong("event", "is not a push");
      if (reader.problem === undefined) this.#pushes.push({ fault: kind, of: event, left });
      return;
    }
    const api = reader.optionalText("api")?.toLowerCase();
    if (api !== undefined && api !== recordingApi && commandOf(api) === undefined)
      reader.wrong("api", "is not a command");
    const fault = isOneOf(answerKinds, kind)
      ? answerFaultOf(kind, reader)
      : isOneOf(bodyKinds, kind)
        ? bodyFaultOf(kind, reader)
        : wireFaultOf(kind, reader);
    if (reader.problem === undefined) this.#requests.push({ fault, of: api, left });
  }

  /** The fault whose turn it is for a request, used up by asking. A recording has no answer whose content could be wrong. */
  takeForRequest(api: string): AnswerFault | WireFault | undefined {
    return take(this.#requests, api, (fault) => "after" in fault || api !== recordingApi);
  }

  takeForPush(event: string): PushFault | undefined {
    return take(this.#pushes, event, () => true);
  }

  reset(): void {
    this.#requests.length = 0;
    this.#pushes.length = 0;
  }
}
