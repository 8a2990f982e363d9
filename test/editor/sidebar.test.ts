// The parts of the sidebar that need no page: the entries and their filter, the poller, and JSON with line breaks.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { flat, languages, written } from "../../build/locales";
import { troubleshooting } from "../../build/resources";
import { hintCodes, type TrafficEntry } from "../../nodes/catalogue/sidebar";
import { indented } from "../../nodes/editor/sidebar/json-text";
import { longestPause, Poller, pause } from "../../nodes/editor/sidebar/poller";
import { everything, type Filter, filtered, Traffic } from "../../nodes/editor/sidebar/traffic";

const entry = (number: number, more: Partial<TrafficEntry> = {}): TrafficEntry => ({
  ...{ number, account: "a", kind: "push", at: number, name: "callin", result: { ok: true, code: "taken" }, nodes: [] },
  ...more,
});

describe("the sidebar's entries", () => {
  const numbers = (traffic: Traffic) => traffic.entries.map(({ number }) => number);

  it("are sorted with the newest first, and removed when their account no longer has them", () => {
    const traffic = new Traffic();
    assert.equal(traffic.newest, 0);
    assert.ok(
      traffic.take({ run: "1", entries: [entry(1), entry(2), entry(3, { account: "b" })], oldest: { a: 1, b: 3 } }),
    );
    assert.deepEqual(numbers(traffic), [3, 2, 1]);
    assert.equal(traffic.newest, 3);
    assert.ok(traffic.take({ run: "1", entries: [entry(4)], oldest: { a: 2, b: 3 } }));
    assert.deepEqual(numbers(traffic), [4, 3, 2]);
    assert.ok(traffic.take({ run: "1", entries: [], oldest: { a: 2 } }));
    assert.deepEqual(numbers(traffic), [4, 2]);
    // The receiving thread was restarted and has no entries.
    assert.ok(traffic.take({ run: "1", entries: [], oldest: { a: 0 } }));
    assert.deepEqual(numbers(traffic), []);
  });

  it("stay the same list while nothing changes, so that nothing is drawn again", () => {
    const traffic = new Traffic();
    traffic.take({ run: "1", entries: [entry(1)], oldest: { a: 1 } });
    const before = traffic.entries;
    traffic.take({ run: "1", entries: [], oldest: { a: 1 } });
    assert.equal(traffic.entries, before);
  });

  it("are replaced when Node-RED has restarted", () => {
    const traffic = new Traffic();
    traffic.take({ run: "1", entries: [entry(7)], oldest: { a: 7 } });
    assert.equal(traffic.take({ run: "2", entries: [entry(8)], oldest: { a: 1 } }), false);
    assert.equal(traffic.newest, 0);
    assert.ok(traffic.take({ run: "2", entries: [entry(1)], oldest: { a: 1 } }));
    assert.deepEqual(numbers(traffic), [1]);
  });

  it("are requested again when an account returns that missed entries of other accounts", () => {
    const traffic = new Traffic();
    const a = [entry(1), entry(2)];
    const b = entry(3, { account: "b" });
    traffic.take({ run: "1", entries: [...a, b], oldest: { a: 1, b: 3 } });
    assert.ok(traffic.take({ run: "1", entries: [], oldest: { b: 3 } }));
    assert.deepEqual(numbers(traffic), [3]);
    assert.equal(traffic.take({ run: "1", entries: [], oldest: { a: 1, b: 3 } }), false);
    assert.equal(traffic.newest, 0);
    assert.ok(traffic.take({ run: "1", entries: [...a, b], oldest: { a: 1, b: 3, c: 0 } }));
    assert.deepEqual(numbers(traffic), [3, 2, 1]);
    assert.ok(traffic.take({ run: "1", entries: [], oldest: { a: 2, b: 3, c: 0 } }));
    assert.deepEqual(numbers(traffic), [3, 2]);
  });

  it("are filtered by every part of a filter", () => {
    const all = [
      entry(3, {
        kind: "command",
        name: "CallNumber",
        phone: "13800138888",
        result: { ok: false, code: "SCCC_TIMEOUT" },
      }),
      entry(2, { account: "b", agent: "1000" }),
      entry(1, { result: { ok: false, code: "digest", text: "Who are you?" } }),
    ];
    const found = (filter: Partial<Filter>) =>
      filtered(all, { ...everything, ...filter }, ({ name }) => (name === "callin" ? "agent's phone rings" : "")).map(
        ({ number }) => number,
      );
    assert.deepEqual(found({}), [3, 2, 1]);
    assert.deepEqual(found({ kind: "command" }), [3]);
    assert.deepEqual(found({ account: "b" }), [2]);
    assert.deepEqual(found({ failures: true }), [3, 1]);
    assert.deepEqual(found({ text: " RINGS  1000 " }), [2]);
    assert.deepEqual(found({ text: "38888" }), [3]);
    assert.deepEqual(found({ text: "who" }), [1]);
    assert.deepEqual(found({ text: "digest", kind: "command" }), []);
  });
});

describe("the sidebar's questions", () => {
  /** A poller whose answers and time the test controls. */
  function inHand() {
    const waiting: { readonly ms: number; readonly then: () => void }[] = [];
    const open: ((answered: boolean) => void)[] = [];
    const world = { watched: true, waiting, open, asked: 0 };
    const poller = new Poller({
      isWatched: () => world.watched,
      later: (ms, then) => {
        const one = { ms, then };
        waiting.push(one);
        return () => void waiting.splice(waiting.indexOf(one), 1);
      },
      ask: () => {
        world.asked += 1;
        return new Promise((resolve) => open.push(resolve));
      },
    });
    const answer = async (answered: boolean) => {
      open.shift()?.(answered);
      await new Promise(setImmediate);
    };
    return { poller, world, answer, tick: () => waiting.shift()?.then() };
  }

  it("never overlap, and pause after each answer", async () => {
    const { poller, world, answer, tick } = inHand();
    poller.look();
    poller.look();
    poller.wake();
    assert.equal(world.asked, 1);
    await answer(true);
    // It was woken meanwhile.
    assert.equal(world.asked, 2);
    await answer(true);
    assert.equal(world.asked, 2);
    assert.deepEqual(
      world.waiting.map(({ ms }) => ms),
      [pause],
    );
    poller.look();
    assert.equal(world.asked, 2);
    tick();
    assert.equal(world.asked, 3);
    assert.equal(world.open.length, 1);
  });

  it("stop while the sidebar is hidden, and continue at once when it is shown", async () => {
    const { poller, world, answer } = inHand();
    poller.look();
    world.watched = false;
    await answer(true);
    assert.deepEqual(world.waiting, []);
    world.watched = true;
    poller.look();
    await answer(true);
    assert.equal(world.waiting.length, 1);
    world.watched = false;
    poller.look();
    assert.deepEqual(world.waiting, []);
    poller.wake();
    assert.equal(world.asked, 2);
  });

  it("are sent less often without answers, up to a limit, and at the normal rate after an answer", async () => {
    const { poller, world, answer, tick } = inHand();
    poller.look();
    const waits: number[] = [];
    for (let failures = 0; failures < 8; failures += 1) {
      // Being woken must not cause a second request to a Node-RED that does not answer.
      poller.wake();
      await answer(false);
      waits.push(world.waiting[0]?.ms ?? 0);
      tick();
    }
    assert.deepEqual(waits.slice(0, 3), [2 * pause, 4 * pause, 8 * pause]);
    assert.equal(waits.at(-1), longestPause);
    await answer(true);
    assert.equal(world.waiting[0]?.ms, pause);
  });
});

describe("JSON in the sidebar", () => {
  it("gets line breaks, and loses nothing", () => {
    assert.equal(
      indented('{"a":[1,{"b":"x, {y}"}],"c":{},"d":[]}'),
      JSON.stringify({ a: [1, { b: "x, {y}" }], c: {}, d: [] }, null, 2),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(indented(JSON.stringify(value)), JSON.stringify(value, null, 2));
      }),
    );
  });

  it("keeps long numbers, and accepts texts that were cut off or are not JSON", () => {
    assert.match(indented('{"session":12345678901234567890}'), /12345678901234567890/);
    assert.equal(indented('{"a":"x\\'), '{\n  "a": "x\\');
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bare = (one: string) => one.replace(/\s/g, "");
        assert.equal(bare(indented(text)), bare(text));
      }),
    );
  });
});

describe("the sidebar's texts", () => {
  it("exist", () => {
    const texts = new Map(flat(written(languages[0])));
    const folder = join(__dirname, "../../nodes/editor/sidebar");
    const used = readdirSync(folder).flatMap((file) =>
      [...readFileSync(join(folder, file), "utf8").matchAll(/\bt\("([\w.]+)"/g)].map(([, key = ""]) => key),
    );
    assert.ok(used.length > 100);
    assert.deepEqual(
      used.filter((key) => !texts.has(`sidebar.${key}`)),
      [],
    );
  });

  for (const language of languages) {
    it(`name the reason of a refused push as the node's status does in ${language.folder}`, () => {
      const texts = new Map(flat(written(language)));
      for (const reason of ["customer", "digest", "timestamp", "sender", "replay"]) {
        assert.ok(texts.has(`refusal.${reason}`), reason);
        assert.ok(!texts.has(`sidebar.result.${reason}`), reason);
      }
    });
  }
});

describe("the sidebar's hints", () => {
  for (const language of languages) {
    it(`have a text each in ${language.folder}`, () => {
      const texts = new Map(flat(written(language)));
      for (const code of hintCodes) assert.ok(texts.get(`sidebar.hint.${code}`), code);
    });

    it(`lead to a heading of the troubleshooting page in ${language.folder}`, () => {
      const anchor = new Map(flat(written(language))).get("sidebar.troubleshooting.pushes");
      assert.ok(troubleshooting(language).includes(`id="${anchor}"`), anchor);
    });
  }
});
