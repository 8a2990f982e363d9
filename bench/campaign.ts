// Benchmark of a campaign's own cost: `npx tsx --expose-gc bench/campaign.ts [numbers]`. One agent per ten thousand numbers, a quarter
// answered, two attempts.
import { newBook } from "../nodes/campaign/book";
import { EntryReader } from "../nodes/campaign/entries";
import { Campaign } from "../nodes/campaign/machine";
import type { CampaignCommand, CampaignEffect, CampaignSettings } from "../nodes/campaign/types";
import { planOf } from "../nodes/protocol/numbering";

const size = Number(process.argv[2] ?? 100_000);
const context = {
  customer: "C2",
  timezone: "Asia/Shanghai",
  region: "CN",
  areaCode: "021",
  baseUrl: "http://localhost",
};
const settings: CampaignSettings = {
  agents: ["1000", "1001", "1002"],
  mode: 5,
  attempts: 2,
  retryAfter: 60,
  hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" }],
  maxPerDay: 3,
  resultWait: 120,
  reconcile: true,
};
const megabytes = (): string => {
  global.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return [rss, heapUsed, external].map((bytes) => (bytes / 2 ** 20).toFixed(0)).join(" / ");
};
const report = (name: string, value: string): void => console.log(`${name.padEnd(42)} ${value}`);

report("memory at the start (rss / heap / external)", `${megabytes()} MB`);
const numbers = Array.from({ length: size }, (_, index) => `139${String(index).padStart(8, "0")}`);
let now = Date.parse("2026-03-02T09:00:00+08:00");
const lines: string[] = [];
let seq = 1;
let taskIDs = 1000;
const pending: CampaignCommand[] = [];
const tags: (readonly [tag: string, seq: string])[] = [];
const taskOf = new Map<string, string>();
let results = 0;
let campaign: Campaign;
const handed: number[] = [];
let journal = 0;

function take(effects: readonly CampaignEffect[]): void {
  for (const effect of effects) {
    if (effect.kind === "write") {
      for (const line of effect.lines) journal += line.length + 1;
      if (keeps) lines.push(...effect.lines);
    } else if (effect.kind === "command") pending.push(effect.command);
    else if (effect.kind === "result") {
      results += 1;
      handed.push(effect.result.index);
    }
  }
}
let keeps = false;

const reading = performance.now();
const reader = new EntryReader({ region: context, plan: planOf("CN"), numberField: "number" });
let entries: ReturnType<EntryReader["read"]>[] = numbers.map((number, index) =>
  reader.read({ number, name: `客户${index}`, city: "Shanghai", note: "a customer of the spring list" }),
);
report("entries are read in", `${(performance.now() - reading).toFixed(0)} ms`);
const beginning = performance.now();
const begun = Campaign.begin(
  { id: "bench", tag: "bench", settings, entries },
  { context, book: newBook(), nextSeq: () => seq++ },
  now,
);
campaign = begun.campaign;
take(begun.effects);
report("the campaign begins in", `${(performance.now() - beginning).toFixed(0)} ms`);
entries = [];

/** Answers commands until none are left. */
function answer(): void {
  for (let command = pending.shift(); command !== undefined; command = pending.shift()) {
    const { id, api, request } = command;
    let data: Record<string, unknown> = {};
    if (api === "CallTaskCreate") {
      taskIDs += 1;
      data = { taskID: String(taskIDs) };
      tags.push([String(request["userData"]), String(request["seq"])]);
    } else if (api === "CallTaskQuery") data = { taskID: "" };
    else if (api === "getCdrList") data = { total: "0", cdr: [] };
    if (api === "CallTaskCreate" || api === "CallTaskAddNumbers") {
      const taskID = String(data["taskID"] ?? request["taskID"]);
      for (const number of request["callees"] as string[]) taskOf.set(number, taskID);
    }
    take(campaign.step({ kind: "answer", id, answer: { kind: "ok", data } }, now));
  }
}
const sending = performance.now();
answer();
for (let turn = 0; turn < size / 1000 + 2; turn += 1) {
  take(campaign.step({ kind: "tick" }, now));
  answer();
}
report("all numbers are sent in (machine alone)", `${(performance.now() - sending).toFixed(0)} ms`);
report("memory then", `${megabytes()} MB`);

/** Processes the bills of some numbers; reports the time for each in µs. */
function bill(some: readonly string[], answeredOf: (index: number) => boolean, withTaskID: boolean): void {
  const local = new Date(now + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
  const bills = some.map((number, index) => ({
    type: "billing",
    startTime: local,
    ringTime: local,
    answerTime: answeredOf(index) ? local : "",
    byeTime: local,
    caller: "02150000000",
    callee: number,
    recordFile: answeredOf(index) ? `2026/03/02/${index}.wav` : "",
    service: "5",
    session: `s-${now}-${index}`,
    ...(withTaskID ? { taskID: taskOf.get(number) ?? "" } : {}),
  }));
  const before = results;
  const begin = process.cpuUsage();
  for (const notify of bills) {
    now += 20;
    take(campaign.step({ kind: "push", event: "billing", notify }, now));
    if (handed.length >= 100) take(campaign.step({ kind: "handed", entries: handed.splice(0) }, now));
  }
  // Processor time, because other programs may use the machine.
  const { user, system } = process.cpuUsage(begin);
  const each = (user + system) / bills.length;
  report(
    `a bill ${withTaskID ? "by taskID" : "by number"} takes (${results - before} results)`,
    `${each.toFixed(1)} µs`,
  );
}
const half = numbers.slice(0, size / 2);
bill(half, (index) => index % 4 === 0, true);
bill(numbers.slice(size / 2), (index) => index % 4 === 0, false);
report("memory then", `${megabytes()} MB`);
now += 3_600_000;
const redialling = performance.now();
for (let turn = 0; turn < 4; turn += 1) {
  now += 61 * 60_000;
  take(campaign.step({ kind: "tick" }, now));
  answer();
}
report("the second wave is sent in", `${(performance.now() - redialling).toFixed(0)} ms`);
bill(
  numbers.filter((_, index) => index % 4 !== 0),
  () => true,
  true,
);
report("memory then", `${megabytes()} MB`);
report("results", `${results} of ${size}, journal ${(journal / 2 ** 20).toFixed(1)} MB`);
report("finished", String(campaign.isFinished));

keeps = true;
const again = Campaign.begin(
  {
    id: "again",
    tag: "again",
    settings,
    entries: numbers.map((number) => ({ row: number, number, numberE164: `+86${number}` })),
  },
  { context, book: newBook(), nextSeq: () => seq++ },
  now,
);
campaign = again.campaign;
pending.length = 0;
take(again.effects);
answer();
for (let turn = 0; turn < size / 1000; turn += 1) {
  take(campaign.step({ kind: "tick" }, now));
  answer();
}
const restoring = performance.now();
const restored = Campaign.restore(lines, { context, book: newBook(), nextSeq: () => seq++ }, now);
restored?.restart(now);
report(`a restart reads ${lines.length} lines in`, `${(performance.now() - restoring).toFixed(0)} ms`);
