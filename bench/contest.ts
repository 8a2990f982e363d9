// Measures contenders alternately, round after round, so that other load on the machine affects all of them equally.

/** The account of every part of the bench. */
export const account = { customer: "C2", password: "a password of the bench" };

/** A text in both languages. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** The results of a contender in one round. Values that were not measured are missing. */
export interface Sample {
  readonly count: number;
  readonly perSecond: number;
  /** ms */
  readonly p99?: number;
  /** µs of processor time for each. */
  readonly cpu?: number;
  /** MB, resident and of the heap. */
  readonly rss?: number;
  readonly heap?: number;
}

/** A measured value of a sample. */
export type Measure = Exclude<keyof Sample, "count">;

/** One of the things that are compared. */
export interface Contender {
  readonly name: Text;
  readonly measure: () => Promise<Sample>;
}

/** The samples of a contender, by round. */
export interface Measured {
  readonly name: Text;
  readonly samples: readonly Sample[];
}

/** The size of the benchmark. */
export interface Size {
  readonly rounds: number;
  /** For one contender in one round. */
  readonly seconds: number;
  readonly records: number;
  readonly calls: number;
}

/** Runs the rounds, after a warm-up round that is not counted. Every second round runs in reverse order, so that no contender always runs after the same one. */
export async function contest<K extends string>(
  { rounds }: Pick<Size, "rounds">,
  contenders: Readonly<Record<K, Contender>>,
): Promise<Readonly<Record<K, Measured>>> {
  const entries = Object.entries<Contender>(contenders);
  const samples = new Map<string, Sample[]>(entries.map(([key]) => [key, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [key, contender] of round % 2 === 0 ? entries : entries.toReversed()) {
      const sample = await contender.measure();
      if (round > 0) samples.get(key)?.push(sample);
    }
  }
  const measured = entries.map(([key, { name }]) => [key, { name, samples: samples.get(key) ?? [] }]);
  return Object.fromEntries(measured) as Record<K, Measured>;
}

/** The median of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

/** The median deviation from the median, relative to it. */
export function noise(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle))) / middle;
}

/** The values of one measure, by round. */
export const valuesOf = ({ samples }: Measured, measure: Measure): readonly number[] =>
  samples.map((sample) => sample[measure] ?? Number.NaN);
