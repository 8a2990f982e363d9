// Faults on demand: what may go wrong, how it is asked for, and whose turn it is.
import { type ErrorCode, errorOfName, errorOfValue } from "../nodes/catalogue";
import { type Dialect, isCommand } from "./dialects";
import { errors } from "./errors";
import { type Json, textOrDigits } from "./narrow";
import { pushOf } from "./notifies";
import { randomOf } from "./random";
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

/** A fault of a push. Seconds are simulated. */
export type PushFault =
  | { readonly kind: "wrongDigest" }
  | { readonly kind: "dropPush" }
  /** It is sent so much later, and lets those behind it pass. */
  | { readonly kind: "delayPush"; readonly seconds: number; readonly upTo: number; readonly drawn: number }
  /** It changes places with the next push of the same call; after so long it is sent in any case. */
  | { readonly kind: "reorderPush"; readonly seconds: number }
  /** Some of its fields are "". */
  | { readonly kind: "stripPush"; readonly fields: readonly string[] }
  /** It is sent twice, the second time so much later, or with a signature of its own, or with fields that the first one lacked. */
  | {
      readonly kind: "duplicate";
      readonly seconds: number;
      readonly anew: boolean;
      readonly without: readonly string[];
    };

/** What pushes can be selected by beside their event. */
const selectors = ["number", "agent", "seq", "taskID"] as const;

/** The name that recordings go by where faults are asked for. */
export const recordingApi = "recording";

const answerKinds = ["error", "tooFrequent", "shuffle", "inner"] as const;
const wireKinds = ["slow", "drop", "hang", "truncated", "endless", "large"] as const;
const bodyKinds = ["status", "html", "empty", "body", "redirect"] as const;
const pushKinds = ["duplicate", "wrongDigest", "dropPush", "delayPush", "reorderPush", "stripPush"] as const;
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

/** The longest that a push can be late, in simulated seconds. */
const latest = 86_400;
/** How long a push waits for the next one to change places with, unless something else is said. */
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

/** What a fault may befall. */
interface Occasion<Fault> {
  /** An ApiName or an event. */
  readonly name: string;
  /** What a push is about. */
  readonly about: Json;
  /** Whether a fault of this kind can befall it. */
  readonly fits: (fault: Fault) => boolean;
  /** Names the draw of the fault's probability. */
  readonly draw: readonly (string | number)[];
}

interface Waiting<Fault> {
  readonly fault: Fault;
  /** A lower-case ApiName or event; undefined for any. */
  readonly of: string | undefined;
  /** What else a push must be about. A number that begins with * stands for all that end so. */
  readonly about: Readonly<Record<string, string>>;
  /** How likely it befalls what it fits. */
  readonly probability: number;
  /** The place of its draws among those of all faults. */
  readonly ordinal: number;
  left: number;
}

/** What the sender of pushes needs of the faults. */
export interface PushFaults {
  /** The fault whose turn it is for a push of this event and with these values, whether or not it says them, used up by asking. */
  takeForPush(event: string, about: Json): PushFault | undefined;
}

const isAbout = (wanted: Readonly<Record<string, string>>, about: Json): boolean =>
  selectors.every((name) => {
    const value = wanted[name];
    if (value === undefined) return true;
    const actual = textOrDigits(about[name]);
    return value.startsWith("*") ? actual?.endsWith(value.slice(1)) === true : actual === value;
  });

/** The faults that wait for their turn, each for the next request or push that it fits; one fault per request. */
export class Faults implements PushFaults {
  readonly #requests: Waiting<AnswerFault | WireFault>[] = [];
  readonly #pushes: Waiting<PushFault>[] = [];
  #added = 0;
  #asked = 0;

  constructor(private readonly seed: number) {}

  /** Adds the fault that an instruction asks for; nothing is added if the reader finds a problem. */
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

  /** The fault whose turn it is for a request, used up by asking. A recording has no answer whose content could be wrong. */
  takeForRequest(api: string): AnswerFault | WireFault | undefined {
    this.#asked += 1;
    const fits = (fault: AnswerFault | WireFault) => "after" in fault || api !== recordingApi;
    return this.#take(this.#requests, { name: api, about: {}, fits, draw: [api, this.#asked] })?.fault;
  }

  takeForPush(event: string, about: Json): PushFault | undefined {
    if (this.#pushes.length === 0) return undefined;
    // What one push draws depends on its call alone, not on what else goes on.
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

  #take<Fault>(list: Waiting<Fault>[], { name, about, fits, draw }: Occasion<Fault>): Waiting<Fault> | undefined {
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
