// A campaign step by step: its commands, its reaction to answers, pushes and CDRs, and its restart.
import assert from "node:assert/strict";
import { type AccountBook, newBook } from "../../nodes/campaign/book";
import { Campaign } from "../../nodes/campaign/machine";
import type {
  CampaignCommand,
  CampaignEffect,
  CampaignEvent,
  CampaignProgress,
  CampaignResult,
  CampaignSettings,
  CommandAnswer,
} from "../../nodes/campaign/types";
import { planOf } from "../../nodes/protocol/numbering";
import { localTime } from "../../nodes/util/time";
import { readEntries } from "./reading";
import { context, zone } from "./world";

const minute = 60_000;
const begin = Date.parse("2026-03-02T09:00:00+08:00");
const ok = (data: Record<string, unknown> = {}): CommandAnswer => ({ kind: "ok", data });
const lost: CommandAnswer = { kind: "lost" };
const refused = (code: string): CommandAnswer => ({ kind: "refused", code });

const plain: CampaignSettings = {
  agents: ["1000"],
  mode: 5,
  attempts: 1,
  retryAfter: 60,
  hours: [],
  maxPerDay: 0,
  resultWait: 120,
  reconcile: true,
};

/** `count` mobiles. */
const mobiles = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `139${String(index).padStart(8, "0")}`);

interface Plan {
  readonly settings?: Partial<CampaignSettings>;
  readonly input?: unknown;
  readonly book?: AccountBook;
  readonly id?: string;
  readonly doNotCall?: unknown;
}

/** A campaign that the test drives. */
class Scene {
  now = begin;
  readonly book: AccountBook;
  readonly lines: string[] = [];
  readonly commands: CampaignCommand[] = [];
  readonly results: CampaignResult[] = [];
  readonly progress: CampaignProgress[] = [];
  finished: CampaignProgress[] = [];
  effects: readonly CampaignEffect[] = [];
  timerAt: number | undefined;
  campaign: Campaign;
  #seq = 1;

  constructor({ settings = {}, input = mobiles(1), book = newBook(), id = "c", doNotCall }: Plan = {}) {
    this.book = book;
    const entries = readEntries(input, { region: context, plan: planOf("CN"), numberField: "number", doNotCall });
    const begun = Campaign.begin({ id, tag: id, settings: { ...plain, ...settings }, entries }, this.#deps, this.now);
    this.campaign = begun.campaign;
    this.#take(begun.effects);
  }

  get #deps() {
    return { context, book: this.book, nextSeq: () => this.#seq++ };
  }

  #take(effects: readonly CampaignEffect[]): void {
    this.effects = effects;
    for (const effect of effects) {
      if (effect.kind === "write") this.lines.push(...effect.lines);
      else if (effect.kind === "command") this.commands.push(effect.command);
      else if (effect.kind === "result") this.results.push(effect.result);
      else if (effect.kind === "progress") this.progress.push(effect.progress);
      else if (effect.kind === "finished") this.finished.push(effect.progress);
      else this.timerAt = effect.at;
    }
  }

  step(event: CampaignEvent): this {
    this.#take(this.campaign.step(event, this.now));
    return this;
  }

  /** Advances the clock, with every requested tick. */
  pass(ms: number): this {
    const end = this.now + ms;
    while (this.timerAt !== undefined && this.timerAt <= end) {
      this.now = Math.max(this.now, this.timerAt);
      this.timerAt = undefined;
      this.step({ kind: "tick" });
    }
    this.now = end;
    return this.step({ kind: "tick" });
  }

  /** The open commands of a kind. */
  all(api: CampaignCommand["api"]): readonly CampaignCommand[] {
    return this.commands.filter((command) => command.api === api);
  }

  /** Takes the oldest open command, which must be this one. */
  open(api: CampaignCommand["api"]): CampaignCommand {
    const command = this.commands.shift();
    assert.equal(command?.api, api);
    return command!;
  }

  /** Answers the oldest open command, which must be this one. Returns its request. */
  answer(api: CampaignCommand["api"], answer: CommandAnswer): Readonly<Record<string, unknown>> {
    const { id, request } = this.open(api);
    this.step({ kind: "answer", id, answer });
    return request;
  }

  /** Answers the creation of the next task. Returns the request. */
  create(taskID: string): Readonly<Record<string, unknown>> {
    this.answer("CallTaskQuery", ok({ taskID: "" }));
    return this.answer("CallTaskCreate", ok({ taskID }));
  }

  bill(callee: string, more: Readonly<Record<string, unknown>> = {}): this {
    const time = localTime(this.now, zone);
    const notify = {
      type: "billing",
      startTime: time,
      answerTime: "",
      byeTime: time,
      callee,
      caller: "02150000000",
      service: "5",
      ...more,
    };
    return this.step({ kind: "push", event: "billing", notify });
  }

  ended(taskID: string): this {
    return this.step({ kind: "push", event: "taskinfo", notify: { type: "taskinfo", taskID, status: "2" } });
  }

  restart(lines: readonly string[] = this.lines, book = newBook()): Campaign | undefined {
    const restored = Campaign.restore(lines, { context, book, nextSeq: () => 5000 }, this.now);
    if (restored === undefined) return undefined;
    this.campaign = restored;
    this.commands.length = 0;
    this.timerAt = undefined;
    this.#take(restored.restart(this.now));
    return restored;
  }

  get outcomes(): Readonly<Record<number, string>> {
    return Object.fromEntries(
      this.results.map(({ index, outcome, reason }) => [index, reason === null ? outcome : `${outcome}: ${reason}`]),
    );
  }

  get callees(): readonly unknown[] {
    return this.commands.map(({ request }) => request["callees"]).filter((given) => given !== undefined);
  }
}

const answered = (at: number): Record<string, unknown> => ({
  answerTime: localTime(at, zone),
  recordFile: "a.wav",
  timeLength: "7",
});

describe("a campaign", () => {
  it("distributes numbers to its agents, and sends a thousand with a command", () => {
    const scene = new Scene({
      settings: { agents: ["1000", "1001"], taskName: "spring", multiplier: 2 },
      input: mobiles(2500),
    });
    const [one, other] = [scene.open("CallTaskQuery"), scene.open("CallTaskQuery")];
    assert.deepEqual([one.request["agent"], other.request["agent"]], ["1000", "1001"]);
    scene.step({ kind: "answer", id: one.id, answer: ok() });
    const { id, request } = scene.open("CallTaskCreate");
    const { callees, seq, ...rest } = request;
    assert.deepEqual(rest, { agent: "1000", taskName: "spring", mode: 5, multiplier: 2, userData: "c.0" });
    assert.equal((callees as string[]).length, 1000);
    assert.equal(typeof seq, "number");
    scene.step({ kind: "answer", id, answer: ok({ taskID: "7" }) });
    const added = scene.answer("CallTaskAddNumbers", ok({ taskID: "7" }));
    assert.equal(added["taskID"], "7");
    assert.equal((added["callees"] as string[]).length, 250);
    scene.step({ kind: "answer", id: other.id, answer: ok() });
    assert.equal(scene.open("CallTaskCreate").request["taskName"], "spring-2");
  });

  it("writes what it is about to send before it sends it", () => {
    const scene = new Scene();
    scene.answer("CallTaskQuery", ok());
    assert.deepEqual(
      scene.effects.slice(0, 2).map(({ kind }) => kind),
      ["write", "command"],
    );
    const [write] = scene.effects;
    assert.ok(write?.kind === "write" && write.wait && write.lines.some((line) => line.includes('"k":"sent"')));
  });

  it("gives results of numbers that can't be dialled at once, and the other results with their rows", () => {
    const rows = [{ number: "13900000000", name: "李" }, "x", { number: "13900000000" }, { number: "13900000001" }];
    const scene = new Scene({ input: rows, doNotCall: ["13900000001"] });
    assert.deepEqual(scene.outcomes, { 1: "illegal: letters", 2: "duplicate", 3: "doNotCall" });
    scene.create("7");
    scene.pass(10_000).bill("13900000000", { taskID: "7", staffNo: "1000", ...answered(scene.now) });
    const [, , , result] = scene.results;
    assert.deepEqual(result, {
      campaign: "c",
      index: 0,
      number: "13900000000",
      numberE164: "+8613900000000",
      row: rows[0],
      outcome: "answered",
      attempts: 1,
      agent: "1000",
      taskID: "7",
      startedAt: "2026-03-02T09:00:10+08:00",
      answeredAt: "2026-03-02T09:00:10+08:00",
      endedAt: "2026-03-02T09:00:10+08:00",
      talkSeconds: 7,
      recordFile: "a.wav",
      recordUrl: "http://localhost/a.wav",
      reason: null,
    });
    assert.equal(scene.finished.length, 1);
    const { total, done, excluded } = scene.finished[0]!;
    assert.deepEqual({ total, done, excluded }, { total: 4, done: 4, excluded: 3 });
  });

  it("has nothing to do for an empty list", () => {
    assert.equal(new Scene({ input: [] }).finished.length, 1);
  });

  describe("joins bills", () => {
    const joined: readonly (readonly [name: string, more: Readonly<Record<string, unknown>>, isOurs: boolean])[] = [
      ["by the task's ID", { taskID: "7" }, true],
      ["by its userData", { userData: "c.0" }, true],
      ["by its seq", { seq: "2" }, true],
      ["by the number", {}, true],
      ["by the number in another form", { callee: "+8613900000000" }, true],
      ["not of another task", { taskID: "8" }, false],
      ["not of a command with its own userData", { userData: "mine" }, false],
      ["not of an installation that uses the same seq", { userData: "mine", seq: "2" }, false],
      ["not of a call from before", { startTime: "2026-03-02 08:50:00" }, false],
      ["never an inbound one", { service: "2", caller: "13900000000", callee: "02150000000" }, false],
      ["never one with the direction inbound", { call_type: "0" }, false],
    ];
    for (const [name, more, isOurs] of joined) {
      it(name, () => {
        const scene = new Scene();
        scene.create("7");
        scene.bill("13900000000", { ...answered(scene.now), ...more });
        assert.deepEqual(scene.outcomes, isOurs ? { 0: "answered" } : {});
      });
    }
  });

  it("joins calls of the second in which their task was sent, because the platform's times are whole seconds", () => {
    const settings = { attempts: 2, retryAfter: 0.02 };
    const startTime = localTime(begin, zone);
    const billed = new Scene({ settings }).pass(900);
    billed.create("7");
    billed.bill("13900000000", { ...answered(begin), startTime });
    const lookedUp = new Scene({ settings }).pass(900);
    lookedUp.create("7");
    lookedUp.ended("7").pass(2 * minute);
    lookedUp.answer("CallTaskQuery", ok());
    const cdr = { serviceType: "5", callee: "13900000000", answerTime: startTime, timeLength: "1" };
    lookedUp.answer("getCdrList", ok({ total: "1", cdr: [cdr] }));
    for (const { outcomes } of [billed, lookedUp]) assert.deepEqual(outcomes, { 0: "answered" });
  });

  it("finds a task by a query where its create's answer was lost", () => {
    const scene = new Scene({ input: mobiles(1500) });
    scene.answer("CallTaskQuery", ok());
    scene.answer("CallTaskCreate", lost);
    scene.answer("CallTaskQuery", ok({ taskID: "7" }));
    // The platform answers again.
    scene.answer("CallTaskQuery", ok({ taskID: "7" }));
    assert.equal(scene.open("CallTaskAddNumbers").request["taskID"], "7");
  });

  it("sends no more numbers after a lost answer until the platform answers again", () => {
    const scene = new Scene({ input: mobiles(2500) });
    scene.create("7");
    scene.answer("CallTaskAddNumbers", lost);
    for (let time = 0; time < 5; time += 1) {
      while (scene.commands.length > 0) scene.answer("CallTaskQuery", lost);
      scene.pass(minute);
    }
    while (scene.commands[0]?.api === "CallTaskQuery") scene.answer("CallTaskQuery", ok({ taskID: "7" }));
    assert.equal((scene.open("CallTaskAddNumbers").request["callees"] as string[]).length, 500);
  });

  const doubtful: readonly (readonly [name: string, prepare: (scene: Scene) => void, prior: string])[] = [
    ["the agent had a task before", () => {}, "6"],
    ["another campaign may have made it", ({ book }) => book.tasks.doubt("1000", "other/0"), ""],
    ["it is another campaign's", ({ book }) => book.tasks.claim("7", "other/0"), ""],
  ];
  for (const [name, prepare, prior] of doubtful) {
    it(`takes no task from a query where ${name}`, () => {
      const scene = new Scene({ input: mobiles(1500) });
      prepare(scene);
      scene.answer("CallTaskQuery", ok({ taskID: prior }));
      scene.answer("CallTaskCreate", lost);
      scene.answer("CallTaskQuery", ok({ taskID: "7" }));
      assert.equal(scene.commands.length, 0);
      // Numbers that were never sent go into a task of their own.
      scene.pass(3 * minute);
      while (scene.commands[0]?.api === "CallTaskQuery") scene.answer("CallTaskQuery", ok({ taskID: "7" }));
      assert.equal((scene.open("CallTaskCreate").request["callees"] as string[]).length, 500);
    });
  }

  it("finds a task by a push with its userData", () => {
    const scene = new Scene({ input: mobiles(1500) });
    scene.answer("CallTaskQuery", ok({ taskID: "6" }));
    scene.answer("CallTaskCreate", lost);
    scene.step({ kind: "push", event: "taskinfo", notify: { taskID: "7", userData: "c.0", status: "0" } });
    while (scene.commands[0]?.api === "CallTaskQuery") scene.answer("CallTaskQuery", ok({ taskID: "6" }));
    assert.equal(scene.all("CallTaskAddNumbers")[0]?.request["taskID"], "7");
  });

  it("sends a refused command's numbers back, and goes on with the next", () => {
    const scene = new Scene({ input: mobiles(1001) });
    scene.answer("CallTaskQuery", ok());
    scene.answer("CallTaskCreate", refused("E_G_EXEC_FAIL"));
    assert.equal(scene.results.length, 1000);
    assert.ok(
      scene.results.every(
        ({ outcome, reason, attempts }) => outcome === "refused" && reason === "E_G_EXEC_FAIL" && attempts === 0,
      ),
    );
    scene.create("7");
    assert.equal(scene.finished.length, 0);
  });

  it("makes a new task where numbers can't be added because the task is over", () => {
    const scene = new Scene({ input: mobiles(1001) });
    scene.create("7");
    scene.answer("CallTaskAddNumbers", refused("E_G_RES_NOT_EXIST"));
    assert.deepEqual(scene.create("8")["callees"], ["13900001000"]);
  });

  it("sends numbers again later that were surely not sent", () => {
    const scene = new Scene();
    scene.answer("CallTaskQuery", ok());
    scene.answer("CallTaskCreate", { kind: "notSent" });
    assert.equal(scene.commands.length, 0);
    scene.pass(1000);
    assert.deepEqual(scene.create("7")["callees"], ["13900000000"]);
    scene.bill("13900000000", { taskID: "7", ...answered(scene.now) });
    assert.equal(scene.results[0]?.attempts, 1);
  });

  it("repeats the stop at closing time until it is answered, and starts at the next opening", () => {
    const scene = new Scene({ settings: { hours: [{ days: [1, 2], from: "09:00", to: "10:00" }] }, input: mobiles(2) });
    scene.answer("CallTaskQuery", ok());
    assert.equal(scene.commands[0]?.notAfter, begin + 60 * minute);
    scene.answer("CallTaskCreate", ok({ taskID: "7" }));
    scene.pass(60 * minute - 1);
    while (scene.commands.length > 0) scene.answer("CallTaskQuery", ok({ taskID: "7" }));
    scene.pass(1);
    for (const failed of [lost, refused("E_FAIL"), { kind: "notSent" } as const]) {
      assert.equal(scene.answer("CallTaskControl", failed)["action"], "stop");
      scene.pass(5000);
    }
    assert.equal(scene.answer("CallTaskControl", ok())["action"], "stop");
    assert.equal(scene.campaign.progress(scene.now).state, "outsideHours");
    scene.pass(5 * minute);
    assert.deepEqual(scene.commands, []);
    scene.pass(23 * 60 * minute);
    const start = scene.all("CallTaskControl")[0];
    assert.deepEqual([start?.request["action"], start?.notAfter], ["start", begin + 25 * 60 * minute]);
  });

  it("pauses and resumes", () => {
    const scene = new Scene({ input: mobiles(1001) });
    scene.answer("CallTaskQuery", ok());
    scene.step({ kind: "control", action: "pause" });
    scene.answer("CallTaskCreate", ok({ taskID: "7" }));
    assert.equal(scene.answer("CallTaskControl", ok())["action"], "stop");
    assert.deepEqual(scene.commands, [], "no number is added meanwhile");
    scene.step({ kind: "control", action: "resume" });
    assert.deepEqual(scene.commands.map(({ api }) => api).sort(), ["CallTaskAddNumbers", "CallTaskControl"]);
  });

  it("dials unanswered numbers again, as a new task, and leaves late bills of the first alone", () => {
    for (const more of [{ taskID: "7" }, { session: "first" }]) {
      const scene = new Scene({ settings: { attempts: 2, retryAfter: 0.5 } });
      scene.create("7");
      const late = { releaseCause: "486", startTime: localTime(scene.now, zone), ...more };
      scene.bill("13900000000", late).pass(40_000);
      scene.create("8");
      scene.bill("13900000000", late);
      assert.deepEqual(scene.outcomes, {});
      scene.bill("13900000000", { session: "second", ...answered(scene.now), taskID: "8" });
      assert.equal(scene.results[0]?.attempts, 2);
    }
  });

  it("asks the CDRs once for a wave whether numbers are vacant, and only those whose bill told no cause", () => {
    const scene = new Scene({ settings: { attempts: 3, retryAfter: 10 }, input: mobiles(3) });
    scene.create("7");
    scene.bill("13900000000", { taskID: "7" }).bill("13900000001", { taskID: "7" });
    scene.bill("13900000002", { taskID: "7", releaseCause: "404" });
    assert.deepEqual(scene.outcomes, { 2: "vacant: 404" });
    scene.pass(11 * minute);
    const cdr = [{ serviceType: "5", callee: "13900000000", result: "3", releaseCause: "404", timeLength: "0" }];
    const request = scene.answer("getCdrList", ok({ total: "1", cdr }));
    assert.deepEqual([request["startTime"], request["endTime"]], ["2026-03-02 08:59:00", "2026-03-02 09:01:00"]);
    scene.pass(1);
    assert.deepEqual(scene.outcomes, { 0: "vacant: 404", 2: "vacant: 404" });
    assert.deepEqual(scene.create("8")["callees"], ["13900000001"]);
  });

  it("looks up numbers without a bill, and splits the time range if an answer is cut off", () => {
    const scene = new Scene({ input: mobiles(3) });
    scene.create("7");
    scene
      .pass(10_000)
      .ended("7")
      .pass(2 * minute);
    scene.answer("CallTaskQuery", ok());
    const cdr = {
      serviceType: "5",
      callee: "13900000000",
      answerTime: "2026-03-02 09:00:05",
      timeLength: "9",
      filename: "x",
      agent: "1000",
    };
    const whole = scene.answer("getCdrList", ok({ total: "3", cdr: [cdr] }));
    assert.deepEqual([whole["startTime"], whole["endTime"]], ["2026-03-02 08:59:00", "2026-03-02 09:03:10"]);
    const first = scene.answer("getCdrList", ok({ total: "1", cdr: [cdr] }));
    const second = scene.answer(
      "getCdrList",
      ok({ total: 1, cdr: [{ serviceType: "4", callee: "13900000001", result: "2", releaseCause: "486" }] }),
    );
    assert.deepEqual([first["startTime"], first["endTime"]], ["2026-03-02 08:59:00", "2026-03-02 09:01:05"]);
    assert.deepEqual([second["startTime"], second["endTime"]], ["2026-03-02 09:01:06", "2026-03-02 09:03:10"]);
    scene.pass(1);
    assert.deepEqual(scene.outcomes, { 0: "answered", 1: "unanswered: 486" });
    scene.pass(2 * minute);
    scene.answer("getCdrList", ok({ total: "0", cdr: [] }));
    scene.pass(1);
    assert.deepEqual(scene.outcomes, { 0: "answered", 1: "unanswered: 486", 2: "unknown" });
    assert.deepEqual([scene.results[0]?.recordFile, scene.results[0]?.talkSeconds], ["x", 9]);
  });

  it("does not treat a task as ended while the platform still has it", () => {
    const scene = new Scene();
    scene.create("7");
    scene.ended("7").pass(2 * minute);
    scene.answer("CallTaskQuery", ok({ taskID: "7" }));
    scene.pass(1000);
    assert.deepEqual([scene.commands, scene.results], [[], []]);
  });

  it("ignores the answer of a query if a command was sent meanwhile", () => {
    const scene = new Scene({ settings: { reconcile: false }, input: mobiles(1) });
    scene.create("7");
    scene.pass(2 * minute);
    const query = scene.open("CallTaskQuery");
    scene.step({ kind: "control", action: "pause" }).answer("CallTaskControl", ok());
    scene.step({ kind: "control", action: "resume" }).answer("CallTaskControl", ok());
    scene.step({ kind: "control", action: "pause" });
    scene.step({ kind: "answer", id: query.id, answer: ok({ taskID: "" }) });
    scene.pass(10 * minute);
    assert.deepEqual(scene.outcomes, {});
  });

  it("gives up a task without any report: after a day, or after an hour if it may not exist", () => {
    for (const [created, hours] of [
      [ok({ taskID: "7" }), 24],
      [lost, 1],
    ] as const) {
      const scene = new Scene({ settings: { reconcile: false } });
      scene.answer("CallTaskQuery", ok({ taskID: "other" }));
      scene.answer("CallTaskCreate", created);
      let passed = 0;
      for (; scene.results.length === 0 && passed < 30 * 60; passed += 1) {
        scene.pass(minute);
        while (scene.commands.length > 0) scene.answer("CallTaskQuery", ok({ taskID: "other" }));
      }
      assert.deepEqual(scene.outcomes, { 0: "unknown" });
      assert.equal(Math.round(passed / 60), hours);
    }
  });

  it("continues at once when the clock was set back", () => {
    const scene = new Scene({ settings: { attempts: 2, retryAfter: 10, reconcile: false } });
    scene.now += 365 * 24 * 60 * minute;
    scene.pass(0);
    scene.create("7");
    scene.bill("13900000000", { taskID: "7" });
    scene.now = begin;
    scene.step({ kind: "tick" }).pass(12 * minute);
    assert.equal(scene.commands[0]?.api, "CallTaskQuery");
  });

  it("asks no CDRs where that is switched off", () => {
    const scene = new Scene({ settings: { reconcile: false } });
    scene.create("7");
    scene.ended("7").pass(2 * minute);
    scene.answer("CallTaskQuery", ok());
    assert.deepEqual(scene.outcomes, { 0: "unknown" });
  });

  it("waits for a call that is under way when its task has ended", () => {
    const scene = new Scene({ settings: { reconcile: false } });
    scene.create("7");
    const call = { number: "13900000000", agent: "1000", call_type: "1", taskID: "7" };
    scene
      .step({ kind: "push", event: "callstart", notify: call })
      .ended("7")
      .pass(20 * minute);
    assert.deepEqual(scene.outcomes, {});
    assert.deepEqual(scene.campaign.entryOf("callstart", call), { campaign: "c", index: 0, row: "13900000000" });
    scene.bill("13900000000", { taskID: "7", ...answered(scene.now) });
    assert.deepEqual(scene.outcomes, { 0: "answered" });
  });

  describe("asks the CDRs again for a call whose end no push told", () => {
    const call = { number: "13900000000", agent: "1000", call_type: "1", taskID: "7" };
    const none = ok({ total: "0", cdr: [] });
    const cdr = { serviceType: "5", callee: "13900000000", answerTime: "2026-03-02 09:00:05", timeLength: "9" };
    /** A task that has ended, and a call of it whose beginning was reported. The first two lookups found nothing. */
    const waiting = (): Scene => {
      const scene = new Scene();
      scene.create("7");
      scene
        .step({ kind: "push", event: "callstart", notify: call })
        .ended("7")
        .pass(2 * minute);
      scene.answer("CallTaskQuery", ok());
      for (let times = 0; times < 2; times += 1) {
        scene.answer("getCdrList", none);
        scene.pass(2 * minute);
      }
      assert.deepEqual(scene.outcomes, {});
      return scene;
    };

    it("so that its result is given soon after its CDR exists", () => {
      const scene = waiting();
      scene.pass(2 * minute);
      scene.answer("getCdrList", ok({ total: "1", cdr: [cdr] }));
      scene.pass(1000);
      assert.deepEqual(scene.outcomes, { 0: "answered" });
      assert.equal(scene.finished.length, 1);
    });

    it("with growing pauses, for an hour", () => {
      const scene = waiting();
      const asked: number[] = [];
      for (let passed = 0; passed < 120 && scene.finished.length === 0; passed += 1) {
        scene.pass(minute);
        if (scene.commands.length === 0) continue;
        asked.push((scene.now - begin) / minute);
        scene.answer("getCdrList", none);
      }
      assert.deepEqual(scene.outcomes, { 0: "unknown" });
      assert.deepEqual(asked, [8, 16, 26, 36, 46, 56, 60]);
    });

    it("and soon after a push reports its end", () => {
      const scene = waiting();
      scene.pass(3 * minute);
      scene.answer("getCdrList", none);
      scene.step({ kind: "push", event: "callend", notify: call }).pass(2 * minute + 30_000);
      scene.answer("getCdrList", none);
      scene.pass(1000);
      assert.deepEqual(scene.outcomes, { 0: "unknown" });
    });

    it("also after a restart", () => {
      const scene = waiting();
      scene.restart();
      for (let passed = 0; passed < 10; passed += 1) {
        scene.pass(minute);
        while (scene.commands[0]?.api === "CallTaskQuery") scene.answer("CallTaskQuery", ok());
        while (scene.commands.length > 0) scene.answer("getCdrList", none);
      }
      assert.deepEqual(scene.outcomes, {});
      scene.bill("13900000000", { taskID: "7", ...answered(scene.now) });
      assert.deepEqual(scene.outcomes, { 0: "answered" });
    });
  });

  it("cancels: numbers that were not dialled are cancelled, calls under way may end within resultWait", () => {
    const scene = new Scene({ settings: { attempts: 2 }, input: mobiles(1005) });
    scene.create("7");
    scene.step({ kind: "push", event: "callout", notify: { number: "13900000000", taskID: "7", call_type: "1" } });
    scene.step({ kind: "push", event: "callout", notify: { number: "13900000001", taskID: "7", call_type: "1" } });
    scene.bill("13900000002", { taskID: "7", releaseCause: "486" });
    scene.answer("CallTaskAddNumbers", ok({ taskID: "7" }));
    scene.step({ kind: "control", action: "cancel" }).pass(1);
    assert.deepEqual(scene.outcomes, { 2: "unanswered: cancelled" });
    scene.answer("CallTaskControl", ok());
    scene.bill("13900000001", { taskID: "7", ...answered(scene.now) });
    scene.pass(2 * minute);
    scene.answer("getCdrList", ok({ total: "0", cdr: [] }));
    scene.pass(1000);
    const { 0: ringing, 1: talked, 2: unanswered, ...others }: Readonly<Record<number, string>> = scene.outcomes;
    assert.deepEqual([ringing, talked, unanswered], ["unknown", "answered", "unanswered: cancelled"]);
    assert.ok(Object.values(others).every((outcome) => outcome === "cancelled"));
    assert.equal(scene.finished[0]?.state, "cancelled");
    assert.equal(scene.finished[0]?.cancelled, 1002);
    const attempts = (outcome: string) =>
      new Set(scene.results.filter((result) => result.outcome === outcome).map((result) => result.attempts));
    assert.deepEqual(attempts("cancelled"), new Set([0]));
    assert.deepEqual(
      [attempts("unknown"), attempts("answered"), attempts("unanswered")],
      [new Set([1]), new Set([1]), new Set([1])],
    );
  });

  it("does not count an attempt that a cancel prevented", () => {
    const scene = new Scene({ settings: { attempts: 2, retryAfter: 0.5 } });
    scene.create("7");
    scene.bill("13900000000", { taskID: "7", releaseCause: "486", startTime: localTime(scene.now, zone) }).pass(40_000);
    scene.create("8");
    scene.step({ kind: "control", action: "cancel" }).pass(1);
    scene.answer("CallTaskControl", ok());
    scene.pass(2 * minute);
    scene.answer("getCdrList", ok({ total: "0", cdr: [] }));
    scene.pass(1000);
    assert.deepEqual(scene.outcomes, { 0: "unanswered: cancelled" });
    assert.equal(scene.results[0]?.attempts, 1);
  });

  it("waits for the stop of a cancel, also if the task was stopped and started before", () => {
    const scene = new Scene();
    scene.create("7");
    for (const action of ["pause", "resume"] as const) {
      scene.step({ kind: "control", action });
      scene.answer("CallTaskControl", action === "pause" ? ok() : lost);
    }
    scene.step({ kind: "control", action: "cancel" });
    for (let times = 0; times < 20; times += 1) {
      scene.pass(minute);
      assert.equal(scene.answer("CallTaskControl", lost)["action"], "stop");
    }
    assert.deepEqual(scene.outcomes, {});
    scene.pass(minute).answer("CallTaskControl", ok());
    scene.pass(5 * minute).answer("getCdrList", ok({ total: "0", cdr: [] }));
    assert.deepEqual(scene.outcomes, { 0: "cancelled" });
  });

  describe("stops a task of which it learns late", () => {
    const started = { type: "taskinfo", taskID: "7", userData: "c.0", status: "0" };
    /** Lets time pass on a platform that answers queries like this, and has no CDRs. */
    const wait = (scene: Scene, minutes: number, query: CommandAnswer): void => {
      for (let passed = 0; passed < minutes; passed += 1) {
        scene.pass(minute);
        while (scene.commands.length > 0) {
          const { api } = scene.commands[0]!;
          assert.ok(api === "CallTaskQuery" || api === "getCdrList", api);
          scene.answer(api, api === "CallTaskQuery" ? query : ok({ total: "0", cdr: [] }));
        }
      }
    };
    /** A create whose answer was lost, and a cancel whose time for results is over. */
    const cancelled = (prior: string, query: CommandAnswer): Scene => {
      const scene = new Scene();
      scene.answer("CallTaskQuery", ok({ taskID: prior }));
      scene.answer("CallTaskCreate", lost);
      scene.step({ kind: "control", action: "cancel" });
      while (scene.commands.length > 0) scene.answer("CallTaskQuery", query);
      wait(scene, 5, query);
      assert.deepEqual(scene.outcomes, { 0: "unknown" });
      assert.equal(scene.finished.length, 1);
      scene.step({ kind: "handed", entries: [0] }).step({ kind: "finishedHanded" });
      scene.progress.length = 0;
      return scene;
    };
    /** The stop is repeated until it is answered. */
    const stops = (scene: Scene): void => {
      assert.equal(scene.campaign.isOver, false);
      for (const answer of [lost, ok()]) {
        const { action, taskID } = scene.answer("CallTaskControl", answer);
        assert.deepEqual([action, taskID], ["stop", "7"]);
        scene.pass(5000);
      }
      assert.deepEqual(scene.commands, []);
      assert.equal(scene.campaign.isOver, true);
      assert.deepEqual([scene.finished.length, scene.progress], [1, []], "nothing is told after the end");
    };

    it("after a cancel, by a push", () => {
      const scene = cancelled("6", ok({ taskID: "6" }));
      wait(scene, 10 * 60, ok({ taskID: "6" }));
      stops(scene.step({ kind: "push", event: "taskinfo", notify: started }));
    });

    it("after a cancel, by a query", () => {
      const scene = cancelled("", lost);
      for (let passed = 0; scene.commands.length === 0 && passed < 60; passed += 1) scene.pass(minute);
      scene.answer("CallTaskQuery", ok({ taskID: "7" }));
      stops(scene);
    });

    it("after a cancel and a restart", () => {
      const scene = cancelled("6", ok({ taskID: "6" }));
      scene.restart();
      wait(scene, 10, ok({ taskID: "6" }));
      scene.step({ kind: "push", event: "taskinfo", notify: started });
      scene.restart();
      scene.commands.splice(0, scene.commands.length, ...scene.all("CallTaskControl"));
      stops(scene);
    });

    it("no longer than for a day, and not if the agent has no task", () => {
      const scene = cancelled("6", ok({ taskID: "6" }));
      wait(scene, 24 * 60, ok({ taskID: "6" }));
      assert.equal(scene.campaign.isOver, true);
      const other = cancelled("6", lost);
      wait(other, 10, ok({ taskID: "" }));
      assert.equal(other.campaign.isOver, true);
    });

    /** A create whose answer was lost, with the result of its number, and a number of another agent. */
    const billed = (): Scene => {
      const scene = new Scene({ settings: { agents: ["1000", "1001"] }, input: mobiles(2) });
      const [one, other] = [scene.open("CallTaskQuery"), scene.open("CallTaskQuery")];
      scene.step({ kind: "answer", id: one.id, answer: ok({ taskID: "6" }) });
      scene.answer("CallTaskCreate", lost);
      scene.bill("13900000000", { userData: "c.0" });
      scene.step({ kind: "control", action: "cancel" });
      scene.step({ kind: "answer", id: other.id, answer: ok() });
      assert.deepEqual(scene.outcomes, { 0: "unanswered", 1: "cancelled" });
      return scene.step({ kind: "handed", entries: [0, 1] }).step({ kind: "finishedHanded" });
    };

    it("after a cancel, if its numbers had results before", () => {
      const scene = billed();
      wait(scene, 10, ok({ taskID: "" }));
      assert.equal(scene.campaign.isOver, true);
    });

    it("after a cancel, if its numbers get results before the stop is answered", () => {
      const scene = new Scene();
      scene.create("7");
      scene.step({ kind: "control", action: "cancel" });
      scene.answer("CallTaskControl", lost);
      scene.bill("13900000000", { taskID: "7" });
      assert.deepEqual(scene.outcomes, { 0: "unanswered" });
      scene
        .step({ kind: "handed", entries: [0] })
        .step({ kind: "finishedHanded" })
        .pass(5000);
      scene.progress.length = 0;
      stops(scene);
    });

    it("after a cancel, if its numbers get results while their CDRs are read", () => {
      const scene = new Scene();
      scene.answer("CallTaskQuery", ok({ taskID: "6" }));
      scene.answer("CallTaskCreate", lost);
      scene.step({ kind: "control", action: "cancel" });
      while (scene.commands[0]?.api !== "getCdrList") {
        if (scene.commands.length > 0) scene.answer("CallTaskQuery", ok({ taskID: "6" }));
        else scene.pass(minute);
      }
      const { id } = scene.open("getCdrList");
      while (scene.commands.length > 0) scene.answer("CallTaskQuery", ok({ taskID: "6" }));
      scene.bill("13900000000", { userData: "c.0" });
      assert.deepEqual(scene.outcomes, { 0: "unanswered" });
      scene.step({ kind: "handed", entries: [0] }).step({ kind: "finishedHanded" });
      scene.step({ kind: "answer", id, answer: ok({ total: "0", cdr: [] }) });
      wait(scene, 60, ok({ taskID: "" }));
      assert.equal(scene.campaign.isOver, true);
    });

    it("that was given up, while the campaign is paused", () => {
      const scene = new Scene({ settings: { agents: ["1000", "1001"] }, input: mobiles(2) });
      const [one, other] = [scene.open("CallTaskQuery"), scene.open("CallTaskQuery")];
      scene.step({ kind: "answer", id: one.id, answer: ok({ taskID: "6" }) });
      scene.answer("CallTaskCreate", lost);
      wait(scene, 90, ok({ taskID: "6" }));
      assert.deepEqual(scene.outcomes, { 0: "unknown" });
      scene.step({ kind: "control", action: "pause" });
      scene.step({ kind: "push", event: "callout", notify: { number: "13900000000", call_type: "1", ...started } });
      assert.equal(scene.answer("CallTaskControl", ok())["taskID"], "7");
      scene.step({ kind: "answer", id: other.id, answer: ok() });
      assert.deepEqual(scene.commands, []);
    });
  });

  it("counts the dials of all campaigns of the account", () => {
    const book = newBook();
    const first = new Scene({ book, id: "a", input: mobiles(1) });
    first.create("7");
    const second = new Scene({ book, id: "b", input: mobiles(2), settings: { maxPerDay: 1, attempts: 2 } });
    second.create("8");
    assert.deepEqual(second.outcomes, { 0: "overLimit" });
    second.bill("13900000001", { taskID: "8", releaseCause: "486" }).pass(61 * minute);
    while (second.commands.length > 0) second.answer("CallTaskQuery", ok());
    assert.deepEqual(second.outcomes, { 0: "overLimit", 1: "unanswered: overLimit" });
  });

  it("tells its progress at most once a second, and when asked", () => {
    const scene = new Scene({ input: mobiles(100) });
    scene.create("7");
    scene.pass(2000);
    const before = scene.progress.length;
    for (const number of mobiles(50)) scene.bill(number, { taskID: "7", ...answered(scene.now) });
    assert.equal(scene.progress.length - before, 1);
    scene.step({ kind: "control", action: "progress" });
    assert.equal(scene.progress.length - before, 2);
    const { total, done, answered: talked, remaining, tasks, state, perHour } = scene.progress.at(-1)!;
    assert.deepEqual(
      { total, done, talked, remaining, state },
      { total: 100, done: 50, talked: 50, remaining: 50, state: "dialling" },
    );
    assert.deepEqual(tasks, [{ taskID: "7", agent: "1000", state: "running", remaining: 50 }]);
    assert.equal(perHour, 3000);
  });

  describe("after a restart", () => {
    it("dials nothing a second time that may have been dialled, and goes on with the rest", () => {
      const scene = new Scene({ input: mobiles(1500) });
      scene.answer("CallTaskQuery", ok());
      scene.restart();
      const numbers = new Set(mobiles(1000));
      // The query before a new task, and the query for the task that may exist.
      while (scene.commands[0]?.api === "CallTaskQuery") scene.answer("CallTaskQuery", ok());
      const { request } = scene.open("CallTaskCreate");
      assert.equal((request["callees"] as string[]).length, 500);
      assert.ok((request["callees"] as string[]).every((number) => !numbers.has(number)));
      scene.pass(3 * minute);
      while (scene.commands.length > 0) {
        const { api } = scene.commands[0]!;
        scene.answer(api, api === "getCdrList" ? ok({ total: "0", cdr: [] }) : ok());
        scene.pass(2 * minute);
      }
      assert.equal(scene.results.filter(({ outcome }) => outcome === "unknown").length, 1000);
    });

    it("adds the numbers that were not sent to the task that is there", () => {
      const scene = new Scene({ input: mobiles(1500) });
      scene.create("7");
      const sent = scene.lines.filter((line) => !line.includes('"part":1'));
      scene.restart(sent);
      assert.equal(scene.all("CallTaskAddNumbers")[0]?.request["taskID"], "7");
    });

    it("gives again the results that were not handed on, and no others", () => {
      const scene = new Scene({ input: mobiles(2) });
      scene.create("7");
      for (const number of mobiles(2)) scene.bill(number, { taskID: "7", ...answered(scene.now) });
      scene.step({ kind: "handed", entries: [0] });
      const [, second] = scene.results.splice(0);
      scene.finished = [];
      scene.restart();
      assert.deepEqual(scene.results, [second]);
      assert.equal(scene.finished.length, 1);
      assert.equal(scene.campaign.isOver, false);
      scene.step({ kind: "handed", entries: [1] }).step({ kind: "finishedHanded" });
      assert.equal(scene.campaign.isOver, true);
    });

    it("does not begin if the first lines are incomplete", () => {
      const { lines } = new Scene({ input: mobiles(1200) });
      assert.ok(lines.length > 3);
      const scene = new Scene();
      for (const count of [0, 1, 2]) assert.equal(scene.restart(lines.slice(0, count)), undefined);
      assert.equal(scene.restart(lines.slice(1)), undefined);
    });

    it("reads a journal that any line is missing from", () => {
      const scene = new Scene({ settings: { agents: ["1000", "1001"], attempts: 2 }, input: mobiles(2200) });
      const [one, other] = [scene.open("CallTaskQuery"), scene.open("CallTaskQuery")];
      for (const { id } of [one, other]) scene.step({ kind: "answer", id, answer: ok() });
      for (const taskID of ["7", "8"]) scene.answer("CallTaskCreate", ok({ taskID }));
      for (const taskID of ["7", "8"]) scene.answer("CallTaskAddNumbers", ok({ taskID }));
      scene.step({ kind: "control", action: "pause" });
      scene.answer("CallTaskControl", ok());
      scene
        .bill("13900000000", { taskID: "7" })
        .bill("13900000001", { taskID: "8", ...answered(scene.now) })
        .ended("7");
      const lines = [...scene.lines];
      for (let missing = 1; missing < lines.length; missing += 1) {
        assert.ok(scene.restart(lines.filter((_, place) => place !== missing)) !== undefined);
        scene.pass(minute);
      }
    });

    it("still counts the dials of the last day, also of a campaign that is over", () => {
      const scene = new Scene({ input: mobiles(2) });
      scene.create("7");
      for (const number of mobiles(2)) scene.bill(number, { taskID: "7", ...answered(scene.now) });
      scene.step({ kind: "handed", entries: [0, 1] }).step({ kind: "finishedHanded" });
      const stub = scene.campaign.stub(scene.now);
      for (const lines of [scene.lines, stub]) {
        const book = newBook();
        const restored = Campaign.restore(lines, { context, book, nextSeq: () => 1 }, scene.now);
        assert.equal(restored?.id, "c");
        assert.equal(restored?.isOver, true);
        assert.equal(book.dials.count("+8613900000001", scene.now), 1);
        assert.equal(book.dials.count("+8613900000001", scene.now + 24 * 60 * minute), 0);
      }
    });
  });
});
