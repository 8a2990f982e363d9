// Prepares a clone, then runs one of its TypeScript programs in this process: `node build/run.mjs <program> [argument …]`. A single process
// receives the signals that npm forwards: a shell with `&&` would not pass them on, and the program would keep running. npm's shell is
// replaced by `exec`; Windows has neither such signals nor `exec`, and runs the command after `||`. It starts before anything is installed,
// so it is plain JavaScript with built-in modules.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [node, , program, ...rest] = process.argv;
process.argv = [node, resolve(program)];
await import("./ready.mjs");
process.argv.push(...rest);
const require = createRequire(import.meta.url);
require("tsx/cjs");
require(resolve(program));
