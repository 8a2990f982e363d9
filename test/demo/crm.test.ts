// The demo's CRM: its database after a kill, repeated and late events, after-call work, notes, call-backs, campaigns.
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../tools/hosts";
import { temporaryFolder } from "../../tools/node-red";

interface Row {
  readonly id: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly cause: string | null;
  readonly note: unknown;
  readonly disposition: string | null;
  readonly dueAt: number | null;
  readonly wrapUp: boolean;
  readonly next: string;
  readonly customer: { readonly name: unknown } | null;
  readonly talkSeconds: number | null;
}

interface Crm {
  saveCall(
    event: string,
    call: object,
    workStatus?: string,
  ): { readonly call: Row; readonly endsNow: boolean } | undefined;
  saveCause(id: string, text: unknown): Row | undefined;
  endSilentCalls(agent: string, surely?: boolean): readonly Row[];
  call(id: string): Row | undefined;
  callsOf(agent: string): readonly Row[];
  callsWith(number: string): readonly Row[];
  setAtDesk(agent: string, isThere: boolean): void;
  deskOf(agent: string): { readonly screen: { readonly call: Row } | null; readonly callbacks: readonly Row[] };
  wrappingUp(): readonly { readonly agent: string }[];
  setNext(order: object): object | undefined;
  draft(order: object): object | undefined;
  note(order: object): { readonly call: Row; readonly next?: string } | undefined;
  callbackDone(order: object): Row | undefined;
  findCustomers(q: unknown): readonly { readonly number: string; readonly name: unknown }[];
  nameCustomer(order: object): { readonly name: unknown } | undefined;
  saveResult(id: string, result: object): void;
  saveProgress(progress: object): { readonly name: string };
  addCampaign(id: string, name: string): void;
  campaigns(): readonly { readonly name: string; readonly total: number }[];
  results(query: object): readonly { readonly number: string; readonly outcome: string }[];
  board(): { readonly inbound: Record<string, number>; readonly outbound: Record<string, number> };
  close(): void;
}

const { Crm: Opened } = require(join(root, "demo/crm/crm.cjs")) as {
  readonly Crm: new (options: { file: string; samples: boolean; timezone: string }) => Crm;
};

/** A call as sccc-calls reports it. */
const callOf = (change: object = {}) => ({
  id: "call-1",
  agent: "1000",
  direction: "inbound",
  number: "13900139000",
  numberE164: "+8613900139000",
  outcome: null,
  reason: null,
  startedAt: new Date(Date.now() - 10_000).toISOString(),
  answeredAt: null,
  ringSeconds: null,
  talkSeconds: null,
  recordFile: null,
  userData: null,
  ...change,
});

const answered = { outcome: "answered", answeredAt: new Date().toISOString(), ringSeconds: 4, talkSeconds: 60 };

describe("the demo's CRM", () => {
  let file: string;
  let crm: Crm;
  const open = (samples = false) => new Opened({ file, samples, timezone: "Asia/Shanghai" });
  beforeEach(() => {
    file = join(temporaryFolder(), "crm.db");
    crm = open();
    crm.setAtDesk("1000", true);
  });
  afterEach(() => crm.close());

  /** An inbound call of agent 1000 that was answered and has ended. */
  const ended = (change: object = {}) => {
    crm.saveCall("ringing", callOf(change), "ONLINE");
    return crm.saveCall("finished", callOf({ ...answered, ...change }), "ONLINE");
  };
  const noteOf = (change: object = {}) => ({
    agent: "1000",
    id: "call-1",
    note: "x",
    disposition: "resolved",
    ...change,
  });

  it("has one row for a call, for any events and any repeats", () => {
    crm.saveCall("ringing", callOf());
    assert.equal(crm.saveCall("ringing", callOf()), undefined);
    crm.saveCall("answered", callOf(answered));
    assert.equal(crm.saveCall("finished", callOf(answered))?.call.state, "over");
    // An unconfirmed message comes again after a crash, even an old one.
    for (const event of ["ringing", "answered", "finished"]) assert.equal(crm.saveCall(event, callOf()), undefined);
    assert.equal(crm.callsOf("1000").length, 1);
    assert.equal(crm.call("call-1")?.outcome, "answered");
  });

  it("begins after-call work once, at the end of a call that needs a note, for an agent at a desk", () => {
    assert.equal(ended()?.endsNow, true);
    assert.equal(crm.saveCall("recording", callOf({ ...answered, recordFile: "a.wav" }))?.endsNow, false);
    assert.equal(crm.deskOf("1000").screen?.call.wrapUp, true);
    assert.deepEqual(crm.wrappingUp(), [{ agent: "1000" }]);
    const missed = { id: "call-2", outcome: "missed" };
    crm.saveCall("ringing", callOf(missed));
    assert.equal(crm.saveCall("finished", callOf(missed))?.endsNow, false);
    const elsewhere = { id: "call-3", agent: "1001", ...answered };
    crm.saveCall("ringing", callOf(elsewhere));
    assert.equal(crm.saveCall("finished", callOf(elsewhere))?.endsNow, false);
  });

  it("gives the agent's next state: as before the call, unless the agent chose another", () => {
    ended();
    assert.equal(crm.note(noteOf())?.next, "ready");
    crm.saveCall("ringing", callOf({ id: "call-2" }), "BUSY");
    crm.saveCall("finished", callOf({ id: "call-2", ...answered }), "BUSY");
    assert.equal(crm.note(noteOf({ id: "call-2" }))?.next, "busy");
    ended({ id: "call-3" });
    crm.setNext({ agent: "1000", next: "busy" });
    // During after-call work, a call begins. The agent is busy with the note, and the chosen next state stays.
    crm.saveCall("ringing", callOf({ id: "call-4" }), "BUSY");
    crm.saveCall("finished", callOf({ id: "call-4", ...answered }), "BUSY");
    assert.equal(crm.note(noteOf({ id: "call-4" }))?.next, undefined);
    assert.equal(crm.deskOf("1000").screen?.call.id, "call-3");
    assert.equal(crm.note(noteOf({ id: "call-3" }))?.next, "busy");
    assert.equal(crm.setNext({ agent: "1000", next: "busy" }), undefined);
  });

  it("keeps a note while it is typed, and saves it only with a result, for the agent of the call", () => {
    crm.saveCall("ringing", callOf());
    assert.ok(crm.draft(noteOf({ note: "half a", disposition: null })));
    assert.equal(crm.note(noteOf()), undefined, "the call goes on");
    crm.close();
    crm = open();
    assert.equal(crm.deskOf("1000").screen?.call.note, "half a");
    crm.saveCall("finished", callOf(answered));
    for (const wrong of [{ disposition: null }, { disposition: "great" }, { agent: "1001" }, { id: "call-9" }]) {
      assert.equal(crm.note(noteOf(wrong)), undefined, JSON.stringify(wrong));
    }
    assert.equal(crm.draft(noteOf({ agent: "1001" })), undefined);
    assert.equal(crm.note(noteOf({ note: " a whole note " }))?.call.note, "a whole note");
    // What was typed before arrives late.
    crm.draft(noteOf({ note: "half a" }));
    assert.equal(crm.call("call-1")?.note, "a whole note");
  });

  it("lists call-backs until they are made, done, or noted otherwise", () => {
    const callback = noteOf({ disposition: "callback", dueAt: Date.now() + 1000 });
    const ids = () => crm.deskOf("1000").callbacks.map(({ id }) => id);
    ended({ startedAt: new Date(Date.now() - 60_000).toISOString() });
    crm.note(callback);
    assert.deepEqual(ids(), ["call-1"]);
    crm.callbackDone(noteOf());
    assert.deepEqual(ids(), []);
    ended({ id: "call-2" });
    crm.note({ ...callback, id: "call-2" });
    const back = { id: "call-3", direction: "outbound", startedAt: new Date(Date.now() + 1000).toISOString() };
    crm.saveCall("dialing", callOf(back));
    crm.saveCall("finished", callOf({ ...back, outcome: "unanswered" }));
    assert.deepEqual(ids(), ["call-2"], "nobody answered");
    crm.saveCall("dialing", callOf({ ...back, id: "call-4" }));
    crm.saveCall("finished", callOf({ ...back, ...answered, id: "call-4" }));
    assert.deepEqual(ids(), []);
    crm.note({ ...callback, id: "call-4", disposition: "resolved" });
    assert.equal(crm.call("call-4")?.dueAt, null);
  });

  it("ends calls that had no end event, and completes them if their bill comes later", () => {
    crm.saveCall("answered", callOf(answered));
    assert.deepEqual(crm.endSilentCalls("1000"), [], "something was heard of it a moment ago");
    crm.close();
    crm = open();
    const [call] = crm.endSilentCalls("1000");
    assert.deepEqual([call?.state, call?.outcome, call?.wrapUp], ["over", "answered", true]);
    crm.draft(noteOf({ note: "kept" }));
    const billed = crm.saveCall("finished", callOf({ ...answered, talkSeconds: 77 }));
    assert.deepEqual([billed?.call.talkSeconds, billed?.call.note, billed?.endsNow], [77, "kept", false]);
  });

  it("distinguishes busy from vacant, by the bill or by the CDR", () => {
    const outbound = { direction: "outbound", outcome: "unanswered" };
    crm.saveCall("finished", callOf({ ...outbound, reason: "busy here" }));
    assert.equal(crm.call("call-1")?.cause, "busy");
    crm.saveCall("finished", callOf({ ...outbound, id: "call-2" }));
    for (const text of [undefined, "constructor", "normal clearing"])
      assert.equal(crm.saveCause("call-2", text), undefined);
    assert.equal(crm.saveCause("call-2", "not found")?.cause, "vacant");
    const { busy, vacant } = crm.board().outbound;
    assert.deepEqual([busy, vacant], [1, 1]);
  });

  it("finds customers by names in both languages and by numbers; % and _ have no special meaning", () => {
    crm.close();
    file = join(temporaryFolder(), "crm.db");
    crm = open(true);
    for (const q of ["wang f", "王芳", "harbour", "139 0013 9000", "+86139"]) {
      assert.ok(
        crm.findCustomers(q).some(({ number }) => number === "+8613900139000"),
        q,
      );
    }
    for (const q of ["%", "_", "\\", "'; drop table customers; --", "zh"]) {
      assert.ok(!crm.findCustomers(q).some(({ number }) => number === "+8613900139000"), q);
    }
    assert.ok(crm.callsOf("1000").length + crm.callsWith("+8613900139000").length > 0);
    crm.saveCall("ringing", callOf({ numberE164: "+8613100000000" }));
    assert.equal(crm.nameCustomer({ id: "call-1", name: " Annika Q " })?.name, "Annika Q");
    assert.equal(crm.nameCustomer({ id: "call-9", name: "Ann" }), undefined);
    crm.close();
    crm = open(true);
    assert.equal(crm.findCustomers("Annika Q").length, 1, "samples are filled in once");
  });

  it("has one row for a result, and names a campaign like its page", () => {
    crm.addCampaign("c", "Spring");
    assert.deepEqual(crm.campaigns(), [], "it has not begun");
    const result = {
      campaign: "c",
      index: 0,
      number: "13900139000",
      row: { name: "Ann" },
      outcome: "answered",
      attempts: 1,
    };
    crm.saveResult("c/0", result);
    crm.saveResult("c/0", { ...result, outcome: "unknown" });
    assert.deepEqual(
      crm.results({ campaign: "c", all: "true" }).map(({ outcome }) => outcome),
      ["answered"],
    );
    assert.equal(crm.saveProgress({ campaign: "c", total: 1 }).name, "Spring");
  });

  it("has all saved data after kill -9, and can be opened at once", async () => {
    crm.close();
    const write = `
      const { Crm } = require(${JSON.stringify(join(root, "demo/crm/crm.cjs"))});
      const crm = new Crm({ file: ${JSON.stringify(file)}, samples: false, timezone: "Asia/Shanghai" });
      const call = ${JSON.stringify(callOf())};
      for (let n = 0; ; n += 1) {
        crm.saveCall("ringing", { ...call, id: process.pid + "-" + n });
        require("node:fs").writeSync(1, process.pid + "-" + n + "\\n");
      }`;
    const said: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, ["-e", write], { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
        if (output.split("\n").length > 5 + 7 * round) child.kill("SIGKILL");
      });
      await once(child, "close");
      said.push(...output.split("\n").slice(0, -1));
    }
    crm = open();
    assert.ok(said.length > 20);
    assert.deepEqual(
      said.filter((id) => crm.call(id) === undefined),
      [],
    );
  }).timeout(60_000);
});
