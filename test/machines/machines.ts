// `npm run machines`: runs the recipe docs/several-machines on this machine under load, while its parts crash and restart one after
// another. Every push that was answered with 0 must be in the database once.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { eventually, listening } from "../receive/flow";
import { pendingIn } from "../receive/pending";
import { newMark, pushOf } from "../receive/push";
import { Sender } from "../receive/wire";
import { Database, open, queueUser, requireServers, type Server, startProxy, startQueue } from "./servers";

/** Minimum number of pushes for each way of acknowledging. */
const leastPushes = Number(process.env.PUSHES ?? 3000);

/** How often each part crashes. */
const rounds = Number(process.env.ROUNDS ?? 1);

/** The version of Node-RED. */
const version = process.env.NODE_RED === "5" ? 5 : 4;

/** Longer than the run takes; exceeding it means that something hangs. */
const limitMs = 10 * 60_000;

const signer = { customer: "C2", password: "the password of C2" };

/** Twenty concurrent senders, like a platform with several workers. */
const senders = 20;

const redeliverAfter = 5;

const read = (file: string): readonly FlowNode[] =>
  JSON.parse(readFileSync(join(root, "docs/several-machines", file), "utf8"));

/** A machine's flows of the recipe, its port for pushes, and the addresses of the servers. */
interface Plan {
  readonly name: string;
  readonly flows: readonly string[];
  readonly confirm: "written" | "published";
  readonly pushPort: number;
  readonly userDir: string;
  readonly queue: Server;
  readonly database: Database;
}

/** A machine of the recipe: a Node-RED with some of its flows, which can crash. */
class Machine {
  #nodeRed: NodeRed | undefined;

  constructor(private readonly plan: Plan) {}

  /** The flows with the values that a user would enter. */
  #flows(): readonly FlowNode[] {
    const { pushPort, queue, confirm } = this.plan;
    const changes: Readonly<Record<string, (node: FlowNode) => object>> = {
      "sccc-account": () => ({
        baseUrl: "http://127.0.0.1:9",
        pushHost: "127.0.0.1",
        pushPort: String(pushPort),
        redeliverAfter: String(redeliverAfter),
        credentials: { password: signer.password },
      }),
      "mqtt-broker": () => ({ broker: "127.0.0.1", port: String(queue.port), credentials: queueUser }),
      tab: ({ env }) => ({
        env: (env as readonly { readonly name: string }[]).map((one) =>
          one.name === "CONFIRM" ? { ...one, value: confirm } : one,
        ),
      }),
    };
    // Both flows contain the queue's configuration; a machine with both flows must have it once.
    const nodes = new Map(this.plan.flows.flatMap(read).map((node) => [node.id, node]));
    return [...nodes.values()].map((node) => ({ ...node, ...changes[node.type]?.(node) }));
  }

  /** Starts it; after a crash with its previous flows. */
  async start(flows?: readonly FlowNode[]): Promise<void> {
    const { name, userDir, database, pushPort } = this.plan;
    this.#nodeRed = await startNodeRed({
      version,
      userDir,
      modules: "postgres",
      settings: { mqttReconnectTime: 300 },
      env: { MACHINE: name, ...database.env },
      ...(flows === undefined ? {} : { flows }),
    });
    await this.#nodeRed.log(({ type, text }) => type === "mqtt-broker" && text.startsWith("Connected"));
    if (this.plan.flows.includes("receiver.json")) await listening(pushPort);
  }

  static async start(plan: Plan): Promise<Machine> {
    const machine = new Machine(plan);
    await machine.start(machine.#flows());
    return machine;
  }

  /** Crashes and restarts. */
  async crash(): Promise<void> {
    await this.#nodeRed?.kill();
    await this.start();
  }

  /** Stops it, and returns how many entries it would still deliver. */
  async stop(): Promise<number> {
    await this.#nodeRed?.stop();
    if (!this.plan.flows.includes("receiver.json")) return 0;
    return pendingIn(join(this.plan.userDir, "sccc/spool/scccreceiver0acc"));
  }
}

/** Sent pushes, by the answer. */
interface Sent {
  sent: number;
  readonly taken: Set<string>;
  refused: number;
  broken: number;
}

const bill = (session: string) => ({
  type: "billing",
  session,
  startTime: "1471918933",
  caller: "1",
  callee: "2",
  service: "1",
});

/** Sends pushes until `over`: a third of them are bills; every tenth push is sent twice, as by a platform that missed the answer. */
async function load(port: number, over: () => boolean, tally: Sent): Promise<void> {
  const sender = new Sender(port, "/sccc/notify", senders);
  const post = async (mark: string, body: string): Promise<void> => {
    tally.sent += 1;
    const answer = await sender.post(body);
    if (answer === undefined) tally.broken += 1;
    else if (answer.status === 200 && JSON.parse(answer.body).result.error === 0) tally.taken.add(mark);
    else tally.refused += 1;
  };
  const work = async (): Promise<void> => {
    for (let count = 0; !over(); count += 1) {
      const mark = newMark();
      const changes = count % 3 === 0 ? bill(mark) : {};
      const body = pushOf(signer, mark, changes);
      await post(mark, body);
      // A bill is repeated with a new signature, other pushes unchanged.
      if (count % 10 === 0) await post(mark, count % 3 === 0 ? pushOf(signer, mark, changes) : body);
    }
  };
  await Promise.all(Array.from({ length: senders }, work));
  sender.close();
}

/** A way of acknowledging: which flows run where, and what crashes. */
interface Run {
  readonly confirm: Plan["confirm"];
  readonly machines: Readonly<Record<"a" | "b" | "c", readonly string[]>>;
  readonly crashes: readonly string[];
}

const runs: readonly Run[] = [
  {
    confirm: "written",
    machines: { a: ["receiver.json", "worker.json"], b: ["receiver.json", "worker.json"], c: [] },
    crashes: ["a", "queue", "database", "b"],
  },
  // The queue's acknowledgement suffices here, so the worker and the queue must not crash.
  {
    confirm: "published",
    machines: { a: ["receiver.json"], b: ["receiver.json"], c: ["worker.json"] },
    crashes: ["a", "b"],
  },
];

async function run({ confirm, machines, crashes }: Run): Promise<Readonly<Record<string, string | number>>> {
  const folder = open(temporaryFolder());
  const ports = { a: await freePort(), b: await freePort(), c: await freePort() };
  const servers: Server[] = [];
  const started = new Map<string, Machine>();
  const start = performance.now();
  try {
    const database = await Database.start(folder);
    servers.push(database.server);
    database.createPushes();
    const queue = await startQueue(folder);
    servers.push(queue);
    // The worker starts first: messages published without a subscriber are lost although they were acknowledged.
    for (const name of ["c", "a", "b"] as const) {
      const flows = machines[name];
      if (flows.length === 0) continue;
      const userDir = join(folder, name);
      mkdirSync(userDir);
      started.set(name, await Machine.start({ name, flows, confirm, pushPort: ports[name], userDir, queue, database }));
    }
    const proxy = await startProxy(folder, [ports.a, ports.b]);
    servers.push(proxy);

    const tally: Sent = { sent: 0, taken: new Set(), refused: 0, broken: 0 };
    let crashed = false;
    const sending = load(proxy.port, () => crashed && tally.sent >= leastPushes, tally);
    const some = (count: number) => {
      const until = tally.sent + count;
      return eventually(`${count} more pushes are sent`, () => (tally.sent >= until ? true : undefined));
    };
    const crash = async (name: string): Promise<void> => {
      await some(300);
      console.log(`  ${name} crashes after ${tally.sent} pushes`);
      const machine = started.get(name);
      if (machine !== undefined) await machine.crash();
      else {
        const server = name === "queue" ? queue : database.server;
        await server.stop();
        // It stays down for a while.
        await some(100);
        await server.start();
        if (name === "database") await database.ready();
      }
    };
    const crashing = (async () => {
      for (let round = 0; round < rounds; round += 1) for (const name of crashes) await crash(name);
    })().finally(() => {
      crashed = true;
    });
    await Promise.all([crashing, sending]);

    const count = (sql: string) => Number(database.query(sql)[0]);
    const lost = (): readonly string[] => {
      const there = new Set(database.query("SELECT payload->>'userData' FROM pushes"));
      return [...tally.taken].filter((mark) => !there.has(mark));
    };
    // Unacknowledged pushes are delivered again; when none came for a while, all are acknowledged.
    let writes = -1;
    for (let quiet = 0; quiet < 2; ) {
      await new Promise((resolve) => setTimeout(resolve, redeliverAfter * 1000));
      const now = count("SELECT count(*) FROM writes");
      quiet = now === writes ? quiet + 1 : 0;
      writes = now;
    }
    const pending = await Promise.all([...started.values()].map((machine) => machine.stop()));
    started.clear();
    return {
      confirm,
      "pushes sent": tally.sent,
      "answered 0": tally.taken.size,
      refused: tally.refused,
      "no answer": tally.broken,
      "in the database": count("SELECT count(*) FROM pushes"),
      lost: lost().length,
      twice: count("SELECT count(*) - count(DISTINCT payload->>'userData') FROM pushes"),
      "duplicates ignored": writes - count("SELECT count(*) FROM pushes"),
      "not confirmed": pending.reduce((sum, one) => sum + one, 0),
      seconds: Math.round((performance.now() - start) / 1000),
    };
  } finally {
    await Promise.allSettled([...started.values()].map((machine) => machine.stop()));
    await Promise.allSettled(servers.map((server) => server.stop()));
  }
}

async function main(): Promise<void> {
  requireServers("nginx-light", "mosquitto", "postgresql", "postgresql-client");
  const rows: Readonly<Record<string, string | number>>[] = [];
  for (const one of runs) {
    console.log(`Confirmed when ${one.confirm}`);
    rows.push(await run(one));
  }
  console.table(rows);
  const bad = rows.filter((row) => row.lost !== 0 || row.twice !== 0 || row["not confirmed"] !== 0);
  if (bad.length > 0) throw new Error("Pushes were lost, written twice, or never confirmed");
  console.log("Every push that was answered with 0 is in the database, once.");
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
setTimeout(() => {
  console.error(`Not done after ${limitMs / 60_000} minutes`);
  process.exit(1);
}, limitMs).unref();

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
