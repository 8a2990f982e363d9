// The worker's file when the sources run as they are: in dist/, a bundle has this name. Tests start many workers; test/run.ts makes a bundle for
// them, which loads four times as fast.
const bundle = process.env.SCCC_TEST_WORKER;
if (bundle === undefined) {
  require("tsx/cjs");
  require("../../receive/worker.ts");
} else require(bundle);
