// The entry for users' tests: require("@sccc/node-red-sccc/testing"). build/testing-types.ts makes its types from what these exports refer to.
export { startSimulator } from ".";
export { signPush } from "./signing";
