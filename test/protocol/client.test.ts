// The client against the simulator: the bytes on the wire, retries, lists, limits, closing.
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import cryptoJsMd5 from "crypto-js/md5";
import { type Command, commands, versions } from "../../nodes/catalogue";
import type { Client } from "../../nodes/protocol/client";
import type { Exchanged } from "../../nodes/protocol/exchange";
import { formatProblem } from "../../nodes/protocol/format";
import type { Simulator } from "../../simulator";
import { account, callOf, clientOf, startPlatform } from "../../tools/platform";
import { listenWithSockets } from "./sockets";

const never = () => ({ signal: new AbortController().signal });

const firstOf = ({ outcomes: [outcome] }: Exchanged) => {
  assert.ok(outcome !== undefined);
  return outcome;
};

/** "ok", or the failure's code and, for an invalid answer, the reason. */
function word(exchanged: Exchanged): string {
  const outcome = firstOf(exchanged);
  if (outcome.ok) return "ok";
  return outcome.failure.kind === "protocol"
    ? `${outcome.failure.code} ${outcome.failure.reason}`
    : outcome.failure.code;
}

describe("client", () => {
  let platform: Simulator;
  let client: Client;
  beforeEach(async () => {
    platform = await startPlatform();
    client = clientOf(platform.url);
  });
  afterEach(async () => {
    client.close();
    await platform.close();
  });

  const send = (api: string, given?: Record<string, unknown>) => client.send(callOf(client, api, given), never());
  const fault = async (instruction: Record<string, unknown>) =>
    assert.deepEqual(await platform.instruct({ do: "fault", ...instruction }), { ok: true });
  const login = (agent = "1000") => send("AgentLogin", { agent });

  describe("on the wire", () => {
    for (const command of commands) {
      it(`${command.api}: the request has the form of the vendor's document`, async () => {
        await send(command.api, { userData: "order-42" });
        const [request] = platform.requests;
        assert.ok(request !== undefined);
        assert.equal(`${request.method} ${request.url}`, `POST /openapi/V2.0.6/${command.api}`);
        assert.equal(request.headers.accept, "application/json");
        assert.equal(request.headers["content-type"], "application/json");
        const { authentication, param, request: fields, ...rest } = JSON.parse(request.body);
        assert.deepEqual(rest, {});
        assert.deepEqual(param, { lang: "zh_CN" });
        const { digest, timestamp, seq, agent, customer, ...others } = authentication;
        assert.deepEqual([others, customer], [{}, account.customer]);
        assert.match(timestamp, /^\d{13}$/);
        assert.match(seq, /^\d{1,10}$/);
        assert.equal(digest, cryptoJsMd5(`${account.customer}@${timestamp}@${seq}@${account.password}`).toString());
        const hasAgent = command.fields.some(({ name }) => name === "agent");
        assert.equal(agent, command.agentInAuthentication && hasAgent ? "1000" : undefined);
        assert.equal(typeof fields.seq, command.seq);
        const names = command.fields.filter(({ name }) => name in fields).map(({ name }) => name);
        assert.deepEqual(Object.keys(fields).sort(), ["seq", ...names].sort());
        for (const field of command.fields.filter(({ required }) => required))
          assert.ok(field.name in fields, field.name);
      });
    }

    it("debug is sent only if it is switched on, and the logs are in the outcome", async () => {
      const debugging = clientOf(platform.url, { debug: true, lang: "en_US" });
      const exchanged = await debugging.send(callOf(debugging, "AgentLogin"), never());
      debugging.close();
      assert.deepEqual(JSON.parse(platform.requests[0]!.body).param, { debug: true, lang: "en_US" });
      assert.equal(typeof exchanged.body?.logs, "string");
    });
  });

  describe("answers that are not the API's", () => {
    const cases: readonly [Record<string, unknown>, RegExp][] = [
      [{ kind: "html" }, /^SCCC_PROTOCOL notJson$/],
      [{ kind: "empty" }, /^SCCC_PROTOCOL empty$/],
      [{ kind: "body", body: '{"result":{"error":0' }, /^SCCC_PROTOCOL notJson$/],
      [{ kind: "body", body: "null" }, /^SCCC_PROTOCOL notObject$/],
      [{ kind: "body", body: "[]" }, /^SCCC_PROTOCOL notObject$/],
      [{ kind: "large", bytes: 3_000_000 }, /^SCCC_PROTOCOL tooLarge$/],
      [{ kind: "endless" }, /^SCCC_PROTOCOL tooLarge$/],
      [{ kind: "truncated" }, /^SCCC_NETWORK$/],
      [{ kind: "drop" }, /^SCCC_NETWORK$/],
      [{ kind: "hang" }, /^SCCC_TIMEOUT$/],
      [{ kind: "slow", ms: 60_000 }, /^SCCC_TIMEOUT$/],
      [{ kind: "redirect", location: "http://127.0.0.1:1/" }, /^SCCC_HTTP_302$/],
      [{ kind: "status", status: 404 }, /^SCCC_HTTP_404$/],
      [{ kind: "status", status: 502 }, /^SCCC_HTTP_502$/],
    ];
    for (const [what, expected] of cases) {
      it(`${JSON.stringify(what)} gives ${expected.source}`, async () => {
        // Only cases that must time out have a short limit, because a busy machine may take long to answer.
        const timeoutMs = /TIMEOUT/.test(expected.source) ? 300 : 20_000;
        const one = clientOf(platform.url, { timeoutMs, retries: 0, maxAnswerBytes: 1_000_000 });
        await fault(what);
        assert.match(word(await one.send(callOf(one, "getAgentStatus"), never())), expected);
        one.close();
        assert.equal(word(await client.send(callOf(client, "getAgentStatus"), never())), "ok");
      });
    }

    it("a decompression bomb, broken compression and an answer that is not HTTP are failures", async () => {
      const { gzipSync } = await import("node:zlib");
      const raw = (head: string, body: Buffer) => Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
      const gzip = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip";
      const answers: readonly [Buffer, string][] = [
        [raw(gzip, gzipSync(Buffer.alloc(200_000_000))), "SCCC_PROTOCOL tooLarge"],
        [raw(gzip, Buffer.from("not gzip")), "SCCC_PROTOCOL encoding"],
        [Buffer.from("SSH-2.0-OpenSSH_9.6\r\n"), "SCCC_PROTOCOL notHttp"],
      ];
      for (const [answer, expected] of answers) {
        const server = await rawServer((socket) => socket.once("data", () => socket.end(answer)));
        const one = clientOf(server.url, { retries: 0, maxAnswerBytes: 1_000_000 });
        assert.equal(word(await one.send(callOf(one, "getAgentStatus"), never())), expected);
        one.close();
        await server.close();
      }
    });
  });

  describe("sending again", () => {
    const lost: readonly [string, Record<string, unknown>][] = [
      ["a dropped connection", { kind: "drop", after: true }],
      ["a timeout", { kind: "hang", after: true }],
      ["a 502", { kind: "status", status: 502, after: true }],
    ];
    for (const command of commands) {
      for (const [what, how] of lost) {
        it(`${command.api}: ${what} ${command.resend === "once" ? "is never followed by a second one" : "is followed by another try"}`, async () => {
          client.close();
          client = clientOf(platform.url, { timeoutMs: how.kind === "hang" ? 500 : 20_000 });
          await fault({ ...how, api: command.api });
          const exchanged = await send(command.api);
          assert.equal(platform.requests.length, command.resend === "once" ? 1 : 2);
          assert.equal(exchanged.tries, platform.requests.length);
          if (command.resend === "once") assert.match(word(exchanged), /^SCCC_(NETWORK|TIMEOUT|HTTP_502)$/);
          else assert.doesNotMatch(word(exchanged), /^SCCC_/);
        });
      }

      it(`${command.api}: is sent again later after E_G_API_TO_FREQUENTLY of the command or of the request`, async () => {
        await fault({ kind: "tooFrequent", api: command.api });
        await fault({ kind: "tooFrequent", api: command.api, where: "request" });
        assert.notEqual(word(await send(command.api)), "E_G_API_TO_FREQUENTLY");
        assert.equal(platform.requests.length, 3);
        const seqs = platform.requests.map(({ body }) => JSON.parse(body));
        assert.equal(
          new Set(seqs.map(({ authentication }) => authentication.seq)).size,
          3,
          "each try has a request seq of its own",
        );
        assert.equal(new Set(seqs.map(({ request }) => request.seq)).size, 1, "the command keeps its seq");
      });

      it(`${command.api}: is not sent again after any other error of the platform`, async () => {
        await fault({ kind: "error", error: "E_G_EXEC_FAIL", times: 9 });
        assert.equal(word(await send(command.api)), "E_G_EXEC_FAIL");
        assert.equal(platform.requests.length, 1);
      });

      it(`${command.api}: is sent again if the request certainly never left`, async () => {
        const closed = await rawServer(() => undefined);
        await closed.close();
        const patient = clientOf(closed.url);
        const refused = await patient.send(callOf(patient, command.api), never());
        assert.deepEqual([word(refused), refused.tries], ["SCCC_NETWORK", 3]);
        const outcome = firstOf(refused);
        assert.ok(!outcome.ok && outcome.failure.kind === "network");
        assert.deepEqual([outcome.failure.systemCode, outcome.failure.neverLeft], ["ECONNREFUSED", true]);
        patient.close();
      });
    }

    it("never sends an unknown command again: it may not be idempotent", async () => {
      await fault({ kind: "drop", times: 9 });
      const prepared = client.prepareRaw("VoiceNotifaction", undefined, { callees: ["10086"] });
      assert.ok(prepared.ok);
      const exchanged = await client.send(prepared.call, never());
      assert.deepEqual([word(exchanged), exchanged.tries, platform.requests.length], ["SCCC_NETWORK", 1, 1]);
    });

    it("gives up after the account's retries, with the last failure", async () => {
      await fault({ kind: "status", status: 503, times: 9 });
      const exchanged = await send("getAgentStatus");
      assert.deepEqual([word(exchanged), exchanged.tries, platform.requests.length], ["SCCC_HTTP_503", 3, 3]);
    });

    it("all tries together take no longer than the sum of their timeouts", async () => {
      const slow = clientOf(platform.url, {
        timeoutMs: 200,
        retries: 3,
        backoff: { first: 10_000, firstTooFrequent: 10_000, longest: 10_000 },
      });
      await fault({ kind: "hang", times: 9 });
      const exchanged = await slow.send(callOf(slow, "getAgentStatus"), never());
      assert.deepEqual([word(exchanged), exchanged.tries], ["SCCC_TIMEOUT", 1]);
      slow.close();
    });

    it("does not try again after a final error of TLS or of name resolution", async () => {
      const server = await rawServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
      const one = clientOf(server.url.replace("http:", "https:"));
      const exchanged = await one.send(callOf(one, "getAgentStatus"), never());
      assert.deepEqual([word(exchanged), exchanged.tries], ["SCCC_NETWORK", 1]);
      one.close();
      await server.close();
    });

    it("never sends a state again after a newer command for the same agent has gone out", async () => {
      await login("1000");
      await login("1001");
      await fault({ kind: "drop", api: "AgentSetBusy" });
      const controller = new AbortController();
      let waits = (): void => undefined;
      const waiting = new Promise<void>((resolve) => {
        waits = resolve;
      });
      const patient = clientOf(platform.url, { backoff: { first: 60, firstTooFrequent: 60, longest: 60 } });
      const busy = patient.send(callOf(patient, "AgentSetBusy"), {
        signal: controller.signal,
        track: () => (progress) => progress === "waiting" && waits(),
      });
      await waiting;
      assert.equal(word(await patient.send(callOf(patient, "AgentSetIdle", { agent: "1001" }), never())), "ok");
      assert.equal(word(await patient.send(callOf(patient, "AgentSetIdle"), never())), "ok");
      assert.equal(word(await busy), "SCCC_NETWORK");
      const sent = platform.requests.map(({ url }) => url.split("/").at(-1));
      assert.deepEqual(sent, ["AgentLogin", "AgentLogin", "AgentSetBusy", "AgentSetIdle", "AgentSetIdle"]);
      patient.close();
    });

    it("sends a state again after a newer command for another agent, or after a command that only reads", async () => {
      await login("1000");
      await login("1001");
      await fault({ kind: "drop", api: "AgentSetBusy" });
      const [busy] = await Promise.all([
        send("AgentSetBusy"),
        send("AgentSetIdle", { agent: "1001" }),
        send("getAgentStatus"),
      ]);
      assert.equal(word(busy), "ok");
    });
  });

  describe("lists", () => {
    const agents = (count: number) => Array.from({ length: count }, (_, index) => String(2000 + index));
    const list = (api: string, values: readonly string[]) =>
      client.sendList(
        values.map((agent) => callOf(client, api, { agent })),
        never(),
      );
    const flat = (exchanged: readonly Exchanged[]) => exchanged.flatMap(({ outcomes }) => outcomes);

    it("250 commands are sent in three requests, and the outcomes come back in order, also if the second is refused", async () => {
      client.close();
      await platform.close();
      platform = await startPlatform({ agents: "2000-2249" });
      client = clientOf(platform.url, { maxConcurrent: 1 });
      for (const refuse of [false, true]) {
        await fault({ kind: "shuffle" });
        if (refuse) await fault({ kind: "error", error: 6, where: "request" });
        await fault({ kind: "shuffle" });
        if (!refuse) await fault({ kind: "shuffle" });
        const before = platform.requests.length;
        const outcomes = flat(await list("AgentLogin", agents(250)));
        const sizes = platform.requests.slice(before).map(({ body }) => JSON.parse(body).requests.length);
        assert.deepEqual(sizes, [100, 100, 50]);
        assert.deepEqual(
          outcomes.map(({ fields }) => fields.agent),
          agents(250),
        );
        outcomes.forEach((outcome, index) => {
          if (refuse && index >= 100 && index < 200) {
            assert.ok(!outcome.ok);
            assert.equal(outcome.failure.code, "E_S_ACCESS_FORBIDDEN");
          } else assert.equal(outcome.ok && outcome.response.seq, outcome.fields.seq);
        });
      }
    });

    it("only the commands that were refused with E_G_API_TO_FREQUENTLY are sent again", async () => {
      await fault({ kind: "tooFrequent", only: [1, 3] });
      const outcomes = flat(await list("AgentLogin", ["1000", "1001", "1002", "1003"]));
      assert.deepEqual(
        outcomes.map(({ ok }) => ok),
        [true, true, true, true],
      );
      const sent = platform.requests.map(({ body }) =>
        JSON.parse(body).requests.map(({ agent }: { agent: string }) => agent),
      );
      assert.deepEqual(sent, [
        ["1000", "1001", "1002", "1003"],
        ["1001", "1003"],
      ]);
    });

    it("the agent is in the authentication only if all commands have the same agent", async () => {
      await list("AgentLogin", ["1000", "1001"]);
      await list("AgentLogin", ["1000", "1000"]);
      const signed = platform.requests.map(({ body }) => JSON.parse(body).authentication.agent);
      assert.deepEqual(signed, [undefined, "1000"]);
    });

    it("a list of one is sent as requests, and its answer may have response or responses", async () => {
      const [outcome] = flat(await list("getAgentStatus", ["1000"]));
      assert.ok(outcome?.ok);
      assert.equal(JSON.parse(platform.requests[0]!.body).requests.length, 1);
    });

    it("a command is sent again together with a later command for the same agent", async () => {
      await fault({ kind: "drop" });
      const outcomes = flat(await list("AgentLogin", ["1000", "1000"]));
      assert.deepEqual(
        outcomes.map(({ ok }) => ok),
        [true, true],
      );
      assert.equal(platform.requests.length, 2);
    });

    it("an empty list sends nothing", async () => {
      assert.deepEqual(await list("AgentLogin", []), []);
    });
  });

  describe("limits and closing", () => {
    it("refuses at once while the queue is full, and accepts commands afterwards", async () => {
      client.close();
      client = clientOf(platform.url, { maxConcurrent: 1, maxQueue: 2 });
      await fault({ kind: "slow", ms: 100 });
      const words = await Promise.all(Array.from({ length: 5 }, async () => word(await send("getAgentStatus"))));
      assert.deepEqual(words, ["ok", "ok", "ok", "SCCC_BUSY", "SCCC_BUSY"]);
      assert.equal(word(await send("getAgentStatus")), "ok");
    });

    it("a command that waits longer than its timeout is not sent, and the failure says so", async () => {
      const client = clientOf(platform.url, { maxConcurrent: 1 });
      const before = platform.requests.length;
      const query = () => callOf(client, "CallTaskQuery");
      const { signal } = new AbortController();
      const first = client.send(query(), { signal });
      const late = client.send(query(), { signal, notAfter: Date.now() - 1 });
      const early = client.send(query(), { signal, notAfter: Date.now() + 60_000 });
      const [, { outcome, tries }] = await Promise.all([first, late, early]);
      assert.deepEqual([outcome.ok, tries, platform.requests.length - before], [false, 0, 2]);
      assert.equal(!outcome.ok && outcome.failure.code, "SCCC_BUSY");
      client.close();
    });

    it("keeps connections for commands that may be sent again, and uses a new one for the others", async () => {
      const ports = (api: string) => platformPorts(api);
      const server = await rawServer((socket) => answering(socket));
      const seen = server.ports;
      const one = clientOf(server.url);
      const platformPorts = async (api: string) => {
        seen.length = 0;
        for (let count = 0; count < 3; count += 1) await one.send(callOf(one, api), never());
        return new Set(seen).size;
      };
      assert.equal(await ports("getAgentStatus"), 1);
      assert.equal(await ports("CallNumber"), 3);
      one.close();
      await server.close();
    });

    it("closing ends running, waiting and pausing requests, and leaves no socket open", async () => {
      const server = await rawServer(() => undefined);
      const one = clientOf(server.url, { maxConcurrent: 2 });
      const sends = Array.from({ length: 5 }, () => one.send(callOf(one, "getAgentStatus"), never()));
      await server.connected(2);
      one.close();
      assert.deepEqual(
        (await Promise.all(sends)).map(word),
        Array.from({ length: 5 }, () => "SCCC_CLOSED"),
      );
      await server.disconnected();
      assert.equal(word(await one.send(callOf(one, "getAgentStatus"), never())), "SCCC_CLOSED");
      await server.close();

      await fault({ kind: "drop" });
      const pausing = clientOf(platform.url, { backoff: { first: 4000, firstTooFrequent: 4000, longest: 4000 } });
      const states: string[] = [];
      const exchange = pausing.send(callOf(pausing, "getAgentStatus"), {
        ...never(),
        track: () => (progress) => {
          states.push(progress);
          if (progress === "waiting") pausing.close();
        },
      });
      assert.equal(word(await exchange), "SCCC_CLOSED");
      assert.deepEqual(states, ["requesting", "requesting", "waiting", "over"]);
    });

    it("aborting one command does not affect the others", async () => {
      await fault({ kind: "hang" });
      const controller = new AbortController();
      const hanging = client.send(callOf(client, "getAgentStatus"), { signal: controller.signal });
      const received = async () => {
        while (platform.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
      };
      await received();
      const other = send("getAgentStatus");
      controller.abort();
      assert.equal(word(await hanging), "SCCC_CLOSED");
      assert.equal(word(await other), "ok");
    });
  });

  it("refuses a command that the account's version lacks; an unknown version counts as the newest", () => {
    const has = (apiVersion: string): readonly string[] => {
      const one = clientOf(platform.url, { apiVersion });
      const apis = commands.filter((command) => one.prepare(command, examples(command)).ok).map(({ api }) => api);
      one.close();
      return apis;
    };
    const all = commands.map(({ api }) => api);
    assert.deepEqual(has("2.0.6"), all);
    for (const unknown of ["V2.0.9", "2.1.2", "3", "2.0.6-beta", "V2.0.x"]) {
      assert.equal(formatProblem("version", unknown), undefined, unknown);
      assert.deepEqual(has(unknown), all, unknown);
    }
    for (const none of ["latest", "2.0/6", "2.0.6?", "2 0", "../2"]) {
      assert.equal(formatProblem("version", none), "version", none);
    }
    for (const x of versions) {
      const own = commands.filter((command) => command.versions.includes(x)).map(({ api }) => api);
      assert.deepEqual(has(`2.0.${x}`), own, `2.0.${x}`);
    }
    assert.ok(!has("2.0.1").includes("getRecordsList") && !has("2.0.4").includes("getAgentInfo"));
    assert.ok(has("2.0.4").includes("getRecordsList"));
  });

  it("removes what the platform echoes of the authentication from every outcome", async () => {
    const echo = await rawServer((socket) => {
      socket.once("data", (data) => {
        const request = String(data);
        const digest = /"digest":"(\w+)"/.exec(request)?.[1] ?? "";
        const said = `got ${digest.toUpperCase()} for ${account.password}`;
        const body = JSON.stringify({
          data: { response: { said } },
          logs: said,
          result: { error: request.includes("Login") ? 1 : 0, msg: said },
        });
        const status = request.includes("SetBusy")
          ? "500 Oops"
          : request.includes("SetIdle")
            ? `302 Elsewhere\r\nLocation: /?${said.replaceAll(" ", "+")}`
            : "200 OK";
        socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      });
    });
    const one = clientOf(echo.url, { retries: 0 });
    for (const api of ["getAgentStatus", "AgentLogin", "AgentSetBusy", "AgentSetIdle"]) {
      const text = JSON.stringify(await one.send(callOf(one, api), never()));
      assert.match(text, api === "AgentSetIdle" ? /\?got\+\*\*\*\+for\+\*\*\*/ : /got \*\*\* for \*\*\*/);
      assert.doesNotMatch(text, new RegExp(`${account.password}|[0-9a-f]{32}`, "i"));
    }
    one.close();
    await echo.close();
  });
});

const examples = (command: Command) =>
  Object.fromEntries(
    command.fields.map(({ name, rule, example }) => [name, rule.kind === "list" ? JSON.parse(example) : example]),
  );

/** A server that handles each connection as the test says. */
async function rawServer(onSocket: (socket: Socket) => void) {
  const ports: number[] = [];
  const server = createServer((socket) => {
    socket.on("data", () => ports.push(socket.remotePort ?? 0)).on("error", () => undefined);
    onSocket(socket);
  });
  return { ...(await listenWithSockets(server)), ports };
}

/** Answers every request of a connection with success. */
function answering(socket: Socket): void {
  const body = '{"result":{"error":0}}';
  socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
}
