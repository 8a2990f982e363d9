// Bodies in chunks: their memory, however they are split.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Bytes } from "../../nodes/util/bytes";

describe("the bytes of a body", () => {
  it("are complete for any chunks, and need at most twice their size in memory", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 50 }), (pieces) => {
        const bytes = new Bytes();
        for (const piece of pieces) bytes.add(Buffer.from(piece));
        const whole = Buffer.concat(pieces);
        assert.equal(bytes.size, whole.length);
        assert.ok(bytes.whole().equals(whole));
        assert.ok(bytes.whole().buffer.byteLength <= Math.max(1024, 2 * whole.length));
      }),
    );
  });
});
