// Mocha's spec reporter, which also writes the counts and the failures to a file for test/run.ts.
import { writeFileSync } from "node:fs";
import { type MochaOptions, type Runner, reporters, type Test } from "mocha";

/** The results of a run of mocha. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
}

/** A failed test or hook. */
export interface Failure {
  /** "" if mocha does not know it. */
  readonly file: string;
  /** Its title and error. */
  readonly text: string;
}

const failureOf = (test: Test, error: unknown): Failure => {
  const { message = String(error), stack = "" } = (error ?? {}) as { message?: string; stack?: string };
  const described = stack.includes(message) ? stack : `${message}\n${stack}`;
  return { file: test.file ?? "", text: `${test.fullTitle()}\n  ${test.file ?? ""}\n  ${described}` };
};

class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const failures: Failure[] = [];
    runner.on("fail", (test, error) => failures.push(failureOf(test, error)));
    runner.once("end", () => {
      const counts: Counts = { passed: this.stats.passes, failed: this.stats.failures, failures };
      writeFileSync(options.reporterOptions.counts, JSON.stringify(counts));
    });
  }
}

// Mocha expects the reporter as the module itself, not as a named export.
module.exports = CountingReporter;
