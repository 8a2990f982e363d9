// The packed package in real Node-REDs: a flow with a simulator, driven and read over HTTP.
import { strict as assert } from "node:assert";
import { nodeRedVersions } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../../tools/node-red";

const password = "p4ssw0rd-of-this-test";

/** The tested parts of an answer. */
interface Answer {
  readonly agent: string;
  readonly userData: string;
  readonly workStatus: string;
  readonly staffNo: string;
  readonly result: { readonly error: number };
}

/** The flow's answer when a node was refused. */
interface Refusal {
  readonly code: string;
  readonly payload: unknown;
}

/** The reference to an environment variable in a node's property. */
const variable = (name: string) => `\${${name}}`;

/** `POST /<type>` runs a node of the type with the body; the answer is the message's payload, or the error with status 500. */
function endpoint(type: string, properties: Readonly<Record<string, unknown>> = {}): FlowNode[] {
  return [
    { id: `${type}-in`, type: "http in", z: "flow", url: `/${type}`, method: "post", wires: [[`${type}-node`]] },
    { id: `${type}-node`, type, z: "flow", account: "account", ...properties, wires: [["response"]] },
  ];
}

const flow: readonly FlowNode[] = [
  { id: "flow", type: "tab", label: "Flow" },
  {
    id: "simulator",
    type: "sccc-simulator",
    z: "flow",
    port: variable("SIMULATOR_PORT"),
    customer: "C2",
    agents: "1000-1019",
    speed: "50",
    credentials: { password },
    wires: [[]],
  },
  {
    id: "account",
    type: "sccc-account",
    baseUrl: `http://127.0.0.1:${variable("SIMULATOR_PORT")}`,
    customer: "C2",
    credentials: { password },
  },
  ...["sccc-agent-login", "sccc-get-agent-info", "sccc-call-number", "sccc-hangup-call"].flatMap((type) =>
    endpoint(type),
  ),
  ...endpoint("sccc-get-agent-status", { input: "list" }),
  ...endpoint("sccc-command", { api: "AgentSetBusy", apiType: "str", request: "payload", requestType: "msg" }),
  { id: "catcher", type: "catch", z: "flow", scope: null, uncaught: false, wires: [["explain"]] },
  {
    id: "explain",
    type: "function",
    z: "flow",
    func: "msg.statusCode = 500; msg.payload = { code: msg.error.code, message: msg.error.message, payload: msg.payload }; return msg;",
    outputs: 1,
    wires: [["response"]],
  },
  { id: "response", type: "http response", z: "flow", wires: [] },
];

for (const version of nodeRedVersions) {
  describe(`a flow in Node-RED ${version}`, function () {
    // The first run on a machine installs Node-RED 5 and packs the package.
    this.timeout(180_000);

    let nodeRed: NodeRed;
    let port: number;
    before(async () => {
      port = await freePort();
      nodeRed = await startNodeRed({ version, flows: flow, env: { SIMULATOR_PORT: String(port) } });
    });
    after(() => nodeRed?.stop());

    async function post<Body = Answer>(type: string, payload: unknown): Promise<{ status: number; body: Body }> {
      const answer = await nodeRed.fetch(`/${type}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(payload),
      });
      return { status: answer.status, body: (await answer.json()) as Body };
    }

    it("logs in, reads states, calls and hangs up", async () => {
      const login = await post("sccc-agent-login", { agent: "1000", userData: "first" });
      assert.equal(login.status, 200);
      assert.equal(login.body.agent, "1000");
      assert.equal(login.body.result.error, 0);

      const states = await post<Answer[]>("sccc-get-agent-status", [{ agent: "1001" }, { agent: "1000" }]);
      assert.deepEqual(
        states.body.map(({ agent, workStatus }) => [agent, workStatus]),
        [
          ["1001", "OFFLINE"],
          ["1000", "ONLINE"],
        ],
      );

      const call = await post("sccc-call-number", { agent: "1000", callee: "13800138888", userData: "second" });
      assert.deepEqual([call.status, call.body.result.error, call.body.userData], [200, 0, "second"]);
      assert.equal((await post("sccc-hangup-call", { agent: "1000" })).status, 200);
    });

    it("outputs a list as payload", async () => {
      const { body } = await post<Answer[]>("sccc-get-agent-info", {});
      assert.equal(body.length, 20);
      assert.equal(body[0]?.staffNo, "1000");
    });

    it("sends an unknown command with sccc-command", async () => {
      const { status, body } = await post("sccc-command", { agent: "1000" });
      assert.deepEqual([status, body.agent], [200, "1000"]);
    });

    it("reports to Catch a refusal of the platform, and a refusal before sending", async () => {
      const nobody = await post<Refusal>("sccc-agent-login", { agent: "77777777" });
      assert.equal(nobody.status, 500);
      assert.match(nobody.body.code, /^E_G_/);
      assert.deepEqual(nobody.body.payload, { agent: "77777777" });
      const invalid = await post<Refusal>("sccc-call-number", { agent: "1000", callee: "no number" });
      assert.equal(invalid.body.code, "SCCC_INVALID_FIELD");
    });

    it("works again after a redeploy", async () => {
      await nodeRed.deploy(flow);
      assert.equal((await post("sccc-agent-login", { agent: "1002" })).status, 200);
    });

    it("shows the password nowhere, and ends the simulator with Node-RED", async () => {
      assert.ok(!JSON.stringify(await nodeRed.admin("GET", "/flows")).includes(password));
      await nodeRed.stop();
      assert.ok(!nodeRed.transcript().includes(password));
      await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
    });
  });
}
