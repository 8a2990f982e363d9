// Whole runs of sccc-calls: three nodes log calls with their recordings. The platform loses, delays, repeats and
// reorders pushes, while Node-RED is restarted and killed.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account, callOf, clientOf } from "../../tools/platform";
import { accountOf, confirmNode, idOf, listening } from "../receive/flow";

/** A run. */
export interface Run {
  readonly version: 4 | 5;
  readonly dialect: "document" | "field";
  readonly answer: "received" | "stored";
  readonly calls: number;
  /** How often Node-RED is stopped, and how often it is killed, during calls. */
  readonly restarts: number;
  readonly kills: number;
  /** Whether pushes are lost, late, repeated and out of order. */
  readonly faults: boolean;
  readonly seed: number;
}

/** A line of the log. */
interface Logged {
  readonly event: string;
  readonly id: string;
  readonly number: string;
  readonly outcome: string;
  readonly direction: string;
  readonly recording: string | null;
  readonly recordingError?: unknown;
  readonly context?: unknown;
}

const speed = 20;

const flowOf = (platform: string, port: number, answer: Run["answer"]): readonly FlowNode[] => [
  { id: "flow", type: "tab", label: "Flow" },
  accountOf("calls", account, {
    baseUrl: platform,
    pushPort: String(port),
    pushHost: "127.0.0.1",
    pushAnswer: answer,
    redeliverAfter: "3",
    maxDeliveries: "20",
  }),
  {
    id: "calls",
    type: "sccc-calls",
    z: "flow",
    account: idOf("calls"),
    events: ["ringing", "dialing", "answered", "finished", "recording"],
    layout: "one",
    recording: "file",
    folder: "recordings",
    fileName: "{id}-{name}",
    exists: "fail",
    recordingWait: "60",
    waitForBilling: "20",
    outputs: 1,
    wires: [["line"]],
  },
  {
    id: "line",
    type: "function",
    z: "flow",
    func: `const { id, number, outcome, direction, recording, recordingError, context } = msg.payload;
msg.payload = JSON.stringify({ event: msg.topic, id, number, outcome, direction, recording, recordingError, context });
return msg;`,
    outputs: 1,
    wires: [["log"]],
  },
  {
    ...{ id: "log", type: "file", z: "flow", filename: "calls.log", filenameType: "str" },
    ...{ appendNewline: true, createDir: false, overwriteFile: "false", encoding: "none" },
    wires: [["confirm"]],
  },
  confirmNode(),
];

const faults = [
  { kind: "dropPush", event: "callin", probability: 0.08 },
  { kind: "dropPush", event: "screenpop", probability: 0.08 },
  { kind: "dropPush", event: "callstart", probability: 0.08 },
  { kind: "dropPush", event: "callend", probability: 0.08 },
  { kind: "duplicate", event: "billing", without: ["recordFile"], seconds: 20, probability: 0.15 },
  { kind: "duplicate", anew: true, seconds: 60, probability: 0.1 },
  { kind: "duplicate", probability: 0.05 },
  { kind: "delayPush", seconds: 5, upTo: 60, probability: 0.1 },
  { kind: "reorderPush", probability: 0.1 },
];

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A call that the run has started. */
interface Asked {
  readonly number: string;
  readonly inbound: boolean;
}

/** Starts a call. Whether its number answers follows from the number. */
async function makeCall(platform: Simulator, index: number): Promise<Asked> {
  const inbound = index % 3 !== 0;
  const answered = index % 4 !== 0;
  // The last digit determines how the number behaves.
  const number = `138${String(10_000 + index).padStart(7, "0")}${answered ? "8" : "1"}`.slice(0, 11);
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    if (inbound) {
      const outcome = await platform.instruct({ do: "inbound", number, answered, ring: 4, talk: 20, login: true });
      if (outcome.ok) return { number, inbound };
    } else {
      const agents = platform.state.agents.filter(
        ({ workStatus, serverStatus }) => `${workStatus} ${serverStatus}` === "ONLINE IDLE",
      );
      const agent = agents[0]?.staffNo;
      if (agent !== undefined) {
        const client = clientOf(platform.url, { retries: 0 });
        const { outcomes } = await client.send(callOf(client, "CallNumber", { agent, callee: number }), {
          signal: new AbortController().signal,
        });
        client.close();
        if (outcomes[0]?.ok) return { number, inbound };
      }
    }
    await sleep(100);
  }
  throw new Error(`no agent takes call ${index}`);
}

const linesOf = (path: string): readonly Logged[] =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Logged)
    : [];

/** Carries out a run, and checks the log. */
export async function playRun(run: Run): Promise<void> {
  const userDir = temporaryFolder();
  const port = await freePort();
  const platform = await startSimulator({
    ...account,
    pushUrl: `http://127.0.0.1:${port}/sccc/notify`,
    agents: "1000-1019",
    speed,
    seed: run.seed,
    dialect: run.dialect,
    numbers: { endings: { "8": "answered", "1": "unanswered" } },
    pushPatience: 60,
  });
  const settings = { fileWorkingDirectory: userDir };
  const launch = (flows?: readonly FlowNode[]): Promise<NodeRed> =>
    startNodeRed({ version: run.version, userDir, settings, ...(flows && { flows }) });
  const log = join(userDir, "calls.log");
  const ofLog = (event: string) => new Set(linesOf(log).flatMap((line) => (line.event === event ? [line.number] : [])));
  let nodeRed = await launch(flowOf(platform.url, port, run.answer));
  try {
    await listening(port);
    for (const { staffNo } of platform.state.agents) {
      await platform.instruct({ do: "agent", agent: staffNo, workStatus: "ONLINE" });
    }
    if (run.faults) {
      for (const fault of faults) {
        const outcome = await platform.instruct({ do: "fault", ...fault });
        assert.equal(outcome.ok, true, JSON.stringify(outcome));
      }
    }
    const ends = run.restarts + run.kills;
    const asked: Asked[] = [];
    for (let index = 0; index < run.calls; index += 1) {
      asked.push(await makeCall(platform, index));
      const due = Math.floor(((index + 1) * (ends + 1)) / run.calls) > Math.floor((index * (ends + 1)) / run.calls);
      if (!due || index + 1 === run.calls) continue;
      // During calls.
      if ((index + Number(run.kills > 0)) % 2 === 1 || run.restarts === 0) await nodeRed.kill();
      else await nodeRed.stop();
      nodeRed = await launch();
      await listening(port);
    }
    const books = platform.books();
    const isAnswered = (number: string) => number.endsWith("8");
    const wanted = asked.filter(({ number }) => isAnswered(number)).length;
    const until = Date.now() + 180_000;
    while ((ofLog("finished").size < asked.length || ofLog("recording").size < wanted) && Date.now() < until) {
      await sleep(200);
    }
    assert.equal(books.lost, 0);
    check(run, asked, linesOf(log), userDir);
    // Confirmed messages do not come again.
    const before = linesOf(log).length;
    await sleep(run.answer === "stored" ? 4000 : 500);
    assert.equal(linesOf(log).length, before, "something came again although it was confirmed");
    const dead = ["spool", "calls"].flatMap((kind) => deadLettersIn(join(userDir, "sccc", kind)));
    assert.deepEqual(dead, [], "nothing is dead-lettered");
  } finally {
    await nodeRed.stop();
    await platform.close();
  }
}

const deadLettersIn = (folder: string): readonly string[] =>
  (existsSync(folder) ? readdirSync(folder) : []).filter((name) => existsSync(join(folder, name, "dead.jsonl")));

function check(run: Run, asked: readonly Asked[], lines: readonly Logged[], userDir: string): void {
  const byNumber = new Map<string, Logged[]>();
  for (const line of lines) byNumber.set(line.number, [...(byNumber.get(line.number) ?? []), line]);
  assert.deepEqual(
    [...byNumber.keys()].sort(),
    asked.map(({ number }) => number).sort(),
    "each call is in the log, and nothing else is",
  );
  let repeated = 0;
  for (const { number, inbound } of asked) {
    const own = byNumber.get(number) ?? [];
    const answered = number.endsWith("8");
    assert.equal(new Set(own.map(({ id }) => id)).size, 1, `${number} has one id: ${JSON.stringify(own)}`);
    const events = own.map(({ event }) => event);
    const wanted = [
      inbound ? "ringing" : "dialing",
      ...(answered ? ["answered"] : []),
      "finished",
      ...(answered ? ["recording"] : []),
    ];
    assert.deepEqual([...new Set(events)].sort(), [...wanted].sort(), `${number}: ${events.join(" ")}`);
    repeated += events.length - wanted.length;
    const finished = own.find(({ event }) => event === "finished");
    assert.equal(finished?.outcome, answered ? "answered" : inbound ? "missed" : "unanswered", number);
    assert.equal(finished?.direction, inbound ? "inbound" : "outbound");
    if (!answered) continue;
    const recording = own.find(({ event }) => event === "recording");
    assert.equal(typeof recording?.recording, "string", JSON.stringify(recording));
    assert.ok(statSync(recording?.recording ?? "").size > 44, "a recording with sound");
  }
  const files = readdirSync(join(userDir, "recordings")).filter((name) => !name.startsWith("."));
  assert.equal(
    files.length,
    asked.filter(({ number }) => number.endsWith("8")).length,
    "one file for each answered call",
  );
  // A message that was in transit at a kill may come again; a confirmed one may not.
  const most = run.kills * 40;
  assert.ok(repeated <= most, `${repeated} messages came again after ${run.kills} kills`);
}
