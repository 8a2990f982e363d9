// The sidebar's routes on a real Node-RED: permissions, answers, replay and dead letters, hostile texts, and no
// secrets.
import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type {
  DeadLetterList,
  SidebarOutcome,
  SidebarSnapshot,
  TrafficDetail,
  TrafficEntry,
} from "../../nodes/catalogue/sidebar";
import { sidebarRoutes } from "../../nodes/catalogue/sidebar";
import { type Simulator, startSimulator } from "../../simulator";
import { newestNodeRed } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { eventually } from "../receive/flow";
import { authenticationOf, type Json } from "../receive/push";

const password = "a-Password-of-9-words";
const pushPassword = "another-Password-8";

/** Their passwords are their names, hashed with bcrypt. */
const users = [
  { username: "reader", password: "$2b$04$gBOLJhY8/GKcIojMTJz6Z.j2AtlRYpWIo.Npeg191szMSkph39/iW", permissions: "read" },
  { username: "writer", password: "$2b$04$lQBRAJNL1wux0m62zcpqgOveGXSMiegfUvUnx8M3zw6brxBWrV4fS", permissions: "*" },
  {
    username: "sccc",
    password: "$2b$04$8bFdtEeaSohuxQr3HrHR7uI1URJCIo7epAs5lkkiN0xBnOFM8BiGm",
    permissions: ["sccc.read", "sccc.write"],
  },
  {
    username: "poster",
    password: "$2b$04$5FhGN5VuK2lJoga2pdOfzOAgnMlYFwkfeapSsxmxHjUryBZ8AIm1O",
    permissions: ["flows.read", "flows.write"],
  },
];

/** A signed push. */
const pushOf = (
  notify: Json,
  signed: { readonly secret?: string; readonly customer?: string; readonly at?: number } = {},
) => ({
  authentication: authenticationOf(
    { customer: signed.customer ?? "platform", password: signed.secret ?? pushPassword },
    { timestamp: String(signed.at ?? Date.now()) },
  ),
  notify,
});

interface Made {
  readonly nodeRed: NodeRed;
  readonly ask: <T>(route: string, token?: string) => Promise<T>;
  readonly post: <T>(route: string, body: unknown, token?: string) => Promise<T>;
  readonly push: (body: unknown) => Promise<number>;
  readonly heard: () => Promise<readonly { topic: string; sccc: { push: Record<string, unknown>; token?: string } }[]>;
}

/** Flows with an account and a notify node. GET /heard returns its messages. */
const flowOf = (
  platform: string,
  simulatorPort: number,
  { confirms = true, ...account }: Record<string, unknown> = {},
): readonly FlowNode[] => [
  { id: "flow", type: "tab", label: "Flow" },
  {
    ...{ id: "account", type: "sccc-account", name: "Main", baseUrl: platform, customer: "C2", pushUser: "platform" },
    ...{ redeliverAfter: "1", maxDeliveries: "1", retries: "0", ...account },
    credentials: { password, pushPassword },
  },
  {
    ...{ id: "notify", type: "sccc-notify", z: "flow", account: "account", events: [] },
    wires: [[confirms === true ? "confirm" : "heard"]],
  },
  { id: "confirm", type: "sccc-confirm", z: "flow", wires: [["heard"]] },
  {
    ...{ id: "heard", type: "function", z: "flow", outputs: 0, wires: [] },
    func: 'global.set("heard", [...(global.get("heard") ?? []), { topic: msg.topic, sccc: msg.sccc }]);',
  },
  { id: "ask", type: "http in", z: "flow", url: "/heard", method: "get", wires: [["tell"]] },
  {
    ...{ id: "tell", type: "function", z: "flow", outputs: 1, wires: [["answer"]] },
    func: 'msg.payload = global.get("heard") ?? []; return msg;',
  },
  { id: "answer", type: "http response", z: "flow", wires: [] },
  { id: "do", type: "http in", z: "flow", url: "/call", method: "post", wires: [["call"]] },
  { id: "call", type: "sccc-call-number", z: "flow", account: "account", repeatGuard: "0", wires: [["answer"]] },
  { id: "catch", type: "catch", z: "flow", scope: ["call"], wires: [["say"]] },
  {
    ...{ id: "say", type: "function", z: "flow", outputs: 1, wires: [["answer"]] },
    func: "msg.payload = msg.error.message; return msg;",
  },
  {
    ...{ id: "simulator", type: "sccc-simulator", z: "flow", name: "Try", port: String(simulatorPort), customer: "C2" },
    ...{ agents: "1000", speed: "1000", pushUser: "platform", wires: [[]] },
    credentials: { password, pushPassword },
  },
];

const json = { "content-type": "application/json" };

function talkingTo(nodeRed: NodeRed): Made {
  const headersOf = (token?: string) => ({ ...json, ...(token && { authorization: `Bearer ${token}` }) });
  return {
    nodeRed,
    ask: async <T>(route: string, token?: string) =>
      (await (await nodeRed.fetch(`/${route}`, { headers: headersOf(token) })).json()) as T,
    post: async <T>(route: string, body: unknown, token?: string) =>
      (await (
        await nodeRed.fetch(`/${route}`, { method: "POST", headers: headersOf(token), body: JSON.stringify(body) })
      ).json()) as T,
    push: async (body) =>
      (await nodeRed.fetch("/sccc/notify", { method: "POST", headers: json, body: JSON.stringify(body) })).status,
    heard: async () => (await (await nodeRed.fetch("/heard")).json()) as Awaited<ReturnType<Made["heard"]>>,
  };
}

const snapshot = ({ ask }: Made, after = 0, token?: string) =>
  ask<SidebarSnapshot>(`${sidebarRoutes.snapshot}?after=${after}`, token);

/** Waits for an entry. */
const entryOf = (made: Made, what: string, is: (entry: TrafficEntry) => boolean): Promise<TrafficEntry> =>
  eventually(what, async () => (await snapshot(made)).entries.find(is));

const detail = ({ ask }: Made, { number }: TrafficEntry) =>
  ask<TrafficDetail>(`${sidebarRoutes.entry}?number=${number}`);

for (const version of newestNodeRed)
  describe(`the sidebar's routes, Node-RED ${version}`, function () {
    this.timeout(180_000);
    let platform: Simulator;
    let made: Made;
    before(async () => {
      platform = await startSimulator({ password, agents: "1000-1002" });
      const nodeRed = await startNodeRed({ version, flows: flowOf(platform.url, await freePort()) });
      made = talkingTo(nodeRed);
    });
    after(async () => {
      await made?.nodeRed.stop();
      await platform?.close();
    });

    it("show an account, its hints and the simulator", async () => {
      const { accounts, hints, simulators, recording, mayWrite, entries } = await snapshot(made);
      assert.deepEqual(
        accounts.map(({ id, label, baseUrl, customer }) => ({ id, label, baseUrl, customer })),
        [{ id: "account", label: "Main", baseUrl: platform.url, customer: "C2" }],
      );
      assert.deepEqual(accounts[0]?.receiving, { address: "/sccc/notify", ownPort: false, taken: 0, refused: {} });
      assert.deepEqual(hints, [{ code: "noPushYet", node: "account", params: { address: "/sccc/notify" } }]);
      assert.deepEqual([recording, mayWrite, entries], [true, true, []]);
      assert.deepEqual(
        simulators.map(({ id, label, running }) => ({ id, label, running })),
        [{ id: "simulator", label: "Try", running: true }],
      );
    });

    it("show a command with its request and its answer", async () => {
      await made.nodeRed.fetch("/call", {
        method: "POST",
        headers: json,
        body: '{"agent":"1000","callee":"13800138000"}',
      });
      const entry = await entryOf(made, "the command is listed", ({ name }) => name === "CallNumber");
      const { at, duration, number, ...rest } = entry;
      assert.deepEqual(rest, {
        ...{ account: "account", kind: "command", name: "CallNumber", agent: "1000", phone: "13800138000" },
        result: { ok: false, code: "E_G_INVALID_OPT", text: rest.result.text },
        nodes: ["call"],
      });
      assert.ok(number > 0 && Math.abs(Date.now() - at) < 60_000 && (duration ?? -1) >= 0);
      const { request = "", answer = "", cut } = await detail(made, entry);
      assert.deepEqual({ ...JSON.parse(request), seq: 0 }, { seq: 0, agent: "1000", callee: "13800138000" });
      assert.equal(JSON.parse(answer).result.error, 0);
      assert.equal(cut, false);
      const { hints, accounts } = await snapshot(made);
      assert.ok(hints.some(({ code }) => code === "nobodyLoggedIn"));
      assert.equal(accounts[0]?.reachable, true);
      assert.equal(accounts[0]?.lastError?.code, "E_G_INVALID_OPT");
    });

    const send = (event: string, agent: string, more: Json = {}) =>
      made.push(
        pushOf({ type: event, customer: "C2", agent, number: "13800138000", call_type: "0", seq: "7", ...more }),
      );

    it("show a push, and deliver it to the flow again unchanged", async () => {
      assert.equal(await send("callstart", "1001"), 200);
      const entry = await entryOf(made, "the push is listed", ({ name }) => name === "callstart");
      const { at: _at, number: _number, ...rest } = entry;
      assert.deepEqual(rest, {
        ...{ account: "account", kind: "push", name: "callstart", agent: "1001", phone: "13800138000" },
        ...{ direction: "inbound", result: { ok: true, code: "taken" }, nodes: ["notify"], replayable: true },
      });
      const { request = "" } = await detail(made, entry);
      assert.equal(JSON.parse(request).payload.agent, "1001");
      assert.ok(!/authentication|digest/.test(request));
      const { calls } = await snapshot(made);
      assert.deepEqual(
        calls.map(({ agent, phone, state, direction }) => ({ agent, phone, state, direction })),
        [{ agent: "1001", phone: "13800138000", state: "answered", direction: "inbound" }],
      );
      const first = await eventually("it comes", async () =>
        (await made.heard()).find(({ topic }) => topic === "callstart"),
      );
      const taken = (count: number) =>
        eventually(`${count} pushes are counted`, async () =>
          (await snapshot(made)).accounts[0]?.receiving?.taken === count ? true : undefined,
        );
      await taken(1);
      assert.deepEqual(await made.post(sidebarRoutes.replay, { number: entry.number }), {
        outcome: "handed",
        params: { count: 1 },
      });
      const again = await eventually("it comes again", async () =>
        (await made.heard()).find(({ sccc }) => sccc.push["replayed"] === true),
      );
      assert.deepEqual(again, { topic: "callstart", sccc: { push: { ...first.sccc.push, replayed: true } } });
      // A replay has no entry.
      assert.equal((await snapshot(made)).entries.filter(({ name }) => name === "callstart").length, 1);
      await send("callend", "1001");
      await taken(2);
      await eventually("the call has ended", async () =>
        (await snapshot(made)).calls.length === 0 ? true : undefined,
      );
    });

    it("give the reason why a push was refused, and do not deliver refused pushes", async () => {
      const refusals: readonly (readonly [string, Parameters<typeof pushOf>[1], number])[] = [
        ["digest", { secret: "a wrong one" }, 401],
        ["customer", { customer: "Nobody" }, 401],
        ["timestamp", { at: Date.now() - 3_600_000 }, 401],
      ];
      for (const [code, signed, status] of refusals) {
        const agent = `refused ${code}`;
        assert.equal(await made.push(pushOf({ type: "callin", agent, number: "1" }, signed)), status);
        const entry = await entryOf(made, `${code} is listed`, (one) => one.agent === agent);
        assert.deepEqual([entry.result, entry.replayable, entry.name], [{ ok: false, code }, undefined, "callin"]);
        const { request = "" } = await detail(made, entry);
        const { claimed, ip, notify } = JSON.parse(request);
        assert.equal(claimed.customer, signed?.customer ?? "platform");
        assert.deepEqual([ip, notify.agent], ["127.0.0.1", agent]);
        assert.deepEqual(await made.post(sidebarRoutes.replay, { number: entry.number }), { outcome: "gone" });
      }
      // The receiving thread reports its counts a moment later.
      const hints = await eventually("all are hinted at", async () => {
        const { hints: now } = await snapshot(made);
        return now.filter(({ code }) => code === "pushesRefused").length === refusals.length ? now : undefined;
      });
      assert.deepEqual(
        hints.filter(({ code }) => code === "pushesRefused").map(({ params }) => params),
        refusals.map(([reason]) => ({ reason, count: 1 })),
      );
      const apart = hints.find(({ code }) => code === "clockApart")?.params?.["seconds"];
      assert.ok(Math.abs(Number(apart) + 3600) < 60, String(apart));
      const body = await made.nodeRed.fetch("/sccc/notify", { method: "POST", body: "x=1" });
      assert.equal(body.status, 415);
      await entryOf(made, "a body that is no push is listed", ({ result }) => result.code === "body");
    });

    it("distinguish a repeat from a new push", async () => {
      const push = pushOf({ type: "callout", agent: "repeated", number: "2" });
      assert.deepEqual([await made.push(push), await made.push(push)], [200, 200]);
      const entry = await entryOf(made, "the repeat is listed", ({ result }) => result.code === "repeat");
      assert.deepEqual([entry.agent, entry.replayable, entry.nodes], ["repeated", undefined, []]);
    });

    it("answer requests for an entry, account, simulator or list that does not exist", async () => {
      for (const number of ["", "x", "-1", "1e99", "999999", "1&number=2"]) {
        assert.deepEqual(await made.ask(`${sidebarRoutes.entry}?number=${number}`), { outcome: "gone" }, number);
      }
      for (const body of [{}, [], { number: "1" }, { number: { a: 1 } }, { number: -1 }]) {
        assert.deepEqual(await made.post(sidebarRoutes.replay, body), { outcome: "gone" });
      }
      for (const account of ["", "no-such", "notify", "__proto__"]) {
        assert.deepEqual(await made.ask(`${sidebarRoutes.dead}?account=${account}`), { letters: [], total: 0 });
      }
      const ids = { account: "account", ids: ["1@1", 7, null, { a: 1 }] };
      for (const body of [{}, { account: 7 }, ids]) {
        for (const route of [sidebarRoutes.deadReplay, sidebarRoutes.deadDelete]) {
          assert.deepEqual(await made.post(route, body), { outcome: "gone" });
        }
      }
      assert.deepEqual(await made.post(sidebarRoutes.simulator, { simulator: "x" }), { outcome: "noSimulator" });
      const odd = await made.post<SidebarOutcome>(sidebarRoutes.simulator, { simulator: "simulator", instruction: 7 });
      assert.equal(odd.outcome, "refused");
      assert.equal((await snapshot(made, Number.NaN)).entries.length > 0, true);
    });

    it("instruct the simulator, and show the results", async () => {
      const instruction = { do: "inbound", number: "13800138888", login: true };
      assert.deepEqual(await made.post(sidebarRoutes.simulator, { simulator: "simulator", instruction }), {
        outcome: "done",
      });
      await entryOf(made, "the call is billed", ({ name }) => name === "billing");
      const { agents, hints } = await snapshot(made);
      assert.ok(agents.some(({ staffNo, status }) => staffNo === "1000" && status !== "OFFLINE"));
      assert.ok(!hints.some(({ code }) => code === "noPushYet" || code === "nobodyLoggedIn"));
    });

    it("send a signed sample through the account's own address", async () => {
      const told = await made.post<SidebarOutcome>(sidebarRoutes.sample, { account: "account", event: "taskinfo" });
      assert.deepEqual(told, { outcome: "taken", params: { event: "taskinfo" } });
      await entryOf(made, "the sample is listed", ({ name }) => name === "taskinfo");
    });

    it("limit the size of received data, and always answer with JSON", async () => {
      const huge = "<img src=x onerror=alert(1)>".repeat(2500);
      let deep: unknown = huge;
      for (let depth = 0; depth < 40; depth += 1) deep = { deep };
      const hostile = JSON.parse(
        `{"type":"callin","number":${JSON.stringify(huge)},"__proto__":{"agent":"1"},"constructor":7}`,
      );
      assert.equal(await made.push(pushOf({ ...hostile, agent: huge, deep })), 200);
      const entry = await entryOf(made, "the push is listed", ({ phone }) => phone?.startsWith("<img") === true);
      assert.ok((entry.agent?.length ?? 999) <= 64 && (entry.phone?.length ?? 999) <= 64);
      assert.equal(entry.replayable, undefined);
      const { request = "", cut } = await detail(made, entry);
      assert.deepEqual([request.length <= 16 * 1024, cut], [true, true]);
      assert.equal(
        await made.push(pushOf({ type: huge, agent: { a: [1] }, number: [huge], call_type: { b: 2 } })),
        200,
      );
      await entryOf(
        made,
        "an event with a long name is listed",
        ({ name }) => name.startsWith("<img") && name.length === 64,
      );
    });
  });

describe("the sidebar's routes, with a platform and a flow that repeat secrets", function () {
  this.timeout(180_000);
  /** A flow that was written by hand may have it as a number. */
  const previousPushPassword = 7_654_321_098_765;
  const secrets = [password, pushPassword, String(previousPushPassword)];
  let platform: Server;
  let made: Made;
  before(async () => {
    // The answer contains the whole request, and the password in every form.
    platform = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { authentication, request: command } = JSON.parse(body);
        secrets.push(authentication.digest);
        const said = `wrong ${password} ${authentication.digest} ${encodeURIComponent(password)} <b>`;
        const again =
          command.callee === "1" ? {} : { password, digest: authentication.digest, echo: "x".repeat(20_000) };
        const result = { error: command.callee === "1" ? 1 : 0, msg: said };
        response.end(
          JSON.stringify({
            ...again,
            result,
            authentication,
            logs: [said],
            data: { response: { ...command, result } },
          }),
        );
      });
    }).listen(0, "127.0.0.1");
    await once(platform, "listening");
    const url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
    const flows = flowOf(url, await freePort()).map((node) =>
      node.id === "account" ? { ...node, credentials: { password, pushPassword, previousPushPassword } } : node,
    );
    const nodeRed = await startNodeRed({ version: 4, flows });
    made = talkingTo(nodeRed);
  });
  after(async () => {
    await made?.nodeRed.stop();
    platform?.close();
  });

  it("answer without any of these secrets", async () => {
    for (const callee of ["1", "13800138000"]) {
      const body = JSON.stringify({ agent: "1000", callee, extra: 1 });
      await made.nodeRed.fetch("/call", { method: "POST", headers: json, body });
    }
    const { authentication, notify } = pushOf({
      type: "callin",
      agent: "7",
      number: "8",
      password,
      note: `x ${pushPassword} ${previousPushPassword}`,
    });
    secrets.push(String(authentication.digest));
    await made.push({ authentication, notify: { ...notify, authentication } });
    await made.push({ authentication: { ...authentication, seq: "1" }, notify });
    secrets.push("token-in-the-address");
    const body = JSON.stringify(pushOf({ type: "callout", agent: "7", number: "8" }));
    await made.nodeRed.fetch("/sccc/notify?key=token-in-the-address", { method: "POST", headers: json, body });
    await entryOf(made, "the push with a query is listed", ({ name }) => name === "callout");
    await entryOf(made, "all are listed", ({ result }) => result.code === "digest");
    const { entries } = await snapshot(made);
    assert.ok(entries.filter(({ kind }) => kind === "command").length === 2);
    assert.ok(entries.length >= 4);
    const routes = [sidebarRoutes.snapshot, ...entries.map(({ number }) => `${sidebarRoutes.entry}?number=${number}`)];
    for (const route of routes) {
      const text = await (await made.nodeRed.fetch(`/${route}`)).text();
      assert.ok(text.length > 2);
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${route}: ${text.slice(0, 2000)}`);
    }
    const { hints } = await snapshot(made);
    assert.ok(hints.every(({ code }) => code !== "unreachable"));
  });
});

describe("the dead letters of the sidebar", function () {
  this.timeout(180_000);
  it("are listed, handed over again and deleted, also after a restart", async () => {
    const userDir = temporaryFolder();
    const flows = flowOf("http://127.0.0.1:9", await freePort(), { pushAnswer: "stored", confirms: false });
    let made = talkingTo(await startNodeRed({ version: 4, flows, userDir }));
    try {
      for (const agent of ["first", "second", "third"]) {
        assert.equal(await made.push(pushOf({ type: "callin", agent, number: "5" })), 200);
      }
      const list = () => made.ask<DeadLetterList>(`${sidebarRoutes.dead}?account=account`);
      const buried = await eventually("all are given up", async () => {
        const { letters, total } = await list();
        return total === 3 && letters.length === 3 ? letters : undefined;
      });
      const agentOf = ({ text }: { readonly text: string }) => JSON.parse(text).payload.agent;
      assert.deepEqual(buried.map(agentOf).sort(), ["first", "second", "third"]);
      assert.deepEqual(
        buried.map(({ node, event, delivery }) => ({ node, event, delivery })),
        buried.map(() => ({ node: "notify", event: "callin", delivery: 1 })),
      );
      const { hints, accounts, run } = await snapshot(made);
      assert.deepEqual(hints.find(({ code }) => code === "deadLetters")?.params, { count: 3 });
      assert.equal(accounts[0]?.deadLetters, 3);

      await made.nodeRed.stop();
      made = talkingTo(await startNodeRed({ version: 4, userDir }));
      const kept = await eventually("they are there after the restart", async () => {
        const { letters } = await list();
        return letters.length === 3 ? letters : undefined;
      });
      assert.deepEqual(kept, buried);
      const now = await snapshot(made);
      assert.notEqual(now.run, run);
      assert.deepEqual(now.entries, []);

      const [one, other] = kept;
      assert.deepEqual(await made.post(sidebarRoutes.deadDelete, { account: "account", ids: [other?.id] }), {
        outcome: "deleted",
        params: { count: 1 },
      });
      assert.deepEqual(await made.post(sidebarRoutes.deadReplay, { account: "account", ids: [one?.id] }), {
        outcome: "delivered",
        params: { count: 1 },
      });
      const again = await eventually("it comes to the flow", async () => (await made.heard())[0]);
      // It is pending again, with a token that can be confirmed.
      assert.ok(typeof again.sccc.token === "string" && again.sccc.push["replayed"] === undefined);
      const { letters } = await list();
      assert.ok(letters.every(({ id }) => id !== one?.id && id !== other?.id));
    } finally {
      await made.nodeRed.stop();
    }
  });
});

describe("the sidebar with twenty accounts under load", function () {
  this.timeout(180_000);
  it("has the entries of each account in pages, each entry once", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `account${index}`);
    const flows = names.flatMap((id): FlowNode[] => [
      {
        ...{ id, type: "sccc-account", baseUrl: "http://127.0.0.1:9", customer: `C-${id}`, pushPath: `/push/${id}` },
        credentials: { password },
      },
      { id: `${id} notify`, type: "sccc-notify", z: "flow", account: id, events: [], wires: [[]] },
    ]);
    const tab: FlowNode = { id: "flow", type: "tab", label: "Flow" };
    const made = talkingTo(await startNodeRed({ version: 4, flows: [tab, ...flows] }));
    try {
      const refused = (index: number) => index % 20 === 0;
      const flood = async (id: string): Promise<void> => {
        for (let index = 0; index < 60; index += 1) {
          const push = pushOf(
            { type: "callin", agent: id, number: String(index) },
            { secret: refused(index) ? "x" : password, customer: `C-${id}` },
          );
          const init = { method: "POST", headers: json, body: JSON.stringify(push) };
          const { status } = await made.nodeRed.fetch(`/push/${id}`, init);
          assert.equal(status, refused(index) ? 401 : 200);
        }
      };
      let flooding = true;
      const load = Promise.all(names.map(flood)).finally(() => {
        flooding = false;
      });
      const seen = new Map<number, TrafficEntry>();
      let after = 0;
      for (let last = false; !last; ) {
        last = !flooding;
        for (let more = true; more; ) {
          const page = await snapshot(made, after);
          assert.ok(page.entries.length <= 1000);
          for (const entry of page.entries) {
            assert.ok(entry.number > after, "numbers grow");
            after = entry.number;
            seen.set(entry.number, entry);
          }
          more = page.more;
        }
      }
      await load;
      // A sidebar that is opened now gets the same entries, in pages. Refused pushes of one second may have been left
      // out.
      const first = await snapshot(made);
      const second = await snapshot(made, first.entries.at(-1)?.number);
      assert.deepEqual([first.entries.length, first.more, second.more], [1000, true, false]);
      assert.deepEqual([...first.entries, ...second.entries], [...seen.values()]);
      for (const id of names) {
        const taken = [...seen.values()].filter(({ account, result }) => account === id && result.ok);
        const sent = Array.from({ length: 60 }, (_, index) => index).filter((index) => !refused(index));
        assert.deepEqual(
          taken.map(({ phone }) => phone),
          sent.map(String),
          id,
        );
      }
    } finally {
      await made.nodeRed.stop();
    }
  });
});

describe("the sidebar with SCCC_MONITOR=off", function () {
  this.timeout(180_000);
  it("has no entries, and reports that the recording is off", async () => {
    const flows = flowOf("http://127.0.0.1:9", await freePort());
    const made = talkingTo(await startNodeRed({ version: 4, flows, env: { SCCC_MONITOR: "off" } }));
    try {
      assert.equal(await made.push(pushOf({ type: "callin", agent: "1", number: "2" })), 200);
      await made.nodeRed.fetch("/call", {
        method: "POST",
        headers: json,
        body: '{"agent":"1000","callee":"13800138000"}',
      });
      const seen = await eventually("the push is counted", async () => {
        const now = await snapshot(made);
        return now.accounts[0]?.receiving?.taken === 1 ? now : undefined;
      });
      assert.deepEqual([seen.recording, seen.entries, seen.calls, seen.agents], [false, [], [], []]);
      assert.deepEqual(
        seen.hints.map(({ code }) => code),
        ["unreachable", "monitorOff"],
      );
    } finally {
      await made.nodeRed.stop();
    }
  });
});

for (const version of newestNodeRed)
  describe(`the sidebar's routes with logins, Node-RED ${version}`, function () {
    this.timeout(180_000);
    let made: Made;
    before(async () => {
      const flows = flowOf("http://127.0.0.1:9", await freePort());
      const userDir = temporaryFolder();
      await (await startNodeRed({ version, flows, userDir })).stop();
      const settings = { adminAuth: { type: "credentials", users } };
      made = talkingTo(await startNodeRed({ version, userDir, settings }));
    });
    after(() => made?.nodeRed.stop());

    async function tokenOf(name: string): Promise<string> {
      const body = { client_id: "node-red-admin", grant_type: "password", scope: "", username: name, password: name };
      return (await made.post<{ readonly access_token: string }>("auth/token", body)).access_token;
    }

    const reading = [sidebarRoutes.snapshot, sidebarRoutes.entry, sidebarRoutes.dead];
    const writing = Object.values(sidebarRoutes).filter((route) => !reading.some((one) => one === route));

    const answers = (headers: Readonly<Record<string, string>>) =>
      Promise.all(
        [...reading.map((route) => ["GET", route] as const), ...writing.map((route) => ["POST", route] as const)].map(
          async ([method, route]) => {
            const init = { method, headers: { ...json, ...headers }, ...(method === "POST" ? { body: "{}" } : {}) };
            const answer = await made.nodeRed.fetch(`/${route}`, init);
            return { status: answer.status, text: await answer.text() };
          },
        ),
      );

    it("send no data to a user without the permission to read", async () => {
      for (const headers of [
        {},
        { authorization: "Bearer x" },
        { authorization: `Bearer ${await tokenOf("poster")}` },
      ]) {
        const all = await answers(headers);
        assert.ok(
          all.every(({ status, text }) => status === 401 && !/account|entries|outcome|letters/.test(text)),
          JSON.stringify(all),
        );
      }
    });

    it("let a user with the permission to read see everything and change nothing", async () => {
      const token = await tokenOf("reader");
      const statuses = (await answers({ authorization: `Bearer ${token}` })).map(({ status }) => status);
      assert.deepEqual(statuses, [...reading.map(() => 200), ...writing.map(() => 401)]);
      const seen = await snapshot(made, 0, token);
      assert.deepEqual([seen.mayWrite, seen.accounts.length], [false, 1]);
    });

    it("let a user with the permission to write make changes", async () => {
      for (const name of ["writer", "sccc"]) {
        const token = await tokenOf(name);
        const statuses = (await answers({ authorization: `Bearer ${token}` })).map(({ status }) => status);
        assert.deepEqual(new Set(statuses), new Set([200]), name);
        assert.equal((await snapshot(made, 0, token)).mayWrite, true);
      }
    });
  });
