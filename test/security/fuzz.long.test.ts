// A short run of `npm run fuzz`: a few seconds, with a new seed each time; SEED and CASE repeat a finding.
import assert from "node:assert/strict";
import { fuzz } from "./fuzz";

describe("a receiver under mutated pushes", function () {
  this.timeout(180_000);

  it("answers each once, accepts nothing unsigned, and keeps running", async function () {
    const seed = Date.now() % 2 ** 31;
    this.test!.title += ` (SEED=${seed})`;
    const { cases, answers, emitted } = await fuzz({ seconds: 3, seed, heavy: false });
    // Answers of all kinds must have come.
    assert.ok(cases > 100 && emitted > 10, `${cases} cases, ${emitted} emitted`);
    for (const code of ["200/0", "401/1", "400/8"]) assert.ok(answers.has(code), code);
  });
});
