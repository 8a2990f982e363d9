// Clients in the field, the simulator and sccc-notify together: whole calls from the command to the flow's messages.
import assert from "node:assert/strict";
import { type Simulator, startSimulator } from "../../simulator";
import { freePort } from "../../tools/node-red";
import { initHelper, load, nodeOf, unload } from "../../tools/nodes";
import { account } from "../../tools/platform";
import { listening } from "../receive/flow";
import { errorOf, type Json } from "./client";
import { fieldClients, sendAs } from "./field-clients";

/** A message of sccc-notify. */
interface CallMessage {
  readonly topic: string;
  readonly payload: Json;
}

describe("whole calls between clients of the field and a flow", () => {
  let simulator: Simulator;
  let told: CallMessage[];
  let heard: () => void;
  before(async () => {
    initHelper();
    const port = await freePort();
    const pushUrl = `http://127.0.0.1:${port}/sccc/notify?site=1`;
    simulator = await startSimulator({ ...account, dialect: "field", speed: 1000, pushUrl });
    const receiving = { pushPort: port, pushHost: "127.0.0.1" };
    await load(simulator, { type: "sccc-notify", events: [], outputs: "one" }, receiving);
    await listening(port);
    nodeOf("out").on("input", (msg: CallMessage) => {
      told.push(msg);
      heard();
    });
  });
  after(async () => {
    await unload();
    await simulator.close();
  });
  // One platform for all tests: two that start in the same second have calls with the same ids.
  beforeEach(async () => {
    await simulator.instruct({ do: "reset" });
    told = [];
    heard = () => undefined;
  });

  const until = async (test: () => boolean): Promise<void> => {
    while (!test()) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  const topics = () => told.map(({ topic }) => topic).filter((topic) => topic !== "agentstatus");
  const billed = () => told.find(({ topic }) => topic === "billing")?.payload ?? {};

  for (const [name, client] of Object.entries(fieldClients)) {
    it(`one that ${name}: each message of its call is given once, in order`, async () => {
      for (const [api, fields] of [
        ["AgentLogin", { agent: "1000" }],
        ["CallNumber", { agent: "1000", callee: "13800008888", userData: "order-42" }],
      ] as const) {
        assert.ok(client.succeeded(await sendAs(client, simulator.url, api, fields)));
      }
      await until(() => topics().includes("billing"));
      assert.deepEqual(topics(), ["callin", "callout", "screenpop", "callstart", "callend", "billing"]);
      const { facts, duration } = simulator.state.cdrs[0] ?? {};
      const payload = billed();
      assert.deepEqual(
        ["userData", "staffNo", "answered", "durationSeconds", "startTime"].map((field) => payload[field]),
        ["order-42", "1000", true, duration, String(facts?.startAt)],
      );
      assert.equal(Date.parse(String(payload["answerAt"])), (facts?.answerAt ?? 0) * 1000);
    });
  }

  it("the bills of a voice task have the task", async () => {
    const [client] = Object.values(fieldClients);
    assert.ok(client !== undefined);
    await sendAs(client, simulator.url, "AgentLogin", { agent: "1000" });
    const fields = { taskName: "spring", callees: ["13800008888", "13800009999"], maxConcurrence: 1 };
    const answer = await sendAs(client, simulator.url, "callTaskCreateByVoiceTransferAgent", fields);
    assert.equal(errorOf((answer["data"] as Json)["response"] as Json), 0);
    await until(() => topics().filter((topic) => topic === "billing").length === 2);
    const bills = told.filter(({ topic }) => topic === "billing").map(({ payload }) => payload);
    assert.deepEqual(
      bills.map(({ taskID, taskName, callee, answered, releaseCause }) => [
        taskID,
        taskName,
        callee,
        answered,
        releaseCause,
      ]),
      [
        ["1001", "spring", "13800008888", true, "200"],
        ["1001", "spring", "13800009999", false, "404"],
      ],
    );
  });
});
