// The dialects: what only one of them accepts, sends or serves; clients and receivers as used in the field.
import assert from "node:assert/strict";
import { pushes as catalogue, commands, seenCommands, templateOf } from "../../nodes/catalogue";
import { type Outcome, type PushOutcome, type Simulator, startSimulator } from "../../simulator";
import { dialectNames, dialects } from "../../simulator/dialects";
import { notifyOf } from "../../simulator/notifies";
import {
  type Answer,
  ask,
  authentication,
  command,
  errorOf,
  eventOf,
  eventsOf,
  have,
  type Json,
  nextSeq,
  password,
  resultOf,
  withSimulator,
} from "./client";
import { fieldClients, fieldReceivers, sendAs, startFieldReceiver } from "./field-clients";

const answers = "13800008888";
const fieldBill = dialects.field.pushFields["billing"] ?? [];

describe("the simulator's dialects", () => {
  it("an unknown dialect is refused", async () => {
    const dialect = "slang" as "field";
    await assert.rejects(startSimulator({ password, dialect }), { message: "dialect: must be document or field" });
  });

  it("omit fields of the other dialect, also if the catalogue lists them", () => {
    const push = catalogue.find(({ event }) => event === "billing");
    assert.ok(push !== undefined);
    const told = (dialect: (typeof dialectNames)[number]) =>
      notifyOf(push, { taskID: "1001" }, dialects[dialect])["taskID"];
    assert.deepEqual([told("document"), told("field")], [undefined, "1001"]);
  });

  for (const dialect of dialectNames) {
    describe(dialect, () => {
      const context = withSimulator({ dialect });
      const isField = dialect === "field";
      const bill = () => context.receiver.pushes.find((push) => eventOf(push) === "billing")?.notify ?? {};
      const call = async (callee = answers) => {
        await command(context.simulator, "AgentLogin", { agent: "1000" });
        await command(context.simulator, "CallNumber", { agent: "1000", callee, seq: "7", userData: "u" });
        await context.receiver.until(have("billing"));
      };

      for (const [number, answered] of [
        [answers, true],
        ["13800000000", false],
      ] as const) {
        it(`has its own format of the bill of ${answered ? "an answered" : "an unanswered"} call`, async () => {
          await call(number);
          const billed = bill();
          const documented = (catalogue.find(({ event }) => event === "billing")?.fields ?? []).map(({ name }) => name);
          const own = documented.filter((name) => !fieldBill.includes(name));
          const expected = ["type", ...own, ...(isField ? fieldBill : [])];
          assert.deepEqual(Object.keys(billed).toSorted(), expected.toSorted());
          const time = isField ? /^1\d{9}$/ : /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
          for (const name of ["startTime", "ringTime", "byeTime"]) assert.match(String(billed[name]), time);
          if (answered) assert.match(String(billed["answerTime"]), time);
          else assert.equal(billed["answerTime"], isField ? "0" : "");
          assert.ok(Object.values(billed).every((value) => typeof value === "string"));
          if (isField) {
            assert.deepEqual(
              ["staffNo", "taskID", "releaseCause"].map((name) => billed[name]),
              ["1000", "", answered ? "200" : "480"],
            );
          }
        });
      }

      it("the bill of a task's call has the task only in the field's dialect", async () => {
        await command(context.simulator, "AgentLogin", { agent: "1000" });
        const fields = { agent: "1000", callees: [answers], mode: 5, taskName: "spring" };
        await command(context.simulator, "CallTaskCreate", fields);
        await context.receiver.until(have("billing"));
        const expected = isField ? ["1001", "spring"] : [undefined, undefined];
        assert.deepEqual([bill()["taskID"], bill()["taskName"]], expected);
      });

      it("an instruction may push any event in either dialect", async () => {
        for (const told of [undefined, ...dialectNames]) {
          for (const { event } of catalogue) {
            const more = told === undefined ? {} : { dialect: told };
            const outcome = await context.simulator.instruct({ do: "push", event, ...more });
            assert.equal(outcome.ok, true);
            const notify = context.receiver.pushes.at(-1)?.notify ?? {};
            for (const name of dialects.field.pushFields[event] ?? []) {
              assert.equal(name in notify, (told ?? dialect) === "field", `${event}.${name}`);
            }
          }
        }
        assert.deepEqual(await context.simulator.instruct({ do: "push", event: "billing", dialect: "slang" }), {
          ok: false,
          error: "dialect: must be one of document, field",
        });
      });

      it(`${isField ? "accepts" : "refuses"} an empty command seq`, async () => {
        for (const seq of ["", undefined, null]) {
          const { data } = await ask(context.simulator, "getAgentStatus", { request: { seq, agent: "1000" } });
          assert.equal(errorOf(data?.response), isField ? 0 : 0xf1000001);
        }
        const odd = await ask(context.simulator, "getAgentStatus", { request: { seq: {}, agent: "1000" } });
        assert.equal(errorOf(odd.data?.response), 0xf1000001);
      });

      it(`${isField ? "accepts" : "refuses"} a request seq again`, async () => {
        const once = authentication();
        for (const expected of [0, isField ? 0 : 1]) {
          const request = { seq: 1, agent: "1000" };
          const { result } = await ask(context.simulator, "getAgentStatus", { authentication: once, request });
          assert.equal(result.error, expected);
        }
      });

      it("has its own text of success, and no such text otherwise", async () => {
        const good = await ask(context.simulator, "AgentLogin", { request: { seq: 1, agent: "1000" } });
        const bad = await ask(context.simulator, "AgentLogin", { request: { seq: 1, agent: "9" } });
        const msgOf = ({ data }: Answer) => resultOf(data?.response)["msg"];
        assert.equal(good.result.msg === "Successfully", isField);
        assert.equal(msgOf(good), isField ? "Successfully" : undefined);
        assert.notEqual(msgOf(bad), "Successfully");
        const refused = await ask(context.simulator, "AgentLogin", { authentication: {}, request: { seq: 1 } });
        assert.notEqual(refused.result.msg, "Successfully");
      });

      for (const body of ["", "OK", "1", "{}", '{"result":{"error":8}}']) {
        it(`${isField ? "accepts" : "does not accept"} ${JSON.stringify(body)} as a receiver's acknowledgement`, async () => {
          context.receiver.answer = () => ({ status: 200, body });
          const outcome = await context.simulator.instruct({ do: "push", event: "callin" });
          assert.deepEqual([outcome.ok, outcome["attempt"]], isField ? [true, 1] : [false, 3]);
        });
      }

      it("accepts only a status of 2xx as an acknowledgement", async () => {
        context.receiver.answer = () => ({ status: 302, body: '{"result":{"error":0}}' });
        assert.equal((await context.simulator.instruct({ do: "push", event: "callin" })).ok, false);
      });

      it(`serves recordings at their path${isField ? " and at two others" : " only"}`, async () => {
        await call();
        const { url } = context.simulator;
        const file = String(bill()["recordFile"]);
        const name = file.slice(file.lastIndexOf("/") + 1);
        const shapes = [`/recordFile/listen?file=${encodeURIComponent(file)}`, `/recordFile/listen?key=${name}`];
        for (const [path, isServed] of [
          [file, true],
          ...shapes.map((shape) => [shape, isField] as const),
          ["/recordFile/listen", false],
          ["/recordFile/listen?file=", false],
          ["/recordFile/listen?key=other.wav", false],
          [`/recordFile/listen?file=${name}`, false],
          [`/${name}`, false],
        ] as const) {
          const response = await fetch(url + path);
          assert.equal(response.status, isServed ? 200 : 404, path);
          const bytes = Buffer.from(await response.arrayBuffer());
          if (isServed) assert.equal(bytes.subarray(0, 4).toString(), "RIFF");
        }
      });

      it("has these versions and commands", async () => {
        const errorAt = async (version: string, api: string) =>
          (await ask(context.simulator, api, { request: { seq: 1, agent: "1000" } }, version)).result.error;
        const [versionError, nameError] = [10, 11];
        assert.deepEqual(
          [await errorAt("V2.0.5", "AgentLogin"), await errorAt("V3.0.0", "login"), await errorAt("V2.0.6", "Dance")],
          [versionError, versionError, nameError],
        );
        assert.equal(await errorAt("V2.1.2", "AgentLogin"), isField ? 0 : versionError);
        assert.equal(await errorAt("V2.1.2", "getAgentInfo"), isField ? 0 : versionError);
        for (const api of ["VoiceNotifaction", "CallMultiNumbers", "callTaskCreateByVoiceTransferAgent"]) {
          assert.equal(await errorAt("V2.0.6", api), isField ? 0 : nameError, api);
        }
        assert.equal(await errorAt("V2.0.6", "login"), nameError);
        for (const { api } of commands) assert.equal(await errorAt("V2.0.6", api), 0);
      });
    });
  }
});

describe("the simulator's commands of the field", () => {
  const context = withSimulator({ dialect: "field" });

  it("VoiceNotifaction plays to each number and bills each call, with the command's seq and userData", async () => {
    const callees = [answers, "13900000000", answers, "x"];
    const fields = { voiceFileID: "17", callees, cyclePlayTimes: 3, seq: "9", userData: "u" };
    assert.equal(errorOf(await command(context.simulator, "voiceNotifaction", fields)), 0);
    await context.receiver.until(have("billing", 2));
    assert.deepEqual(eventsOf(context.receiver.pushes, "9"), ["billing", "billing"]);
    assert.deepEqual(context.simulator.state.cdrs.map(({ facts, duration }) => [facts.callee, duration]).toSorted(), [
      [answers, 36],
      ["13900000000", 0],
    ]);
  });

  it("VoiceNotifaction refuses a list without a number, and no voice", async () => {
    for (const [fields, error] of [
      [{ voiceFileID: "17", callees: ["x"] }, 0xf1000017],
      [{ voiceFileID: "17" }, 0xf1000001],
      [{ callees: [answers] }, 0xf1000001],
    ] as const) {
      assert.equal(errorOf(await command(context.simulator, "VoiceNotifaction", fields)), error);
    }
  });

  it("callTaskCreateByVoiceTransferAgent dials with all free agents, and not more calls at once than allowed", async () => {
    const callees = Array.from({ length: 12 }, (_, i) => `1380${String(i).padStart(3, "0")}8888`);
    const fields = { taskName: "spring", agentGroup: "sales", callees, maxConcurrence: 2, voiceFileID: "17" };
    const { taskID, report } = await command(context.simulator, "callTaskCreateByVoiceTransferAgent", fields);
    assert.deepEqual([taskID, report], ["1001", { total: "12", error: "0", repeat: "0" }]);
    let most = 0;
    const agents = ["1000", "1001", "1002"];
    context.receiver.answer = () => {
      most = Math.max(most, context.simulator.state.calls.length);
      return { status: 200, body: "" };
    };
    for (const agent of agents) await command(context.simulator, "AgentLogin", { agent });
    const infos = () => context.receiver.pushes.filter((push) => eventOf(push) === "taskinfo");
    await context.receiver.until(() => infos().at(-1)?.notify["status"] === "2");
    const { purpose, group, staffNo } = infos()[0]?.notify ?? {};
    assert.deepEqual([purpose, group, staffNo], ["0", "sales", undefined]);
    const { cdrs } = context.simulator.state;
    assert.deepEqual(cdrs.map(({ facts }) => facts.callee).toSorted(), callees.toSorted());
    assert.ok(new Set(cdrs.map(({ facts }) => facts.agent)).size > 1);
    assert.equal(most, 2);
  });

  it("CallNumber uses the given caller", async () => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    const fields = { agent: "1000", callee: answers, caller: "02112345679", lineMode: "0", noUseBlApi: 0 };
    await command(context.simulator, "CallNumber", fields);
    await context.receiver.until(have("billing"));
    assert.equal(context.simulator.state.cdrs[0]?.facts.caller, "02112345679");
  });

  it("login answers with a token, to the customer only", async () => {
    const login = async (customerName: string) => {
      const request = { seq: nextSeq(), customerName, userName: "admin" };
      return (await ask(context.simulator, "login", { request }, "V2.1.2")).data?.response ?? {};
    };
    const response = await login("C2");
    assert.match(String(response["token"]), /^[0-9a-f]{32}$/);
    assert.equal(errorOf(await login("C3")), 1);
  });

  for (const seen of seenCommands) {
    it(`${seen.api} works with the request that the editor suggests`, async () => {
      const request = { seq: nextSeq(), ...templateOf(seen) };
      const version = seen.version === undefined ? undefined : `V${seen.version}`;
      const { data } = await ask(context.simulator, seen.api, { request }, version);
      assert.equal(errorOf(data?.response), 0);
    });
  }

  it("CallMultiNumbers has an answer", async () => {
    assert.equal(errorOf(await command(context.simulator, "CallMultiNumbers", { anything: [] })), 0);
  });
});

describe("clients of the field", () => {
  const context = withSimulator({ dialect: "field" });
  for (const [name, client] of Object.entries(fieldClients)) {
    it(`one that ${name} logs in and calls`, async () => {
      const send = (api: string, fields: Json) => sendAs(client, context.simulator.url, api, fields);
      for (const [api, fields] of [
        ["AgentLogin", { agent: "1000" }],
        ["CallNumber", { agent: "1000", callee: answers, userData: "order-42" }],
      ] as const) {
        const answer = await send(api, fields);
        assert.ok(client.succeeded(answer), JSON.stringify(answer));
      }
      await context.receiver.until(have("billing"));
      const billed = context.receiver.pushes.find((push) => eventOf(push) === "billing")?.notify;
      assert.equal(billed?.["userData"], "order-42");
    });
  }
});

describe("receivers of the field", () => {
  for (const [name, kind] of Object.entries(fieldReceivers)) {
    for (const dialect of dialectNames) {
      it(`one that ${name} ${dialect === "field" ? "takes" : "does not take"} the bills of the dialect ${dialect}`, async () => {
        const receiver = await startFieldReceiver(kind);
        const outcomes: PushOutcome[] = [];
        let billed: () => void = () => {};
        const isBilled = new Promise<void>((resolve) => {
          billed = resolve;
        });
        const simulator: Simulator = await startSimulator({
          password,
          dialect,
          speed: 10_000,
          pushUrl: receiver.url,
          onPush: (outcome) => {
            outcomes.push(outcome);
            if (outcome.event === "billing") billed();
          },
        });
        await simulator.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
        await simulator.instruct({ do: "inbound", number: "13800000000" });
        await isBilled;
        const told: Outcome = await simulator.instruct({ do: "push", event: "billing", dialect: "field" });
        await simulator.close();
        await receiver.close();
        const bill = outcomes.find(({ event }) => event === "billing");
        assert.equal(bill?.error === undefined, dialect === "field");
        // Any bill in the field's format can be read; the answer must have the platform's own format.
        const status = "status" in told ? told["status"] : undefined;
        assert.equal(status, 200);
        assert.equal(told.ok, dialect === "field");
      });
    }
  }
});
