// Converts telephone numbers of pushes and records to E.164.
import type { NumberType } from "libphonenumber-js/max";

type Library = typeof import("libphonenumber-js/max");

/** The library, which is loaded once. */
let loaded: Library | undefined;

/** Loaded on first use: loading its tables takes longer than loading the rest of the package. */
function library(): Library {
  loaded ??= require("libphonenumber-js/max") as Library;
  return loaded;
}

/** The account's country and city, for numbers without a country code or an area code. */
export interface NumberRegion {
  /** ISO 3166-1 alpha-2: "CN". */
  readonly region: string;
  /** For local numbers, with or without the trunk 0: "021" or "21"; "" if there is none. */
  readonly areaCode: string;
}

/**
 * Types of numbers that belong to a subscriber. 400 and 800 numbers, premium-rate numbers and the like cannot be called from everywhere.
 */
const personal: readonly NumberType[] = ["FIXED_LINE", "MOBILE", "FIXED_LINE_OR_MOBILE", "VOIP", "PERSONAL_NUMBER"];

/** At most 15 digits. Some countries, such as Germany, have longer numbers, which are not valid E.164. */
const e164 = /^\+[1-9]\d{4,14}$/;

interface Plan {
  /** A subscriber's number within a city. */
  readonly local: RegExp;
  /** The minimum number of digits of a subscriber's number, including the area code. */
  readonly shortest: number;
}

/** A local number begins neither with the trunk prefix 0 nor with 1, which services and mobiles use. */
const anywhere: Plan = { local: /^[2-9]\d{6,7}$/, shortest: 0 };

/** China: 95105105 is a nationwide service and 021 12315 a service of one city; libphonenumber takes both for fixed lines. */
const plans: ReadonlyMap<string, Plan> = new Map([["CN", { local: /^[2-8]\d{6,7}$/, shortest: 10 }]]);

/**
 * A number in E.164 ("+8613800138000"), or undefined if it is not a valid subscriber's number: garbage, an extension, an emergency or
 * service number (110, 10086, 95588), a 400 or 800 number. Accepts strings and safe integers; international with + or 00; national with or
 * without the trunk 0, also before a Chinese mobile; local with the account's area code. Never throws.
 */
export function numberE164(value: unknown, place: NumberRegion): string | undefined {
  if (typeof value !== "string" && !Number.isSafeInteger(value)) return undefined;
  const text = String(value).trim();
  const digits = text.replace(/[\s().-]/g, "").replace(/^00/, "+");
  if (!/^[+(\d]/.test(text) || !/^\+?\d{5,32}$/.test(digits)) return undefined;
  const key = `${place.region} ${place.areaCode} ${digits}`;
  if (!known.has(key)) {
    if (known.size >= mostKnown) known.clear();
    known.set(key, read(digits, place));
  }
  return known.get(key);
}

/** A cache of numbers, because the number of a call comes several times within minutes. */
const known = new Map<string, string | undefined>();
const mostKnown = 10_000;

function read(digits: string, place: NumberRegion): string | undefined {
  const plan = plans.get(place.region.toUpperCase()) ?? anywhere;
  const local = place.areaCode !== "" && plan.local.test(digits);
  return (local ? subscriber(place.areaCode + digits, place) : undefined) ?? subscriber(digits, place);
}

/** A Chinese mobile: optional country code or trunk 0, the five digits that identify a mobile, and the rest. */
const chineseMobile = /^(\+?86|0)?(1\d{4})(\d{6})$/;

/** A cache, of 10,000 prefixes at most: whether Chinese numbers with these first five digits are mobiles, by the library's own reading of one of them. */
const mobilePrefixes = new Map<string, boolean>();

/** Faster than a full parse by a factor of about 50; lists may have 100,000 numbers. */
function isMobilePrefix(prefix: string): boolean {
  let found = mobilePrefixes.get(prefix);
  if (found === undefined) {
    found = parsed(`+86${prefix}000000`, undefined) !== undefined;
    mobilePrefixes.set(prefix, found);
  }
  return found;
}

function subscriber(digits: string, { region }: NumberRegion): string | undefined {
  const country = region.toUpperCase();
  const [, code, prefix, rest] = chineseMobile.exec(digits) ?? [];
  if (prefix === undefined || (code !== "+86" && country !== "CN")) return parsed(digits, country);
  return isMobilePrefix(prefix) ? `+86${prefix}${rest}` : undefined;
}

/** Parses a number with libphonenumber. */
function parsed(digits: string, country: string | undefined): string | undefined {
  const found = library().parsePhoneNumberFromString(
    digits,
    country !== undefined && library().isSupportedCountry(country) ? country : undefined,
  );
  if (found === undefined) return undefined;
  // Only valid numbers have a type.
  const type = found.getType();
  const { shortest } = plans.get(found.country ?? "") ?? anywhere;
  const isPersonal = type !== undefined && personal.includes(type) && found.nationalNumber.length >= shortest;
  return isPersonal && e164.test(found.number) ? found.number : undefined;
}
