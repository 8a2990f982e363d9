// `npm run soak`: mixed load with faults for MINUTES (30) on a real Node-RED (NODE_RED=5 selects the version): nothing grows, and
// everything is accounted for.

import { type TcpProxy, toxics } from "../../tools/tcp-proxy";
import { Books, kindNames } from "../faults/flow";
import { processOf } from "../receive/flow";
import { newMark } from "../receive/push";
import { World } from "./world";

const few = { times: 3 };

/** A fault on one of the two connections. */
const on =
  (way: "proxy" | "pushProxy", act: (proxy: TcpProxy) => Promise<void> | void) =>
  (world: World): Promise<void> | void =>
    act(world[way]);

/** A fault of the platform itself. */
const platform =
  (fault: Readonly<Record<string, unknown>>) =>
  async ({ platform }: World): Promise<void> => {
    await platform.instruct({ do: "fault", times: 5, ...fault });
  };

/** The faults, one for each round of load, repeated. */
const faults: readonly ((world: World) => Promise<void> | void)[] = [
  () => undefined,
  platform({ kind: "slow", ms: 200 }),
  platform({ kind: "drop" }),
  platform({ kind: "drop", after: true }),
  platform({ kind: "body", body: '{"result":{"error":0' }),
  platform({ kind: "html" }),
  platform({ kind: "status", status: 500 }),
  platform({ kind: "truncated" }),
  platform({ kind: "hang", times: 2, after: true }),
  platform({ kind: "tooFrequent" }),
  platform({ kind: "duplicate", times: 50 }),
  platform({ kind: "wrongDigest" }),
  platform({ kind: "dropPush" }),
  on("proxy", (proxy) => proxy.poison("answer", toxics.latency)),
  on("proxy", (proxy) => proxy.poison("request", toxics.slicer)),
  on("proxy", (proxy) => proxy.poison("request", { ...toxics.cut, ...few })),
  on("proxy", (proxy) => proxy.poison("answer", { ...toxics.resetMidway, ...few })),
  on("proxy", (proxy) => proxy.poison("answer", { ...toxics.timeout, times: 2 })),
  on("proxy", (proxy) => proxy.down()),
  on("pushProxy", (proxy) => proxy.poison("request", toxics.slicer)),
  on("pushProxy", (proxy) => proxy.poison("request", { ...toxics.cutMidway, ...few })),
  on("pushProxy", (proxy) => proxy.poison("answer", { ...toxics.reset, ...few })),
  on("pushProxy", (proxy) => proxy.poison("answer", { ...toxics.cut, ...few })),
];

/** A number that is always answered, and so creates records. */
const answers = "13800138888";

/** Sends messages of every kind, and waits until all have ended. */
async function load(world: World, round: number): Promise<number> {
  const agent = (place: number) => String(1000 + ((round * 7 + place) % 50));
  const orders = kindNames.map(
    (kind) => [kind, [0, 1, 2, 3, 4].flatMap((place) => Books.orders(kind, agent(place), 1, answers))] as const,
  );
  const { records } = world.platform.state;
  const filename = records.findLast((record) => record.filename !== "" && record.duration < 60)?.filename;
  await Promise.all([
    ...orders.map(([kind, some]) => world.books.through(kind, some)),
    ...(filename === undefined ? [] : [world.books.through("recording", [{ mark: newMark(), payload: { filename } }])]),
    ...["callstart", "taskinfo", "clientmark"].map((event) =>
      world.platform.instruct({ do: "push", event, notify: { seq: newMark() }, times: 3 }),
    ),
  ]);
  // A state that stays would prevent calls to the agents.
  await world.books.through(
    "list",
    [0, 1, 2, 3, 4].flatMap((place) => Books.orders("list", agent(place))),
  );
  return orders.length * 5 + 5;
}

/** Measurements at a moment without load and without faults. */
export interface Sample {
  readonly minute: number;
  readonly messages: number;
  readonly ok: number;
  readonly pushes: number;
  readonly calls: number;
  readonly records: number;
  readonly usedMB: number;
  readonly rssMB: number;
  readonly sockets: number;
  readonly timers: number;
  readonly others: number;
  readonly spoolKB: number;
}

/**
 * Maximum change between the first and the second half of the relevant samples: data that is kept for a while, and activity in progress.
 */
const within = { sockets: 10, timers: 20, others: 10, spoolKB: 1500 } as const;

/** How much the journal may grow besides, in KB: for each push, and at most by one of its files. */
const journal = { eachPush: 0.3, most: 8192 };

/** Maximum growth of memory in total, and per minute: up to 100,000 bills are remembered. */
const growth = { inAll: 8, perMinute: 0.3 };

/** The median. */
const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The slope of memory in MB per minute: the median of the slopes between any two samples, because single ones may be far off. */
const slopeOf = (points: readonly { readonly minute: number; readonly usedMB: number }[]): number =>
  middle(
    points.flatMap((from, index) =>
      points
        .slice(index + 1)
        .filter(({ minute }) => minute > from.minute)
        .map(({ minute, usedMB }) => (usedMB - from.usedMB) / (minute - from.minute)),
    ),
  );

/** The measurements that have grown beyond their limits. The first third is warm-up. */
export function grown(samples: readonly Sample[]): readonly string[] {
  const warm = samples.slice(Math.floor(samples.length / 3));
  const half = Math.ceil(warm.length / 2);
  // The median, not the maximum: a sample may include resources that are just being closed.
  const usual = (part: readonly Sample[], key: keyof typeof within | "pushes") =>
    middle(part.map((sample) => sample[key]));
  const newPushes = usual(warm.slice(half), "pushes") - usual(warm.slice(0, half), "pushes");
  const wrong = (["sockets", "timers", "others", "spoolKB"] as const).flatMap((key) => {
    const [before, after] = [usual(warm.slice(0, half), key), usual(warm.slice(half), key)];
    const kept = key === "spoolKB" ? Math.min(journal.most, journal.eachPush * newPushes) : 0;
    return after > before + within[key] + kept ? [`${key} grew from ${before} to ${after}`] : [];
  });
  const minutes = (warm.at(-1)?.minute ?? 0) - (warm[0]?.minute ?? 0);
  const slope = slopeOf(warm);
  const allowed = growth.inAll + growth.perMinute * minutes;
  return slope * minutes > allowed ? [...wrong, `memory grows by ${slope.toFixed(2)} MB a minute`] : wrong;
}

/** The result of a soak test; `wrong` is empty if it passed. */
export interface Soaked {
  readonly samples: readonly Sample[];
  readonly slope: number;
  readonly wrong: readonly string[];
}

/** Runs the soak test. @param told called with each sample */
export async function soak(
  minutes: number,
  version: 4 | 5,
  told: (sample: Sample) => void = () => undefined,
): Promise<Soaked> {
  const world = new World();
  const samples: Sample[] = [];
  try {
    await world.start(version);
    const start = Date.now();
    const minute = () => (Date.now() - start) / 60_000;
    let messages = 0;
    for (let round = 0; minute() < minutes; round += 1) {
      await faults[round % faults.length]?.(world);
      messages += await load(world, round);
      await world.heal();
      await world.read();
      if (minute() < (minutes / 30) * (samples.length + 1)) continue;
      const { used, rss, resources } = await processOf(world.nodeRed);
      const count = (kind: RegExp) => resources.filter((resource) => kind.test(resource)).length;
      const sample: Sample = {
        minute: Number(minute().toFixed(2)),
        messages,
        ok: world.books.ends.filter(([, end]) => end === "ok").length,
        pushes: world.counts.pushes,
        calls: world.counts.calls,
        records: world.counts.records,
        usedMB: Number((used / 1e6).toFixed(1)),
        rssMB: Math.round(rss / 1e6),
        sockets: count(/^TCPSocket/),
        timers: count(/^Timeout/),
        others: count(/^(?!TCPSocket|Timeout|FSReq)/),
        spoolKB: Math.round(world.spoolBytes / 1000),
      };
      samples.push(sample);
      told(sample);
    }
    const wrong = [...(await world.settle()), ...grown(samples)];
    return { samples, slope: slopeOf(samples.slice(Math.floor(samples.length / 3))), wrong };
  } finally {
    await world.stop();
  }
}

async function main(): Promise<void> {
  const minutes = Number(process.env.MINUTES ?? 30);
  let head = false;
  const { slope, wrong } = await soak(minutes, process.env.NODE_RED === "5" ? 5 : 4, (sample) => {
    if (!head) console.log(Object.keys(sample).join("\t"));
    head = true;
    console.log(Object.values(sample).join("\t"));
  });
  console.log(`\nmemory: ${slope.toFixed(3)} MB a minute after warming up`);
  console.log(wrong.length === 0 ? "nothing lost, nothing twice, nothing grew" : wrong.join("\n"));
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

if (require.main === module) void main();
