// Rings: the newest items, bounded by number and by size.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Ring } from "../../nodes/util/ring";

describe("a ring", () => {
  it("has the newest items that fit, for any sequence of items", () => {
    const sizes = fc.array(fc.nat(120), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 300 }), (all, items, bytes) => {
        const ring = new Ring<{ readonly size: number; readonly number: number }>(items, bytes);
        let model: { readonly size: number; readonly number: number }[] = [];
        for (const [number, size] of all.entries()) {
          ring.add({ size, number });
          model = [...model, { size, number }].slice(-items);
          while (model.length > 1 && model.reduce((sum, one) => sum + one.size, 0) > bytes) model = model.slice(1);
          assert.deepEqual([...ring.newestFirst()], [...model].reverse());
          assert.deepEqual(ring.oldest, model[0]);
          assert.equal(ring.size, model.length);
          assert.equal(
            ring.bytes,
            model.reduce((sum, one) => sum + one.size, 0),
          );
        }
      }),
    );
  });
});
