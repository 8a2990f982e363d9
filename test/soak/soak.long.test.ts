// A short soak test: all faults once, and everything is accounted for. `npm run soak` is the long form.
import assert from "node:assert/strict";
import { grown, type Sample, soak } from "./soak";

describe("a soak", function () {
  this.timeout(120_000);

  it("of some seconds with mixed load and faults loses nothing, repeats nothing, and does not grow", async function () {
    const { samples, wrong } = await soak(Number(process.env.MINUTES ?? 0.35), 4);
    const last = samples.at(-1);
    this.test!.title +=
      ` (${last?.messages} messages, ${last?.pushes} pushes, ${last?.calls} calls, ${last?.usedMB} MB)`;
    assert.deepEqual(wrong, []);
    assert.ok(samples.length > 5 && (last?.ok ?? 0) > 100 && (last?.pushes ?? 0) > 100 && (last?.records ?? 0) > 0);
  });

  it("recognises resources that grow", () => {
    const flat: Sample = {
      ...{ minute: 0, messages: 0, ok: 0, pushes: 0, calls: 0, records: 0 },
      ...{ usedMB: 50, rssMB: 150, sockets: 30, timers: 2, others: 5, spoolKB: 100 },
    };
    const grownBy = (change: (minute: number) => Partial<Sample>) =>
      grown(Array.from({ length: 30 }, (_, minute) => ({ ...flat, minute, ...change(minute) })));
    assert.deepEqual(
      grownBy(() => ({})),
      [],
    );
    // Temporary resources are not growth.
    assert.deepEqual(
      grownBy((minute) => ({ usedMB: 50 + 20 * (minute % 2), spoolKB: 1000 * (minute % 2) })),
      [],
    );
    assert.deepEqual(
      grownBy((minute) => (minute === 29 ? { usedMB: 90, others: 40 } : {})),
      [],
    );
    assert.deepEqual(
      grownBy((minute) => ({ usedMB: 50 + minute })),
      ["memory grows by 1.00 MB a minute"],
    );
    assert.deepEqual(
      grownBy((minute) => ({ sockets: 30 + 2 * minute, timers: 2 + 3 * minute })),
      ["sockets grew from 60 to 80", "timers grew from 47 to 77"],
    );
    assert.deepEqual(
      grownBy((minute) => ({ others: 5 + 2 * minute, spoolKB: 200 * minute })),
      ["others grew from 35 to 55", "spoolKB grew from 3000 to 5000"],
    );
    // The journal keeps the signatures of pushes, and shrinks by whole files.
    assert.deepEqual(
      grownBy((minute) => ({ pushes: 5000 * minute, spoolKB: 700 * minute })),
      [],
    );
    assert.deepEqual(
      grownBy((minute) => ({ pushes: 5000 * minute, spoolKB: 1000 * minute })),
      ["spoolKB grew from 15000 to 25000"],
    );
  });
});
