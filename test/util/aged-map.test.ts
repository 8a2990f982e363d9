// The map with fast access to its oldest entry: always the same as a Map's first key.
import assert from "node:assert/strict";
import fc from "fast-check";
import { AgedMap } from "../../nodes/util/aged-map";

describe("a map that knows its oldest entry", () => {
  it("gives the same oldest key as a Map (properties)", () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const step = fc.oneof(
      fc.record({ does: fc.constantFrom("set", "delete", "look"), key }),
      fc.record({ does: fc.constant("clear"), key }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const aged = new AgedMap<number>();
        const plain = new Map<string, number>();
        for (const [index, { does, key }] of steps.entries()) {
          if (does === "set") {
            aged.set(key, index);
            plain.set(key, index);
          } else if (does === "delete") assert.equal(aged.delete(key), plain.delete(key));
          else if (does === "clear") {
            aged.clear();
            plain.clear();
          } else assert.equal(aged.oldest, [...plain.keys()][0]);
        }
        assert.deepEqual([aged.oldest, ...aged], [[...plain.keys()][0], ...plain]);
      }),
      { numRuns: 2000 },
    );
  });
});
