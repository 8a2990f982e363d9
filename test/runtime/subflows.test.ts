// Nodes inside subflows, with the account that the instance's property names.
import assert from "node:assert/strict";
import type { Simulator } from "../../simulator";
import { freePort } from "../../tools/node-red";
import { initHelper, load, nodeOf, unload } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";
import { listening } from "../receive/flow";

/** A subflow with one node between its input and its output. */
const subflow = (node: Record<string, unknown>, port: { readonly in: boolean }) => [
  {
    id: "sf",
    type: "subflow",
    name: "sf",
    in: port.in ? [{ x: 0, y: 0, wires: [{ id: "inner" }] }] : [],
    out: [{ x: 0, y: 0, wires: [{ id: "inner", port: 0 }] }],
    env: [
      { name: "ACCOUNT", type: "sccc-account", value: "" },
      { name: "WHO", type: "str", value: "1003" },
    ],
  },
  { id: "inner", z: "sf", x: 0, y: 0, account: "${ACCOUNT}", wires: [[]], ...node },
];

describe("in a subflow", () => {
  let platform: Simulator;
  before(initHelper);
  beforeEach(async () => {
    platform = await startPlatform({ agents: "1000-1009" });
  });
  afterEach(async () => {
    await unload();
    await platform.close();
  });

  /** An instance whose account is the flow's. */
  const instance = {
    type: "subflow:sf",
    account: undefined,
    env: [{ name: "ACCOUNT", type: "sccc-account", value: "a" }],
  };

  it("a command has the account of the subflow's property, and reads its variables", async () => {
    const node = {
      type: "sccc-agent-login",
      agent: "${WHO}",
      agentType: "str",
      userData: "for ${WHO}",
      userDataType: "str",
    };
    const flow = await load(platform, instance, {}, subflow(node, { in: true }));
    const { msg, error } = await flow.send({ topic: "kept" });
    assert.equal(error, undefined);
    assert.equal(msg.topic, "kept");
    const { request } = JSON.parse(platform.requests[0]?.body ?? "");
    assert.deepEqual([request.agent, request.userData], ["1003", "for 1003"]);
  });

  for (const type of ["sccc-notify", "sccc-calls"]) {
    it(`${type} receives what is pushed to that account`, async () => {
      const port = await freePort();
      const pushing = await startPlatform({ pushUrl: `http://127.0.0.1:${port}/sccc/notify` });
      try {
        const receives = { pushPort: String(port), pushHost: "127.0.0.1" };
        await load(platform, instance, receives, subflow({ type, waitForBilling: "0" }, { in: false }));
        await listening(port);
        const came = new Promise<{ topic: string }>((resolve) => nodeOf("out").on("input", resolve));
        // Two platforms that start in the same second count sessions alike. The same bill again would lead to no message.
        await pushing.instruct({ do: "push", event: "billing", notify: { session: type } });
        assert.equal((await came).topic, type === "sccc-notify" ? "billing" : "finished");
      } finally {
        await pushing.close();
      }
    });
  }
});
