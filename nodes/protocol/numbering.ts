// Numbering plans for numbers to dial: our own rules for China; the number lengths of libphonenumber for all other countries.
import { anyPlan, chinesePlan, type NumberingPlan } from "./numbers-to-dial";

/** An entry of libphonenumber's tables; its published types omit parts of this. */
interface Plan {
  possibleLengths(): readonly number[];
  nationalPrefix(): string | undefined;
}

/** libphonenumber's tables. */
interface Tables {
  hasCountry(name: string): boolean;
  /** Throws for a code that no country has. */
  selectNumberingPlan(name: string | undefined, code?: string): void;
  readonly numberingPlan?: Plan;
}

/** Valid lengths of national numbers, and the prefix for calls within the country. */
interface Lengths {
  readonly possible: readonly number[];
  readonly prefix: string;
}

const lengthsOf = (plan: Plan | undefined): Lengths | undefined =>
  plan && { possible: plan.possibleLengths(), prefix: plan.nationalPrefix() ?? "" };

/** Reads libphonenumber's tables. They are loaded when a plan other than China's is first needed. */
function tables() {
  const { Metadata } = require("libphonenumber-js/core") as { readonly Metadata: new (metadata: unknown) => Tables };
  const all = new Metadata(require("libphonenumber-js/max/metadata"));
  const byCode = new Map<string, Lengths | undefined>();
  return {
    region: (name: string): Lengths | undefined => {
      if (!all.hasCountry(name)) return undefined;
      all.selectNumberingPlan(name);
      return lengthsOf(all.numberingPlan);
    },
    code: (code: string): Lengths | undefined => {
      if (!byCode.has(code)) {
        let found: Lengths | undefined;
        try {
          all.selectNumberingPlan(undefined, code);
          found = lengthsOf(all.numberingPlan);
        } catch {
          // No country has this code.
        }
        byCode.set(code, found);
      }
      return byCode.get(code);
    },
  };
}

/** A cache of the library's tables. */
let loaded: ReturnType<typeof tables> | undefined;
const library = (): ReturnType<typeof tables> => {
  loaded ??= tables();
  return loaded;
};

const tooShortOrLong = (length: number, possible: readonly number[]): "tooShort" | "tooLong" =>
  length < Math.max(...possible) ? "tooShort" : "tooLong";

/** Reads a number with + or 00 by the lengths of its country. */
const international: NumberingPlan = (number) => {
  const digits = number.replace(/^(?:\+|00)/, "");
  for (let size = 1; size <= 3; size += 1) {
    const lengths = library().code(digits.slice(0, size));
    if (lengths === undefined) continue;
    const length = digits.length - size;
    if (lengths.possible.includes(length)) return { kind: "number", number, firm: true, local: false };
    return { kind: "none", reason: tooShortOrLong(length, lengths.possible) };
  }
  return { kind: "none", reason: "country" };
};

/** Maximum length of a short service code: 911, 116117. */
const longestService = 6;

function planOfRegion(region: string): NumberingPlan {
  const lengths = library().region(region);
  if (lengths === undefined) return anyPlan;
  const { possible, prefix } = lengths;
  return (number) => {
    if (/^(?:\+|00)/.test(number)) return international(number);
    const { length } = number;
    const isPossible =
      possible.includes(length) ||
      (prefix !== "" && number.startsWith(prefix) && possible.includes(length - prefix.length));
    const isService = length >= 3 && length <= longestService;
    if (isPossible || isService) return { kind: "number", number, firm: isPossible, local: false };
    return { kind: "none", reason: tooShortOrLong(length, possible) };
  };
}

/** A cache: an account has one region. */
const plans = new Map<string, NumberingPlan>();
const mostPlans = 300;

/** The plan of a country. @param region ISO 3166-1 alpha-2; an unknown one accepts any length */
export function planOf(region: string): NumberingPlan {
  const name = region.trim().toUpperCase();
  let plan = plans.get(name);
  if (plan === undefined) {
    plan = name === "CN" ? chinesePlan(international) : planOfRegion(name);
    if (plans.size >= mostPlans) plans.clear();
    plans.set(name, plan);
  }
  return plan;
}
