// __proto__, constructor and prototype in JSON from outside are only data: in answers, records, pushes, typed inputs and state files.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commands } from "../../nodes/catalogue";
import { readPush } from "../../nodes/protocol/push";
import { readItem } from "../../nodes/protocol/records";
import { PositionFile } from "../../nodes/runtime/feed/position";
import { nameOf } from "../../nodes/runtime/get-recording/target";
import { temporaryFolder } from "../../tools/node-red";
import { initHelper, load, unload } from "../../tools/nodes";
import { examplePayload } from "../../tools/platform";
import { type Handed, TestSpool } from "../delivery/test-spool";
import { eventually } from "../receive/flow";
import { type Listening, listen } from "./server";

/** Members of an object that try to change Object.prototype. */
const poison =
  '"__proto__":{"polluted":"yes","agent":"1000"},"constructor":{"prototype":{"polluted":"yes"}},"prototype":{"polluted":"yes"}';

const poisoned = (more = ""): Record<string, unknown> => JSON.parse(`{${poison}${more === "" ? "" : `,${more}`}}`);

const context = { customer: "C2", baseUrl: "http://127.0.0.1", timezone: "Asia/Shanghai", region: "CN", areaCode: "" };

/** Asserts that Object.prototype is unchanged. */
function assertClean(): void {
  assert.equal(Reflect.get({}, "polluted"), undefined);
  assert.equal(Reflect.get([], "polluted"), undefined);
  assert.equal(
    Reflect.get(() => undefined, "polluted"),
    undefined,
  );
  assert.deepEqual(Object.keys(Object.prototype), []);
}

describe("prototypes", () => {
  let platform: Listening;
  let answer = "{}";
  before(async () => {
    initHelper();
    platform = await listen((request, response) => request.resume().on("end", () => response.end(answer)));
  });
  after(async () => {
    await unload();
    platform.close();
  });
  afterEach(assertClean);

  it("are unchanged by any answer of a platform", async () => {
    const item = `{${poison},"key":"1","startTime":"1471918933","staffNo":"1000"}`;
    const lists = ["agentInfos", "agents", "records", "recordList", "cdrs", "cdrList", "list", "infos"];
    const listed = lists.map((name) => `"${name}":[${item}]`).join();
    answer = `{${poison},"result":{"error":0,${poison}},"data":{${poison},${listed},"response":{${poison},${listed},"result":{"error":0,${poison}}}}}`;
    for (const command of commands) {
      const flow = await load(platform, { type: command.node }, { debug: true });
      const payload = examplePayload(command);
      const { msg } = await flow.send({ payload });
      const { payload: out } = msg as { readonly payload: unknown };
      assert.equal(Reflect.get(Object(out), "polluted"), undefined, command.api);
      assert.ok([Object.prototype, Array.prototype].includes(Object.getPrototypeOf(out)), command.api);
      assertClean();
      await unload();
    }
    await load(platform, { type: "sccc-command" });
  });

  it("are not read as fields of a command or parts of a name", async () => {
    const recorded = { filename: "x", exists: "fail" } as const;
    await unload();
    const flow = await load(platform, { type: "sccc-get-agent-status" });
    const { error } = await flow.send({ payload: poisoned() });
    assert.equal(error?.code, "SCCC_INVALID_FIELD");
    assert.equal(
      nameOf({ template: "{constructor}{__proto__}{toString}{polluted}.wav", payload: {}, ...recorded }),
      "wav",
    );
    assert.equal(nameOf({ template: "{polluted}{agent}.wav", payload: poisoned(), ...recorded }), "wav");
  });

  it("are unchanged by anything that a flow gives to sccc-command", async () => {
    await unload();
    answer = '{"result":{"error":0}}';
    const flow = await load(platform, {
      type: "sccc-command",
      api: "getAgentStatus",
      apiType: "str",
      request: "payload",
      requestType: "msg",
    });
    await flow.send({ payload: poisoned('"agent":"1000"') });
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });

  it("are unchanged by pushes, records and CDRs", () => {
    for (const type of ["callin", "billing", "taskinfo", "clientmark", "agentstatus", "__proto__", "constructor"]) {
      const notify = poisoned(`"type":"${type}","session":"s","data":{${poison}}`);
      const { payload } = readPush(notify, { seq: "1", timestamp: "1" }, context);
      assert.equal(Object.getPrototypeOf(payload), Object.prototype);
      assert.equal(payload.polluted, undefined);
      // The vendor's field is present like any other.
      assert.ok(Object.hasOwn(payload, "__proto__"));
    }
    for (const kind of ["records", "cdrs"] as const) {
      const item = readItem(kind, poisoned('"key":"1"'), context);
      assert.equal(Reflect.get(Object(item), "polluted"), undefined);
    }
  });

  it("are unchanged by manipulated state files", async () => {
    const folder = temporaryFolder();
    const file = new PositionFile(folder, "feed", "cdrs");
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, `{${poison},"source":"cdrs","until":1,"key":"1","seen":{${poison},"7":1}}`);
    await assert.rejects(file.read(), /not a position/);
    assert.equal(Reflect.get({}, "polluted"), undefined);
    writeFileSync(file.path, `{"__proto__":{"source":"records","key":"1"}}`);
    await assert.rejects(file.read());

    const spooled = join(folder, "spool");
    mkdirSync(spooled);
    writeFileSync(
      join(spooled, "journal.jsonl"),
      `{"id":"1","node":"n","delivery":0,${poison},"value":{"id":"1","value":{${poison}}}}\n`,
    );
    const spool = await TestSpool.open({ folder: spooled, redeliverAfterMs: 60_000, maxDeliveries: 3 });
    const handed: Handed[] = [];
    spool.attach(
      "n",
      (entry) => handed.push(entry),
      () => undefined,
    );
    const [entry] = await eventually("it is handed over", () => (handed.length > 0 ? handed : undefined));
    assert.equal(Reflect.get(Object(entry?.value), "polluted"), undefined);
    await spool.close();
  });
});
