// Mocha's spec report; and the counts go to a file, from which test/run.ts makes the run's last line.
import { writeFileSync } from "node:fs";
import { type MochaOptions, type Runner, reporters } from "mocha";

/** What a run of mocha came to. */
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

// Mocha takes a reporter as what the module is, not as what it exports by name.
module.exports = CountingReporter;
