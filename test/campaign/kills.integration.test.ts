// A campaign in a real Node-RED that is killed: a result for every row, and nobody is rung too often.
import { newestNodeRed } from "../../tools/hosts";
import { runKilled } from "./kills";

describe("a campaign in a Node-RED that is killed", function () {
  this.timeout(300_000);
  for (const version of newestNodeRed) {
    it(`has a result for every row in the end (Node-RED ${version})`, () =>
      runKilled({
        version,
        dialect: version === 4 ? "document" : "field",
        rows: 150,
        kills: 2,
        speed: 300,
        attempts: 2,
        // Long enough to distinguish a redial's CDR, which is dated in whole seconds, from that of the first attempt.
        retryAfter: 0.1,
        // Numbers of commands that were not sent because of a kill.
        mostUnknown: 30,
      }));
  }
});
