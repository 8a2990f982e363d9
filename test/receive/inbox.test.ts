// An account's inbox: which pushes are accepted, which nodes get them, and what is stored. Without threads: the test acts as Node-RED's
// thread.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import cryptoJsMd5 from "crypto-js/md5";
import type { Arrival } from "../../nodes/receive/head";
import type { AccountSpec, Asks, DeliveryTuple, ListenerSpec, ReceivingProblem } from "../../nodes/receive/messages";
import { Sender } from "../../nodes/receive/outbox";
import { PushInbox, type Verdict } from "../../nodes/receive/push-inbox";
import { narrowReceiving } from "../../nodes/runtime/receive/config";

const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";
const moment = 1_700_000_000_000;
const context = {
  customer: "C2",
  baseUrl: "http://sccc.example",
  timezone: "Asia/Shanghai",
  region: "CN",
  areaCode: "",
};
const bill = { type: "billing", session: "s1", startTime: "1700000000", caller: "1", callee: "2", service: "1" };

/** A delivery to a node. */
interface Delivery {
  readonly node: string;
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly push: Record<string, unknown>;
  readonly token: string;
  readonly delivery: number;
}

interface Settings {
  readonly config?: Record<string, unknown>;
  readonly listeners?: readonly Partial<ListenerSpec>[];
  readonly folder?: string;
  readonly dormant?: readonly string[];
  readonly now?: () => number;
  readonly elapsed?: () => number;
  readonly owner?: string;
  /** Whether nodes receive their deliveries; default: they do. */
  readonly has?: (tuple: DeliveryTuple) => boolean;
}

const inboxes: PushInbox[] = [];
const folders: string[] = [];
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "sccc-inbox-"));
  folders.push(folder);
  return folder;
};

/** Creates an inbox with its own account. */
async function inbox(settings: Settings = {}) {
  const { config = {}, listeners = [{}], dormant, now = () => moment, has = () => true } = settings;
  const folder = settings.folder ?? temporary();
  const specOf = (more: Partial<Pick<AccountSpec, "listeners" | "dormant">> = {}): AccountSpec => {
    const narrowed = narrowReceiving(
      { customer: "C2", ...config },
      { password },
      (text) => text,
      () => undefined,
      context,
    );
    assert.ok(narrowed.ok, JSON.stringify(narrowed));
    const specs = listeners.map((one) => ({ id: "n", transient: false, events: [], others: true, ...one }));
    return {
      id: "a",
      config: narrowed.value,
      folder,
      tokenPrefix: "",
      listeners: specs,
      ...(dormant && { dormant }),
      ...more,
    };
  };
  const deliveries: Delivery[] = [];
  const dead: Delivery[] = [];
  const problems: (ReceivingProblem | undefined)[] = [];
  const warnings: string[] = [];
  let heard = (): void => undefined;
  const sender: Sender = new Sender((text) => {
    for (const tuple of JSON.parse(text) as readonly DeliveryTuple[]) {
      const [number, , node, kind, token, delivery, kept] = tuple;
      const there = has(tuple);
      if (there) {
        const { topic, payload, push, base = 0 } = kept as Delivery & { base?: number };
        (kind === "d" ? dead : deliveries).push({ node, topic, payload, push, token, delivery: base + delivery });
      }
      // As from another thread: later.
      setImmediate(() => sender.settle([number], there));
    }
    heard();
  });
  const made = new PushInbox(specOf(), {
    sender,
    owner: settings.owner ?? "test",
    onCounts: () => undefined,
    onProblem: (problem) => problems.push(problem),
    onWarning: (key, params) => warnings.push(`${key} ${JSON.stringify(params)}`),
    now,
    record: true,
    ...(settings.elapsed && { elapsed: settings.elapsed }),
    store: { beat: { everyMs: 20, staleMs: 120 } },
  });
  inboxes.push(made);
  if (settings.owner === undefined) await made.opened;
  return {
    made,
    folder,
    deliveries,
    dead,
    problems,
    warnings,
    apply: (more: Partial<Pick<AccountSpec, "config" | "listeners" | "dormant">>) => made.apply(specOf(more)),
    receive: ({ arrival, ...push }: Incoming) => made.receive(push, arrival).then(word),
    /** Resolves when this many deliveries, including dead letters, have come. */
    heard: async (count: number) => {
      while (deliveries.length + dead.length < count) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
  };
}

/** A push to be received. */
interface Incoming {
  readonly authentication: Record<string, unknown>;
  readonly notify: Record<string, unknown>;
  readonly arrival: Arrival;
}

let seqs = 0;

const arrival: Arrival = { path: "/sccc/notify", query: "a=1", peer: "203.0.113.7", forwarded: "" };

function push(
  notify: Record<string, unknown> = { type: "callin", number: "13800138000" },
  changes: Record<string, unknown> = {},
): Incoming {
  seqs += 1;
  const block = { customer: "C2", timestamp: String(moment), seq: String(seqs), ...changes };
  const digest = cryptoJsMd5(`${block.customer}@${block.timestamp}@${block.seq}@${password}`).toString();
  return { authentication: { ...block, digest, ...changes }, notify, arrival };
}

const word = (verdict: Verdict) => (verdict.kind === "refused" ? verdict.why : verdict.kind);
const stored = { pushAnswer: "stored" };

describe("an inbox", () => {
  afterEach(() => {
    for (const one of inboxes.splice(0)) one.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it("makes a message of a push", async () => {
    const { made, receive, deliveries } = await inbox();
    assert.equal(await receive(push()), "taken");
    const [{ topic, payload, push: report, delivery } = assert.fail()] = deliveries;
    assert.deepEqual(
      [topic, payload.number, payload.numberE164, delivery],
      ["callin", "13800138000", "+8613800138000", 1],
    );
    const { eventId, ...rest } = report;
    assert.equal(payload.eventId, eventId);
    assert.deepEqual(rest, {
      event: "callin",
      known: true,
      account: "C2",
      customer: "C2",
      receivedAt: new Date(moment).toISOString(),
      delivery: 1,
      http: { path: "/sccc/notify", query: { a: "1" }, ip: "203.0.113.7" },
    });
    assert.deepEqual([made.counts.taken, made.counts.last], [1, moment]);
  });

  describe("with dead letters", () => {
    const letter = (id: string, value: unknown) =>
      `{"time":"2023-11-14T22:13:20.000Z","id":"${id}","node":"n","delivery":5,"value":${JSON.stringify(value)}}\n`;
    const kept = { topic: "callin", payload: { number: "1" }, push: { event: "callin" } };
    const lettersOf = async (made: PushInbox) => (await made.answer({ what: "letters" })) as Asks["letters"]["answer"];

    for (const config of [{}, stored]) {
      const mode = config === stored ? "stored" : "received";
      it(`does not deliver a dead letter that is not a push, and keeps it: ${mode}`, async () => {
        const { made, folder, deliveries, heard } = await inbox({ config });
        const text = letter("1", { a: 1 }) + letter("2", null) + letter("3", kept);
        writeFileSync(join(folder, "dead.jsonl"), text);
        const { letters } = await lettersOf(made);
        assert.deepEqual([letters.map(({ event }) => event), letters.length], [["callin", "", ""], 3]);
        const ids = letters.map(({ id }) => id);
        assert.deepEqual(await made.answer({ what: "handLetters", ids }), { handed: 1, unwanted: 2 });
        await heard(1);
        assert.deepEqual(
          deliveries.map(({ topic }) => topic),
          ["callin"],
        );
        assert.equal(readFileSync(join(folder, "dead.jsonl"), "utf8"), letter("1", { a: 1 }) + letter("2", null));
      });
    }

    it("keeps a dead letter that no node accepted", async () => {
      const { made, folder } = await inbox({ has: () => false });
      writeFileSync(join(folder, "dead.jsonl"), letter("1", kept));
      const ids = (await lettersOf(made)).letters.map(({ id }) => id);
      assert.deepEqual(await made.answer({ what: "handLetters", ids }), { handed: 0, unwanted: 1 });
      assert.equal((await lettersOf(made)).total, 1);
    });

    it("logs that a dead letter can't be removed from the file", async () => {
      const { made, folder, warnings, heard } = await inbox();
      writeFileSync(join(folder, "dead.jsonl"), letter("1", kept));
      const ids = (await lettersOf(made)).letters.map(({ id }) => id);
      // The new file cannot be written, because there is a folder with its name.
      mkdirSync(join(folder, "dead.jsonl.new", "inside"), { recursive: true });
      for (const what of ["handLetters", "deleteLetters"] as const) {
        await assert.rejects(made.answer({ what, ids }));
      }
      await heard(1);
      assert.deepEqual([warnings.length, (await lettersOf(made)).total], [2, 1]);
    });

    it("reports recorded pushes even if the file of the dead letters can't be read", async () => {
      const { made, folder, receive } = await inbox();
      mkdirSync(join(folder, "dead.jsonl"));
      await receive(push());
      const { traffic, deadLetters } = (await made.answer({
        what: "traffic",
        run: "",
        after: 0,
      })) as Asks["traffic"]["answer"];
      assert.deepEqual([traffic?.entries.length, deadLetters], [1, 0]);
      await assert.rejects(made.answer({ what: "letters" }));
    });
  });

  it("answers an exact repeat again, in any order of its keys, and refuses a block with another body", async () => {
    const { receive, deliveries } = await inbox();
    const first = push({ type: "callin", number: "1", more: { a: 1, b: [2, { c: 3, d: 4 }] } });
    const reordered = { more: { b: [2, { d: 4, c: 3 }], a: 1 }, number: "1", type: "callin" };
    assert.deepEqual([await receive(first), await receive(first)], ["taken", "taken"]);
    assert.equal(await receive({ ...first, notify: reordered }), "taken");
    assert.equal(await receive({ ...first, notify: { type: "callend" } }), "replay");
    assert.equal(deliveries.length, 1);
    const allowing = await inbox({ config: { pushReplay: "allow" } });
    for (const notify of [{ type: "callin" }, { type: "callend" }, { type: "callend" }]) {
      assert.equal(await allowing.receive({ ...first, notify }), "taken");
    }
    assert.deepEqual(
      allowing.deliveries.map(({ topic }) => topic),
      ["callin", "callend"],
    );
  });

  for (const config of [{}, stored]) {
    const mode = config === stored ? "stored" : "received";
    it(`emits one bill once, however it is signed: ${mode}`, async () => {
      const { receive, deliveries, heard } = await inbox({ config });
      await Promise.all([receive(push(bill)), receive(push(bill)), receive(push({ ...bill, session: "s2" }))]);
      assert.equal(await receive(push(bill)), "taken");
      await heard(2);
      assert.deepEqual(deliveries.map(({ payload }) => payload.session).sort(), ["s1", "s2"]);
    });

    it(`emits a bill with more fields again, with the same eventId and the next delivery number: ${mode}`, async () => {
      const one = await inbox({ config });
      await one.receive(push({ ...bill, recordFile: "" }));
      assert.equal(await one.receive(push({ ...bill, recordFile: "/a.wav" })), "taken");
      assert.equal(await one.receive(push({ ...bill, recordFile: "/a.wav" })), "taken");
      assert.equal(await one.receive(push(bill)), "taken");
      await one.heard(2);
      assert.deepEqual(
        one.deliveries.map(({ payload, delivery }) => [payload.recordFile, delivery]),
        [
          ["", 1],
          ["/a.wav", 2],
        ],
      );
      assert.equal(new Set(one.deliveries.map(({ push: { eventId } }) => eventId)).size, 1);
      one.made.close();
      const after = await inbox({ config, folder: one.folder, listeners: [] });
      assert.equal(await after.receive(push({ ...bill, recordFile: "/a.wav" })), "taken");
      after.apply({ listeners: [{ id: "m", transient: false, events: [], others: true }] });
      assert.equal(await after.receive(push({ ...bill, recordFile: "/a.wav", timeLength: "7" })), "taken");
      await after.heard(1);
      assert.deepEqual(
        after.deliveries.filter(({ node }) => node === "m").map(({ delivery }) => delivery),
        [3],
        "across a restart",
      );
    });

    it(`keeps used blocks across a restart and a change of the tolerance: ${mode}`, async () => {
      const before = await inbox({ config: { ...config, pushTolerance: "10" } });
      const first = push();
      assert.equal(await before.receive(first), "taken");
      before.made.close();
      const after = await inbox({
        config: { ...config, pushTolerance: "86400" },
        folder: before.folder,
        now: () => moment + 60_000,
      });
      assert.equal(await after.receive({ ...first, notify: { type: "callend" } }), "replay");
      assert.equal(await after.receive(first), "taken");
    });
  }

  it("refuses the pushes of others, and counts them by reason", async () => {
    const { made, receive, deliveries } = await inbox();
    const words: string[] = [];
    for (const changes of [
      { customer: "C3" },
      { digest: "0".repeat(32) },
      { digest: undefined },
      { timestamp: String(moment - 300_001) },
      { timestamp: String(moment + 300_001) },
    ]) {
      words.push(await receive(push({ type: "callin" }, changes)));
    }
    assert.deepEqual(words, ["customer", "digest", "digest", "timestamp", "timestamp"]);
    for (const timestamp of [moment - 300_000, moment + 300_000, moment / 1000]) {
      assert.equal(await receive(push({ type: "callin" }, { timestamp })), "taken");
    }
    assert.equal(deliveries.length, 3);
    assert.deepEqual(Object.fromEntries(made.counts.refused), { customer: 1, digest: 2, timestamp: 2 });
  });

  it("counts refusals as unremedied until a push is taken or the settings change", async () => {
    const { made, receive, apply } = await inbox();
    const refuse = async (): Promise<void> => {
      await receive(push({ type: "callin" }, { customer: "C3" }));
      await receive(push({ type: "callin" }, { digest: "0".repeat(32) }));
      await receive(push({ type: "callin" }, { timestamp: String(moment - 300_001) }));
      made.refuse("sender");
    };
    const unremedied = () => Object.fromEntries(made.counts.unremedied);
    const all = { customer: 1, digest: 1, timestamp: 1, sender: 1 };
    await refuse();
    assert.deepEqual(unremedied(), all);
    assert.equal(await receive(push({ type: "callin" })), "taken");
    assert.deepEqual(unremedied(), { sender: 1 });
    await refuse();
    apply({ dormant: [] });
    assert.deepEqual(unremedied(), { ...all, sender: 2 });
    apply({ config: { ...made.config, allow: ["192.0.2.1"] } });
    assert.deepEqual([unremedied(), made.counts.refused.get("sender")], [{}, 2]);
  });

  it("refuses a possible repeat when the clock is set back", async () => {
    let elapsed = 0;
    const { receive } = await inbox({ elapsed: () => elapsed });
    const at = (timestamp: number) => receive(push(undefined, { timestamp: String(timestamp) }));
    assert.equal(await at(moment), "taken");
    // Late enough that its block is forgotten; the wall clock is unchanged.
    elapsed = 86_400_000;
    assert.equal(await at(moment + 1), "taken");
    assert.deepEqual(
      [await at(moment), await at(moment - 1), await at(moment + 2)],
      ["timestamp", "timestamp", "taken"],
    );
  });

  it("takes valid pushes at once after the clock was an hour ahead, and reports it", async () => {
    let now = moment + 3_600_000;
    let elapsed = 0;
    const { receive, warnings } = await inbox({ now: () => now, elapsed: () => elapsed });
    const at = (timestamp: number) => receive(push(undefined, { timestamp: String(timestamp) }));
    assert.equal(await at(now), "taken");
    elapsed = 86_400_000;
    assert.equal(await at(now + 1), "taken");
    now = moment;
    assert.equal(await at(moment), "taken");
    assert.deepEqual(warnings, ["clockSetBack {}"]);
    assert.equal(await at(moment + 3_600_000), "timestamp", "the tolerance is enforced");
  });

  it("checks the sender; behind a proxy, the address that the nearest proxy wrote", async () => {
    const from = (peer: string, forwarded = "") => ({ ...push(), arrival: { path: "/", query: "", peer, forwarded } });
    const direct = await inbox({ config: { pushAllow: "203.0.113.0/24" } });
    assert.equal(await direct.receive(from("203.0.113.9")), "taken");
    assert.equal(await direct.receive(from("198.51.100.1", "203.0.113.9")), "sender");
    const proxied = await inbox({ config: { pushAllow: "203.0.113.0/24, 2001:db8::/32", trustProxy: true } });
    assert.equal(await proxied.receive(from("127.0.0.1", "6.6.6.6, 203.0.113.9:51234")), "taken");
    assert.equal(await proxied.receive(from("127.0.0.1", "[2001:db8::7]:443")), "taken");
    assert.equal(await proxied.receive(from("127.0.0.1", "203.0.113.9, 6.6.6.6")), "sender");
    assert.deepEqual(
      proxied.deliveries.map(({ push: { http } }) => (http as { ip: string }).ip),
      ["203.0.113.9", "2001:db8::7"],
    );
  });

  it("answers busy while the node is stopped, and takes events that the node does not want", async () => {
    const { apply, receive, deliveries } = await inbox();
    const listener = { id: "n", transient: false, events: ["callin"], others: false };
    apply({ listeners: [{ ...listener, away: true }] });
    const first = push();
    assert.deepEqual([await receive(first), await receive(push(bill))], ["busy", "taken"]);
    apply({ listeners: [listener] });
    assert.equal(await receive(first), "taken");
    assert.deepEqual(
      deliveries.map(({ topic }) => topic),
      ["callin"],
    );
  });

  it("takes an event that no node wants, without a message", async () => {
    const { receive, deliveries } = await inbox({ listeners: [{ events: ["callend"], others: false }] });
    assert.equal(await receive(push()), "taken");
    assert.equal(deliveries.length, 0);
  });

  it("answers busy for a push that reached no node", async () => {
    let there = false;
    const { receive, deliveries } = await inbox({ has: () => there });
    const one = push();
    assert.equal(await receive(one), "busy");
    there = true;
    assert.equal(await receive(one), "taken");
    assert.equal(deliveries.length, 1);
  });

  describe("that stores", () => {
    const hasty = { ...stored, redeliverAfter: "0.1" };

    it("delivers a push again until it is acknowledged, with the same eventId", async () => {
      const { made, receive, deliveries, heard } = await inbox({ config: hasty });
      assert.equal(await receive(push()), "taken");
      await heard(2);
      const [first, second] = deliveries;
      assert.deepEqual([first?.delivery, second?.delivery], [1, 2]);
      assert.equal(first?.push.eventId, second?.push.eventId);
      assert.notEqual(first?.token, second?.token);
      assert.ok(!made.acknowledge(`${first?.token}0`, true), "a delivery that never was");
      assert.ok(made.acknowledge(first?.token ?? "", true), "a slow flow acknowledges with the token that it has");
      assert.ok(!made.acknowledge(second?.token ?? "", true), "the first acknowledgement counts");
      assert.equal(made.pending, 0);
    });

    it("does not parse a stored bill again for its first delivery", async () => {
      const parse = JSON.parse;
      let parses = 0;
      JSON.parse = (...args: Parameters<typeof parse>) => {
        if (args[0].startsWith('{"topic":"billing"')) parses += 1;
        return parse(...args);
      };
      try {
        const { receive, heard, deliveries } = await inbox({ config: { ...stored, redeliverAfter: 1 } });
        assert.equal(await receive(push(bill)), "taken");
        await heard(1);
        assert.equal(parses, 0);
        await heard(2);
        assert.deepEqual([parses, deliveries.map(({ delivery }) => delivery)], [1, [1, 2]]);
      } finally {
        JSON.parse = parse;
      }
    });

    it("keeps the pushes for a stopped node, and delivers them when the node is back", async () => {
      const { apply, receive, heard, deliveries } = await inbox({ config: stored });
      const listener = { id: "n", transient: false, events: [], others: true };
      apply({ listeners: [{ ...listener, away: true }] });
      assert.deepEqual([await receive(push()), await receive(push(bill))], ["taken", "taken"]);
      assert.equal(deliveries.length, 0);
      apply({ listeners: [listener] });
      await heard(2);
      assert.deepEqual(
        deliveries.map(({ topic, delivery }) => [topic, delivery]),
        [
          ["callin", 1],
          ["billing", 1],
        ],
      );
    });

    it("invalidates the token of a refusal, and no other token", async () => {
      const { made, receive, deliveries, heard } = await inbox({ config: hasty });
      await receive(push());
      await heard(1);
      const token = deliveries[0]?.token ?? "";
      assert.ok(made.acknowledge(token, false));
      assert.ok(!made.acknowledge(token, true), "used");
      await heard(2);
      assert.ok(made.acknowledge(deliveries[1]?.token ?? "", true));
    });

    it("stores nothing for temporary listeners, and gives them only pushes that were taken", async () => {
      const transient = { id: "passing", transient: true };
      const { made, receive, deliveries } = await inbox({
        config: stored,
        listeners: [{ events: ["callin"], others: false }, transient],
      });
      assert.equal(await receive(push({ type: "callend", number: "10086" })), "taken");
      assert.equal(made.pending, 0);
      assert.equal(await receive(push()), "taken");
      assert.equal(made.pending, 1, "the other node's own");
      await new Promise(setImmediate);
      assert.deepEqual(deliveries.map(({ node }) => node).sort(), ["n", "passing", "passing"]);
    });

    it("makes a push that is never acknowledged a dead letter", async () => {
      const { made, receive, deliveries, dead, heard, folder } = await inbox({
        config: { ...hasty, maxDeliveries: "2" },
      });
      await receive(push());
      await heard(3);
      assert.deepEqual([deliveries.length, dead.length, made.pending], [2, 1, 0]);
      assert.ok(!made.acknowledge(deliveries[0]?.token ?? "", true));
      assert.equal(readFileSync(join(folder, "dead.jsonl"), "utf8").trim().split("\n").length, 1);
    });

    it("delivers after a restart, and answers busy when the disk cannot be written", async () => {
      const before = await inbox({ config: stored });
      await before.receive(push(bill));
      await before.heard(1);
      before.made.close();
      assert.equal(await before.receive(push({ ...bill, session: "s3" })), "busy");
      const after = await inbox({ config: stored, folder: before.folder });
      await after.heard(1);
      assert.deepEqual(
        after.deliveries.map(({ payload, delivery }) => [payload.session, delivery]),
        [["s1", 2]],
      );
      assert.equal(after.deliveries[0]?.payload.eventId, before.deliveries[0]?.payload.eventId);
    });

    it("answers busy for a push that could not be stored", async () => {
      const folder = join(temporary(), "file");
      writeFileSync(folder, "");
      const { made, receive, problems, heard } = await inbox({ config: stored, folder });
      const one = push(bill);
      assert.deepEqual([await receive(one), await receive(one)], ["busy", "busy"]);
      assert.deepEqual([problems[0]?.reason, typeof problems[0]?.retryAt], ["folder", "number"]);
      rmSync(folder);
      while (problems.at(-1) !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(await receive(one), "taken", "it has healed by itself");
      await heard(1);
      assert.equal(made.pending, 1);
    });

    it("in a folder that another process has: reports it, answers busy, and takes over when that process has ended", async () => {
      const first = await inbox({ config: stored });
      await first.receive(push());
      const second = await inbox({ config: stored, folder: first.folder, owner: "another process" });
      while (second.problems.at(-1)?.reason !== "held") await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(await second.receive(push()), "busy");
      assert.equal(await first.receive(push()), "taken");
      first.made.close();
      await second.heard(2);
      assert.equal(second.problems.at(-1), undefined);
      assert.equal(await second.receive(push()), "taken");
    });

    it("gives the pending pushes of a deleted node to another one that takes the event, else to the dead letters", async () => {
      const before = await inbox({ config: stored });
      await before.receive(push());
      await before.receive(push({ type: "callend", number: "1" }));
      await before.heard(2);
      before.made.close();
      const after = await inbox({
        config: stored,
        folder: before.folder,
        dormant: [],
        listeners: [{ id: "new", events: ["callin"], others: false }],
      });
      await after.heard(1);
      assert.deepEqual(
        after.deliveries.map(({ node, topic }) => [node, topic]),
        [["new", "callin"]],
      );
      assert.match(after.warnings[0] ?? "", /^pushesReassigned \{"node":"n","moved":"1","dead":"1"\}$/);
      assert.match(readFileSync(join(after.folder, "dead.jsonl"), "utf8"), /"topic":"callend"/);
      assert.equal(after.made.pending, 1);
      after.made.close();
      // The move to the other node is stored on disk.
      const again = await inbox({ config: stored, folder: before.folder, listeners: [{ id: "new" }] });
      await again.heard(1);
    });

    it("keeps the pending pushes of a node that is only disabled", async () => {
      const before = await inbox({ config: stored });
      await before.receive(push());
      before.made.close();
      const after = await inbox({ config: stored, folder: before.folder, dormant: ["n"], listeners: [{ id: "new" }] });
      assert.deepEqual([after.made.pending, after.deliveries.length, after.warnings.length], [1, 0, 0]);
      after.apply({ listeners: [{ id: "n", transient: false, events: [], others: true }] });
      await after.heard(1);
    });

    it("limits the deliveries in progress, and keeps the rest on disk", async () => {
      const open: DeliveryTuple[] = [];
      let release = false;
      const { receive, made, deliveries } = await inbox({
        config: stored,
        has: (tuple) => {
          open.push(tuple);
          return release;
        },
      });
      await Promise.all(Array.from({ length: 600 }, () => receive(push())));
      assert.equal(made.pending, 600);
      release = true;
      while (deliveries.length < 600) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(new Set(deliveries.map(({ push: { eventId } }) => eventId)).size, 600);
    });

    it("reads the files of an earlier version", async () => {
      const folder = temporary();
      const kept = { topic: "callin", payload: { number: "1" }, push: { event: "callin", eventId: "e" } };
      const lines = [
        { id: "x-n", node: "n", delivery: 1, value: kept },
        { id: "y-n", node: "n", delivery: 0, value: kept },
        { id: "z-n", node: "n", delivery: 2, value: kept },
        { id: "y-n", settled: true },
        { id: "x-n", delivery: 2 },
      ];
      writeFileSync(join(folder, "journal.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      const { deliveries, heard } = await inbox({ config: stored, folder });
      await heard(2);
      assert.deepEqual(
        deliveries.map(({ delivery }) => delivery),
        [3, 3],
      );
      assert.ok(!readdirSync(folder).includes("journal.jsonl"));
    });
  });
});
