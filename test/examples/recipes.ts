// The examples that write to other systems, each with its counterpart: the real server, or one that checks requests
// against the system's own description or documentation. recipes.long.test.ts drives them.
import { strict as assert } from "node:assert";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { FlowNode } from "../../tools/launch";
import { Database, queueUser, startQueue } from "../machines/servers";
import { eventually, listening } from "../receive/flow";
import { pushOf } from "../receive/push";
import { Sender } from "../receive/wire";
import { HubSpot, token } from "./counterparts/hubspot";
import { Robot, type RobotName, robotNames, rules, secrets } from "./counterparts/robots";
import { Counterpart } from "./counterparts/server";
import type { Drive, Shown } from "./drives";

/** An example, and the system to which it writes. */
export interface Recipe {
  /** The settings that a user enters in a node before the first deploy. */
  readonly set: (node: FlowNode) => object;
  /** Further nodes of the test. */
  readonly beside?: readonly FlowNode[];
  readonly drive: Drive;
  readonly stop: () => Promise<void>;
}

/** A tab with the values that a user enters. */
function tabWith(node: FlowNode, values: Readonly<Record<string, string>>): object {
  if (node.type !== "tab") return {};
  const env = node.env as readonly { readonly name: string; readonly type: string }[];
  assert.deepEqual(
    Object.keys(values).filter((name) => !env.some((one) => one.name === name)),
    [],
  );
  const secret = (name: string) => env.some((one) => one.name === name && one.type === "cred");
  return {
    env: env.map((one) => (one.name in values && one.type !== "cred" ? { ...one, value: values[one.name] } : one)),
    credentials: Object.fromEntries(Object.entries(values).filter(([name]) => secret(name))),
  };
}

/** A short `redeliverAfter`, so that the test need not wait long. */
const soon = (node: FlowNode): object =>
  node.type === "sccc-account" ? { redeliverAfter: "2", maxDeliveries: "100" } : {};

let bills = 0;

/** The bill of an inbound call that nobody answered, as a platform pushes it. Each is of a different call. */
export function missedBill(index: number, changes: Shown = {}): string {
  bills += 1;
  const now = Math.floor(Date.now() / 1000);
  return pushOf({ customer: "C2", password: "simulator" }, "", {
    type: "billing",
    session: `missed-${bills}`,
    seq: String(900_000 + bills),
    staffNo: "1000",
    agent: undefined,
    number: undefined,
    call_type: undefined,
    caller: `139001300${String(index).padStart(2, "0")}`,
    callee: "02112345678",
    service: "2",
    startTime: String(now - 20),
    ringTime: String(now - 18),
    answerTime: "",
    byeTime: String(now),
    timeLength: "0",
    ...changes,
  });
}

/** Sends pushes to an account's own port, and checks that each is accepted. */
export async function sendTo(account: FlowNode | undefined, pushes: readonly string[]): Promise<void> {
  const port = Number(account?.pushPort);
  await listening(port);
  const sender = new Sender(port, "/sccc/notify", 1);
  for (const push of pushes) {
    const answer = await sender.post(push);
    assert.equal(JSON.parse(answer?.body ?? "{}").result?.error, 0, JSON.stringify(answer));
  }
  sender.close();
}

const accountOf = async (flow: Parameters<Drive>[0]): Promise<FlowNode | undefined> =>
  ((await flow.nodeRed.admin("GET", "/flows")) as readonly FlowNode[]).find(({ type }) => type === "sccc-account");

async function postgresql(folder: string): Promise<Recipe> {
  const database = await Database.start(folder);
  const { PGHOST = "", PGPORT = "", PGDATABASE = "", PGUSER = "", PGPASSWORD = "" } = database.env;
  const rows = (sql: string) => database.query(sql).map((line) => line.split("|"));
  return {
    set: (node) => ({ ...soon(node), ...tabWith(node, { PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD }) }),
    async drive(flow) {
      await flow.press("tables-button");
      await flow.shown("created");
      await flow.press("login-button");
      await flow.shown("logged-in");
      await flow.press("answered");
      await flow.shown("written");
      assert.deepEqual(
        rows("SELECT direction, outcome, agent, number, talk_seconds > 0, started_at <= ended_at FROM calls"),
        [["inbound", "answered", "1000", "+8613800138888", "t", "t"]],
      );
      // Texts from outside are values of the statement, never a part of it.
      const hostile = "1'); DROP TABLE calls; --";
      await sendTo(await accountOf(flow), [missedBill(1, { caller: hostile })]);
      await flow.shown("written");
      assert.deepEqual(database.query("SELECT number FROM calls WHERE outcome = 'missed'"), [hostile]);
      // A campaign: one row for each entry, with any result.
      await flow.press("list");
      await flow.shown("finished");
      const results = await eventually("all results are written", () => {
        const written = rows(
          "SELECT entry->>'name', outcome, number, id LIKE campaign || '/_' FROM campaign_results ORDER BY 1",
        );
        return written.length === 3 ? written : undefined;
      });
      assert.deepEqual(results, [
        ["Ann", "answered", "+8613800138888", "t"],
        ["Bob", "unanswered", "+8613800130000", "t"],
        ["Eve", "illegal", "", "t"],
      ]);
      // While the database is down, nothing is lost. A repeat changes nothing.
      const before = database.query("SELECT id FROM calls").length;
      await database.server.stop();
      await sendTo(await accountOf(flow), [missedBill(2), missedBill(3)]);
      assert.match(String(await flow.shown("why")), /ECONNREFUSED|terminat|connect|shut/i);
      await database.server.start();
      await database.ready();
      await eventually(
        "the rows are there",
        () => database.query("SELECT id FROM calls").length === before + 2 || undefined,
      );
    },
    stop: () => database.server.stop(),
  };
}

async function mqtt(folder: string): Promise<Recipe> {
  const queue = await startQueue(folder);
  const commands = {
    call: { agent: "1000", callee: "Mr Li", ref: "43" },
    retained: { agent: "1000", callee: "13800138888", ref: "44" },
  };
  const publisher = (name: keyof typeof commands): readonly FlowNode[] => [
    {
      ...{ id: `test-${name}`, type: "inject", z: "test-tab", name: "", repeat: "", once: false, topic: "" },
      ...{
        props: [{ p: "payload" }],
        payload: JSON.stringify(commands[name]),
        payloadType: "json",
        wires: [[`test-${name}-out`]],
      },
    },
    {
      ...{
        id: `test-${name}-out`,
        type: "mqtt out",
        z: "test-tab",
        name: "",
        topic: "callcentre/command/call",
        qos: "1",
      },
      ...{ retain: String(name === "retained"), broker: "sccc-mqtt-broker", wires: [] },
    },
  ];
  return {
    set: (node) => ({
      ...soon(node),
      ...(node.type === "mqtt-broker" ? { broker: "127.0.0.1", port: String(queue.port), credentials: queueUser } : {}),
    }),
    beside: [{ id: "test-tab", type: "tab", label: "the test" }, ...publisher("call"), ...publisher("retained")],
    async drive(flow) {
      const { nodeRed } = flow;
      const on = async (topic: string, fits: (payload: Shown) => boolean = () => true): Promise<Shown> =>
        flow.until("shown", (msg) => msg.topic === topic && fits(msg.payload as Shown));
      const agent = "callcentre/agents/1000";
      const answers = "callcentre/command/call/answer";
      await nodeRed.log(({ type, text }) => type === "mqtt-broker" && text.startsWith("Connected"));
      await flow.press("login-button");
      await flow.shown("logged-in");
      await flow.press("answered");
      const ids = new Set<unknown>();
      for (const event of ["ringing", "answered", "finished"]) {
        const { payload, qos } = await on(agent);
        const { event: got, id, number } = payload as Shown;
        assert.deepEqual([got, number, qos], [event, "+8613800138888", 1]);
        ids.add(id);
        await flow.shown("published");
      }
      assert.equal(ids.size, 1);
      // A valid command, a wrong one, and one that the broker retains.
      await eventually("the agent is free and called", async () => {
        await flow.press("command-button");
        const { payload } = await on(answers);
        return (payload as Shown).accepted === true ? payload : undefined;
      });
      await on(agent, ({ event, direction }) => event === "finished" && direction === "outbound");
      await nodeRed.inject("test-call");
      const { payload: refusal } = await on(answers);
      assert.deepEqual(
        [(refusal as Shown).ref, (refusal as Shown).accepted, (refusal as Shown).error],
        ["43", false, "SCCC_INVALID_FIELD"],
      );
      // While the broker is down, nothing is lost.
      await queue.stop();
      await sendTo(await accountOf(flow), [missedBill(1)]);
      await queue.start();
      await on(agent, ({ outcome, number }) => outcome === "missed" && number === "+8613900130001");
      await flow.until(
        "published",
        (text) => JSON.parse(String(text)).event === "finished" && String(text).includes("missed"),
      );
      // A retained command is not carried out, neither now nor after the next connection.
      await nodeRed.inject("test-retained");
      assert.equal((await flow.shown("ignored")).ref, "44");
      // A client that connects later gets the agent's last call.
      await nodeRed.deployed(() => nodeRed.admin("POST", "/flows", {}, { "Node-RED-Deployment-Type": "reload" }));
      const kept = await flow.until("shown", ({ topic, retain }) => topic === agent && retain === true);
      assert.equal((kept.payload as Shown).outcome, "missed");
      await nodeRed.inject("test-call");
      await flow.until("shown", ({ topic, payload }) => {
        assert.notDeepEqual([topic, (payload as Shown).ref], [answers, "44"]);
        return topic === answers;
      });
    },
    stop: () => queue.stop(),
  };
}

async function hubspot(): Promise<Recipe> {
  const system = new HubSpot({ "13800138888": "51" });
  const server = await Counterpart.start((received) => system.receive(received));
  return {
    set: (node) => ({ ...soon(node), ...tabWith(node, { HUBSPOT_URL: server.url, HUBSPOT_TOKEN: token }) }),
    async drive(flow) {
      await flow.press("login-button");
      await flow.shown("logged-in");
      await flow.press("answered");
      const { call, activity, contact } = await flow.shown("done");
      assert.equal(contact, "51");
      const kept = system.activities.get(String(call));
      assert.deepEqual([kept?.id, kept?.contact], [activity, "51"]);
      const { hs_call_direction, hs_call_status, hs_call_from_number, hs_call_body } = kept?.properties ?? {};
      assert.deepEqual(
        [hs_call_direction, hs_call_status, hs_call_from_number, hs_call_body],
        ["INBOUND", "COMPLETED", "+8613800138888", "Agent 1000"],
      );
      assert.ok(Number(kept?.properties.hs_call_duration) >= 1000);
      // A caller that HubSpot does not know, and one without a number.
      for (const [index, caller] of ["13900130001", ""].entries()) {
        await sendTo(await accountOf(flow), [missedBill(index, { caller })]);
        const done = await flow.shown("done");
        const { hs_call_status: status, hs_call_from_number: from } =
          system.activities.get(String(done.call))?.properties ?? {};
        assert.deepEqual(
          [done.contact, status, from],
          [undefined, "NO_ANSWER", caller === "" ? undefined : `+86${caller}`],
        );
      }
      // Whichever request fails, the activity comes again, is written once, and is finally on the timeline.
      for (const [index, failing] of [/upsert/, /search/, /associations/].entries()) {
        system.failing = failing;
        await sendTo(await accountOf(flow), [missedBill(10 + index, { caller: "13800138888" })]);
        await flow.shown("refused");
        system.failing = undefined;
        const done = await flow.shown("done");
        assert.equal(system.activities.get(String(done.call))?.contact, "51");
        assert.equal(system.activities.size, 4 + index);
      }
      assert.deepEqual(system.faults, []);
      // The counterpart detects what HubSpot's description does not allow.
      const wrong = { inputs: [{ id: "1", idProperty: "sccc_call_id", properties: { hs_timestamp: 1 } }] };
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const refused = await fetch(`${server.url}/crm/v3/objects/calls/batch/upsert`, {
        method: "POST",
        headers,
        body: JSON.stringify(wrong),
      });
      assert.equal(refused.status, 400);
      assert.match(system.faults.join(), /must be string/);
    },
    stop: () => server.stop(),
  };
}

async function robot(name: RobotName): Promise<Recipe> {
  const group = new Robot(name);
  const server = await Counterpart.start((received) => group.receive(received));
  return {
    set: (node) => ({ ...soon(node), ...tabWith(node, robotSecrets(name, server.url)) }),
    async drive(flow) {
      await flow.press("login-button");
      await flow.shown("logged-in");
      await flow.press("missed");
      await flow.shown("sent");
      assert.match(
        group.texts[0] ?? "",
        /^未接来电 Missed call\n号码 Number: \+8613900130000\n时间 Time: \d{4}-.+\n坐席 Agent: 1000$/,
      );
      // A caller's number can neither mention members of the group nor exceed the text's limit.
      await sendTo(await accountOf(flow), [missedBill(1, { caller: `1390013<@all>${"长".repeat(3000)}0001` })]);
      await flow.shown("sent");
      assert.match(group.texts[1] ?? "", /\n号码 Number: 13900130001\n/);
      // A refusal with HTTP status 200 is detected, and the message comes again.
      group.failure = rules[name].tooMany;
      await sendTo(await accountOf(flow), [missedBill(2)]);
      const refusal = await flow.shown("refused");
      assert.equal(refusal.errcode ?? refusal.code, rules[name].tooMany.code);
      group.failure = undefined;
      await flow.shown("sent");
      assert.match(group.texts[2] ?? "", /13900130002/);
      // Answered calls are not sent.
      assert.deepEqual(
        group.texts.filter((text) => text.includes("13800138888")),
        [],
      );
    },
    stop: () => server.stop(),
  };
}

/** The values that a user enters in the properties of a robot's tab. */
export function robotSecrets(name: RobotName, url: string): Readonly<Record<string, string>> {
  const prefix = name.toUpperCase();
  const address = { [`${prefix}_WEBHOOK`]: `${url}${rules[name].path}` };
  return name === "wecom" ? address : { ...address, [`${prefix}_SECRET`]: secrets[name] };
}

/** A separate folder for a server. */
function below(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return path;
}

/** By the name of the example. */
export const recipes: Readonly<Record<string, (folder: string) => Promise<Recipe>>> = {
  "calls-to-hubspot": hubspot,
  "calls-to-mqtt": (folder) => mqtt(below(folder, "mqtt")),
  "calls-to-postgresql": (folder) => postgresql(below(folder, "postgresql")),
  ...Object.fromEntries(robotNames.map((name) => [`missed-calls-to-${name}`, () => robot(name)])),
};
