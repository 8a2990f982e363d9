// Processes long lists in slices, so that they do not block Node-RED.

/** Items in a slice; processing a slice of records takes a few milliseconds. */
export const sliceLength = 200;

/** Yields to the event loop. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Calls a function for each item in order, and yields after each slice. */
export async function forEachInSlices<T>(items: readonly T[], each: (item: T, index: number) => void): Promise<void> {
  for (let start = 0; start < items.length; start += sliceLength) {
    if (start > 0) await nextTurn();
    for (let index = start; index < Math.min(items.length, start + sliceLength); index += 1) {
      each(items[index] as T, index);
    }
  }
}

/** Array.map that yields after each slice. */
export async function mapInSlices<T, U>(items: readonly T[], map: (item: T, index: number) => U): Promise<U[]> {
  const mapped: U[] = [];
  await forEachInSlices(items, (item, index) => mapped.push(map(item, index)));
  return mapped;
}

/** Steps of a merge between two yields; a step takes much less time than one of a map. */
const mergeSteps = 50 * sliceLength;

/** A sorted copy (stable sort) that yields after each slice. */
export async function sortInSlices<T>(items: readonly T[], compare: (one: T, other: T) => number): Promise<T[]> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += sliceLength) {
    if (start > 0) await nextTurn();
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
        if (steps % mergeSteps === 0) await nextTurn();
      }
      merged.push(both);
    }
    runs = merged;
  }
  return runs[0] ?? [];
}
