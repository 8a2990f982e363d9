// The texts of a running Node-RED: errors in its language, statuses as keys that each viewer's editor translates.
import { strict as assert } from "node:assert";
import { type NodeRed, startNodeRed } from "../../tools/node-red";

describe("Node-RED in Chinese", function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({
      version: 4,
      settings: { lang: "zh-CN" },
      flows: [
        { id: "flow", type: "tab", label: "Flow" },
        { id: "in", type: "http in", z: "flow", url: "/login", method: "post", wires: [["login"]] },
        { id: "login", type: "sccc-agent-login", z: "flow", account: "account", wires: [["response"]] },
        {
          id: "account",
          type: "sccc-account",
          baseUrl: "http://127.0.0.1:1",
          customer: "C2",
          credentials: { password: "x" },
        },
        { id: "catch", type: "catch", z: "flow", scope: null, wires: [["explain"]] },
        {
          id: "explain",
          type: "change",
          z: "flow",
          rules: [{ t: "set", p: "payload", pt: "msg", to: "error.message", tot: "msg" }],
          wires: [["response"]],
        },
        { id: "response", type: "http response", z: "flow", wires: [] },
      ],
    });
  });
  after(() => nodeRed?.stop());

  it("serves the page that the help links to, in both languages", async () => {
    for (const [file, text] of [
      ["troubleshooting.html", "Errors of this package"],
      ["troubleshooting.zh-CN.html", "SCCC_TIMEOUT"],
    ]) {
      const answer = await nodeRed.fetch(`/resources/@sccc/node-red-sccc/${file}`);
      assert.equal(answer.status, 200);
      assert.ok((await answer.text()).includes(text ?? ""));
    }
  });

  const post = async (body: unknown) => {
    const headers = { "content-type": "application/json" };
    const answer = await nodeRed.fetch("/login", { method: "POST", headers, body: JSON.stringify(body) });
    return answer.text();
  };

  it("has Chinese errors for a field that was refused and for an unreachable platform", async () => {
    assert.equal(
      await post({ agent: "12a" }),
      'AgentLogin：字段 agent 必须是 1 至 8 位数字；以 0 开头时请用字符串。实际为 "12a"。取自 msg.payload.agent。',
    );
    assert.match(await post({ agent: "1000" }), /^AgentLogin：无法连接平台（ECONNREFUSED/);
  });
});
