// The command nodes in Node-RED: what they read, refuse, output and show.
import assert from "node:assert/strict";
import { commands, errorCodes, propertyOf } from "../../nodes/catalogue";
import type { Simulator } from "../../simulator";
import { initHelper, load, unload } from "../../tools/nodes";
import { account, examplePayload, startPlatform } from "../../tools/platform";

const payloadOf = (api: string): Record<string, unknown> => {
  return examplePayload(commands.find((one) => one.api === api)!);
};

describe("command nodes", () => {
  let platform: Simulator;
  before(initHelper);
  beforeEach(async () => {
    platform = await startPlatform({ agents: "1000-1249" });
  });
  afterEach(async () => {
    await unload();
    await platform.close();
  });

  const sent = () => platform.requests.map(({ body }) => JSON.parse(body));
  const fault = async (instruction: Record<string, unknown>) =>
    assert.deepEqual(await platform.instruct({ do: "fault", ...instruction }), { ok: true });

  for (const command of commands) {
    describe(command.node, () => {
      /** Brings the platform into the state that the command needs. */
      async function ready(): Promise<Record<string, unknown>> {
        const payload = payloadOf(command.api);
        await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
        if (command.api === "HangupCall")
          await platform.instruct({ do: "inbound", number: "10086", agent: "1000", ring: 80_000 });
        if (command.subject === "taskID") {
          const flow = await load(platform, { type: "sccc-call-task-create" });
          const { msg } = await flow.send({ payload: { ...payloadOf("CallTaskCreate"), callers: [] } });
          payload.taskID = msg.payload.taskID;
          await unload();
        }
        return payload;
      }

      it("turns a plain payload into the platform's answer", async () => {
        const payload = await ready();
        const before = platform.requests.length;
        const flow = await load(platform, { type: command.node, name: "", input: "one" });
        const { msg, error } = await flow.send({ payload, topic: "kept", sccc: { push: "kept" } });
        assert.equal(error, undefined, JSON.stringify(error));
        const { request, authentication } = sent()[before];
        const { push, command: report } = msg.sccc;
        assert.deepEqual([msg.topic, push], ["kept", "kept"]);
        const { durationMs, total, ...rest } = report;
        assert.equal(typeof durationMs, "number");
        assert.equal(typeof total, command.api === "getCdrList" ? "number" : "undefined");
        assert.deepEqual(rest, {
          api: command.api,
          account: account.customer,
          version: "2.0.6",
          seq: request.seq,
          requestSeq: Number(authentication.seq),
          result: { error: 0, name: "E_SUCC", msg: "" },
        });
        if (command.list !== undefined) assert.ok(Array.isArray(msg.payload));
        else {
          const out = msg.payload;
          for (const [name, value] of Object.entries(request)) assert.deepEqual(out[name], value, name);
          for (const { name } of command.answer) assert.ok(name in out, name);
        }
        assert.deepEqual(
          flow.statuses.map(({ text }) => text),
          ["status.requesting", "status.done"],
        );
      });

      it("shows the platform's refusal to Catch, with the payload as it came", async () => {
        const payload = payloadOf(command.api);
        await fault({ kind: "error", error: "E_G_STAFF_NO_EXIST", form: "hex" });
        const flow = await load(platform, { type: command.node });
        const { msg, error } = await flow.send({ payload });
        assert.equal(error.code, "E_G_STAFF_NO_EXIST");
        assert.deepEqual(msg.payload, payload);
        const { result } = msg.sccc.command;
        assert.deepEqual([result.error, result.name], [0xf1000013, "E_G_STAFF_NO_EXIST"]);
        assert.deepEqual(flow.statuses.at(-1), { fill: "red", shape: "ring", text: "error.E_G_STAFF_NO_EXIST" });
      });

      it("names a required field that is missing, and sends nothing", async () => {
        for (const field of command.fields.filter(({ required }) => required)) {
          const name = propertyOf(field);
          const input = { [name]: `payload.${name}`, [`${name}Type`]: "msg" };
          const flow = await load(platform, { type: command.node, ...input });
          const { msg, error } = await flow.send({ payload: { ...payloadOf(command.api), [name]: "" } });
          assert.deepEqual(
            [error.code, error.cause.field, error.cause.rule.key],
            ["SCCC_INVALID_FIELD", name, "required"],
          );
          assert.equal(msg.sccc.command.result.name, "SCCC_INVALID_FIELD");
          await unload();
        }
        assert.equal(platform.requests.length, 0);
      });

      it("does not fall over a payload that is missing, null or no object", async () => {
        const flow = await load(platform, { type: command.node });
        const required = command.fields.some((field) => field.required);
        for (const msg of [{}, { payload: null }, { payload: 1 }, { payload: "text" }, { payload: Buffer.from("x") }]) {
          const { error } = await flow.send(msg);
          assert.equal(error?.code, required ? "SCCC_INVALID_FIELD" : undefined);
        }
      });

      if (command.batch) {
        it("refuses an array unless it is set to take one, and explains", async () => {
          const flow = await load(platform, { type: command.node });
          const { error } = await flow.send({ payload: [payloadOf(command.api)] });
          assert.deepEqual([error.code, error.cause.rule.key], ["SCCC_INVALID_FIELD", "oneNotList"]);
          assert.equal(platform.requests.length, 0);
        });

        it("takes a list", async () => {
          await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
          const flow = await load(platform, { type: command.node, input: "list" });
          const { msg, error } = await flow.send({ payload: [payloadOf(command.api), payloadOf(command.api)] });
          const [{ requests }] = sent();
          assert.equal(requests.length, 2);
          const report = msg.sccc.command;
          assert.deepEqual([report.total, typeof report.failed], [2, "number"]);
          if (error === undefined) {
            msg.payload.forEach((element: { seq: unknown; result: object }, index: number) => {
              assert.equal(element.seq, requests[index].seq);
              assert.deepEqual(Object.keys(element.result as object).sort(), ["error", "msg", "name"]);
            });
          } else assert.equal(report.failed, 2);
        });
      }
    });
  }

  describe("lists", () => {
    const agents = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ agent: String(1000 + index), extra: index }));

    it("of 250 come back in order, with a result for each, also when the second request is refused", async () => {
      const flow = await load(platform, { type: "sccc-agent-login", input: "list" }, { maxConcurrent: 1 });
      await fault({ kind: "shuffle" });
      await fault({ kind: "status", status: 404 });
      const { msg } = await flow.send({ payload: agents(250) });
      const out = msg.payload as { agent: string; result: { name: string } }[];
      assert.deepEqual(
        out.map(({ agent }) => agent),
        agents(250).map(({ agent }) => agent),
      );
      const names = out.map(({ result }) => result.name);
      assert.deepEqual([...new Set(names.slice(0, 100))], ["E_SUCC"]);
      assert.deepEqual([...new Set(names.slice(100, 200))], ["SCCC_HTTP_404"]);
      assert.deepEqual([...new Set(names.slice(200))], ["E_SUCC"]);
      const { command } = msg.sccc;
      assert.deepEqual([command.total, command.failed], [250, 100]);
      assert.deepEqual(flow.statuses.at(-1), { fill: "yellow", shape: "dot", text: "status.listFailed" });
      assert.ok(
        flow.statuses.some(({ text }) => text === "status.queued"),
        "shows how many wait",
      );
    });

    it("are an error only if nothing was carried out", async () => {
      const flow = await load(platform, { type: "sccc-agent-login", input: "list" });
      const payload = [{ agent: "1000" }, { agent: "9999" }];
      const half = await flow.send({ payload });
      assert.equal(half.error, undefined);
      await fault({ kind: "error", error: "E_G_EXEC_FAIL" });
      const none = await flow.send({ payload });
      assert.equal(none.error.code, "E_G_EXEC_FAIL");
      assert.deepEqual(none.msg.payload, payload);
    });

    it("fail as a whole, before anything is sent, for one bad element, and name it", async () => {
      const flow = await load(platform, { type: "sccc-agent-login", input: "list" });
      const { error } = await flow.send({ payload: [{ agent: "1000" }, { agent: "x" }] });
      assert.deepEqual([error.code, error.cause.field, error.cause.index], ["SCCC_INVALID_FIELD", "agent", 1]);
      const twice = await load2({ seq: "7" }, [{ agent: "1000" }, { agent: "1001" }]);
      assert.deepEqual([twice.error.cause.field, twice.error.cause.rule.key], ["seq", "uniqueSeq"]);
      const single = await load2({}, { agent: "1000" });
      assert.equal(single.error.cause.rule.key, "listNotOne");
      const empty = await load2({}, []);
      assert.deepEqual(empty.msg.payload, []);
      assert.equal(platform.requests.length, 0);
    });

    const load2 = async (config: Record<string, unknown>, payload: unknown) => {
      await unload();
      return (await load(platform, { type: "sccc-agent-login", input: "list", ...config })).send({ payload });
    };

    it("read other typed inputs for each element", async () => {
      const config = {
        agent: "payload.staff.no",
        agentType: "msg",
        userData: '"u" & payload.staff.no & topic',
        userDataType: "jsonata",
      };
      const flow = await load(platform, { type: "sccc-agent-login", input: "list", ...config });
      await flow.send({ topic: "!", payload: [{ staff: { no: "1000" } }, { staff: { no: "1001" } }] });
      assert.deepEqual(
        sent()[0].requests.map(({ userData }: { userData: string }) => userData),
        ["u1000!", "u1001!"],
      );
    });

    it("are not for getRecordsList and getCdrList, whose arrays may come in", async () => {
      for (const type of ["sccc-get-records-list", "sccc-get-cdr-list"]) {
        const flow = await load(platform, { type, startKey: "0", startKeyType: "str" });
        assert.equal((await flow.send({ payload: [{ key: "1" }] })).error, undefined);
        await unload();
      }
    });
  });

  describe("typed inputs", () => {
    const login = async (config: Record<string, unknown>, msg: Record<string, unknown> = {}) => {
      const flow = await load(platform, { type: "sccc-agent-login", ...config });
      const ended = await flow.send(msg);
      await unload();
      return ended.error ?? sent().at(-1).request;
    };

    it("are read from message, text, number, environment, JSONata, flow and global", async () => {
      process.env.SCCC_TEST_AGENT = "1005";
      assert.equal((await login({ agent: "topic", agentType: "msg" }, { topic: "1001" })).agent, "1001");
      assert.equal((await login({ agent: "1002", agentType: "str" })).agent, "1002");
      assert.equal((await login({ agent: "SCCC_TEST_AGENT", agentType: "env" })).agent, "1005");
      assert.equal((await login({ agent: "${SCCC_TEST_AGENT}", agentType: "str" })).agent, "1005");
      const partly = { agent: "1000", agentType: "str", userData: "for ${SCCC_TEST_AGENT}!", userDataType: "str" };
      assert.equal((await login(partly)).userData, "for 1005!");
      assert.equal(
        (await login({ agent: "$string(1000 + payload)", agentType: "jsonata" }, { payload: 6 })).agent,
        "1006",
      );
      const flow = await load(platform, {
        type: "sccc-agent-login",
        agent: "who",
        agentType: "flow",
        userData: "who",
        userDataType: "global",
      });
      flow.node.context().flow.set("who", "1007");
      flow.node.context().global.set("who", "all");
      await flow.send({});
      const { agent, userData } = sent().at(-1).request;
      assert.deepEqual([agent, userData], ["1007", "all"]);
    });

    it("keep the zeros of a number, and pass no environment out of a message", async () => {
      await login({ agent: "0003", agentType: "num" });
      assert.equal(sent().at(-1).request.agent, "0003");
      const { userData } = await login({ agent: "1000", agentType: "str" }, { payload: { userData: "${PATH}" } });
      assert.equal(userData, "${PATH}");
    });

    it("that can't be read are refused by the name of their field", async () => {
      for (const bad of [
        { agent: "$(", agentType: "jsonata" },
        { agent: "{", agentType: "json" },
        { agent: "payload[", agentType: "msg" },
      ]) {
        const error = await login(bad);
        assert.deepEqual(
          [error.code, error.cause.field, error.cause.rule.key],
          ["SCCC_INVALID_FIELD", "agent", "unreadable"],
        );
      }
    });

    it("may give the seq", async () => {
      assert.equal(
        (await login({ seq: "payload.seq", seqType: "msg" }, { payload: { agent: "1000", seq: "4711" } })).seq,
        4711,
      );
    });
  });

  describe("errors", () => {
    for (const { name, value } of errorCodes.filter((code) => code.value !== 0)) {
      it(`${name} reaches Catch by its name, in every form, from inside and outside`, async () => {
        const flow = await load(platform, { type: "sccc-voice-verify" });
        for (const where of ["command", "request"]) {
          for (const form of ["number", "decimal", "hex", "signed"]) {
            await fault({ kind: "error", error: value, where, form });
            const { error, msg } = await flow.send({ payload: payloadOf("VoiceVerify") });
            if (name === "E_G_API_TO_FREQUENTLY") assert.equal(platform.requests.length > 0, true);
            assert.deepEqual([error.code, error.cause.value, error.cause.scope], [name, value, where]);
            assert.equal(msg.sccc.command.result.error, value);
          }
        }
      });
    }

    it("of numbers that dialOnly does not have", async () => {
      const flow = await load(platform, { type: "sccc-call-number" }, { dialOnly: "10086, 139*" });
      const { error } = await flow.send({ payload: { agent: "1000", callee: "13800138000" } });
      assert.deepEqual([error.code, error.cause.number], ["SCCC_NOT_ALLOWED", "13800138000"]);
      assert.equal(platform.requests.length, 0);
    });

    it("of a version that does not have the command", async () => {
      const flow = await load(platform, { type: "sccc-get-agent-info" }, { apiVersion: "2.0.4" });
      assert.equal((await flow.send({})).error.code, "SCCC_UNSUPPORTED");
    });

    it("of an account that is missing or incomplete, and says what is missing", async () => {
      const cases: readonly [Record<string, unknown>, string, string][] = [
        [{ baseUrl: "" }, "baseUrl", "missing"],
        [{ baseUrl: "ftp://x" }, "baseUrl", "url"],
        [{ baseUrl: "http://u:p@x" }, "baseUrl", "url"],
        [{ baseUrl: "http://x/openapi" }, "baseUrl", "path"],
        [{ customer: "" }, "customer", "missing"],
        [{ customer: "a@b" }, "customer", "customer"],
        [{ apiVersion: "latest" }, "apiVersion", "version"],
        [{ timezone: "Mars/Olympus" }, "timezone", "timezone"],
        [{ lang: "de_DE" }, "lang", "choice"],
        [{ timeout: "soon" }, "timeout", "number"],
        [{ retries: 1.5 }, "retries", "number"],
        [{ maxConcurrent: 0 }, "maxConcurrent", "number"],
        [{ tls: "gone" }, "tls", "node"],
        [{ proxy: "gone" }, "proxy", "node"],
      ];
      for (const [config, setting, reason] of cases) {
        const flow = await load(platform, { type: "sccc-agent-login" }, config);
        const { error, msg } = await flow.send({ payload: { agent: "1000" } });
        assert.deepEqual([error.code, error.cause.setting, error.cause.reason], ["SCCC_CONFIG", setting, reason]);
        assert.equal(msg.sccc.command.api, "AgentLogin");
        await unload();
      }
      const flow = await load(platform, { type: "sccc-agent-login", account: "gone" });
      assert.equal((await flow.send({ payload: { agent: "1000" } })).error.cause.setting, "account");
      assert.equal(platform.requests.length, 0);
    });
  });

  describe("sccc-command", () => {
    it("sends what the catalogue does not know, once, and gives what came", async () => {
      const { createServer } = await import("node:http");
      const bodies: string[] = [];
      const server = createServer((request, response) => {
        let body = "";
        request
          .on("data", (chunk) => (body += chunk))
          .on("end", () => {
            bodies.push(`${request.url} ${body}`);
            response.end(
              '{"data":{"seq":"1","extra":[1],"response":{"seq":"2","result":"","voiceID":"9"}},"result":{"error":"0"}}',
            );
          });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const flow = await load(
        { url: `http://127.0.0.1:${port}` },
        { type: "sccc-command", api: "VoiceNotifaction" },
        { apiVersion: "V2.0.7" },
      );
      const { msg } = await flow.send({ payload: { voiceFileID: "3", callees: ["10086"], deep: { a: [null] } } });
      server.close();
      const [url, ...body] = bodies[0]!.split(" ");
      const { request, authentication } = JSON.parse(body.join(" "));
      assert.equal(url, "/openapi/V2.0.7/VoiceNotifaction");
      assert.equal(authentication.agent, undefined);
      const { seq, ...fields } = request;
      assert.equal(typeof seq, "number");
      assert.deepEqual(fields, { voiceFileID: "3", callees: ["10086"], deep: { a: [null] } });
      assert.deepEqual(msg.payload, { ...fields, seq: "2", result: "", voiceID: "9", extra: [1] });
    });

    it("takes known commands too, from JSON, and lists", async () => {
      const flow = await load(platform, {
        type: "sccc-command",
        api: "getAgentInfo",
        request: "{}",
        requestType: "json",
      });
      const { msg } = await flow.send({});
      assert.equal(msg.payload.length, 250);
      await unload();
      const list = await load(platform, { type: "sccc-command", api: "agentlogin", input: "list" });
      const { msg: out } = await list.send({ payload: [{ agent: "1000" }, { agent: "1001" }] });
      assert.deepEqual(
        out.payload.map(({ result }: { result: { error: number } }) => result.error),
        [0, 0],
      );
    });

    it("refuses what is no command, what is no object, and numbers that dialOnly does not have", async () => {
      const words: (string | undefined)[] = [];
      const circle: Record<string, unknown> = {};
      circle.circle = circle;
      for (const [config, payload] of [
        [{ api: "" }, {}],
        [{ api: "../x" }, {}],
        [{ api: "VoiceNotifaction" }, "text"],
        [{ api: "VoiceNotifaction" }, []],
        [{ api: "getCdrList", input: "list" }, [{}]],
        [{ api: "VoiceNotifaction" }, { callees: ["10000"] }],
        [{ api: "VoiceNotifaction" }, { seq: "x" }],
        [{ api: "VoiceNotifaction" }, circle],
        [{ api: "VoiceNotifaction" }, { big: 1n }],
      ] as const) {
        const flow = await load(platform, { type: "sccc-command", ...config }, { dialOnly: "10086" });
        const { error } = await flow.send({ payload });
        words.push(error.code === "SCCC_NOT_ALLOWED" ? error.code : `${error.cause.field} ${error.cause.rule.key}`);
        await unload();
      }
      assert.deepEqual(words, [
        "api api",
        "api api",
        "request object",
        "payload oneNotList",
        "payload noList",
        "SCCC_NOT_ALLOWED",
        "seq integerFrom",
        "request json",
        "request json",
      ]);
      assert.equal(platform.requests.length, 0);
    });
  });

  it("closing a node mid-request ends the message with SCCC_CLOSED and does not hold the deploy up", async () => {
    await fault({ kind: "hang" });
    const flow = await load(platform, { type: "sccc-call-number" }, { timeout: 600 });
    // The helper's spies are removed with the flow.
    const failed = new Promise<{ code: string }>((resolve) => {
      flow.node.error = resolve;
    });
    flow.node.receive({ payload: { agent: "1000", callee: "10086" } });
    while (platform.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    // Node-RED gives a node 15 s to close, which is longer than this test may take.
    await unload();
    assert.equal((await failed).code, "SCCC_CLOSED");
  });

  it("debug gives the whole answer and its logs", async () => {
    const flow = await load(platform, { type: "sccc-agent-login" }, { debug: true });
    const { msg } = await flow.send({ payload: { agent: "1000" } });
    const { response, logs } = msg.sccc.command;
    assert.deepEqual(Object.keys(response).sort(), ["data", "logs", "result"]);
    assert.match(logs, /AgentLogin/);
  });
});
