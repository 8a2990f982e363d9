// The entry for users' tests: require("@sccc/node-red-sccc/testing"). Its types are in testing.d.ts at the root of the package.
export { startSimulator } from ".";
export { signPush } from "./signing";
