// sccc-campaign in Node-RED on a simulated platform: a result for every entry, whatever happens.
import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { initHelper, logged, nodeOf, stateOf, unload } from "../../tools/nodes";
import { eventually } from "../receive/flow";
import { CampaignFlow, type CampaignOptions, campaignsFolder, journals, mobile } from "./campaign-flow";

// biome-ignore lint/suspicious/noExplicitAny: messages are what assertions look into.
type Loose = any;

describe("sccc-campaign", () => {
  before(initHelper);

  let one: CampaignFlow;
  const start = async (options: CampaignOptions = {}): Promise<CampaignFlow> => {
    one = await CampaignFlow.start(options);
    return one;
  };
  const realNow = Date.now;
  afterEach(() => {
    // Also where a test ran out of time: the tests after it would have its clock.
    Date.now = realNow;
    return one.end();
  });

  const addsUp = ({ payload: p }: Loose): void => {
    assert.equal(p.done, p.answered + p.unanswered + p.excluded + p.cancelled + p.unknown);
    assert.equal(p.total, p.done + p.remaining);
  };

  for (const dialect of ["document", "field"] as const) {
    it(`gives a result for every entry, once (${dialect})`, async () => {
      await start({ platform: { dialect }, node: { doNotCall: `["${mobile(5)}"]` } });
      const rows = [
        { number: mobile(1), name: "Ann" },
        { number: mobile(2, "0000") },
        { number: mobile(3, "9999") },
        { number: `+86 ${mobile(1)}` },
        { number: mobile(5) },
        { number: "none" },
        { name: "nobody" },
        { number: mobile(4, "0001") },
      ];
      one.send(rows, { campaign: "spring" });
      await one.untilFinished();
      assert.deepEqual(one.outcomes(), [
        "answered",
        "unanswered",
        // Only bills of this dialect contain the cause, and the CDRs are read only before a number is dialled again.
        dialect === "field" ? "vacant" : "unanswered",
        "duplicate",
        "doNotCall",
        "illegal",
        "illegal",
        "unanswered",
      ]);
      const first = one.results.find(({ payload }) => payload.index === 0);
      assert.deepEqual(first.sccc, { campaign: { id: "spring/0" } });
      assert.deepEqual(
        [first.payload.campaign, first.payload.row, first.payload.number, first.payload.numberE164],
        ["spring", rows[0], mobile(1), `+86${mobile(1)}`],
      );
      assert.equal(first.payload.attempts, 1);
      assert.match(first.payload.recordUrl, /^http:\/\/127\.0\.0\.1:\d+\/.*\.wav$/);
      const [end] = one.finished;
      addsUp(end);
      for (const progress of one.progress) addsUp(progress);
      assert.deepEqual(
        [end.payload.state, end.payload.total, end.payload.answered, end.payload.unanswered, end.payload.excluded],
        ["finished", 8, 1, 3, 4],
      );
      assert.deepEqual(end.sccc, { campaign: { id: "spring" } });
      assert.equal(one.flow.statuses.at(-1)?.text, "status.campaign");
      assert.deepEqual(one.caught, []);
    });
  }

  it("dials again what was not answered, and not what is vacant", async () => {
    await start({ node: { attempts: 3 } });
    one.send([mobile(1, "0000"), mobile(2, "9999"), mobile(3)]);
    await one.untilFinished();
    assert.deepEqual(one.outcomes(), ["unanswered", "vacant", "answered"]);
    const dialled = [mobile(1, "0000"), mobile(2, "9999"), mobile(3)].map(
      (number) => one.platform.books({ number }).dialled,
    );
    assert.deepEqual(dialled, [3, 1, 1]);
  });

  it("finds in the CDRs what no push told", async () => {
    await start({ node: { resultWait: 0.2 } });
    await one.platform.instruct({ do: "fault", kind: "dropPush", event: "billing", times: "always" });
    one.send([mobile(1), mobile(2, "0000"), mobile(3, "9999")]);
    await one.untilFinished();
    assert.deepEqual(one.outcomes(), ["answered", "unanswered", "vacant"]);
  });

  it("finds the CDR of a call that was heard to begin and not to end, without waiting for its end", async () => {
    await start({ node: { resultWait: 0.2 } });
    for (const event of ["billing", "callend"]) {
      await one.platform.instruct({ do: "fault", kind: "dropPush", event, times: "always" });
    }
    one.send([mobile(1, "0000")]);
    await one.untilFinished();
    assert.deepEqual(one.outcomes(), ["unanswered"]);
  });

  it("does not dial twice because the answer to a create was lost", async () => {
    await start({ node: { agents: '["1000"]' } });
    await one.platform.instruct({ do: "fault", kind: "drop", api: "CallTaskCreate", after: true });
    const numbers = Array.from({ length: 20 }, (_, index) => mobile(index));
    one.send(numbers);
    await one.untilFinished();
    assert.deepEqual(
      one.outcomes(),
      numbers.map(() => "answered"),
    );
    for (const number of numbers) assert.equal(one.platform.books({ number }).dialled, 1, number);
  });

  it("dials what still waited in the account's queue when the flow was deployed again", async () => {
    await start({
      // The query before the create takes the only turn.
      account: { minInterval: "600000" },
      node: { agents: "1000", agentsType: "str" },
      // Pushes that come before the port is open again come once more, and nobody answers, as below.
      platform: { speed: 400, pushPatience: 30 },
    });
    const numbers = [mobile(1, "0000"), mobile(2, "0000")];
    one.send(numbers);
    await one.until(() => one.progress.some(({ payload }) => payload.tasks.length > 0));
    await unload();
    assert.equal(one.platform.books({ number: numbers[0] ?? "" }).dialled, 0);
    Object.assign(one.options.account ?? {}, { minInterval: "0" });
    await one.load();
    await one.untilFinished();
    assert.deepEqual(one.outcomes(), ["unanswered", "unanswered"]);
  });

  it("gives the platform's code where it refuses the whole command", async () => {
    await start({ node: { agents: "1000", agentsType: "str" } });
    await one.platform.instruct({
      do: "fault",
      kind: "error",
      api: "CallTaskCreate",
      error: "E_G_STAFF_NO_EXIST",
      times: "always",
    });
    one.send([mobile(1), mobile(2)]);
    await one.untilFinished();
    assert.deepEqual(
      one.results.map(({ payload }) => [payload.outcome, payload.reason]),
      [1, 2].map(() => ["refused", "E_G_STAFF_NO_EXIST"]),
    );
  });

  it("refuses numbers that the account may not dial", async () => {
    await start({ account: { dialOnly: mobile(1) } });
    one.send([mobile(1), mobile(2)]);
    await one.untilFinished();
    assert.deepEqual(one.outcomes(), ["answered", "refused"]);
    assert.equal(one.platform.books({ number: mobile(2) }).dialled, 0);
  });

  it("sends nothing outside the hours, stops when they close and goes on when they open", async () => {
    const every = [1, 2, 3, 4, 5, 6, 7];
    /** Sets this process's clock to a time in Shanghai, this many days later. */
    const set = (time: string, days: number): void => {
      const offset = Date.parse(`2026-03-02T${time}+08:00`) + days * 86_400_000 - realNow();
      Date.now = () => realNow() + offset;
    };
    const requests = (api: string) => one.platform.requests.filter(({ url }) => url.includes(`/${api}`));
    const controls = () => requests("CallTaskControl").map(({ body }) => /"action":"(\w+)"/.exec(body)?.[1]);
    set("09:00:00", 0);
    await start({
      // The thread that receives has the real clock.
      account: { pushTolerance: "0" },
      platform: { speed: 300, tolerance: 0 },
      node: { agents: '["1000"]', hours: [{ days: every, from: "10:00", to: "12:00" }] },
    });
    // Enough for the stop to come before the last one, also on a busy machine.
    const numbers = Array.from({ length: 12 }, (_, index) => mobile(index));
    one.send(numbers);
    await one.until(() => one.progress.length > 0);
    assert.equal(one.progress.at(-1).payload.state, "outsideHours");
    assert.deepEqual([requests("CallTaskCreate").length, one.platform.books().dialled], [0, 0]);
    set("10:00:00", 0);
    one.send({ do: "progress" });
    await one.until(() => one.results.length >= 1);
    set("12:00:00", 0);
    one.send({ do: "progress" });
    await one.until(() => one.progress.at(-1).payload.tasks[0]?.state === "stopped");
    assert.deepEqual([one.progress.at(-1).payload.state, controls()], ["outsideHours", ["stop"]]);
    set("10:00:00", 1);
    one.send({ do: "progress" });
    await one.untilFinished();
    assert.deepEqual(controls(), ["stop", "start"]);
    assert.deepEqual(
      one.outcomes(),
      numbers.map(() => "answered"),
    );
    for (const number of numbers) assert.equal(one.platform.books({ number }).dialled, 1, number);
  });

  it("pauses and resumes", async () => {
    await start({ platform: { speed: 300 }, node: { agents: '["1000"]' } });
    one.send(
      Array.from({ length: 6 }, (_, index) => mobile(index)),
      { campaign: "p" },
    );
    await one.until(() => one.results.length >= 1);
    one.send({ do: "pause", campaign: "p" });
    await one.until(() => one.progress.at(-1).payload.tasks[0]?.state === "stopped");
    assert.equal(one.progress.at(-1).payload.state, "paused");
    assert.equal(one.flow.statuses.at(-1)?.text, "status.campaign · sidebar.state.campaign.paused");
    one.send({ do: "resume" });
    await one.untilFinished();
    assert.equal(one.outcomes().length, 6);
  });

  it("cancels: what was not dialled is cancelled, and all adds up", async () => {
    await start({ platform: { speed: 200 }, node: { agents: '["1000"]', resultWait: 0.3 } });
    const numbers = Array.from({ length: 30 }, (_, index) => mobile(index));
    one.send(numbers);
    await one.until(() => one.results.length >= 1);
    one.send({ do: "cancel" });
    one.send({ do: "progress" });
    await one.untilFinished();
    const [end] = one.finished;
    addsUp(end);
    assert.equal(end.payload.state, "cancelled");
    const texts = one.flow.statuses.map(({ text }) => text);
    assert.ok(texts.includes("status.campaign · sidebar.state.campaign.cancelled"));
    assert.equal(texts.at(-1), "status.campaign");
    assert.equal(one.results.length, 30);
    const cancelled = one.results.filter(({ payload }) => payload.outcome === "cancelled");
    assert.notEqual(cancelled.length, 0);
    for (const { payload } of cancelled) assert.equal(one.platform.books({ number: payload.number }).dialled, 0);
  });

  it("tells its progress when it is asked", async () => {
    await start({ agents: [] });
    one.send([mobile(1)], { campaign: "asked" });
    await one.until(() => one.progress.length > 0);
    const before = one.progress.length;
    one.send({ do: "progress", campaign: "asked" });
    await one.until(() => one.progress.length > before);
    assert.equal(one.progress.at(-1).payload.campaign, "asked");
  });

  it("tells which campaigns run, with their figures, until they are over", async () => {
    await start({ platform: { speed: 300 }, node: { agents: '["1000"]' } });
    one.send(
      Array.from({ length: 6 }, (_, index) => mobile(index)),
      { campaign: "live" },
    );
    await one.until(() => one.results.length >= 2 && one.progress.at(-1).payload.done >= 2);
    const [live] = stateOf().liveCampaigns();
    const { total, done, remaining, answered } = one.progress.at(-1).payload;
    assert.deepEqual(
      [
        live?.account,
        live?.node,
        live?.campaign,
        live?.state,
        live?.total,
        live?.done,
        live?.remaining,
        live?.answered,
      ],
      ["a", "n", "live", "dialling", total, done, remaining, answered],
    );
    await one.untilFinished();
    while (stateOf().liveCampaigns().length > 0) await new Promise(setImmediate);
  });

  for (const dialect of ["document", "field"] as const) {
    it(`gives the entry as the context of its calls, without a row that is too large (${dialect})`, async () => {
      const place = { z: "tab", x: 0, y: 0 };
      const events = ["dialing", "finished"];
      await start({
        platform: { dialect },
        node: { agents: '["1000"]' },
        nodes: [
          { id: "calls", type: "sccc-calls", account: "a", ...place, events, waitForBilling: "5", wires: [["told"]] },
          { id: "told", type: "helper", ...place },
        ],
      });
      const told: Loose[] = [];
      nodeOf("told").on("input", (msg: Loose) => told.push(msg));
      const rows = [
        { number: mobile(1), name: "Ann" },
        { number: mobile(2), name: "x".repeat(20_000) },
      ];
      one.send(rows, { campaign: "rows" });
      await one.untilFinished();
      await eventually("its agent is free again, and rung", async () => {
        const inbound = { do: "inbound", agent: "1000", number: mobile(1), ring: 20, talk: 20 };
        return (await one.platform.instruct(inbound)).ok ? true : undefined;
      });
      await eventually("all calls are over", () => (told.length >= 5 ? true : undefined));
      const contexts = (number: string) =>
        told.filter(({ payload }) => payload.number === number).map(({ payload }) => payload.context);
      assert.deepEqual(contexts(mobile(1)), [
        { campaign: "rows", index: 0, row: rows[0] },
        { campaign: "rows", index: 0, row: rows[0] },
        // An inbound call from the same number does not belong to the campaign.
        undefined,
      ]);
      assert.deepEqual(contexts(mobile(2)), Array(2).fill({ campaign: "rows", index: 1 }));
    });
  }

  it("refuses an ID that was used, also when it finished before a restart", async () => {
    await start();
    one.send([mobile(1)], { campaign: "once" });
    one.send([mobile(2)], { campaign: "once" });
    await one.untilFinished();
    await one.until(() => one.caught.length === 1);
    assert.deepEqual(
      [one.caught[0].error.code, one.platform.books({ number: mobile(2) }).dialled],
      ["SCCC_INVALID_FIELD", 0],
    );
    one.send([mobile(1)], { campaign: "once" });
    await one.until(() => one.caught.length === 2);
    await one.crash();
    await one.load();
    one.send([mobile(1)], { campaign: "once" });
    await one.until(() => one.caught.length === 3);
    assert.equal(one.platform.books({ number: mobile(1) }).dialled, 1);
  });

  for (const [what, payload, more, code] of [
    ["numbers that are missing", undefined, {}, "SCCC_INVALID_FIELD"],
    ["a control that there is none of", { do: "stop" }, {}, "SCCC_INVALID_FIELD"],
    ["a control of a campaign that does not run", { do: "cancel", campaign: "nobody" }, {}, "SCCC_INVALID_FIELD"],
    ["a list of numbers not to be called that says nothing", [mobile(1)], { bars: ["none"] }, "SCCC_INVALID_FIELD"],
    ["an ID that is none", [mobile(1)], { campaign: { a: 1 } }, "SCCC_INVALID_FIELD"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await start({ node: { doNotCall: "bars", doNotCallType: "msg" } });
      one.send(payload, more);
      await one.until(() => one.caught.length === 1);
      assert.equal(one.caught[0].error.code, code);
      if ("bars" in more) assert.equal(one.caught[0].error.cause.origin.where, "msg.bars");
      assert.equal(one.platform.books().dialled, 0);
    });
  }

  for (const [what, node] of [
    ["hours that are none", { hours: [{ days: [], from: "9", to: "10" }] }],
    ["attempts out of bounds", { attempts: 11 }],
  ] as const) {
    it(`can't work with ${what}`, async () => {
      await start({ node, receives: false });
      one.send([mobile(1)]);
      await one.until(() => one.caught.length === 1);
      assert.equal(one.caught[0].error.code, "SCCC_CONFIG");
    });
  }

  it("does not begin where its folder cannot be made, and takes the same ID once it can", async () => {
    await start();
    const folder = join(campaignsFolder(), "a", "n");
    writeFileSync(folder, "in the way");
    one.send([mobile(1)], { campaign: "late" });
    await one.until(() => one.caught.length === 1);
    assert.equal(one.caught[0].error.code, "SCCC_CONFIG");
    rmSync(folder);
    one.send([mobile(1)], { campaign: "late" });
    await one.untilFinished();
    assert.deepEqual(one.outcomes(), ["answered"]);
  });

  it("needs an agent", async () => {
    await start({ node: { agents: "", agentsType: "json" } });
    one.send([mobile(1)], { campaign: "again" });
    await one.until(() => one.caught.length === 1);
    assert.equal(one.caught[0].error.code, "SCCC_INVALID_FIELD");
  });

  it("gives results again that had not reached the next node when it was closed, also of those given in one turn", async () => {
    await start();
    one.send(Array.from({ length: 10 }, () => "none"));
    await one.until(() => one.results.length === 3);
    await unload();
    await one.load();
    await one.untilFinished();
    assert.equal(new Set(one.results.map(({ sccc }) => sccc.campaign.id)).size, 10);
  });

  it("continues by itself when its folder can be opened, for example after a start on a full disk", async () => {
    await start({ node: { resultWait: 0.3 }, platform: { speed: 400, pushPatience: 30 } });
    const numbers = Array.from({ length: 12 }, (_, index) => mobile(index, "0000"));
    one.send(numbers, { campaign: "long" });
    await one.until(() => one.results.length >= 2);
    await one.crash();
    const folder = join(campaignsFolder(), "a");
    const aside = `${folder}-aside`;
    renameSync(folder, aside);
    writeFileSync(folder, "in the way");
    await one.load();
    one.send([mobile(99)], { campaign: "other" });
    await one.until(() => one.caught.length === 1);
    assert.equal(one.caught[0].error.code, "SCCC_CONFIG");
    rmSync(folder);
    renameSync(aside, folder);
    await one.untilFinished();
    assert.equal(new Set(one.results.map(({ sccc }) => sccc.campaign.id)).size, numbers.length);
    for (const number of numbers) assert.equal(one.platform.books({ number }).dialled, 1, number);
  });

  it("gives nothing for an empty list but that it is finished", async () => {
    await start();
    one.send([]);
    await one.untilFinished();
    assert.deepEqual([one.results.length, one.finished[0].payload.total], [0, 0]);
  });

  for (const how of ["redeploy", "restart"] as const) {
    it(`goes on after a ${how}: each number is dialled once and has one result`, async () => {
      // Nobody answers, so that calls are short. At this speed, a long call would be dated before its task, and its CDR
      // would not be found.
      await start({ node: { resultWait: 0.3 }, platform: { speed: 400, pushPatience: 30 } });
      const numbers = Array.from({ length: 24 }, (_, index) => mobile(index, "0000"));
      one.send(numbers, { campaign: "long" });
      await one.until(() => one.results.length >= 3);
      await (how === "redeploy" ? unload() : one.crash());
      await one.load();
      await one.untilFinished();
      const ids = new Set(one.results.map(({ sccc }) => sccc.campaign.id));
      assert.equal(ids.size, numbers.length);
      for (const number of numbers) assert.equal(one.platform.books({ number }).dialled, 1, number);
      for (const { payload } of one.results) assert.equal(payload.outcome, "unanswered");
    });
  }

  it("keeps its journal where only its owner reads it, and shrinks it in the end", async () => {
    await start();
    one.send([{ number: mobile(1), name: "somebody's own" }]);
    await one.until(() => journals().length === 1);
    assert.equal(statSync(campaignsFolder()).mode & 0o077, 0);
    const [journal = ""] = journals();
    assert.equal(statSync(journal).mode & 0o077, 0);
    await one.untilFinished();
    while (readFileSync(journal, "utf8").includes("somebody's own")) await new Promise(setImmediate);
    assert.match(readFileSync(journal, "utf8"), /"finishedTold"/);
  });

  it("goes on where the flow cannot take a result, and sends no command twice because of it", async () => {
    await start({ node: { agents: '["1000"]' } });
    const node = nodeOf("n");
    const { send } = node;
    node.send = (outputs: Loose) => {
      if (outputs[0]?.payload.index % 3 === 0) throw new Error("cannot be copied");
      send.call(node, outputs);
    };
    const numbers = Array.from({ length: 9 }, (_, index) => mobile(index));
    one.send(["none", ...numbers]);
    await one.untilFinished();
    assert.deepEqual(one.results.map(({ payload }) => payload.index).sort(), [1, 2, 4, 5, 7, 8]);
    await one.until(() => one.caught.length === 4);
    assert.deepEqual(one.caught.map(({ payload }) => payload.index).sort(), [0, 3, 6, 9]);
    assert.equal(one.platform.requests.filter(({ url }) => url.includes("/CallTaskCreate")).length, 1);
    for (const number of numbers) assert.equal(one.platform.books({ number }).dialled, 1, number);
  });

  it("gives a result again until it is confirmed, with a stored account", async () => {
    await start({ account: { pushAnswer: "stored", redeliverAfter: "1", maxDeliveries: "2" } });
    one.send([mobile(1), "none"]);
    await one.until(() => one.results.filter(({ payload }) => payload.index === 1).length === 2);
    const [first, second] = one.results.filter(({ payload }) => payload.index === 1);
    assert.notEqual(first.sccc.token, second.sccc.token);
    assert.equal(first.sccc.campaign.id, second.sccc.campaign.id);
    assert.equal(await stateOf().tokens.acknowledge(first.sccc.token, "taken"), true);
    assert.equal(await stateOf().tokens.acknowledge(second.sccc.token, "taken"), false, "it is settled");
    // The other result is never confirmed, and finally goes to Catch.
    await one.until(() => one.caught.length === 1);
    const { error, payload, sccc } = one.caught[0];
    assert.deepEqual([error.code, payload.index], ["SCCC_TIMEOUT", 0]);
    assert.equal(await stateOf().tokens.acknowledge(sccc.token, "taken"), true);
    assert.equal(one.results.filter((msg) => msg.payload.index === 0).length, 2);
    assert.equal(one.results.filter((msg) => msg.payload.index === 1).length, 2);
  });

  it("throws nothing that nobody catches, and logs no secret", async () => {
    await start();
    one.send([mobile(1)]);
    await one.untilFinished();
    assert.doesNotMatch(JSON.stringify(logged()), /E416D0F85DC0/);
    assert.equal(nodeOf("n").type, "sccc-campaign");
  });
});
