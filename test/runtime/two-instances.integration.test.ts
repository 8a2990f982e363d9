// Two Node-REDs in one process load the package once and have nodes with the same IDs. Neither sees the other's data.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { root, testHost } from "../../tools/hosts";
import type { FlowNode } from "../../tools/node-red";
import { freePort, packageName, temporaryFolder } from "../../tools/node-red";
import { accountOf, eventually, idOf, listening, notifyNode } from "../receive/flow";
import { newMark, pushOf } from "../receive/push";
import { Sender } from "../receive/wire";

/** A message from a node. */
interface Emitted {
  readonly from: "notify" | "tracker";
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly token: string;
}

const place = { z: "flow", x: 0, y: 0 };
const collect = (id: string): FlowNode => ({
  id,
  ...place,
  type: "function",
  func: `const list = global.get("emitted") ?? [];
list.push({ from: "${id}", topic: msg.topic, payload: msg.payload, token: msg.sccc.token });
global.set("emitted", list);`,
  outputs: 0,
  wires: [],
});
const route = (id: string, method: string, to: string): FlowNode => ({
  id: `${id}-in`,
  ...place,
  type: "http in",
  url: `/${id}`,
  method,
  wires: [[to]],
});
const script = (id: string, func: string, to: string): FlowNode => ({
  id,
  ...place,
  type: "function",
  func,
  outputs: 1,
  wires: [[to]],
});

/** A flow with an account on a port, its pushes, its calls, and a confirm node over HTTP. */
const flowOf = (customer: string, port: number): readonly FlowNode[] => [
  { id: "flow", type: "tab", label: "Flow" },
  accountOf("main", { customer, password: "secret" }, { pushPort: String(port), pushHost: "127.0.0.1" }),
  notifyNode("main", { x: 0, y: 0, wires: [["notify", "calls"]] }),
  { id: "calls", ...place, type: "sccc-call-tracker", account: idOf("main"), wires: [["tracker"], ["tracker"]] },
  collect("notify"),
  collect("tracker"),
  route("emitted", "get", "list"),
  script("list", `msg.payload = global.get("emitted") ?? []; return msg;`, "response"),
  route("confirm", "post", "token"),
  script("token", "msg.sccc = { token: msg.payload.token }; return msg;", "confirming"),
  { id: "confirming", ...place, type: "sccc-confirm", wires: [["confirmed"]] },
  script("confirmed", `msg.payload = "taken"; return msg;`, "response"),
  { id: "failed", ...place, type: "catch", scope: ["confirming"], wires: [["code"]] },
  script("code", `msg.payload = msg.error.code ?? msg.error.message; return msg;`, "response"),
  { id: "response", ...place, type: "http response", wires: [] },
];

/** A user folder with the package, a flow and its secrets. */
function folderOf(flow: readonly FlowNode[]): string {
  const userDir = temporaryFolder();
  const there = join(userDir, "node_modules", packageName);
  mkdirSync(dirname(there), { recursive: true });
  symlinkSync(root, there, "junction");
  writeFileSync(join(userDir, "package.json"), JSON.stringify({ dependencies: { [packageName]: "*" } }));
  const secrets = flow.flatMap(({ id, credentials }) => (credentials === undefined ? [] : [[id, credentials]]));
  writeFileSync(join(userDir, "flows.json"), JSON.stringify(flow.map(({ credentials: _, ...node }) => node)));
  writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify(Object.fromEntries(secrets)));
  return userDir;
}

describe("two Node-REDs in one process", function () {
  this.timeout(60_000);

  const customers = ["C1", "C2"] as const;
  let application: ReturnType<typeof spawn>;
  let urls: readonly string[];
  let senders: readonly Sender[];

  const emitted = async (index: number): Promise<readonly Emitted[]> =>
    (await (await fetch(`${urls[index]}/emitted`)).json()) as readonly Emitted[];
  const push = async (index: number, changes: Record<string, unknown> = {}): Promise<void> => {
    const customer = customers[index] ?? "";
    const answer = await senders[index]?.post(
      pushOf({ customer, password: "secret" }, newMark(), { customer, ...changes }),
    );
    assert.equal(answer?.status, 200);
  };
  const came = (index: number, from: Emitted["from"], count = 1): Promise<readonly Emitted[]> =>
    eventually(`${count} from ${from} of ${customers[index]}`, async () => {
      const found = (await emitted(index)).filter((one) => one.from === from);
      return found.length >= count ? found : undefined;
    });
  const confirm = async (index: number, token: string): Promise<string> => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ token });
    return (await fetch(`${urls[index]}/confirm`, { method: "POST", headers, body })).text();
  };

  before(async () => {
    assert.equal(spawnSync(process.execPath, [join(root, "build/ready.mjs")], { stdio: ["ignore", 2, 2] }).status, 0);
    const ports = [await freePort(), await freePort()];
    const folders = customers.map((customer, index) => folderOf(flowOf(customer, ports[index] ?? 0)));
    // Two copies of Node-RED, because one copy can run only one Node-RED; and the Node that runs both.
    const hosts = [testHost(4), testHost(5)];
    const args = hosts.flatMap(({ nodeRed }, index) => [nodeRed, folders[index] ?? ""]);
    const { node } = testHost(5);
    application = spawn(node, [join(root, "tools/embedding.cjs"), ...args], { stdio: ["pipe", "pipe", "inherit"] });
    assert.ok(application.stdout);
    const told = createInterface(application.stdout);
    for await (const line of told) {
      if (!line.startsWith("{")) continue;
      urls = (JSON.parse(line) as { ports: number[] }).ports.map((port) => `http://127.0.0.1:${port}`);
      break;
    }
    application.stdout.resume();
    for (const port of ports) await listening(port);
    senders = ports.map((port) => new Sender(port, "/sccc/notify"));
  });
  after(() => {
    for (const sender of senders ?? []) sender.close();
    application?.kill("SIGKILL");
  });

  it("have accounts of the same id apart: each gets its own pushes", async () => {
    await push(0);
    await push(1);
    for (const index of [0, 1]) {
      const [one] = await came(index, "notify");
      assert.equal(one?.payload.customer, customers[index]);
      assert.equal((await came(index, "notify")).length, 1);
    }
  });

  it("have trackers of the same id apart: a call of one is not the other's", async () => {
    const [[first], [second]] = [await came(0, "tracker"), await came(1, "tracker")];
    assert.equal(first?.topic, second?.topic);
    assert.notEqual(first?.payload.id, second?.payload.id, "the same call in both");
  });

  it("have tokens apart: one is good where it was given, and only there", async () => {
    const [one] = await came(0, "notify");
    const token = one?.token ?? "";
    assert.equal(await confirm(1, token), "SCCC_NOT_PENDING");
    assert.equal(await confirm(0, token), "taken");
    assert.equal(await confirm(0, token), "SCCC_NOT_PENDING");
  });

  it("end one after the other, and with them the process", async () => {
    for (const sender of senders) sender.close();
    const exited = once(application, "exit");
    application.stdin?.end();
    assert.deepEqual(await exited, [0, null]);
  });
});
