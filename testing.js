// require("@sccc/node-red-sccc/testing"): for users' own tests, see docs/simulator.md.
module.exports = require("./dist/testing.js");
