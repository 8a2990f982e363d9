// Reproducible randomness: streams of numbers that depend only on a seed and a name.

/** A stream of numbers. */
export interface Random {
  /** The next number, 0 <= n < 1. */
  next(): number;
  /** The next whole number, min <= n <= max. */
  integer(min: number, max: number): number;
}

/** FNV-1a, 32 bit: turns a name into a seed. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
};

/**
 * The stream of a seed and a name. Every call has its own name (agent, ordinal, number), so that its values do not depend on other
 * activity. The generator is mulberry32.
 */
export const randomOf = (seed: number, ...name: readonly (string | number)[]): Random => {
  let state = hash([seed, ...name].join("/"));
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, integer: (min, max) => min + Math.floor(next() * (max - min + 1)) };
};
