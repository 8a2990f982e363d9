// A platform and a runtime around a campaign, in simulated time. Faults between them are drawn from a seed.
import assert from "node:assert/strict";
import { type AccountBook, newBook } from "../../nodes/campaign/book";
import type { CampaignDeps } from "../../nodes/campaign/core";
import { type CampaignEntry, keyOf } from "../../nodes/campaign/entries";
import { Campaign } from "../../nodes/campaign/machine";
import type {
  CampaignCommand,
  CampaignEffect,
  CampaignEvent,
  CampaignProgress,
  CampaignResult,
  CampaignSettings,
  CommandAnswer,
  ControlAction,
} from "../../nodes/campaign/types";
import { numberE164 } from "../../nodes/protocol/number";
import { planOf } from "../../nodes/protocol/numbering";
import { readEntries } from "./reading";

export const zone = "Asia/Shanghai";
export const context = { customer: "C2", timezone: zone, region: "CN", areaCode: "021", baseUrl: "http://localhost" };
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How a platform behaves. Chances are per cent. */
export interface Scenario {
  readonly seed: number;
  readonly settings: CampaignSettings;
  readonly rows: readonly unknown[];
  readonly doNotCall: readonly string[];
  /** The fields that bills contain. */
  readonly dialect: {
    readonly taskID: boolean;
    readonly userData: boolean;
    readonly seq: boolean;
    readonly cause: boolean;
  };
  readonly faults: {
    readonly lostAnswers: number;
    readonly lostPushes: number;
    readonly latePushes: number;
    readonly repeatedPushes: number;
    readonly refused: number;
    readonly busy: number;
    readonly lateCdrs: number;
    readonly lostCdrs: number;
    readonly logouts: number;
    /** Answered calls that last up to 15 minutes; the others last up to 2. */
    readonly longCalls: number;
  };
  /** The most CDRs in one answer. */
  readonly cdrLimit: number;
  readonly numbersPerCommand: number;
  /** The times of crashes and of the user's actions, in minutes after the start. */
  readonly crashes: readonly number[];
  /** A crash after this many effects, each counted from the previous crash. */
  readonly crashAfter: readonly number[];
  readonly controls: readonly (readonly [minutes: number, action: ControlAction])[];
  /** The first moment. */
  readonly startAt: number;
}

/** Numbers from 0 to 1. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Future events, in the order of their time. */
class Clock {
  now: number;
  #queue: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;

  constructor(now: number) {
    this.now = now;
  }

  at(at: number, run: () => void): void {
    const item = { at: Math.max(at, this.now), order: this.#order++, run };
    let [low, high] = [0, this.#queue.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#queue[middle]!;
      if (other.at > item.at || (other.at === item.at && other.order > item.order)) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, item);
  }

  /** Carries out the next event. Returns whether there was one. */
  next(): boolean {
    const item = this.#queue.pop();
    if (item === undefined) return false;
    this.now = item.at;
    item.run();
    return true;
  }
}

const clockFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
const local = (moment: number): string => clockFormat.format(moment);
const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: zone,
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** Whether hours are open, computed independently of the campaign's code. */
export function isOpen(settings: CampaignSettings, moment: number): boolean {
  if (settings.hours.length === 0) return true;
  const found = Object.fromEntries(parts.formatToParts(moment).map(({ type, value }) => [type, value]));
  const weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(found["weekday"] ?? "") + 1;
  const time = `${found["hour"] === "24" ? "00" : found["hour"]}:${found["minute"]}`;
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  return settings.hours.some(({ days, from, to }) =>
    to > from
      ? days.includes(weekday) && time >= from && time < to
      : (days.includes(weekday) && time >= from) || (days.includes(yesterday) && time < to),
  );
}

type Fate = "answered" | "unanswered" | "vacant";

interface PlatformTask {
  readonly id: string;
  readonly agent: string;
  readonly userData: string;
  readonly seq: string;
  readonly queue: string[];
  amount: number;
  status: "0" | "1" | "2";
}

interface Cdr {
  readonly startAt: number;
  readonly knownAt: number;
  readonly record: Readonly<Record<string, unknown>>;
}

/** A call that the platform made. */
export interface Dial {
  readonly number: string;
  readonly at: number;
  readonly fate: Fate;
  readonly taskID: string;
}

export class World {
  readonly clock: Clock;
  readonly dials: Dial[] = [];
  /** How often each number was in a command that was carried out. */
  readonly sent = new Map<string, number>();
  readonly results = new Map<string, CampaignResult>();
  finished: CampaignProgress | undefined;
  readonly problems: string[] = [];
  crashes = 0;
  steps = 0;
  readonly entries: readonly CampaignEntry[];
  readonly apis = new Map<string, number>();

  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #tasks: PlatformTask[] = [];
  readonly #cdrs: Cdr[] = [];
  readonly #busyAgents = new Set<string>();
  readonly #loggedOut = new Set<string>();

  readonly #disk: string[] = [];
  #book: AccountBook = newBook();
  #campaign: Campaign | undefined;
  #fifo: CampaignEffect[] = [];
  #epoch = 0;
  #timerAt: number | undefined;
  #isRunning = false;
  readonly #waiting: ControlAction[] = [];
  #effectsLeft: number;
  readonly #crashAfter: number[];
  #seq = 1;
  #key = 1;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#random = randomOf(scenario.seed);
    this.clock = new Clock(scenario.startAt);
    const place = { region: context.region, areaCode: context.areaCode };
    const { rows, doNotCall } = scenario;
    this.entries = readEntries([...rows], { region: place, plan: planOf("CN"), numberField: "number", doNotCall });
    this.#crashAfter = [...scenario.crashAfter];
    this.#effectsLeft = this.#crashAfter.shift() ?? Number.POSITIVE_INFINITY;
  }

  /** Runs until the campaign is over. Throws if it is not within so many steps. */
  run(mostSteps = 60_000): void {
    const { clock } = this;
    this.#begin();
    for (const minutes of this.#scenario.crashes) clock.at(clock.now + minutes * minute, () => this.#crash());
    for (const [minutes, action] of this.#scenario.controls) {
      clock.at(clock.now + minutes * minute, () => this.#control(action));
    }
    while (!(this.finished !== undefined && (this.#campaign?.isOver ?? false))) {
      this.steps += 1;
      assert.ok(
        this.steps < mostSteps,
        `no end after ${this.steps} steps, at ${local(clock.now)}: ${this.#describe()}`,
      );
      assert.ok(clock.next(), `nothing happens any more: ${this.#describe()}`);
    }
  }

  #describe(): string {
    return JSON.stringify({
      progress: this.#campaign?.progress(this.clock.now),
      tasks: this.#tasks.map(({ id, status, queue }) => [id, status, queue.length]),
    });
  }

  #chance(percent: number): boolean {
    return this.#random() * 100 < percent;
  }

  #between(from: number, to: number): number {
    return from + this.#random() * (to - from);
  }

  get #deps(): CampaignDeps {
    return {
      context,
      book: this.#book,
      nextSeq: () => this.#seq++,
      numbersPerCommand: this.#scenario.numbersPerCommand,
    };
  }

  // ---- the runtime ----

  #begin(): void {
    const { settings } = this.#scenario;
    const begun = Campaign.begin({ id: "k", tag: "tag", settings, entries: this.entries }, this.#deps, this.clock.now);
    this.#campaign = begun.campaign;
    this.#take(begun.effects);
  }

  /** The user's instructions. While Node-RED is down, the user waits. */
  #control(action: ControlAction): void {
    if (this.#campaign === undefined) this.#waiting.push(action);
    else this.#step({ kind: "control", action });
  }

  #step(event: CampaignEvent): void {
    if (this.#campaign === undefined) return;
    this.#take(this.#campaign.step(event, this.clock.now));
  }

  #take(effects: readonly CampaignEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "timer") this.#setTimer(effect.at);
      else this.#fifo.push(effect);
    }
    this.#work();
  }

  #setTimer(at: number | undefined): void {
    this.#timerAt = at;
    if (at === undefined) return;
    const epoch = this.#epoch;
    this.clock.at(at, () => {
      if (epoch === this.#epoch && this.#timerAt === at) this.#step({ kind: "tick" });
    });
  }

  /** Carries out the effects one by one. The time between them allows a crash. */
  #work(): void {
    if (this.#isRunning || this.#fifo.length === 0) return;
    this.#isRunning = true;
    const epoch = this.#epoch;
    const isSlow = this.#fifo[0]?.kind === "write" && this.#chance(1);
    this.clock.at(this.clock.now + (isSlow ? this.#between(0, 30 * minute) : this.#between(0, 20)), () => {
      if (epoch !== this.#epoch) return;
      this.#isRunning = false;
      this.#effectsLeft -= 1;
      if (this.#effectsLeft < 0) {
        this.#effectsLeft = this.#crashAfter.shift() ?? Number.POSITIVE_INFINITY;
        this.#crash();
        return;
      }
      const effect = this.#fifo.shift();
      if (effect !== undefined) this.#do(effect);
      this.#work();
    });
  }

  #do(effect: CampaignEffect): void {
    switch (effect.kind) {
      case "write":
        this.#disk.push(...effect.lines);
        return;
      case "command":
        this.#send(effect.command);
        return;
      case "result":
        this.#hear(effect.id, effect.result);
        return;
      case "progress":
        this.#check(effect.progress);
        return;
      case "finished": {
        this.#check(effect.progress);
        if (
          this.finished !== undefined &&
          JSON.stringify(this.finished.done) !== JSON.stringify(effect.progress.done)
        ) {
          this.problems.push("finished twice with other figures");
        }
        this.finished = effect.progress;
        const epoch = this.#epoch;
        this.clock.at(this.clock.now + this.#between(0, second), () => {
          if (epoch === this.#epoch) this.#step({ kind: "finishedHanded" });
        });
        return;
      }
      case "timer":
        return;
    }
  }

  #hear(id: string, result: CampaignResult): void {
    const before = this.results.get(id);
    if (id !== `k/${result.index}`) this.problems.push(`${id} is not ${result.index}`);
    if (before !== undefined && before.outcome !== result.outcome) {
      this.problems.push(`${id} was ${before.outcome} and is ${result.outcome}`);
    }
    if (before !== undefined && this.crashes === 0) this.problems.push(`${id} came twice`);
    this.results.set(id, result);
    const epoch = this.#epoch;
    this.clock.at(this.clock.now + this.#between(0, second), () => {
      if (epoch === this.#epoch) this.#step({ kind: "handed", entries: [result.index] });
    });
  }

  #check(progress: CampaignProgress): void {
    const { total, done, answered, unanswered, excluded, cancelled, unknown, remaining } = progress;
    if (
      done !== answered + unanswered + excluded + cancelled + unknown ||
      total !== done + remaining ||
      remaining < 0
    ) {
      this.problems.push(`figures do not add up: ${JSON.stringify(progress)}`);
    }
    if (total !== this.entries.length) this.problems.push(`a total of ${total}`);
  }

  #crash(): void {
    if (this.#campaign === undefined || (this.finished !== undefined && this.#campaign.isOver)) return;
    this.crashes += 1;
    // The last write may be on disk only in part.
    const [next] = this.#fifo;
    if (next?.kind === "write")
      this.#disk.push(...next.lines.slice(0, Math.floor(this.#random() * (next.lines.length + 1))));
    this.#epoch += 1;
    this.#campaign = undefined;
    this.#fifo = [];
    this.#isRunning = false;
    this.#timerAt = undefined;
    this.clock.at(this.clock.now + this.#between(second, this.#chance(20) ? 3 * hour : minute), () => {
      this.#book = newBook();
      this.#campaign = Campaign.restore(this.#disk, this.#deps, this.clock.now);
      if (this.#campaign === undefined) {
        // The message comes again, because it had no effect yet.
        this.#disk.length = 0;
        this.#begin();
      } else this.#take(this.#campaign.restart(this.clock.now));
      for (const action of this.#waiting.splice(0)) this.#control(action);
    });
  }

  /** A command and its answer, in transit. */
  #send(command: CampaignCommand): void {
    const { clock } = this;
    const epoch = this.#epoch;
    const answer = (given: CommandAnswer, after: number): void =>
      clock.at(clock.now + after, () => {
        if (epoch === this.#epoch) this.#step({ kind: "answer", id: command.id, answer: given });
      });
    clock.at(clock.now + this.#between(0, 300), () => {
      if (command.notAfter !== undefined && clock.now >= command.notAfter) {
        answer({ kind: "notSent" }, 0);
        return;
      }
      this.#inspect(command);
      const { faults } = this.#scenario;
      if (this.#chance(faults.busy)) {
        answer({ kind: "notSent" }, 50);
        return;
      }
      if (this.#chance(faults.lostAnswers)) {
        answer({ kind: "lost" }, 15 * second);
        if (this.#chance(50)) return;
        // Possibly after the sender's timeout.
        const isOnce = command.api === "CallTaskCreate" || command.api === "CallTaskAddNumbers";
        clock.at(clock.now + this.#between(0, isOnce ? 20 * second : 10 * second), () => this.#carryOut(command));
        return;
      }
      const done = this.#carryOut(command);
      answer(done, this.#between(10, 400));
    });
  }

  /** Checks that a command may be sent. */
  #inspect({ api, request }: CampaignCommand): void {
    const { settings, doNotCall } = this.#scenario;
    const dials = api === "CallTaskCreate" || api === "CallTaskAddNumbers" || request["action"] === "start";
    this.apis.set(api, (this.apis.get(api) ?? 0) + 1);
    if (dials && !isOpen(settings, this.clock.now)) this.problems.push(`${api} at ${local(this.clock.now)}`);
    const callees = (request["callees"] ?? []) as readonly string[];
    if (callees.length > this.#scenario.numbersPerCommand) this.problems.push(`${callees.length} numbers at once`);
    for (const number of callees) if (doNotCall.includes(number)) this.problems.push(`${number} must not be called`);
    if (String(request["userData"] ?? "").length > 30) this.problems.push("userData is too long");
  }

  // ---- the platform ----

  #carryOut({ api, request }: CampaignCommand): CommandAnswer {
    const text = (name: string): string => String(request[name] ?? "");
    switch (api) {
      case "CallTaskCreate": {
        if (this.#chance(this.#scenario.faults.refused)) return { kind: "refused", code: "E_G_EXEC_FAIL" };
        const task: PlatformTask = {
          id: String(1000 + this.#tasks.length),
          agent: text("agent"),
          userData: text("userData"),
          seq: text("seq"),
          queue: [],
          amount: 0,
          status: "0",
        };
        this.#tasks.push(task);
        this.#fill(task, request["callees"] as readonly string[]);
        this.#tellTask(task);
        this.#dial(task.agent);
        return { kind: "ok", data: { taskID: task.id, report: {} } };
      }
      case "CallTaskAddNumbers": {
        const task = this.#tasks.find(({ id }) => id === request["taskID"]);
        if (task === undefined || task.status === "2") return { kind: "refused", code: "E_G_RES_NOT_EXIST" };
        if (this.#chance(this.#scenario.faults.refused)) return { kind: "refused", code: "E_G_EXEC_FAIL" };
        this.#fill(task, request["callees"] as readonly string[]);
        this.#dial(task.agent);
        return { kind: "ok", data: { taskID: task.id, report: {} } };
      }
      case "CallTaskControl": {
        const task = this.#tasks.find(({ id }) => id === request["taskID"]);
        if (task === undefined || task.status === "2") return { kind: "refused", code: "E_G_RES_NOT_EXIST" };
        task.status = request["action"] === "start" ? "0" : "1";
        this.#tellTask(task);
        this.#dial(task.agent);
        return { kind: "ok", data: { taskID: task.id } };
      }
      case "CallTaskQuery": {
        const task = this.#tasks.findLast(({ agent, status }) => agent === request["agent"] && status !== "2");
        return { kind: "ok", data: task === undefined ? { taskID: "" } : { taskID: task.id } };
      }
      case "getCdrList": {
        const [from, to] = [text("startTime"), text("endTime")];
        const found = this.#cdrs.filter(({ startAt, knownAt }) => {
          const shown = local(startAt);
          return knownAt <= this.clock.now && shown >= from && shown <= to;
        });
        return {
          kind: "ok",
          data: {
            total: String(found.length),
            cdr: found.slice(0, this.#scenario.cdrLimit).map(({ record }) => record),
          },
        };
      }
    }
  }

  #fill(task: PlatformTask, callees: readonly string[]): void {
    for (const number of callees) {
      this.sent.set(number, (this.sent.get(number) ?? 0) + 1);
      task.queue.push(number);
      task.amount += 1;
    }
  }

  #tellTask(task: PlatformTask): void {
    this.#push("taskinfo", {
      type: "taskinfo",
      taskID: task.id,
      taskName: "",
      calleeAmount: String(task.amount),
      remainAmount: String(task.queue.length),
      status: task.status,
      seq: task.seq,
      userData: task.userData,
    });
  }

  /** An agent dials the next number of a task, if it may. */
  #dial(agent: string): void {
    const { clock } = this;
    if (this.#busyAgents.has(agent) || this.#loggedOut.has(agent)) return;
    const task = this.#tasks.find((one) => one.agent === agent && one.status === "0" && one.queue.length > 0);
    if (task === undefined) return;
    if (this.#chance(this.#scenario.faults.logouts)) {
      this.#loggedOut.add(agent);
      clock.at(clock.now + this.#between(minute, 2 * hour), () => {
        this.#loggedOut.delete(agent);
        this.#dial(agent);
      });
      return;
    }
    const number = task.queue.shift()!;
    const fate: Fate = number.endsWith("9") ? "vacant" : this.#chance(50) ? "answered" : "unanswered";
    const startAt = clock.now;
    this.dials.push({ number, at: startAt, fate, taskID: task.id });
    this.#busyAgents.add(agent);
    const { faults } = this.#scenario;
    const rings = this.#between(2 * second, 20 * second);
    const talks =
      fate === "answered" ? this.#between(5 * second, this.#chance(faults.longCalls) ? 15 * minute : 2 * minute) : 0;
    const call = { seq: task.seq, userData: task.userData, customer: "C2", agent, number, call_type: "1" };
    this.#push("callout", { type: "callout", ...call });
    const endAt = startAt + rings + talks;
    // The end of a list may be reported at once, or when its last call has ended.
    const endsEarly = this.#chance(30);
    if (task.queue.length === 0 && endsEarly) this.#end(task);
    clock.at(endAt, () => {
      this.#busyAgents.delete(agent);
      this.#push("callend", { type: "callend", ...call });
      this.#bill({ task, number, fate, startAt, answerAt: startAt + rings, endAt, agent });
      if (task.queue.length === 0) this.#end(task);
      clock.at(clock.now + this.#between(100, 3000), () => this.#dial(agent));
    });
  }

  #end(task: PlatformTask): void {
    if (task.status === "2") return;
    task.status = "2";
    this.#tellTask(task);
  }

  #bill(call: {
    task: PlatformTask;
    number: string;
    fate: Fate;
    startAt: number;
    answerAt: number;
    endAt: number;
    agent: string;
  }): void {
    const { dialect, faults } = this.#scenario;
    const { task, number, fate, startAt, answerAt, endAt, agent } = call;
    const isAnswered = fate === "answered";
    const seconds = Math.floor((endAt - answerAt) / second);
    const cause = isAnswered ? "200" : fate === "vacant" ? "404" : "486";
    const key = this.#key++;
    this.#push("billing", {
      type: "billing",
      startTime: local(startAt),
      ringTime: local(startAt),
      answerTime: isAnswered ? local(answerAt) : "",
      byeTime: local(endAt),
      caller: "02150000000",
      callee: this.#chance(50) ? number : `+86${number.replace(/^0/, "")}`,
      recordFile: isAnswered ? `r/${key}.wav` : "",
      service: "5",
      session: `s${key}`,
      seq: dialect.seq ? task.seq : "",
      userData: dialect.userData ? task.userData : "",
      ...(dialect.taskID ? { taskID: task.id } : {}),
      ...(dialect.cause ? { releaseCause: cause } : {}),
    });
    // A customer calls back. This call is not a result of the campaign.
    if (this.#chance(10)) {
      this.#push("billing", {
        type: "billing",
        startTime: local(endAt),
        ringTime: local(endAt),
        answerTime: local(endAt),
        byeTime: local(endAt + 5000),
        caller: number,
        callee: "02150000000",
        recordFile: "",
        service: "2",
        session: `i${key}`,
        seq: "",
        userData: "",
      });
    }
    if (this.#chance(faults.lostCdrs)) return;
    this.#cdrs.push({
      startAt,
      knownAt: endAt + (this.#chance(faults.lateCdrs) ? this.#between(0, 10 * minute) : 0),
      record: {
        key: String(key),
        agent,
        serviceType: "5",
        answerTime: isAnswered ? local(answerAt) : "",
        caller: "02150000000",
        callee: number,
        timeLength: isAnswered ? String(seconds) : "0",
        fee: 0,
        releaseCause: cause,
        ...(dialect.cause || this.#chance(50) ? { result: isAnswered ? "1" : fate === "vacant" ? "3" : "2" } : {}),
        filename: "",
      },
    });
  }

  #arrive(event: string, notify: Readonly<Record<string, unknown>>): void {
    // The display of calls asks for their entries. The question changes nothing, and returns the entry of this number.
    const key = (number: string) => keyOf(number, numberE164(number, context));
    const number = String(notify.number ?? notify.callee);
    const entry = this.#campaign?.entryOf(event, notify);
    const dialled = entry && this.entries[entry.index]?.number;
    if (entry !== undefined && (typeof dialled !== "string" || key(dialled) !== key(number))) {
      this.problems.push(`a push about ${number} was given entry ${entry.index}`);
    }
    this.#step({ kind: "push", event, notify });
  }

  #push(event: string, notify: Readonly<Record<string, unknown>>): void {
    const { faults } = this.#scenario;
    if (this.#chance(faults.lostPushes)) return;
    const times = this.#chance(faults.repeatedPushes) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const delay = this.#chance(faults.latePushes) ? this.#between(0, 30 * minute) : this.#between(10, 2000);
      this.clock.at(this.clock.now + delay, () => this.#arrive(event, notify));
    }
  }
}
