// Mocha's spec reporter, which also writes the counts to a file for test/run.ts.
import { writeFileSync } from "node:fs";
import { type MochaOptions, type Runner, reporters } from "mocha";

/** The results of a run of mocha. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const counts: Counts = { passed: this.stats.passes, failed: this.stats.failures };
      writeFileSync(options.reporterOptions.counts, JSON.stringify(counts));
    });
  }
}

// Mocha expects the reporter as the module itself, not as a named export.
module.exports = CountingReporter;
