// Calls into a log with their recordings, through a restart and a kill: small runs in real Node-REDs.
import { newestNodeRed } from "../../tools/hosts";
import { playRun } from "./whole";

describe("a log of calls in three nodes", function () {
  this.timeout(300_000);
  for (const version of newestNodeRed) {
    it(`has each call once with its recording, despite a restart and a kill: Node-RED ${version}`, () =>
      playRun({
        version,
        dialect: version === 4 ? "document" : "field",
        answer: "stored",
        calls: 24,
        restarts: 1,
        kills: 1,
        faults: true,
        seed: 7,
      }));
  }
});
