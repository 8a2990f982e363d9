// Telephone numbers as they stand in pushes and records, to E.164.
import type { NumberType } from "libphonenumber-js/max";

type Library = typeof import("libphonenumber-js/max");

/** The library, which is loaded once. */
let loaded: Library | undefined;

/** Loaded with the first number: its tables take longer to load than all the rest of the package. */
function library(): Library {
  loaded ??= require("libphonenumber-js/max") as Library;
  return loaded;
}

/** Where an account is: what its numbers mean that name no country, or no city. */
export interface NumberRegion {
  /** ISO 3166-1 alpha-2: "CN". */
  readonly region: string;
  /** For local numbers, with or without the trunk 0: "021" or "21"; "" for none. */
  readonly areaCode: string;
}

/** What one rings somebody at. 400 and 800 numbers, premium rates and the like can't be called from everywhere, and are nobody's own. */
const personal: readonly NumberType[] = ["FIXED_LINE", "MOBILE", "FIXED_LINE_OR_MOBILE", "VOIP", "PERSONAL_NUMBER"];

/** At most 15 digits: some countries' plans, Germany's for one, have longer numbers, which are none of E.164. */
const e164 = /^\+[1-9]\d{4,14}$/;

interface Plan {
  /** A subscriber's number within a city. */
  readonly local: RegExp;
  /** The fewest digits of a subscriber's number, area code included. */
  readonly shortest: number;
}

/** A local number begins neither with the 0 of a trunk nor with the 1 of services and mobiles. */
const anywhere: Plan = { local: /^[2-9]\d{6,7}$/, shortest: 0 };

/** China: 95105105 is a service of the whole country, and 021 12315 a service of one city; libphonenumber takes both for fixed lines. */
const plans: ReadonlyMap<string, Plan> = new Map([["CN", { local: /^[2-8]\d{6,7}$/, shortest: 10 }]]);

/**
 * A number in E.164 ("+8613800138000"), or undefined if it is no valid number of a subscriber: garbage, an extension, an emergency or
 * service number (110, 10086, 95588), a 400 or 800 number. Reads strings and safe integers; international with + or 00; national with or without
 * the trunk 0, also before a Chinese mobile; local with the account's area code. Never throws.
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

/** A cache of numbers that were read: those of one call come several times within minutes. */
const known = new Map<string, string | undefined>();
const mostKnown = 10_000;

function read(digits: string, place: NumberRegion): string | undefined {
  const plan = plans.get(place.region.toUpperCase()) ?? anywhere;
  const local = place.areaCode !== "" && plan.local.test(digits);
  return (local ? subscriber(place.areaCode + digits, place) : undefined) ?? subscriber(digits, place);
}

/** A Chinese mobile: its country code or trunk 0, the digits that say whether it is one, and the rest. */
const chineseMobile = /^(\+?86|0)?(1\d{4})(\d{6})$/;

/** A cache, of 10,000 prefixes at most: whether Chinese numbers with these first five digits are mobiles, by the library's own reading of one of them. */
const mobilePrefixes = new Map<string, boolean>();

/** A full reading takes some 50 times as long as this, and lists have 100,000 numbers. */
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

/** A number by the library. */
function parsed(digits: string, country: string | undefined): string | undefined {
  const found = library().parsePhoneNumberFromString(
    digits,
    country !== undefined && library().isSupportedCountry(country) ? country : undefined,
  );
  if (found === undefined) return undefined;
  // Only valid numbers have one.
  const type = found.getType();
  const { shortest } = plans.get(found.country ?? "") ?? anywhere;
  const isPersonal = type !== undefined && personal.includes(type) && found.nationalNumber.length >= shortest;
  return isPersonal && e164.test(found.number) ? found.number : undefined;
}
