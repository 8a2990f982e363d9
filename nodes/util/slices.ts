// Work on long lists in slices, so that a list of any length does not block Node-RED.

/** So many items are worked on at once: a few milliseconds for what is done with a record. */
export const sliceLength = 200;

/** Lets everything else run that waits for its turn. */
export const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Calls a function for each item in their order, and lets others run after each slice. */
export async function forEachInSlices<T>(items: readonly T[], each: (item: T, index: number) => void): Promise<void> {
  for (let start = 0; start < items.length; start += sliceLength) {
    if (start > 0) await others();
    for (let index = start; index < Math.min(items.length, start + sliceLength); index += 1) {
      each(items[index] as T, index);
    }
  }
}

/** Array.map that lets others run after each slice. */
export async function mapInSlices<T, U>(items: readonly T[], map: (item: T, index: number) => U): Promise<U[]> {
  const mapped: U[] = [];
  await forEachInSlices(items, (item, index) => mapped.push(map(item, index)));
  return mapped;
}

/** Steps of a merge between two turns of others: one is far shorter than a step of a map. */
const mergeSteps = 50 * sliceLength;

/** A sorted copy (stable), made while others run after each slice. */
export async function sortInSlices<T>(items: readonly T[], compare: (one: T, other: T) => number): Promise<T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += sliceLength) {
    if (start > 0) await others();
    runs.push(items.slice(start, start + sliceLength).sort(compare));
  }
  let steps = 0;
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const [one = [], other = []] = [runs[index], runs[index + 1]];
      const both: T[] = [];
      let [left, right] = [0, 0];
      while (left < one.length || right < other.length) {
        const isFirst = right >= other.length || (left < one.length && compare(one[left] as T, other[right] as T) <= 0);
        both.push((isFirst ? one[left++] : other[right++]) as T);
        steps += 1;
        if (steps % mergeSteps === 0) await others();
      }
      merged.push(both);
    }
    runs = merged;
  }
  return runs[0] ?? [];
}
