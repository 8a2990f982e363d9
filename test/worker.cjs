// Loaded by mocha before the tests, where coverage is collected. JavaScript: mocha loads it before the compiler of TypeScript.
const { basename } = require("node:path");

// Mocha ends a process that has run tests for it by SIGTERM if it takes more than a second to end. To write the coverage takes longer on a
// busy machine, and it would be lost.
if (basename(process.argv[1] ?? "") === "worker.cjs") process.on("SIGTERM", () => undefined);
