// The worker's file when the sources run as they are: in dist/, a bundle has this name.
require("tsx/cjs");
require("../../receive/worker.ts");
