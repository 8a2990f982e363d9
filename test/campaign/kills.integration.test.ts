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
        // A redial so soon would be dated like its first attempt: where a kill takes the push of its end, no CDR could tell it. The long run redials.
        attempts: 1,
        retryAfter: 1,
        mostUnknown: 50,
      }));
  }
});
