// The soak in short: all of its faults once, and the books add up. `npm run soak` is the long form.
import assert from "node:assert/strict";
import { slopeOf, soak } from "./soak";

describe("a soak", function () {
  this.timeout(120_000);

  it("of some seconds of mixed load with faults: nothing lost, nothing twice, nothing grows", async function () {
    const { samples, wrong } = await soak(Number(process.env.MINUTES ?? 0.35), 4);
    const last = samples.at(-1);
    this.test!.title +=
      ` (${last?.messages} messages, ${last?.pushes} pushes, ${last?.calls} calls, ${last?.usedMB} MB)`;
    assert.deepEqual(wrong, []);
    assert.ok(samples.length > 5 && (last?.ok ?? 0) > 100 && (last?.pushes ?? 0) > 100 && (last?.records ?? 0) > 0);
  });

  it("finds what grows", () => {
    const at = (minute: number, usedMB: number) => ({ minute, usedMB });
    assert.equal(slopeOf([at(0, 10), at(1, 12), at(2, 14)]), 2);
    assert.equal(slopeOf([at(0, 10), at(1, 10)]), 0);
    assert.equal(slopeOf([at(1, 10)]), 0);
  });
});
