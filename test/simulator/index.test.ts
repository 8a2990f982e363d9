// Start and end of a simulator, its options, and reproducibility with the same seed and start.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SimulatorOptions, startSimulator } from "../../simulator";
import { command, eventOf, have, type Json, type Push, password, startReceiver } from "./client";

describe("a simulator", () => {
  /** Whether the last push about an agent says that it is idle after its call. */
  const isIdle = (pushes: readonly Push[]): boolean =>
    pushes.findLast((push) => eventOf(push) !== "taskinfo")?.notify["serverStatus"] === "IDLE";

  /** All output of a simulator in a busy minute, without signatures. */
  const story = async (options: Partial<SimulatorOptions>) => {
    const receiver = await startReceiver();
    const simulator = await startSimulator({ password, speed: 100_000, pushUrl: receiver.url, ...options });
    const send = (api: string, fields: Json) => command(simulator, api, { seq: "1", ...fields });
    try {
      await send("AgentLogin", { agent: "1000" });
      await send("CallTaskCreate", { agent: "1000", mode: 5, callees: ["13800138000", "13900139000", "13700137000"] });
      await receiver.until((pushes) =>
        pushes.some(({ notify }) => notify["type"] === "taskinfo" && notify["status"] === "2"),
      );
      // After the last call's after-call work, nothing is scheduled and the clock stands still.
      await receiver.until((pushes) => have("billing", 3)(pushes) && isIdle(pushes));
      await send("VoiceVerify", { callee: "13800138000", verifyCode: "123" });
      await receiver.until(have("billing", 4));
      await simulator.instruct({ do: "seed", records: 5, cdrs: 5 });
      const laneOf = ({ agent, staffNo }: Json) => String(agent ?? staffNo ?? "");
      return {
        // Pushes of different queues may overtake one another on the network; within one, the order matters.
        notifies: receiver.pushes
          .filter((push) => eventOf(push) !== "billing")
          .map(({ notify }) => notify)
          .toSorted((a, b) => laneOf(a).localeCompare(laneOf(b)) || Number("taskID" in a) - Number("taskID" in b)),
        bills: receiver.pushes.filter((push) => eventOf(push) === "billing").map(({ notify }) => notify),
        records: simulator.state.records.map(({ key, facts, filename }) => ({ key, facts, filename })),
      };
    } finally {
      await simulator.close();
      await receiver.close();
    }
  };
  const startTime = Date.parse("2026-11-23T12:00:00+08:00");

  it("gives the same output for the same seed and start time, and a different one otherwise", async () => {
    const first = await story({ seed: 7, startTime });
    assert.deepEqual(await story({ seed: 7, startTime }), first);
    assert.notDeepEqual((await story({ seed: 8, startTime })).bills, first.bills);
    const later = await story({ seed: 7, startTime: startTime + 86_400_000 });
    const lengths = (bills: readonly Json[]) => bills.map(({ timeLength }) => timeLength);
    assert.notDeepEqual(later.bills, first.bills);
    assert.deepEqual(lengths(later.bills), lengths(first.bills));
  });

  it("has a URL, and does not listen any more once it is closed, also if it is closed twice", async () => {
    const simulator = await startSimulator({ password });
    assert.equal(simulator.url, `http://127.0.0.1:${simulator.port}`);
    await command(simulator, "getAgentInfo");
    await Promise.all([simulator.close(), simulator.close()]);
    await assert.rejects(fetch(simulator.url), (error: Error) => /ECONNREFUSED/.test(String(error.cause)));
    const again = await startSimulator({ password, port: simulator.port });
    await again.close();
  });

  it("leaves no timer behind when it is closed during calls", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    // Mocha's own timer starts once the test has returned its promise.
    await new Promise((resolve) => setImmediate(resolve));
    const before = timers();
    const simulator = await startSimulator({ password, pushUrl: "http://127.0.0.1:9/" });
    await simulator.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
    assert.equal((await simulator.instruct({ do: "inbound", number: "13800138000" })).ok, true);
    await simulator.close();
    // Fewer, if timers of an earlier test have ended meanwhile.
    assert.ok(timers() <= before);
  });

  it("closes although requests hang", async () => {
    const simulator = await startSimulator({ password });
    await simulator.instruct({ do: "fault", kind: "hang", after: true });
    const answer = command(simulator, "AgentLogin", { agent: "1000" }).then(
      () => "answered",
      () => "cut off",
    );
    while (simulator.state.summary.agents === 0) await new Promise((resolve) => setImmediate(resolve));
    await simulator.close();
    assert.equal(await answer, "cut off");
  });

  it("does not start on a port that is taken", async () => {
    const simulator = await startSimulator({ password });
    const { port } = simulator;
    await assert.rejects(startSimulator({ password, port }), {
      message: `can't listen at 127.0.0.1:${port}: the port is in use`,
    });
    await simulator.close();
  });

  it("has the given agents", async () => {
    const agents = async (text: string) => {
      const simulator = await startSimulator({ password, agents: text });
      await simulator.close();
      return simulator.state.agents.map(({ staffNo }) => staffNo);
    };
    assert.deepEqual(await agents("1000,1005,2000-2002"), ["1000", "1005", "2000", "2001", "2002"]);
    assert.deepEqual(await agents(" 0098-0101， 7,7 "), ["0098", "0099", "0100", "0101", "7"]);
  });

  const bad: readonly (readonly [Partial<SimulatorOptions>, string])[] = [
    [{ password: "" }, "password: must not be empty"],
    [{ password: "  " }, "password: must not be empty"],
    [{ password: 1234 as unknown as string }, "password: must be a string"],
    [{ customer: "" }, "customer: must not be empty"],
    [{ customer: "C 2" }, "customer: must consist of letters, digits, - and _"],
    [{ pushUser: 1 as unknown as string }, "pushUser: must be a string"],
    [{ agents: ["1000"] as unknown as string }, "agents: must be a string"],
    [{ tls: {} as unknown as { key: string; cert: string } }, "tls.key: is required"],
    [{ tls: { key: "k" } as unknown as { key: string; cert: string } }, "tls.cert: is required"],
    [{ host: "" }, "host: must not be empty"],
    [{ port: -1 }, "port: must be a whole number from 0 to 65535"],
    [{ port: 70_000 }, "port: must be a whole number from 0 to 65535"],
    [{ port: Number.NaN }, "port: must be a whole number from 0 to 65535"],
    [{ speed: 0 }, "speed: must be a number from 0.01 to 100000"],
    [{ seed: 1.5 }, "seed: must be a whole number from 0 to 4294967295"],
    [{ pushUrl: "127.0.0.1:1880" }, 'pushUrl: "127.0.0.1:1880" is not an http:// or https:// URL'],
    [{ startTime: 1.5 }, "startTime: must be whole milliseconds since 1970"],
    [{ tolerance: -1 }, "tolerance: must be 0 or a number of seconds"],
    [{ agents: "" }, "agents: there must be at least one"],
    [{ agents: "10-9" }, 'agents: "10-9" ends before it begins'],
    [{ agents: "1000-" }, 'agents: "1000-" is neither a staff number of 1 to 8 digits nor a range'],
    [{ agents: "123456789" }, 'agents: "123456789" is neither a staff number of 1 to 8 digits nor a range'],
    [{ agents: "0-99999999" }, "agents: more than 100000 of them"],
  ];
  for (const [options, message] of bad) {
    it(`does not start with ${JSON.stringify(options)}`, async () => {
      await assert.rejects(startSimulator({ password, ...options }), { message });
    });
  }

  for (const options of [{}, undefined, null, { port: 0 }, { passwd: "secret" }, { password: undefined }]) {
    it(`does not start without a usable password: ${JSON.stringify(options)}`, async () => {
      await assert.rejects(startSimulator(options as unknown as SimulatorOptions), {
        message: "password: is required",
      });
    });
  }

  it("does not start with an invalid certificate", async () => {
    await assert.rejects(startSimulator({ password, tls: { key: "no", cert: "key" } }), /^Error: tls: /);
  });

  it("serves https", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sccc-"));
    try {
      const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
      const options = ["-nodes", "-keyout", keyFile, "-out", certFile, "-subj", "/CN=localhost", "-days", "1"];
      execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...options], { stdio: "ignore" });
      const cert = readFileSync(certFile);
      const simulator = await startSimulator({ password, tls: { key: readFileSync(keyFile), cert } });
      assert.equal(simulator.url, `https://127.0.0.1:${simulator.port}`);
      const status = await new Promise((resolve, reject) => {
        const url = `${simulator.url}/openapi/V2.0.6/getAgentInfo`;
        const agent = new https.Agent({ ca: cert, checkServerIdentity: () => undefined });
        https
          .request(url, { method: "POST", agent }, (response) => {
            response.resume().on("end", () => resolve(response.statusCode));
          })
          .on("error", reject)
          .end("{}");
      });
      await simulator.close();
      assert.equal(status, 200);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
