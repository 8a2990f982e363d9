// The admin routes of the editor: only users who may deploy can use them, they reveal no secrets, and they withstand
// any input.
import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import sccc from "../../nodes/sccc";
import { type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../../tools/node-red";
import { account } from "../../tools/platform";
import { eventually } from "../receive/flow";

/** Their passwords are their names, hashed with bcrypt. */
const users = [
  { username: "reader", password: "$2b$04$gBOLJhY8/GKcIojMTJz6Z.j2AtlRYpWIo.Npeg191szMSkph39/iW", permissions: "read" },
  { username: "writer", password: "$2b$04$lQBRAJNL1wux0m62zcpqgOveGXSMiegfUvUnx8M3zw6brxBWrV4fS", permissions: "*" },
];

/** A route of ours on Node-RED's admin server. */
interface Route {
  readonly method: string;
  readonly path: string;
  /** The permission that its first handler requires; undefined if it requires none. */
  readonly permission: string | undefined;
}

/** Every route that the package adds to the admin server, with any method. */
function registered(): readonly Route[] {
  const found: Route[] = [];
  const permissions = new Map<unknown, string>();
  const ignore = () => undefined;
  const httpAdmin = new Proxy(ignore, {
    get: (_, method) => (path: string, first: unknown) =>
      found.push({ method: String(method), path, permission: permissions.get(first) }),
  });
  const needsPermission = (permission: string) => {
    const handler = () => undefined;
    permissions.set(handler, permission);
    return handler;
  };
  const rest = { nodes: { registerType: ignore }, events: { on: ignore }, settings: {}, _: String, log: {}, hooks: {} };
  sccc({ ...rest, httpAdmin, auth: { needsPermission } } as unknown as Parameters<typeof sccc>[0]);
  return found;
}

/** The routes of the forms; the sidebar's routes have their own tests. */
const routes = registered()
  .filter(({ path }) => !path.startsWith("/sccc/sidebar"))
  .map(({ path }) => path.replace(/^\/sccc\//, ""));

const flowOf = (platform: Simulator, simulatorPort: number): readonly FlowNode[] => [
  { id: "flow", type: "tab", label: "Flow" },
  {
    id: "account",
    type: "sccc-account",
    baseUrl: platform.url,
    customer: account.customer,
    credentials: { password: account.password },
  },
  { id: "notify", type: "sccc-notify", z: "flow", account: "account", wires: [["heard"]] },
  {
    id: "heard",
    type: "function",
    z: "flow",
    func: 'global.set("heard", [...(global.get("heard") ?? []), msg.topic]);',
    outputs: 0,
    wires: [],
  },
  { id: "ask", type: "http in", z: "flow", url: "/heard", method: "get", wires: [["tell"]] },
  {
    id: "tell",
    type: "function",
    z: "flow",
    func: 'msg.payload = global.get("heard") ?? []; return msg;',
    outputs: 1,
    wires: [["answer"]],
  },
  { id: "answer", type: "http response", z: "flow", wires: [] },
  {
    id: "simulator",
    type: "sccc-simulator",
    z: "flow",
    port: String(simulatorPort),
    customer: account.customer,
    agents: "1000",
    speed: "1000",
    credentials: { password: account.password },
    wires: [[]],
  },
];

describe("the routes of the admin server", () => {
  it("are these, and each checks its permission first", () => {
    const route = (method: string, permission: string) => (path: string) => ({
      method,
      path: `/sccc/${path}`,
      permission,
    });
    const changing = ["replay", "dead/replay", "dead/delete", "simulator", "sample"].map((name) => `sidebar/${name}`);
    assert.deepEqual(registered(), [
      ...["connection", "agents", "sample", "simulator"].map(route("post", "flows.write")),
      ...["sidebar", "sidebar/entry", "sidebar/dead"].map(route("get", "sccc.read")),
      ...changing.map(route("post", "sccc.write")),
    ]);
  });
});

describe("the routes that the editor uses", function () {
  this.timeout(180_000);
  let platform: Simulator;
  let nodeRed: NodeRed;
  before(async () => {
    platform = await startSimulator({ password: account.password });
    nodeRed = await startNodeRed({
      version: 4,
      flows: flowOf(platform, await freePort()),
      env: { SCCC_TEST_PASSWORD: account.password },
    });
  });
  after(async () => {
    await nodeRed?.stop();
    await platform?.close();
  });

  async function post(route: string, body: string): Promise<{ status: number; text: string }> {
    const headers = { "content-type": "application/json" };
    const answer = await nodeRed.fetch(`/sccc/${route}`, { method: "POST", headers, body });
    return { status: answer.status, text: await answer.text() };
  }
  const config = () => ({ baseUrl: platform.url, customer: account.customer });

  it("use the stored password if none was typed, and never reveal it", async () => {
    const body = JSON.stringify({ id: "account", config: config(), credentials: { password: "__PWRD__" } });
    const connection = await post("connection", body);
    assert.match(connection.text, /"outcome":"connected".*"agents":20/);
    const agents = await post("agents", body);
    assert.match(agents.text, /"staffNo":"1000"/);
    for (const { text } of [connection, agents]) assert.ok(!text.includes(account.password));
  });

  it("have no password for an account that was never deployed", async () => {
    const { text } = await post("connection", JSON.stringify({ id: "new", config: config(), credentials: {} }));
    assert.deepEqual(JSON.parse(text), { outcome: "setting", params: { setting: "password", reason: "missing" } });
    const typed = { id: "new", config: config(), credentials: { password: account.password } };
    assert.match((await post("connection", JSON.stringify(typed))).text, /"outcome":"connected"/);
  });

  it("use a typed password as Node-RED would deliver it, and expand nothing else", async () => {
    const typed = async (password: string) => {
      const body = { id: "account", config: config(), credentials: { password } };
      return JSON.parse((await post("connection", JSON.stringify(body))).text);
    };
    assert.equal((await typed("${SCCC_TEST_PASSWORD}")).outcome, "connected");
    assert.equal((await typed("$(SCCC_TEST_PASSWORD)")).outcome, "connected");
    assert.equal((await typed("x${SCCC_TEST_PASSWORD}")).outcome, "password");
    assert.equal((await typed("${SCCC_TEST_PASSWORD}${SCCC_TEST_UNSET}")).outcome, "password");
    assert.deepEqual(await typed("${SCCC_TEST_UNSET}"), {
      outcome: "setting",
      params: { setting: "password", reason: "variable", variable: "SCCC_TEST_UNSET" },
    });
  });

  it("make a customer of a simulator call in, and this Node-RED receives the call", async () => {
    const { text } = await post("simulator", JSON.stringify({ simulator: "simulator" }));
    assert.deepEqual(JSON.parse(text), { outcome: "called", params: { number: "13800138888", agent: "1000" } });
    const heard = await eventually("the call is billed", async () => {
      const topics = (await (await nodeRed.fetch("/heard")).json()) as string[];
      return topics.includes("billing") ? topics.filter((topic) => topic !== "agentstatus") : undefined;
    });
    assert.deepEqual(heard, ["callin", "screenpop", "callstart", "callend", "billing"]);
  });

  it("survive any request", async () => {
    const bodies = [
      "[]",
      "{}",
      '{"config":[]}',
      '{"config":{"baseUrl":{}},"credentials":[1]}',
      '{"id":{},"config":{}}',
    ];
    for (const route of routes) {
      for (const body of bodies) {
        const { status, text } = await post(route, body);
        assert.equal(status, 200, `${route} ${body}`);
        assert.ok(typeof (JSON.parse(text) as { outcome: unknown }).outcome === "string");
      }
    }
    const sample = (event: unknown, of: unknown = "account") => post("sample", JSON.stringify({ account: of, event }));
    assert.match((await sample("no such event")).text, /noEvent/);
    assert.match((await sample(7)).text, /noEvent/);
    assert.match((await sample("billing", "flow")).text, /notListening/);
    assert.match((await sample("billing")).text, /taken/);
  });
});

describe("the routes that the editor uses, with logins", function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ version: 4, settings: { adminAuth: { type: "credentials", users } } });
  });
  after(() => nodeRed?.stop());

  const json = { "content-type": "application/json" };

  async function tokenOf(name: string): Promise<string> {
    const body = { client_id: "node-red-admin", grant_type: "password", scope: "", username: name, password: name };
    const answer = await nodeRed.fetch("/auth/token", { method: "POST", headers: json, body: JSON.stringify(body) });
    return ((await answer.json()) as { readonly access_token: string }).access_token;
  }

  const statuses = (headers: Readonly<Record<string, string>>) =>
    Promise.all(
      routes.map(async (route) => {
        const init = { method: "POST", headers: { ...json, ...headers }, body: "{}" };
        return (await nodeRed.fetch(`/sccc/${route}`, init)).status;
      }),
    );

  it("are available to users who may deploy", async () => {
    const all = (status: number) => routes.map(() => status);
    assert.deepEqual(await statuses({}), all(401));
    for (const authorization of ["Bearer x", "Basic d3JpdGVyOndyaXRlcg=="]) {
      assert.deepEqual(await statuses({ authorization }), all(401), authorization);
    }
    assert.deepEqual(await statuses({ authorization: `Bearer ${await tokenOf("reader")}` }), all(401));
    assert.deepEqual(await statuses({ authorization: `Bearer ${await tokenOf("writer")}` }), all(200));
  });

  it("send no request from this machine for users who may not deploy", async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const config = { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, customer: "C2" };
    const body = JSON.stringify({ id: "", config, credentials: { password: "any" } });
    const ask = (authorization: string) =>
      nodeRed.fetch("/sccc/connection", { method: "POST", headers: { ...json, authorization }, body });
    await ask("Bearer x");
    await ask(`Bearer ${await tokenOf("reader")}`);
    assert.equal(asked, 0);
    await ask(`Bearer ${await tokenOf("writer")}`);
    assert.equal(asked, 1);
    server.close();
  });
});
