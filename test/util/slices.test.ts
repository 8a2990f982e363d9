// Long lists in slices: the same results, and other tasks run in between.
import assert from "node:assert/strict";
import fc from "fast-check";
import { forEachInSlices, mapInSlices, sliceLength, sortInSlices } from "../../nodes/util/slices";

/** The maximum number of steps between two turns of the event loop. */
async function mostSteps(work: (step: () => void) => Promise<unknown>): Promise<number> {
  let [steps, most, over] = [0, 0, false];
  const turn = (): void => {
    steps = 0;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await work(() => {
    steps += 1;
    most = Math.max(most, steps);
  });
  over = true;
  return most;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => (index * 7919) % count);

describe("long lists in slices", () => {
  const counts = [0, 1, sliceLength - 1, sliceLength, sliceLength + 1, 2 * sliceLength, 20_001];

  for (const count of counts) {
    it(`maps ${count} items in order, a slice at a time`, async () => {
      const items = numbered(count);
      let mapped: unknown;
      const most = await mostSteps(async (step) => {
        mapped = await mapInSlices(items, (item, index) => {
          step();
          return [item, index];
        });
      });
      assert.deepEqual(
        mapped,
        items.map((item, index) => [item, index]),
      );
      assert.ok(most <= sliceLength, `${most} at once`);
    });

    it(`sorts ${count} items in steps`, async () => {
      const items = numbered(count);
      let sorted: unknown;
      const most = await mostSteps(async (step) => {
        sorted = await sortInSlices(items, (one, other) => {
          step();
          return one - other;
        });
      });
      assert.deepEqual(
        sorted,
        [...items].sort((one, other) => one - other),
      );
      assert.ok(most <= 70 * sliceLength, `${most} at once`);
    });
  }

  it("are sorted as by Array.sort, and stably (properties)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 1500, size: "max" }), async (values) => {
        const items = values.map((value, index) => ({ value, index }));
        const compare = (one: { value: number }, other: { value: number }) => one.value - other.value;
        assert.deepEqual(await sortInSlices(items, compare), [...items].sort(compare));
      }),
      { numRuns: 50 },
    );
  });

  it("fails with the error that a function for an item throws", async () => {
    await assert.rejects(
      forEachInSlices([1, 2, 3], (item) => {
        if (item === 2) throw new Error("no");
      }),
      /no/,
    );
  });
});
