// Faults on request: the kinds of faults, how they are requested, and to what they apply.
import { type ErrorCode, errorOfName, errorOfValue } from "../nodes/catalogue";
import { type Dialect, isCommand } from "./dialects";
import { errors } from "./errors";
import { type Json, textOrDigits } from "./narrow";
import { pushOf } from "./notifies";
import { randomOf } from "./random";
import type { Reader } from "./reader";

/** How an error's value is written on the wire: 4043309075, "4043309075", "0xF1000013" or -251658221. */
export type ErrorForm = "number" | "decimal" | "hex" | "signed";

/** A fault in the answer's content. */
export type AnswerFault =
  | {
      readonly kind: "error";
      readonly error: ErrorCode;
      readonly where: "command" | "request";
      readonly form: ErrorForm;
      /** The affected commands of a batch, by index; all if absent. */
      readonly only: readonly number[] | undefined;
    }
  /** The answers of a batch in reverse order. */
  | { readonly kind: "shuffle" }
  /** Every command's `result` is replaced by this value, or omitted if it is undefined. */
  | { readonly kind: "inner"; readonly value: unknown };

/** A fault in transmission: the answer is late, incomplete, or replaced by something else. */
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

/** A fault of a push. Seconds are simulated. */
export type PushFault =
  | { readonly kind: "wrongDigest" }
  | { readonly kind: "dropPush" }
  /** It is sent this much later; pushes behind it overtake it. */
  | { readonly kind: "delayPush"; readonly seconds: number; readonly upTo: number; readonly drawn: number }
  /** It swaps places with the next push of the same call; after this time it is sent in any case. */
  | { readonly kind: "reorderPush"; readonly seconds: number }
  /** Some of its fields are "". */
  | { readonly kind: "stripPush"; readonly fields: readonly string[] }
  /** It is sent twice: the second time later, newly signed, or with fields that the first one lacked. */
  | {
      readonly kind: "duplicate";
      readonly seconds: number;
      readonly anew: boolean;
      readonly without: readonly string[];
    };

/** Fields other than the event by which pushes can be selected. */
const selectors = ["number", "agent", "seq", "taskID"] as const;

/** The name for recordings in requests for faults. */
export const recordingApi = "recording";

const answerKinds = ["error", "tooFrequent", "shuffle", "inner"] as const;
const wireKinds = ["slow", "drop", "hang", "truncated", "endless", "large"] as const;
const bodyKinds = ["status", "html", "empty", "body", "redirect"] as const;
const pushKinds = ["duplicate", "wrongDigest", "dropPush", "delayPush", "reorderPush", "stripPush"] as const;
const kinds = ["none", ...answerKinds, ...wireKinds, ...bodyKinds, ...pushKinds] as const;

type Kind = (typeof kinds)[number];

const isOneOf = <K extends Kind>(list: readonly K[], kind: Kind): kind is K => list.some((one) => one === kind);

const htmlPage = "<!DOCTYPE html><html><body><h1>Welcome</h1><p>This is not the API.</p></body></html>\n";

/** An error by its name, or by its value as a number, "4043309075" or "0xF1000013"; the value need not be in the catalogue. */
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
    // The command is always carried out, and its answer is late.
    case "slow":
      return { kind, after: true, ms: reader.integer("ms", { min: 0, max: 3_600_000 }) };
    case "large":
      return { kind, after: reader.flag("after"), bytes: reader.integer("bytes", { min: 1, max: 2 ** 40 }) };
    default:
      return { kind, after: reader.flag("after") };
  }
};

/** Maximum delay of a push, in simulated seconds. */
const latest = 86_400;
/** Default time that a push waits for the next one to swap places with. */
const usualWait = 60;

const pushFaultOf = (kind: (typeof pushKinds)[number], reader: Reader): PushFault => {
  const seconds = (fallback?: number) => reader.integer("seconds", { min: 0, max: latest, fallback });
  switch (kind) {
    case "delayPush": {
      const least = seconds();
      return {
        kind,
        seconds: least,
        upTo: reader.integer("upTo", { min: least, max: latest, fallback: least }),
        drawn: 0,
      };
    }
    case "reorderPush":
      return { kind, seconds: seconds(usualWait) };
    case "stripPush":
      return { kind, fields: reader.texts("fields") ?? reader.wrong("fields", "is missing") ?? [] };
    case "duplicate":
      return { kind, seconds: seconds(0), anew: reader.flag("anew"), without: reader.texts("without") ?? [] };
    default:
      return { kind };
  }
};

/** A request or a push that a fault may apply to. */
interface FaultTarget<Fault> {
  /** An ApiName or an event. */
  readonly name: string;
  /** The values that a push is about. */
  readonly about: Json;
  /** Whether a fault of this kind can apply. */
  readonly fits: (fault: Fault) => boolean;
  /** Names the random draw for the fault's probability. */
  readonly draw: readonly (string | number)[];
}

interface Waiting<Fault> {
  readonly fault: Fault;
  /** An ApiName or event in lower case; undefined for any. */
  readonly of: string | undefined;
  /** Further values that a push must have. A number that begins with * matches all numbers with that ending. */
  readonly about: Readonly<Record<string, string>>;
  /** The probability that it applies to a match. */
  readonly probability: number;
  /** The index of its random draws among those of all faults. */
  readonly ordinal: number;
  left: number;
}

/** The part of the faults that the sender of pushes uses. */
export interface PushFaults {
  /** Takes the fault for a push with this event and these values, whether or not the push contains them. The fault is used up. */
  takeForPush(event: string, about: Json): PushFault | undefined;
}

const isAbout = (wanted: Readonly<Record<string, string>>, about: Json): boolean =>
  selectors.every((name) => {
    const value = wanted[name];
    if (value === undefined) return true;
    const actual = textOrDigits(about[name]);
    return value.startsWith("*") ? actual?.endsWith(value.slice(1)) === true : actual === value;
  });

/** The requested faults. Each applies to the next matching request or push; a request has one fault at most. */
export class Faults implements PushFaults {
  readonly #requests: Waiting<AnswerFault | WireFault>[] = [];
  readonly #pushes: Waiting<PushFault>[] = [];
  #added = 0;
  #asked = 0;

  constructor(private readonly seed: number) {}

  /** Adds the fault of an instruction, unless the reader finds a problem. */
  add(reader: Reader, dialect: Dialect): void {
    const kind = reader.word("kind", kinds);
    if (kind === "none") {
      if (reader.problem === undefined) this.reset();
      return;
    }
    const probability = reader.has("probability") ? reader.share("probability") : undefined;
    const always = reader.any("times") === "always" || (!reader.has("times") && probability !== undefined);
    const left = always ? Number.POSITIVE_INFINITY : reader.integer("times", { min: 1, max: 1e9, fallback: 1 });
    const waits = { probability: probability ?? 1, ordinal: this.#added + 1, left };
    if (isOneOf(pushKinds, kind)) {
      const event = reader.optionalText("event")?.toLowerCase();
      if (event !== undefined && pushOf(event) === undefined) reader.wrong("event", "is not a push");
      const about = Object.fromEntries(
        selectors.flatMap((name) => {
          const value = reader.optionalText(name);
          return value === undefined ? [] : [[name, value] as const];
        }),
      );
      const fault = pushFaultOf(kind, reader);
      if (reader.problem === undefined) this.#pushes.push({ fault, of: event, about, ...waits });
    } else {
      const api = reader.optionalText("api")?.toLowerCase();
      if (api !== undefined && api !== recordingApi && !isCommand(dialect, api))
        reader.wrong("api", "is not a command");
      const fault = isOneOf(answerKinds, kind)
        ? answerFaultOf(kind, reader)
        : isOneOf(bodyKinds, kind)
          ? bodyFaultOf(kind, reader)
          : wireFaultOf(kind, reader);
      if (reader.problem === undefined) this.#requests.push({ fault, of: api, about: {}, ...waits });
    }
    if (reader.problem === undefined) this.#added += 1;
  }

  /** Takes the fault for a request. The fault is used up. Content faults do not apply to recordings. */
  takeForRequest(api: string): AnswerFault | WireFault | undefined {
    this.#asked += 1;
    const fits = (fault: AnswerFault | WireFault) => "after" in fault || api !== recordingApi;
    return this.#take(this.#requests, { name: api, about: {}, fits, draw: [api, this.#asked] })?.fault;
  }

  takeForPush(event: string, about: Json): PushFault | undefined {
    if (this.#pushes.length === 0) return undefined;
    // The random draw for a push depends on its call alone, not on other activity.
    const name = [event, ...["call", ...selectors].map((part) => textOrDigits(about[part]) ?? "")];
    const taken = this.#take(this.#pushes, { name: event, about, fits: () => true, draw: name });
    if (taken?.fault.kind !== "delayPush") return taken?.fault;
    const { fault, ordinal } = taken;
    const drawn = randomOf(this.seed, "late", ordinal, ...name).integer(fault.seconds, fault.upTo);
    return { ...fault, drawn };
  }

  reset(): void {
    this.#requests.length = 0;
    this.#pushes.length = 0;
    this.#added = 0;
    this.#asked = 0;
  }

  #take<Fault>(list: Waiting<Fault>[], { name, about, fits, draw }: FaultTarget<Fault>): Waiting<Fault> | undefined {
    const waiting = list.find(
      (one) =>
        (one.of === undefined || one.of === name.toLowerCase()) &&
        isAbout(one.about, about) &&
        fits(one.fault) &&
        (one.probability === 1 || randomOf(this.seed, "fault", one.ordinal, ...draw).next() < one.probability),
    );
    if (waiting === undefined) return undefined;
    waiting.left -= 1;
    if (waiting.left <= 0) list.splice(list.indexOf(waiting), 1);
    return waiting;
  }
}
