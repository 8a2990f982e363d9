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
          // Longer than a minute, because a CDR may be dated a minute before its task: at this speed a call of a minute
          // takes milliseconds.
          retryAfter: 2,
          // Answered calls whose bill was lost and whose CDR is dated even earlier.
          mostUnknown: rows / 20,
        }));
    }
  }
});
