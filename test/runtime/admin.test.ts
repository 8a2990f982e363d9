// The routes that the editor asks: only for those who may deploy, without a secret, and whatever comes in.
import { strict as assert } from "node:assert";
import { type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, type NodeRed, startNodeRed } from "../support/node-red";
import { account } from "../support/platform";

/** Their passwords are their names, by bcrypt. */
const users = [
  { username: "reader", password: "$2b$04$gBOLJhY8/GKcIojMTJz6Z.j2AtlRYpWIo.Npeg191szMSkph39/iW", permissions: "read" },
  { username: "writer", password: "$2b$04$lQBRAJNL1wux0m62zcpqgOveGXSMiegfUvUnx8M3zw6brxBWrV4fS", permissions: "*" },
];

const routes = ["connection", "agents", "sample"];

const flowOf = (platform: Simulator): readonly FlowNode[] => [
  { id: "flow", type: "tab", label: "Flow" },
  {
    id: "account",
    type: "sccc-account",
    baseUrl: platform.url,
    customer: account.customer,
    credentials: { password: account.password },
  },
  { id: "notify", type: "sccc-notify", z: "flow", account: "account", wires: [[]] },
];

describe("the routes that the editor asks", function () {
  this.timeout(180_000);
  let platform: Simulator;
  let nodeRed: NodeRed;
  before(async () => {
    platform = await startSimulator({ password: account.password });
    nodeRed = await startNodeRed({ version: 4, flows: flowOf(platform) });
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

  it("use the stored password for what was not typed, and reveal it to nobody", async () => {
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

  it("survive whatever comes in", async () => {
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

describe("the routes that the editor asks, where people log in", function () {
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

  it("are for those who may deploy", async () => {
    assert.deepEqual(await statuses({}), [401, 401, 401]);
    assert.deepEqual(await statuses({ authorization: `Bearer ${await tokenOf("reader")}` }), [401, 401, 401]);
    assert.deepEqual(await statuses({ authorization: `Bearer ${await tokenOf("writer")}` }), [200, 200, 200]);
  });
});
