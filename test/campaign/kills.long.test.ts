// The long campaign: 25,345 rows, a tenth of the bills lost, killed ten times, in both dialects.
import { nodeRedVersions } from "../../tools/hosts";
import { runKilled } from "./kills";

const rows = Number(process.env.ROWS ?? 25_345);
const kills = Number(process.env.KILLS ?? 10);

describe(`a campaign of ${rows} rows that is killed ${kills} times`, function () {
  this.timeout(3_600_000);
  for (const version of nodeRedVersions) {
    for (const dialect of ["document", "field"] as const) {
      it(`has a result for every row in the end (Node-RED ${version}, ${dialect})`, () =>
        runKilled({
          ...{ version, dialect, rows, kills, speed: 5000, attempts: 2 },
          retryAfter: 2,
          // Numbers of commands that a kill keeps from leaving: up to a thousand each.
          mostUnknown: rows / 20,
        }));
    }
  }
});
