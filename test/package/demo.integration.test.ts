// `npm start` as a user runs it: presses the demo's buttons, reads the debug sidebar, and ends it with Ctrl-C.
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Demo, descendants } from "../../tools/demo";
import { testDialect } from "../../tools/dialect";
import { nodeAdmitsNodeRed5, root } from "../../tools/hosts";
import { type FlowNode, Sidebar } from "../../tools/launch";
import { freePort, temporaryFolder } from "../../tools/node-red";
import { isFree } from "../../tools/ports";
import { eventually } from "../receive/flow";

/** Whether a server answers at a URL. */
const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

const errorOf = (answer: Record<string, unknown>) => (answer.result as { error: unknown }).error;

describe("npm start", function () {
  // The first start on a machine may have to install Node-RED 5.
  this.timeout(180_000);

  let demo: Demo;
  let editor: string;
  let sidebar: Sidebar | undefined;

  const watch = async () => {
    sidebar = await Sidebar.open(`${editor.replace("http", "ws")}/comms`);
  };

  async function start(): Promise<void> {
    demo = await Demo.start({ userDir: temporaryFolder(), env: { SCCC_SIMULATOR_SPEED: "5" } });
    editor = demo.url;
    await watch();
  }

  async function stop(): Promise<void> {
    await sidebar?.close();
    await demo?.stop();
  }

  /** Presses a button of the demo flow; returns the next output of a debug node. */
  async function press(name: string, shownBy = `demo-${name}-answer`): Promise<Record<string, unknown>> {
    const button = () => fetch(`${editor}/inject/demo-${name}-button`, { method: "POST" });
    let { status } = await button();
    // Right after a deploy, the flow may not be running yet.
    while (status === 404) ({ status } = await button());
    assert.equal(status, 200);
    return (await sidebar!.next(shownBy)) as Record<string, unknown>;
  }

  /** The events of a call of agent 1000 that the flow shows, up to the end of the after-call work. */
  async function eventsOfCall(): Promise<unknown[]> {
    const events: unknown[] = [];
    for (;;) {
      const { event, serverStatus } = (await sidebar!.next("demo-events-shown")) as Record<string, unknown>;
      if (event !== "agentstatus") events.push(event);
      else if (events.includes("billing") && serverStatus === "IDLE") return events;
    }
  }

  before(start);
  after(stop);

  it("prints the addresses of Node-RED and the simulator", () => {
    assert.match(demo.output, new RegExp(`Node-RED ${nodeAdmitsNodeRed5() ? 5 : "4\\.1"}\\.`));
    for (const address of [`${editor}/`, `${editor}/desk`, `${editor}/wallboard`, demo.simulator]) {
      assert.ok(demo.output.includes(address), demo.output);
    }
  });

  it("opens with the SCCC sidebar", async () => {
    const settings = await (await fetch(`${editor}/settings/user`)).text();
    assert.match(settings, /"active":"sccc"/);
  });

  it("logs an agent in, reads its status, calls, and shows what happens in the call", async () => {
    assert.equal(errorOf(await press("login")), 0);
    const { workStatus, serverStatus } = await press("status");
    assert.deepEqual({ workStatus, serverStatus }, { workStatus: "ONLINE", serverStatus: "IDLE" });
    const call = await press("call");
    assert.equal(call.callee, "13800138888");
    assert.equal(errorOf(call), 0);
    assert.deepEqual(await eventsOfCall(), ["callin", "callout", "screenpop", "callstart", "callend", "billing"]);
  });

  it("shows a customer's call", async () => {
    assert.equal((await press("inbound")).agent, "1000");
    assert.deepEqual(await eventsOfCall(), ["callin", "screenpop", "callstart", "callend", "billing"]);
  });

  it("hangs up", async () => {
    assert.equal(errorOf(await press("call")), 0);
    assert.equal(errorOf(await press("hangup")), 0);
    assert.deepEqual((await eventsOfCall()).slice(-2), ["callend", "billing"]);
  });

  it("sends lists, creates a task and reads CDRs", async () => {
    assert.equal((await press("login-list")).length, 2);
    const states = (await press("status-list")) as unknown as readonly Record<string, unknown>[];
    assert.deepEqual(
      states.map(({ agent }) => agent),
      ["1000", "1001", "1002"],
    );
    assert.equal(states[1]?.workStatus, "ONLINE");
    const task = await press("task");
    assert.match(String(task.taskID), /^\d+$/);
    assert.ok(Array.isArray(await press("cdrs")));
  });

  it("starts again with the saved flows, and shows errors", async () => {
    const before = await (await fetch(`${editor}/flows`)).json();
    await stop();
    await demo.start();
    await watch();
    assert.deepEqual(await (await fetch(`${editor}/flows`)).json(), before);
    // The restarted simulator has nobody logged in.
    const { message } = await press("call", "demo-catch-error");
    assert.match(String(message), /CallNumber/);
  });

  it("makes calls on a second simulator, started as a command", async () => {
    const port = await freePort();
    const args = ["dist/sccc-simulator.js", "--port", String(port), "--customer", "second"];
    const command = spawn(process.execPath, args, { cwd: root, env: { ...process.env, SCCC_PASSWORD: "another" } });
    try {
      await once(command.stdout, "data");
      const { flows, rev } = (await (
        await fetch(`${editor}/flows`, { headers: { "Node-RED-API-Version": "v2" } })
      ).json()) as { flows: readonly FlowNode[]; rev: string };
      const changed = flows.map((node) =>
        node.type !== "sccc-account"
          ? node
          : { ...node, baseUrl: `http://127.0.0.1:${port}`, customer: "second", credentials: { password: "another" } },
      );
      const { status } = await fetch(`${editor}/flows`, {
        method: "POST",
        headers: { "content-type": "application/json", "Node-RED-API-Version": "v2" },
        body: JSON.stringify({ flows: changed, rev }),
      });
      assert.equal(status, 200);
      assert.equal(errorOf(await press("login")), 0);
      assert.equal(errorOf(await press("call")), 0);
    } finally {
      const exited = once(command, "exit");
      command.kill();
      await exited;
    }
  });

  it("leaves no process and no port behind", async () => {
    await stop();
    assert.deepEqual([await answers(editor), await answers(demo.simulator)], [false, false]);
    assert.throws(() => process.kill(-demo.pid!, 0), { code: "ESRCH" });
  });
});

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

// On Windows, `kill` ends a process without a signal. What a simulator speaks makes no difference to it.
const signals =
  process.platform === "win32" || testDialect !== undefined ? [] : (["SIGTERM", "SIGINT", "SIGKILL"] as const);

describe("killing npm start", function () {
  this.timeout(180_000);
  let demo: Demo | undefined;
  after(() => demo?.stop());

  for (const signal of signals) {
    it(`by ${signal} to npm alone leaves no process and no port behind, and it starts again`, async () => {
      demo ??= await Demo.start({ userDir: temporaryFolder() });
      const tree = descendants(demo.pid!);
      // At least the demo and its Node-RED.
      assert.ok(tree.length >= 2, String(tree));
      const { pid } = demo;
      const limit = setTimeout(() => process.kill(-pid!, "SIGKILL"), 40_000);
      const end = await demo.kill(signal);
      clearTimeout(limit);
      if (signal !== "SIGKILL") {
        assert.deepEqual(end, [0, null], "npm ends as Node-RED does");
        assert.deepEqual(tree.filter(lives), [], "npm waits for the end of it");
      }
      await eventually("no process is left", () => (tree.some(lives) ? undefined : true));
      for (const url of [demo.url, demo.simulator]) {
        await eventually(`${url} is free`, async () =>
          (await isFree(Number(new URL(url).port), "127.0.0.1")) ? true : undefined,
        );
      }
      // The next signal finds it running.
      await demo.start();
    });
  }
});
