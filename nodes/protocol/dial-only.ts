// dialOnly: an account's list of numbers that may be dialled, checked against every field of a request that could dial a number.
import { type Command, commands, seqOf } from "../catalogue";
import { render } from "./check";
import type { Failure } from "./failure";
import { entriesOf } from "./numbers-to-dial";

/** Parses dialOnly: patterns separated by commas or spaces; `*` matches any characters, `?` matches one. */
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

/**
 * What is known of a field. `dials`: every value must be allowed. `safe`: never dialled. `unknown`: values that look like a number must be
 * allowed.
 */
type Knowledge = "dials" | "safe" | "unknown";

const fieldsOfAll = [...commands.flatMap(({ fields }) => fields), seqOf("number")];
const names = (dials: boolean): ReadonlySet<string> =>
  new Set(fieldsOfAll.filter((field) => (field.dials === true) === dials).map(({ name }) => name.toLowerCase()));

/**
 * Names of fields that are dialled by some command of the catalogue. `callee` is only a filter in another command; here it counts as
 * dialled.
 */
const dialling = names(true);

/** Names that are never dialled: the catalogue's other fields, and fields seen in commands that are not in the catalogue. */
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

/** Names that indicate a number to call, in any command. */
const suspicious =
  /call(?:ee|ed|to)|dial|phone|mobile|cell|^tel|tel(?:s|no|num)?$|^num(?:ber)?s?$|msisdn|dest|target|^to$|contact|被叫|号码|电话|手机/i;

function knowledgeOf(name: string): Knowledge {
  const lower = name.toLowerCase();
  if (dialling.has(lower)) return "dials";
  if (harmless.has(lower) || /^weekday\d*$|^(?:start|end)time\d*$/.test(lower)) return "safe";
  return suspicious.test(name) ? "dials" : "unknown";
}

/** What the catalogue says about a field of one of its commands. */
function declared(command: Command | undefined, name: string): Knowledge | undefined {
  const field = command?.fields.find((one) => one.name === name);
  return field && (field.dials ? "dials" : "safe");
}

/** A text without separators between digits; "" for an empty one. */
const compact = (text: string): string => text.normalize("NFKC").replace(/[\s\p{Pd}\p{Cf}().[\]/._]/gu, "");

/** Fewer digits are more likely a count, a mode or an id than a phone number. */
const looksDialled = /^\+?\d{7,32}$/;

/** A value to be checked, with what is known of its field. */
interface Open {
  readonly value: unknown;
  readonly field: string;
  readonly knowledge: Knowledge;
}

/** Finds the first number in a request that dialOnly does not allow. */
class Guard {
  readonly #patterns: readonly RegExp[];
  readonly #seen = new Set<object>();

  constructor(patterns: readonly RegExp[]) {
    this.#patterns = patterns;
  }

  /** Checks every value at any depth. Not recursive, so that deep nesting cannot overflow the stack. */
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

  /** Adds the content of an object to the values to be checked. Property names may be numbers too. */
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
      // An array index or an unknown name inherits from the field that contains it.
      const inner = own === "unknown" && knowledge === "dials" ? "dials" : own;
      open.push({ value: item, field: knowledge === "dials" ? field : `${field}.${name}`, knowledge: inner });
    }
    return undefined;
  }

  /** A number in a value that is not allowed; undefined if there is none. */
  #forbidden(value: unknown, knowledge: Knowledge): string | undefined {
    if (value === undefined || value === null || typeof value === "boolean") return undefined;
    const text = typeof value === "string" ? value : String(value);
    for (const entry of entriesOf(text)) {
      // Without a digit, it cannot be dialled.
      if (!/[\p{N}*#]/u.test(entry)) continue;
      if (knowledge === "unknown" && !looksDialled.test(compact(entry))) continue;
      if (!this.#allows(entry)) return entry.length > 60 ? render(entry) : entry;
    }
    return undefined;
  }

  /** Whether an entry is allowed: as a whole, and each part if it may contain several numbers. */
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
 * The first number in a request that would be dialled and that dialOnly does not allow. Without patterns, every number is allowed.
 *
 * Fields that the catalogue declares for the command are checked as declared (`dials`), whatever their names. All other fields, in any
 * command and at any depth, are checked by name. Names that dial in some command, or that indicate a number to call, are checked
 * completely. In other fields, unless they are known to be harmless, only values that look like a subscriber's number are checked.
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
