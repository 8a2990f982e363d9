// Makes a clone ready, then runs one of its TypeScript programs in this very process: `node build/run.mjs <program> [argument …]`.
// A single process gets the signals that npm passes on: a shell with `&&` keeps them to itself and leaves the program running. npm's shell
// is replaced by `exec`; Windows, which has no such signals and no `exec`, runs what stands behind `||`.
// It starts before anything is installed, so it is plain JavaScript on built-ins.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [node, , program, ...rest] = process.argv;
process.argv = [node, resolve(program)];
await import("./ready.mjs");
process.argv.push(...rest);
const require = createRequire(import.meta.url);
require("tsx/cjs");
require(resolve(program));
