// Sequence numbers: below 2^31, wrap around without repetition, and differ between processes.
import assert from "node:assert/strict";
import { Sequence } from "../../nodes/protocol/sequence";

describe("sequence numbers", () => {
  it("increase within 1 to 2^31 - 1 and then start at 1", () => {
    const sequence = new Sequence(2 ** 31 - 2);
    assert.deepEqual(
      [sequence.next(), sequence.next(), sequence.next(), sequence.next()],
      [2 ** 31 - 2, 2 ** 31 - 1, 1, 2],
    );
  });

  it("of a hundred installations do not collide within a thousand numbers each", () => {
    // Overlaps have a probability of 100 * 99 / 2 * 2000 / 2^31, below one half percent; not all three rounds may have one.
    const rounds = Array.from({ length: 3 }, () => {
      const seen = new Set<number>();
      for (let installation = 0; installation < 100; installation += 1) {
        const sequence = new Sequence();
        for (let count = 0; count < 1000; count += 1) seen.add(sequence.next());
      }
      return seen.size;
    });
    assert.ok(rounds.includes(100_000), `distinct numbers in three rounds: ${rounds.join(", ")}`);
  });
});
