// The worker's file when the sources run unbundled; dist/ has a bundle of this name.
require("tsx/cjs");
require("../../receive/worker.ts");
