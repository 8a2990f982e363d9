// Loaded by mocha before the tests, when coverage is collected. It is JavaScript, because mocha loads it before the TypeScript compiler.
const { basename } = require("node:path");

// Mocha ends a worker process by SIGTERM if it takes more than a second to end. On a busy machine, writing the coverage
// takes longer, and it would be lost.
if (basename(process.argv[1] ?? "") === "worker.cjs") process.on("SIGTERM", () => undefined);
