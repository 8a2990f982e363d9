// An account's receiver: who gets in, what is handed to whom, and what is safe on disk.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import cryptoJsMd5 from "crypto-js/md5";
import { Memory } from "../../nodes/protocol/gate";
import { narrowReceiving } from "../../nodes/runtime/receive/config";
import {
  type Counts,
  type Delivery,
  type Incoming,
  type Listener,
  pastOf,
  Receiver,
  type Verdict,
} from "../../nodes/runtime/receive/receiver";
import { confirm } from "../../nodes/runtime/receive/tokens";
import { Spool } from "../../nodes/runtime/spool";

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

let accounts = 0;

/** A receiver of an account of its own, with one listener. */
function receiver(
  config: Record<string, unknown> = {},
  spool?: Promise<Spool>,
  events?: readonly string[],
  account?: string,
) {
  const narrowed = narrowReceiving(
    { customer: "C2", ...config },
    { password },
    (text) => text,
    () => undefined,
  );
  assert.ok(narrowed.ok);
  accounts += 1;
  const id = account ?? `account${accounts}`;
  const refused: string[] = [];
  const made = new Receiver(
    narrowed.value,
    context,
    pastOf(id, narrowed.value),
    spool,
    (why) => refused.push(why),
    () => moment,
  );
  const deliveries: Delivery[] = [];
  const dead: Delivery[] = [];
  let counts: Counts | undefined;
  let heard = (): void => undefined;
  const listener: Listener = {
    id: "n",
    wants: (event) => events?.includes(event) ?? true,
    hand: (delivery) => {
      deliveries.push(delivery);
      heard();
    },
    dead: (delivery) => {
      dead.push(delivery);
      heard();
    },
    counted: (now) => {
      counts = now;
    },
  };
  const detach = made.attach(listener);
  return {
    made,
    deliveries,
    dead,
    refused,
    detach,
    counts: () => counts,
    /** Resolves when so many deliveries, dead ones included, have come. */
    heard: async (count: number) => {
      while (deliveries.length + dead.length < count) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
  };
}

let seqs = 0;

function push(
  notify: Record<string, unknown> = { type: "callin", number: "13800138000" },
  changes: Record<string, unknown> = {},
): Incoming {
  seqs += 1;
  const block = { customer: "C2", timestamp: String(moment), seq: String(seqs), ...changes };
  const digest = cryptoJsMd5(`${block.customer}@${block.timestamp}@${block.seq}@${password}`).toString();
  const arrival = { path: "/sccc/notify", query: { a: "1" }, address: "203.0.113.7", forwarded: "" };
  return { authentication: { ...block, digest, ...changes }, notify, arrival };
}

const word = (verdict: Verdict) => (verdict.kind === "refused" ? verdict.why : verdict.kind);

describe("a receiver", () => {
  for (const [kind, fields] of [
    ["flat", {}],
    ["nested", { data: { name: "Li" } }],
  ] as const) {
    it(`gives each node of each account a payload of its own, down to its depth: ${kind}`, async () => {
      const came: Delivery[] = [];
      const incoming = push({ type: "clientmark", number: "1", ...structuredClone(fields) });
      for (const account of [receiver(), receiver()]) {
        for (const transient of [{}, { transient: true } as const]) {
          account.made.attach({
            id: `other ${Object.keys(transient).length}`,
            ...transient,
            wants: () => true,
            hand: (delivery) => came.push(delivery),
            dead: () => assert.fail("it is not stored"),
            counted: () => undefined,
          });
        }
        assert.equal(word(await account.made.receive(incoming)), "taken");
        came.push(...account.deliveries);
      }
      assert.equal(came.length, 6);
      for (const one of [incoming.notify as Delivery["payload"], ...came.map(({ payload }) => payload)]) {
        assert.deepEqual([one.number, one.data], ["1", "data" in fields ? fields.data : undefined]);
        one.number = "2";
        Object.assign(one.data ?? {}, { name: "Wu" });
      }
    });
  }

  it("makes a message of a push", async () => {
    const { made, deliveries, counts } = receiver();
    assert.equal(word(await made.receive(push())), "taken");
    const [{ topic, payload, push: report, token } = assert.fail()] = deliveries;
    assert.deepEqual(
      [topic, payload.number, payload.numberE164, typeof token],
      ["callin", "13800138000", "+8613800138000", "string"],
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
    assert.deepEqual([counts()?.taken, counts()?.last], [1, moment]);
  });

  it("answers an exact repeat again, and a block with another body not", async () => {
    const { made, deliveries } = receiver();
    const first = push();
    assert.deepEqual([word(await made.receive(first)), word(await made.receive(first))], ["taken", "taken"]);
    assert.equal(word(await made.receive({ ...first, notify: { type: "callend" } })), "replay");
    assert.equal(deliveries.length, 1);
    const allowing = receiver({ pushReplay: "allow" });
    for (const notify of [{ type: "callin" }, { type: "callend" }, { type: "callend" }]) {
      assert.equal(word(await allowing.made.receive({ ...first, notify })), "taken");
    }
    assert.deepEqual(
      allowing.deliveries.map(({ topic }) => topic),
      ["callin", "callend"],
    );
  });

  it("emits one bill once, however it is signed", async () => {
    const { made, deliveries } = receiver();
    await Promise.all([
      made.receive(push(bill)),
      made.receive(push(bill)),
      made.receive(push({ ...bill, session: "s2" })),
    ]);
    assert.equal(word(await made.receive(push(bill))), "taken");
    assert.deepEqual(
      deliveries.map(({ payload }) => payload.session),
      ["s1", "s2"],
    );
  });

  it("keeps others out, and counts why", async () => {
    const { made, deliveries, counts, refused } = receiver();
    const words: string[] = [];
    for (const changes of [
      { customer: "C3" },
      { digest: "0".repeat(32) },
      { digest: undefined },
      { timestamp: String(moment - 300_001) },
      { timestamp: String(moment + 300_001) },
    ]) {
      words.push(word(await made.receive(push({ type: "callin" }, changes))));
    }
    assert.deepEqual(words, ["customer", "digest", "digest", "timestamp", "timestamp"]);
    for (const timestamp of [moment - 300_000, moment + 300_000, moment / 1000]) {
      assert.equal(word(await made.receive(push({ type: "callin" }, { timestamp }))), "taken");
    }
    assert.equal(deliveries.length, 3);
    assert.deepEqual(refused, words);
    assert.deepEqual(Object.fromEntries(counts()?.refused ?? []), { customer: 1, digest: 2, timestamp: 2 });
  });

  it("lets nothing in that may have been there before when the clock is set back", async () => {
    const { made } = receiver({}, undefined, undefined, "set back");
    let elapsed = 0;
    pastOf("set back", made.config).memory = new Memory(300_000, () => elapsed);
    const at = async (timestamp: number) => word(await made.receive(push(undefined, { timestamp: String(timestamp) })));
    assert.equal(await at(moment), "taken");
    // So much later that its block is forgotten; the clock still says what it said then.
    elapsed = 600_000;
    assert.equal(await at(moment + 1), "taken");
    assert.deepEqual(
      [await at(moment), await at(moment - 1), await at(moment + 2)],
      ["timestamp", "timestamp", "taken"],
    );
  });

  it("looks at the sender, behind a proxy at what the nearest one wrote", async () => {
    const from = (address: string, forwarded = "") => ({
      ...push(),
      arrival: { path: "/", query: {}, address, forwarded },
    });
    const direct = receiver({ pushAllow: "203.0.113.0/24" });
    assert.equal(word(await direct.made.receive(from("203.0.113.9"))), "taken");
    assert.equal(word(await direct.made.receive(from("198.51.100.1", "203.0.113.9"))), "sender");
    const proxied = receiver({ pushAllow: "203.0.113.0/24", trustProxy: true });
    assert.equal(word(await proxied.made.receive(from("127.0.0.1", "6.6.6.6, 203.0.113.9"))), "taken");
    assert.equal(word(await proxied.made.receive(from("127.0.0.1", "203.0.113.9, 6.6.6.6"))), "sender");
    assert.equal(proxied.deliveries[0]?.push.http.ip, "203.0.113.9");
  });

  it("takes what no node wants, without a message", async () => {
    const { made, deliveries } = receiver({}, undefined, ["callend"]);
    assert.equal(word(await made.receive(push())), "taken");
    assert.equal(deliveries.length, 0);
  });

  describe("that stores", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "sccc-receiver-"));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    const open = (redeliverAfterMs: number, maxDeliveries = 3) =>
      Spool.open({ folder, redeliverAfterMs, maxDeliveries });

    it("hands over again until it is confirmed, with the same eventId", async () => {
      const spool = open(20);
      const { made, deliveries, heard } = receiver({ pushAnswer: "stored" }, spool);
      assert.equal(word(await made.receive(push())), "taken");
      await heard(2);
      const [first, second] = deliveries;
      assert.deepEqual([first?.push.delivery, second?.push.delivery], [1, 2]);
      assert.equal(first?.push.eventId, second?.push.eventId);
      assert.notEqual(first?.token, second?.token);
      assert.ok(confirm(first?.token ?? "", "taken"), "a slow flow confirms with the token that it has");
      assert.ok(!confirm(second?.token ?? "", "taken"), "the first confirmation counts");
      assert.equal((await spool).pending, 0);
      await (await spool).close();
    });

    it("stores nothing for who listens for the moment, and hands over only what was taken", async () => {
      const spool = open(20);
      const { made, deliveries, detach } = receiver({ pushAnswer: "stored" }, spool, ["callin"]);
      const passing: Delivery[] = [];
      made.attach({
        id: "passing",
        transient: true,
        wants: () => true,
        hand: (delivery) => passing.push(delivery),
        dead: () => assert.fail("it is not stored"),
        counted: () => undefined,
      });
      assert.equal(word(await made.receive(push({ type: "callend", number: "10086" }))), "taken");
      assert.deepEqual([passing.length, (await spool).pending], [1, 0]);
      assert.equal(word(await made.receive(push())), "taken");
      assert.deepEqual([passing.length, (await spool).pending], [2, 1], "the other node's own");
      assert.notEqual(passing[1]?.payload, deliveries[0]?.payload, "each has a payload of its own");
      await (await spool).close();
      assert.equal(word(await made.receive(push())), "busy");
      assert.equal(passing.length, 2, "it comes again");
      detach();
      assert.equal(word(await made.receive(push())), "taken", "nobody else wants it, so that no disk is asked");
    });

    it("buries what is never confirmed", async () => {
      const spool = open(5, 2);
      const { made, deliveries, dead, heard } = receiver({ pushAnswer: "stored" }, spool);
      await made.receive(push());
      await heard(3);
      assert.deepEqual([deliveries.length, dead.length], [2, 1]);
      assert.ok(!confirm(deliveries[0]?.token ?? "", "taken"));
      await (await spool).close();
    });

    it("hands over after a restart, and says busy when the disk refuses", async () => {
      const first = open(60_000);
      const before = receiver({ pushAnswer: "stored" }, first);
      await before.made.receive(push(bill));
      await (await first).close();
      assert.equal(word(await before.made.receive(push({ ...bill, session: "s3" }))), "busy");
      const second = open(60_000);
      const after = receiver({ pushAnswer: "stored" }, second);
      await after.heard(1);
      assert.deepEqual(
        after.deliveries.map(({ payload }) => payload.session),
        ["s1"],
      );
      assert.equal(after.deliveries[0]?.payload.eventId, before.deliveries[0]?.payload.eventId);
      await (await second).close();
    });

    it("answers two signatures of one bill alike while it is on its way to a disk that refuses", async () => {
      const spool = open(60_000);
      const { made } = receiver({ pushAnswer: "stored" }, spool);
      await spool;
      const closing = (await spool).close();
      const verdicts = await Promise.all([made.receive(push(bill)), made.receive(push(bill))]);
      await closing;
      assert.deepEqual(verdicts.map(word), ["busy", "busy"]);
    });

    it("takes a token from before its spool was opened anew", async () => {
      const first = open(60_000);
      const before = receiver({ pushAnswer: "stored" }, first, undefined, "lasting");
      await before.made.receive(push());
      await before.heard(1);
      before.detach();
      await (await first).close();
      const second = open(50_000);
      const after = receiver({ pushAnswer: "stored" }, second, undefined, "lasting");
      await after.heard(1);
      assert.ok(confirm(before.deliveries[0]?.token ?? "", "taken"));
      assert.equal((await second).pending, 0);
      await (await second).close();
    });

    it("lets a push come again that the disk refused", async () => {
      const broken: Promise<Spool> = Promise.reject(new Error("no disk"));
      const { made } = receiver({ pushAnswer: "stored" }, broken);
      const one = push(bill);
      assert.deepEqual([word(await made.receive(one)), word(await made.receive(one))], ["busy", "busy"]);
    });
  });
});
