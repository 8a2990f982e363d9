// How things are measured here: all contenders of a contest in turn, round after round, so that what else the machine does hits all alike.

/** The account that every part of the bench uses. */
export const account = { customer: "C2", password: "a password of the bench" };

/** What is shown, in both languages. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** What a contender did in one round. What it was not asked for is missing. */
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

/** A measure of a sample. */
export type Measure = Exclude<keyof Sample, "count">;

/** One of those that are compared. */
export interface Contender {
  readonly name: Text;
  readonly measure: () => Promise<Sample>;
}

/** Samples of a contender, in the order of the rounds. */
export interface Measured {
  readonly name: Text;
  readonly samples: readonly Sample[];
}

/** How much is measured. */
export interface Size {
  readonly rounds: number;
  /** Of one contender in one round. */
  readonly seconds: number;
  readonly records: number;
  readonly calls: number;
}

/** Runs the rounds, after one that does not count: in it the code gets hot. */
export async function contest<K extends string>(
  { rounds }: Pick<Size, "rounds">,
  contenders: Readonly<Record<K, Contender>>,
): Promise<Readonly<Record<K, Measured>>> {
  const entries = Object.entries<Contender>(contenders);
  const samples = new Map<string, Sample[]>(entries.map(([key]) => [key, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [key, contender] of entries) {
      const sample = await contender.measure();
      if (round > 0) samples.get(key)?.push(sample);
    }
  }
  const measured = entries.map(([key, { name }]) => [key, { name, samples: samples.get(key) ?? [] }]);
  return Object.fromEntries(measured) as Record<K, Measured>;
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

/** The median distance from the median, as a share of it. */
export function noise(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle))) / middle;
}

/** What a contender had of a measure, round by round. */
export const valuesOf = ({ samples }: Measured, measure: Measure): readonly number[] =>
  samples.map((sample) => sample[measure] ?? Number.NaN);
