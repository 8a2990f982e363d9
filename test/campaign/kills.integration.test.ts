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
        attempts: 2,
        retryAfter: 0.02,
        // With so short a time between attempts, a CDR counts only if it is dated after its task. At this speed few are.
        mostUnknown: 50,
      }));
  }
});
