// A long campaign with a tenth of the bills lost, killed again and again, in both dialects. `npm run prove` has 25,345 rows and ten kills.
import { nodeRedVersions } from "../../tools/hosts";
import { runKilled } from "./kills";

const rows = Number(process.env.ROWS ?? 1000);
const kills = Number(process.env.KILLS ?? 3);

describe(`a campaign of ${rows} rows that is killed ${kills} times`, function () {
  this.timeout(3_600_000);
  for (const version of nodeRedVersions) {
    for (const dialect of ["document", "field"] as const) {
      it(`has a result for every row in the end (Node-RED ${version}, ${dialect})`, () =>
        runKilled({
          ...{ version, dialect, rows, kills, speed: 5000, attempts: 2 },
          retryAfter: 2,
          // Answered calls of which the bill was lost and that are dated even earlier.
          mostUnknown: Math.max(rows / 20, 50 * kills),
        }));
    }
  }
});
