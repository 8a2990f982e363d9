// dialOnly: an account's list of numbers that may be dialled, held against every field of a request that might ring somebody.
import { type Command, commands, seqOf } from "../catalogue";
import { render } from "./check";
import type { Failure } from "./failure";
import { entriesOf } from "./numbers-to-dial";

/** The patterns of an account's dialOnly: between commas or spaces; `*` stands for any characters, `?` for one. */
export function dialPatterns(text: string): readonly RegExp[] {
  return text
    .split(/[\s,，;；、]+/)
    .filter((pattern) => pattern !== "")
    .map(
      (pattern) =>
        new RegExp(
          `^${pattern
            .replace(/[.+^${}()|[\]\\]/g, "\\$&")
            .replace(/\*+/g, ".*")
            .replace(/\?/g, ".")}$`,
        ),
    );
}

/** What is known of a field. `dials`: every value in it must be allowed. `safe`: nothing in it is dialled. `unknown`: what looks like a number must be. */
type Knowledge = "dials" | "safe" | "unknown";

const fieldsOfAll = [...commands.flatMap(({ fields }) => fields), seqOf("number")];
const names = (dials: boolean): ReadonlySet<string> =>
  new Set(fieldsOfAll.filter((field) => (field.dials === true) === dials).map(({ name }) => name.toLowerCase()));

/** Names of fields that dial in a command of the catalogue. `callee` is only a filter in another one: here the danger counts. */
const dialling = names(true);

/** Names that never dial: those of the catalogue's other fields, and those seen in commands that it does not have. */
const harmless: ReadonlySet<string> = new Set(
  [
    ...names(false),
    ...[
      "agentGroup",
      "agents",
      "CIDGroup",
      "callerID",
      "callerNumber",
      "displayNumber",
      "voiceFileID",
      "cyclePlayTimes",
    ],
    ...["maxConcurrence", "concurrenceMode", "customer", "customerName", "userName", "timestamp", "lang"],
  ].map((name) => name.toLowerCase()),
);

/** Names that say that a number is called, whatever command they stand in. */
const suspicious =
  /call(?:ee|ed|to)|dial|phone|mobile|cell|^tel|tel(?:s|no|num)?$|^num(?:ber)?s?$|msisdn|dest|target|^to$|contact|被叫|号码|电话|手机/i;

function knowledgeOf(name: string): Knowledge {
  const lower = name.toLowerCase();
  if (dialling.has(lower)) return "dials";
  if (harmless.has(lower) || /^weekday\d*$|^(?:start|end)time\d*$/.test(lower)) return "safe";
  return suspicious.test(name) ? "dials" : "unknown";
}

/** What a command of the catalogue says of a field of its own. */
function declared(command: Command | undefined, name: string): Knowledge | undefined {
  const field = command?.fields.find((one) => one.name === name);
  return field && (field.dials ? "dials" : "safe");
}

/** A text as digits, without what stands between them for people; "" for nothing. */
const compact = (text: string): string => text.normalize("NFKC").replace(/[\s\p{Pd}\p{Cf}().[\]/._]/gu, "");

/** Fewer digits are more likely a count, a mode or an id than somebody's number. */
const looksDialled = /^\+?\d{7,32}$/;

/** A value that is still to be looked at, with what is known of the field that it stands in. */
interface Open {
  readonly value: unknown;
  readonly field: string;
  readonly knowledge: Knowledge;
}

/** The first number in a request that dialOnly does not have. */
class Guard {
  readonly #patterns: readonly RegExp[];
  readonly #seen = new Set<object>();

  constructor(patterns: readonly RegExp[]) {
    this.#patterns = patterns;
  }

  /** Looks at every value, however deep; does not recurse, so that depth can't hurt it. */
  find(open: Open[]): { readonly field: string; readonly number: string } | undefined {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { value, field, knowledge } = next;
      if (typeof value === "object" && value !== null) {
        const forbidden = this.#open(value, next, open);
        if (forbidden !== undefined) return { field, number: forbidden };
      } else if (knowledge !== "safe") {
        const forbidden = this.#forbidden(value, knowledge);
        if (forbidden !== undefined) return { field, number: forbidden };
      }
    }
    return undefined;
  }

  /** Puts what an object holds among the open values. Its names may be numbers too. */
  #open(value: object, { field, knowledge }: Open, open: Open[]): string | undefined {
    if (this.#seen.has(value)) return undefined;
    this.#seen.add(value);
    const entries = Object.entries(value);
    if (Array.isArray(value)) {
      for (const [, item] of entries) open.push({ value: item, field, knowledge });
      return undefined;
    }
    for (const [name, item] of entries) {
      const forbidden = knowledge === "safe" ? undefined : this.#forbidden(name, "unknown");
      if (forbidden !== undefined) return forbidden;
      const own = knowledgeOf(name);
      // An index or a name that says nothing stands for the field that it is in.
      const inner = own === "unknown" && knowledge === "dials" ? "dials" : own;
      open.push({ value: item, field: knowledge === "dials" ? field : `${field}.${name}`, knowledge: inner });
    }
    return undefined;
  }

  /** A number in a value that must not be dialled; undefined if there is none. */
  #forbidden(value: unknown, knowledge: Knowledge): string | undefined {
    if (value === undefined || value === null || typeof value === "boolean") return undefined;
    const text = typeof value === "string" ? value : String(value);
    for (const entry of entriesOf(text)) {
      // Without a digit it rings nobody.
      if (!/[\p{N}*#]/u.test(entry)) continue;
      if (knowledge === "unknown" && !looksDialled.test(compact(entry))) continue;
      if (!this.#allows(entry)) return entry.length > 60 ? render(entry) : entry;
    }
    return undefined;
  }

  /** Whether all that stands in an entry may be dialled: the entry as a whole, and each part where several numbers may be meant. */
  #allows(entry: string): boolean {
    const digits = compact(entry);
    if (!/^\+?[\d*#]+$/.test(digits) || !this.#matches(digits)) return false;
    const parts = entry.split(/[^\d+*#]+/).filter((part) => part.length >= 7);
    return parts.length < 2 || parts.every((part) => this.#matches(part));
  }

  #matches(number: string): boolean {
    return this.#patterns.some((pattern) => pattern.test(number));
  }
}

/**
 * The first number that a request would ring and that dialOnly does not have. No patterns: every number may be dialled.
 *
 * Fields of a command of the catalogue are guarded as it says (`dials`), whatever their names. Every other field, in a command that the catalogue
 * has or does not have, and however deep, is guarded by its name: those that dial somewhere or sound like it wholly; of all others that are not known
 * to be harmless, what looks like a subscriber's number.
 */
export function forbiddenNumber(
  patterns: readonly RegExp[],
  command: Command | undefined,
  request: Readonly<Record<string, unknown>>,
): Failure | undefined {
  if (patterns.length === 0) return undefined;
  const open = Object.entries(request).map(
    ([field, value]): Open => ({ value, field, knowledge: declared(command, field) ?? knowledgeOf(field) }),
  );
  const found = new Guard(patterns).find(open.reverse());
  return found && { kind: "notAllowed", code: "SCCC_NOT_ALLOWED", ...found };
}
