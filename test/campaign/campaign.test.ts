// Campaigns: lists of numbers of any length are cleaned and sent in parts, and every number is accounted for, whatever fails.
import assert from "node:assert/strict";
import fc from "fast-check";
import { commandOf } from "../../nodes/catalogue";
import type { Client } from "../../nodes/protocol/client";
import type { ExchangedOne } from "../../nodes/protocol/exchange";
import type { Failure } from "../../nodes/protocol/failure";
import { planOf } from "../../nodes/protocol/numbering";
import { cleanNumbers } from "../../nodes/protocol/numbers-to-dial";
import type { Sender } from "../../nodes/runtime/account/running";
import { longListCommandOf, sendLongList } from "../../nodes/runtime/command/long-list";
import type { Simulator } from "../../simulator";
import { initHelper, load, unload } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";

// biome-ignore lint/suspicious/noExplicitAny: messages are what assertions look into.
type Loose = any;

const mobile = (index: number) => `138${String(index).padStart(8, "0")}`;

/** A list of numbers for the node, as found in users' spreadsheets. */
function tableOf(count: number) {
  const rows: unknown[] = [];
  const numbers: string[] = [];
  const counts = { duplicates: 0, illegal: 0 };
  for (let index = 0; rows.length < count; index += 1) {
    const number = mobile(index);
    numbers.push(number);
    const ways = [
      number,
      `+86${number}`,
      `0086 ${number}`,
      number.replace(/^(\d{3})(\d{4})/, "$1-$2-"),
      `（${number}）`,
      Number(number),
    ];
    rows.push(ways[index % ways.length]);
    if (index % 7 === 0 && rows.length < count) {
      rows.push(`${number} `);
      counts.duplicates += 1;
    }
    if (index % 11 === 0 && rows.length < count) {
      rows.push(["n/a", "Mr Smith", "12", "", null, "1".repeat(40)][(index / 11) % 6]);
      counts.illegal += 1;
    }
  }
  return { rows, numbers, counts };
}

describe("a list of numbers", () => {
  const clean = (value: unknown) => cleanNumbers(value, planOf("CN"));

  it("lists repeated entries and entries without a number separately", () => {
    const { numbers, duplicates, illegal } = clean(["10086", "1-00-86", "x", "1", "9".repeat(33), {}, null]);
    assert.deepEqual([numbers, duplicates], [["10086"], ["10086"]]);
    assert.deepEqual(
      illegal.map(({ reason }) => reason),
      ["letters", "tooShort", "tooLong", "object", "empty"],
    );
  });
});

const create = commandOf("CallTaskCreate")!;

describe("a campaign", () => {
  const failures: readonly Failure[] = [
    { kind: "timeout", code: "SCCC_TIMEOUT", afterMs: 1 },
    { kind: "network", code: "SCCC_NETWORK", systemCode: "ECONNRESET", detail: "", neverLeft: false, lasting: false },
    { kind: "network", code: "SCCC_NETWORK", systemCode: "ECONNREFUSED", detail: "", neverLeft: true, lasting: false },
    { kind: "http", code: "SCCC_HTTP_500", status: 500, excerpt: "" },
    { kind: "protocol", code: "SCCC_PROTOCOL", reason: "notJson", excerpt: "" },
    { kind: "platform", code: "E_G_DB_OPT_FAIL", value: 0xf1000002, text: "", scope: "command" },
    { kind: "closed", code: "SCCC_CLOSED" },
    { kind: "busy", code: "SCCC_BUSY", waiting: 1 },
  ];

  it("accounts for every number once: in, not sent, or unknown; and never lists a number as not sent that may be in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4500 }),
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom(...failures),
        fc.boolean(),
        async (count, failsAt, failure, carriedOut) => {
          const taken: string[][] = [];
          let asked = 0;
          const client = {
            version: "2.0.6",
            prepare: (command: typeof create, fields: Record<string, unknown>) => ({
              ok: true,
              call: { api: command.api, command, fields: { seq: 1, ...fields } },
            }),
            send: async ({ fields }: { fields: Record<string, unknown> }): Promise<ExchangedOne> => {
              const fails = asked === failsAt;
              asked += 1;
              const surely =
                failure.kind === "platform" ||
                failure.kind === "busy" ||
                (failure.kind === "network" && failure.neverLeft);
              if (!fails || (carriedOut && !surely)) taken.push(fields.callees as string[]);
              const outcome = fails
                ? { ok: false as const, response: {}, failure }
                : {
                    ok: true as const,
                    response: { taskID: "7", report: { total: "1" } },
                    result: { error: 0, name: "E_SUCC", msg: "" },
                  };
              const one = { fields, ...outcome };
              return { outcome: one, outcomes: [one], tries: 1 };
            },
          };
          const sender = {
            client: client as unknown as Client,
            label: "a",
            debug: false,
            context: { region: "CN" },
          } as Sender;
          const callees = Array.from({ length: count }, (_, index) => mobile(index));
          const sent = await sendLongList({
            sender,
            command: longListCommandOf(create)!,
            given: { agent: "1000", mode: "2", callees },
            options: { signal: new AbortController().signal },
            resulting: () => ({ error: null, name: "", msg: "" }),
            onProgress: () => undefined,
          });
          const inTask = taken.flat();
          assert.equal(new Set(inTask).size, inTask.length, "no number twice in a task");
          assert.ok(taken.every((part) => part.length <= 1000));
          if (sent.ok) {
            assert.deepEqual(inTask, callees);
          } else if (sent.failure.kind === "partial") {
            const { in: done, notSent, unknown } = sent.failure;
            assert.deepEqual([...done, ...unknown, ...notSent].sort(), [...callees].sort());
            for (const number of inTask) assert.ok(!notSent.includes(number));
            assert.deepEqual(inTask.slice(0, done.length), done);
          } else assert.deepEqual(sent.failure, failure);
        },
      ),
      { numRuns: 60 },
    );
  });

  describe("on the simulator", function () {
    this.timeout(60_000);
    let platform: Simulator;
    before(initHelper);
    beforeEach(async () => {
      // No agent is logged in: the tasks keep all their numbers.
      platform = await startPlatform();
    });
    afterEach(async () => {
      await unload();
      await platform.close();
    });

    it("of 25,345 rows survives faults: every row is dialled once, according to the platform", async () => {
      const { rows, numbers, counts } = tableOf(25_345);
      for (const api of ["CallTaskCreate", "CallTaskAddNumbers"])
        await platform.instruct({ do: "fault", kind: "tooFrequent", api, times: 1 });
      await platform.instruct({ do: "fault", kind: "slow", ms: 50, api: "CallTaskAddNumbers", times: 3 });
      const flow = await load(platform, { type: "sccc-call-task-create" }, { retries: 2 });
      const { msg, error } = await flow.send({ payload: { agent: "1000", mode: 2, callees: rows } });
      assert.equal(error, undefined, error?.message);
      const { payload } = msg;
      const [task] = platform.state.tasks;
      assert.equal(platform.state.tasks.length, 1);
      assert.equal(task!.calleeAmount, numbers.length);
      assert.deepEqual(payload.totals, { total: numbers.length, error: 0, repeat: 0 });
      assert.equal(payload.reports.length, Math.ceil(numbers.length / 1000));
      assert.deepEqual(payload.callees, numbers);
      assert.equal(payload.taskID, task!.id);
      assert.deepEqual(
        [payload.cleaned.duplicates.length, payload.cleaned.illegal.length],
        [counts.duplicates, counts.illegal],
      );
      assert.ok(flow.statuses.some(({ text }) => text === "status.sent"));
    });

    it("continues with the numbers that were not sent, and never sends unknown ones again", async () => {
      for (const [kind, more, lost] of [
        ["error", { error: "E_G_DB_OPT_FAIL" }, false],
        ["drop", { after: true }, true],
        ["status", { status: 500, after: true }, true],
        ["html", { after: true }, true],
      ] as const) {
        await platform.instruct({ do: "reset" });
        const callees = Array.from({ length: 4200 }, (_, index) => mobile(index));
        const before = platform.requests.length;
        let flow = await load(platform, { type: "sccc-call-task-create" });
        await platform.instruct({ do: "fault", kind: "slow", ms: 0, api: "CallTaskAddNumbers", times: 1 });
        await platform.instruct({ do: "fault", kind, api: "CallTaskAddNumbers", times: 1, ...more });
        const { error, msg } = await flow.send({ payload: { agent: "1000", mode: 2, callees } });
        assert.equal(error.code, "SCCC_PARTIAL", kind);
        assert.deepEqual(msg.payload.callees, callees, "as it came");
        const cause: Loose = error.cause;
        assert.deepEqual(
          [cause.in.length, cause.unknown.length, cause.notSent.length],
          lost ? [2000, 1000, 1200] : [2000, 0, 2200],
        );
        assert.equal(msg.sccc.command.result.name, "SCCC_PARTIAL");
        await unload();
        flow = await load(platform, { type: "sccc-call-task-add-numbers" });
        const again = await flow.send({ payload: { taskID: cause.taskID, agent: "1000", callees: cause.notSent } });
        assert.equal(again.error, undefined);
        await unload();
        const [task] = platform.state.tasks;
        // The command with the lost answer was carried out: all numbers were added, once.
        assert.equal(task!.calleeAmount, 4200, kind);
        const sent = platform.requests.slice(before).flatMap(({ body }) => JSON.parse(body).request.callees);
        // A part that was refused is sent again; one whose answer was lost is not.
        assert.equal(sent.length, lost ? 4200 : 5200);
      }
      await load(platform, { type: "sccc-call-task-create" });
    });

    it("names a missing field, and refuses lists without a number and numbers that may not be dialled, before anything is sent", async () => {
      const flow = await load(platform, { type: "sccc-call-task-create" }, { dialOnly: "138*" });
      const send = async (callees: unknown) =>
        (await flow.send({ payload: { agent: "1000", mode: 2, callees } })).error?.code;
      assert.equal(await send(undefined), "SCCC_INVALID_FIELD");
      assert.equal(await send(["n/a", "?"]), "SCCC_INVALID_FIELD");
      const late = [...Array.from({ length: 1500 }, (_, index) => mobile(index)), "13900139000"];
      assert.equal(await send(late), "SCCC_NOT_ALLOWED");
      assert.equal(platform.requests.length, 0);
    });
  });
});
