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

      it("refuses an array unless it is set to take one, and explains", async () => {
        const flow = await load(platform, { type: command.node });
        const { error } = await flow.send({ payload: [payloadOf(command.api)] });
        assert.deepEqual([error.code, error.cause.rule.key], ["SCCC_INVALID_FIELD", "oneNotList"]);
        assert.equal(platform.requests.length, 0);
      });

      it("takes a list", async () => {
        await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
        const flow = await load(platform, { type: command.node, input: "list" }, { maxConcurrent: 1 });
        const { msg, error } = await flow.send({ payload: [payloadOf(command.api), payloadOf(command.api)] });
        const requests = command.batch ? sent()[0].requests : sent().map(({ request }) => request);
        assert.equal(requests.length, 2);
        const report = msg.sccc.command;
        assert.deepEqual([report.total, typeof report.failed], [2, "number"]);
        if (error === undefined) {
          msg.payload.forEach((element: Record<string, unknown>, index: number) => {
            assert.equal(String(element.seq), String(requests[index].seq));
            assert.deepEqual(Object.keys(element.result as object).sort(), ["error", "msg", "name"]);
            if (command.list !== undefined) assert.ok(Array.isArray(element[command.list.name]));
          });
        } else assert.equal(report.failed, 2);
      });
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

    it("of getRecordsList and getCdrList have a request for each element, and each answer has its own array", async () => {
      await platform.instruct({ do: "seed", records: 3, cdrs: 3 });
      const single = async (type: string, payload: unknown) => {
        const flow = await load(platform, { type });
        const { msg } = await flow.send({ payload });
        await unload();
        return msg.payload;
      };
      const records = await single("sccc-get-records-list", { startKey: 0 });
      const cdrs = await single("sccc-get-cdr-list", {});
      assert.ok(records.length === 3 && "durationSeconds" in records[0] && "durationSeconds" in cdrs[0]);
      const cases = [
        [
          "sccc-get-records-list",
          "record",
          [{ startKey: 0 }, { startKey: records[1].key }, { startKey: records[2].key }],
        ],
        [
          "sccc-get-cdr-list",
          "cdr",
          [{}, { callee: "10086000000" }, { caller: cdrs[0].caller, callee: cdrs[0].callee }],
        ],
      ] as const;
      const wanted: Readonly<Record<string, unknown>> = {
        record: [records, records.slice(2), []],
        cdr: [
          cdrs,
          [],
          cdrs.filter(
            ({ caller, callee }: { caller: string; callee: string }) =>
              caller === cdrs[0].caller && callee === cdrs[0].callee,
          ),
        ],
      };
      for (const [type, name, payload] of cases) {
        const before = platform.requests.length;
        const flow = await load(platform, { type, input: "list" });
        const { msg, error } = await flow.send({ payload });
        assert.equal(error, undefined);
        assert.deepEqual(
          msg.payload.map((answer: Record<string, unknown>) => answer[name]),
          wanted[name],
        );
        const requests = sent().slice(before);
        assert.equal(requests.length, payload.length);
        assert.ok(requests.every((body) => "request" in body && !("requests" in body)));
        await unload();
      }
    });

    it("of getRecordsList go on where the request of an element failed", async () => {
      await platform.instruct({ do: "seed", records: 1 });
      const flow = await load(
        platform,
        { type: "sccc-get-records-list", input: "list" },
        { maxConcurrent: 1, maxQueue: 1 },
      );
      await fault({ kind: "status", status: 404 });
      const { msg, error } = await flow.send({ payload: [0, 0, 0].map((startKey) => ({ startKey })) });
      assert.equal(error, undefined);
      assert.deepEqual(
        msg.payload.map(({ result, record }: { result: { name: string }; record?: unknown[] }) => [
          result.name,
          record?.length,
        ]),
        [
          ["SCCC_HTTP_404", undefined],
          ["E_SUCC", 1],
          ["E_SUCC", 1],
        ],
      );
      assert.equal(msg.sccc.command.failed, 1);
    });

    it("have the array of getAgentInfo under the vendor's name", async () => {
      const flow = await load(platform, { type: "sccc-get-agent-info", input: "list" });
      const { msg } = await flow.send({ payload: [{}, {}] });
      assert.deepEqual(
        msg.payload.map(({ data }: { data: unknown[] }) => data.length),
        [250, 250],
      );
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
      await unload();
      const records = await load(platform, { type: "sccc-command", api: "getRecordsList", input: "list" });
      const { msg: pages } = await records.send({ payload: [{ startKey: 0 }, { startKey: 1 }] });
      assert.deepEqual(
        pages.payload.map(({ record }: { record: unknown }) => record),
        [[], []],
      );
    });

    const requested = async (config: Record<string, unknown>, payload: Record<string, unknown>) => {
      const flow = await load(platform, { type: "sccc-command", api: "AgentLogin", ...config });
      const { msg, error } = await flow.send({ payload, number: 71 });
      await unload();
      return error === undefined ? { ...sent().at(-1).request, out: msg.sccc.command.seq } : error;
    };

    it("has a seq of its own, which wins over the request's; an empty one leaves the request's", async () => {
      const request = { agent: "1000", seq: 5 };
      assert.deepEqual(await requested({ seq: "number", seqType: "msg" }, request), {
        agent: "1000",
        seq: 71,
        out: 71,
      });
      for (const config of [{}, { seq: "none", seqType: "msg" }, { seq: '""', seqType: "jsonata" }]) {
        assert.deepEqual(await requested(config, request), { agent: "1000", seq: 5, out: 5 });
      }
      const wrong = await requested({ seq: "x", seqType: "str" }, request);
      assert.deepEqual([wrong.code, wrong.cause.field], ["SCCC_INVALID_FIELD", "seq"]);
    });

    it("adds the fields of extra that the request does not have, in any case of letters", async () => {
      const extra = JSON.stringify({ lineMode: "0", Agent: "1009", userdata: "extra", SEQ: 9, deep: { a: [1] } });
      const { out, seq, ...rest } = await requested({ extra }, { agent: "1000", userData: "" });
      assert.deepEqual([rest, seq, out], [{ agent: "1000", userData: "", lineMode: "0", deep: { a: [1] } }, 9, 9]);
      assert.equal((await requested({ extra }, { agent: "1000", seq: 5 })).seq, 5);
      assert.equal((await requested({ extra, seq: "number", seqType: "msg" }, { agent: "1000" })).seq, 71);
      const reserved = await requested({ extra: '{"Param":{}}' }, { agent: "1000" });
      assert.deepEqual([reserved.cause.field, reserved.cause.rule.key], ["extra", "reserved"]);
    });

    it("says where a refused value was looked for", async () => {
      const where = async (config: Record<string, unknown>) =>
        (await requested(config, { agent: "1000" })).cause.origin;
      assert.equal((await where({ request: "payload.agent", requestType: "msg" })).where, "msg.payload.agent");
      assert.equal((await where({ extra: "payload.agent", extraType: "msg" })).where, "msg.payload.agent");
      assert.equal((await where({ seq: "payload.agent.x", seqType: "msg", extra: '{"seq":"x"}' })).where, "");
      assert.equal((await requested({}, { agent: "1000", seq: "x" })).cause.origin.where, "msg.payload");
      assert.equal(
        (await requested({ seq: "payload.no", seqType: "msg" }, { no: "x" })).cause.origin.where,
        "msg.payload.no",
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
        [{ api: "getCdrList" }, [{}]],
        [{ api: "VoiceNotifaction", extra: "topic", extraType: "msg" }, {}],
        [{ api: "VoiceNotifaction", extra: '{"phone":"10000"}', extraType: "json" }, {}],
        [{ api: "VoiceNotifaction" }, { callees: ["10000"] }],
        [{ api: "VoiceNotifaction" }, { seq: "x" }],
        [{ api: "VoiceNotifaction" }, circle],
        [{ api: "VoiceNotifaction" }, { big: 1n }],
      ] as const) {
        const flow = await load(platform, { type: "sccc-command", ...config }, { dialOnly: "10086" });
        const { error } = await flow.send({ payload, topic: 1 });
        words.push(error.code === "SCCC_NOT_ALLOWED" ? error.code : `${error.cause.field} ${error.cause.rule.key}`);
        await unload();
      }
      assert.deepEqual(words, [
        "api api",
        "api api",
        "request object",
        "payload oneNotList",
        "payload oneNotList",
        "extra jsonObject",
        "SCCC_NOT_ALLOWED",
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
