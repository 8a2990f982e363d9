// Suites whose tests are steps of one story.

/** Ends a suite at its first failed test. Mocha's `bail` would also skip the suite if a test of another file had failed before. */
export function stopAtFirstFailure(): void {
  afterEach(function () {
    if (this.currentTest?.state === "failed") throw new Error("The tests after this one need its results");
  });
}
