// A campaign in a real Node-RED that is killed: a result for every row, and nobody is rung too often.
import { nodeRedVersions } from "../../tools/hosts";
import { runKilled } from "./kills";

describe("a campaign in a Node-RED that is killed", function () {
  this.timeout(300_000);
  for (const version of nodeRedVersions) {
    it(`has a result for every row in the end (Node-RED ${version})`, () =>
      runKilled({
        version,
        dialect: version === 4 ? "document" : "field",
        rows: 150,
        kills: 2,
        speed: 300,
        // No redials: so soon after the first attempt, a redial would have the same date. If a kill loses the push of
        // its end, no CDR could be assigned to it. The long run redials.
        attempts: 1,
        retryAfter: 1,
        mostUnknown: 50,
      }));
  }
});
