// The results of calls: their probabilities, and numbers with fixed endings.
import assert from "node:assert/strict";
import { CallOutcomes } from "../../simulator/call-outcomes";
import { randomOf } from "../../simulator/random";

describe("the outcome of a call", () => {
  const outcomes = (number: string) =>
    Array.from({ length: 1000 }, (_, i) => new CallOutcomes().of(number, randomOf(1, i)));
  const answered = (number: string) => outcomes(number).filter((outcome) => outcome.answered).length;

  it("is an answer in four of five cases", () => {
    assert.ok(Math.abs(answered("13800138000") - 800) < 50);
  });

  it("is certain for numbers that end in 8888, 0000, 0001 and 9999", () => {
    assert.deepEqual(["13800008888", "13800000000", "13800000001", "13800009999"].map(answered), [1000, 0, 0, 0]);
  });

  it("has durations that cover their whole range", () => {
    const bounds = { pickUp: [1, 4], ring: [2, 15], talk: [5, 180], wrapUp: [3, 10] } as const;
    for (const [name, [min, max]] of Object.entries(bounds)) {
      const durations = outcomes("13800138000").map((outcome) => outcome[name as keyof typeof bounds]);
      assert.deepEqual([Math.min(...durations), Math.max(...durations)], [min, max], name);
    }
  });
});
