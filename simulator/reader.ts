// Reads an instruction's fields from unknown values and remembers the first problem.
import { isObject, type Json, textOrDigits } from "./narrow";

/** Reads fields one by one. An invalid field returns its fallback, and `problem` names it. */
export class Reader {
  readonly #source: Json;
  readonly #known = new Set<string>();
  #problem: string | undefined;

  constructor(source: Json) {
    this.#source = source;
  }

  /** The first problem as "field: why"; a field that was not read is a problem too. Use it after all fields were read. */
  get problem(): string | undefined {
    const stray = Object.keys(this.#source).find((name) => !this.#known.has(name));
    return this.#problem ?? (stray === undefined ? undefined : `${stray}: no such field here`);
  }

  has(name: string): boolean {
    return this.#raw(name) !== undefined;
  }

  /** Any value. */
  any(name: string): unknown {
    return this.#raw(name);
  }

  /** A text, or the digits of an integer; undefined if absent. */
  optionalText(name: string): string | undefined {
    const raw = this.#raw(name);
    const text = textOrDigits(raw);
    if (raw !== undefined && text === undefined) this.wrong(name, "must be a text");
    return text;
  }

  /** A non-empty text; required unless there is a fallback. */
  text(name: string, fallback?: string): string {
    const text = this.optionalText(name) ?? fallback;
    if (text === undefined || (text === "" && fallback === undefined)) return this.wrong(name, "is missing") ?? "";
    return text;
  }

  /** An integer, min <= n <= max; required unless there is a fallback. */
  integer(name: string, { min, max, fallback }: { min: number; max: number; fallback?: number | undefined }): number {
    const raw = this.#raw(name) ?? fallback;
    if (typeof raw === "number" && Number.isSafeInteger(raw) && raw >= min && raw <= max) return raw;
    this.wrong(name, raw === undefined ? "is missing" : `must be a whole number from ${min} to ${max}`);
    return min;
  }

  /** A number, 0 <= n <= 1. */
  share(name: string): number {
    const raw = this.#raw(name);
    if (typeof raw === "number" && raw >= 0 && raw <= 1) return raw;
    this.wrong(name, "must be a number from 0 to 1");
    return 0;
  }

  /** An array of texts; undefined if absent. */
  texts(name: string): readonly string[] | undefined {
    const raw = this.#raw(name);
    if (raw === undefined) return undefined;
    const items: readonly unknown[] = Array.isArray(raw) ? raw : [undefined];
    const texts = items.filter((item) => typeof item === "string");
    if (texts.length !== items.length) this.wrong(name, "must be an array of texts");
    return texts;
  }

  flag(name: string): boolean {
    const raw = this.#raw(name) ?? false;
    if (typeof raw !== "boolean") this.wrong(name, "must be true or false");
    return raw === true;
  }

  /** One of several words, in any case; the first is the fallback if it `mayBeUnset`. */
  word<Word extends string>(name: string, words: readonly [Word, ...Word[]], mayBeUnset = false): Word {
    const raw = this.#raw(name);
    const found = words.find((word) => typeof raw === "string" && word.toLowerCase() === raw.toLowerCase());
    if (found !== undefined) return found;
    if (raw !== undefined || !mayBeUnset) this.wrong(name, `must be one of ${words.join(", ")}`);
    return words[0];
  }

  /** An object; undefined if absent. */
  object(name: string): Json | undefined {
    const raw = this.#raw(name);
    if (raw !== undefined && !isObject(raw)) this.wrong(name, "must be an object");
    return isObject(raw) ? raw : undefined;
  }

  /** An array of integers >= 0; undefined if absent. */
  integers(name: string): readonly number[] | undefined {
    const raw = this.#raw(name);
    if (raw === undefined) return undefined;
    const items: readonly unknown[] = Array.isArray(raw) ? raw : [undefined];
    const numbers = items.filter((item) => typeof item === "number" && Number.isSafeInteger(item) && item >= 0);
    if (numbers.length !== items.length) this.wrong(name, "must be an array of whole numbers from 0");
    return numbers.map(Number);
  }

  /** Records that a field is wrong, unless there was a problem before. */
  wrong(name: string, why: string): undefined {
    this.#problem ??= `${name}: ${why}`;
    return undefined;
  }

  #raw(name: string): unknown {
    this.#known.add(name);
    return this.#source[name];
  }
}
