// Every command of the catalogue, tested with expectations that follow from the catalogue alone.
import assert from "node:assert/strict";
import { type Command, commands, type Field } from "../../nodes/catalogue";
import { ask, authentication, errorOf, type Json, nextSeq, command as send, withSimulator } from "./client";

/** The value of a field's example, as JSON. */
const exampleOf = ({ rule, example }: Field): unknown => (rule.kind === "list" ? JSON.parse(example) : example);

/** A valid request of a command, with all of its fields or only the required ones. */
const requestOf = (command: Command, which: "all" | "required"): Json =>
  Object.fromEntries(
    command.fields.filter(({ required }) => required || which === "all").map((field) => [field.name, exampleOf(field)]),
  );

/** A value that violates a field's rule, and the expected error. */
const wrongOf = ({ rule }: Field): readonly (readonly [unknown, number])[] => {
  const bad = 0xf1000001;
  switch (rule.kind) {
    case "digits":
      return [
        ["1".repeat(rule.max + 1), bad],
        ["x", bad],
        [{}, bad],
        [1.5, bad],
      ];
    case "phone":
      return [
        ["letters", 0xf1000017],
        ["12", 0xf1000017],
        ["1".repeat(rule.max + 1), 0xf1000017],
        [["13800138000"], bad],
      ];
    case "integer":
      return [["x", bad], ["1.5", bad], [-1, bad], ...(rule.max === undefined ? [] : [[rule.max + 1, bad] as const])];
    case "decimal":
      return [
        [rule.below, bad],
        [rule.min - 1, bad],
        ["x", bad],
      ];
    case "choice":
      return [["other", bad]];
    case "text":
      return rule.max === undefined || rule.overlong === "cut"
        ? [[{}, bad]]
        : [
            ["的".repeat(rule.max + 1), bad],
            [{}, bad],
          ];
    // No command has it on the wire; it belongs to the nodes.
    case "object":
      return [];
    case "time":
      return [
        ["2026-02-30 00:00:00", bad],
        ["2026-11-23T00:00:00Z", bad],
      ];
    case "list":
      return [
        ["13800138000", bad],
        ...(rule.max === undefined ? [] : [[Array(rule.max + 1).fill("13800138000"), bad] as const]),
      ];
  }
};

describe("the simulator's commands", () => {
  // At this speed, calls last longer than the test.
  const context = withSimulator({ pushUrl: "", speed: 0.1 });

  /** Brings the platform into the state in which each command succeeds. */
  const prepare = async (command: Command): Promise<void> => {
    const { simulator } = context;
    if (command.group !== "record") await send(simulator, "AgentLogin", { agent: "1000" });
    if (command.api === "HangupCall") await send(simulator, "CallNumber", { agent: "1000", callee: "13800138000" });
    if (command.subject === "taskID") {
      await send(simulator, "CallTaskCreate", { agent: "1000", callees: ["13800138000"], mode: 2 });
    }
  };

  for (const command of commands) {
    describe(command.api, () => {
      for (const which of ["all", "required"] as const) {
        it(`succeeds with ${which} fields, and echoes seq and userData`, async () => {
          await prepare(command);
          const request = { ...requestOf(command, which), seq: nextSeq() };
          const { data, result } = await ask(context.simulator, command.api, { request });
          assert.equal(result.error, 0);
          assert.deepEqual(data?.response["result"], { error: 0 });
          assert.equal(data?.response["seq"], request.seq);
          for (const { name } of command.answer) {
            const remedy = `the simulator's answer lacks ${name}: write in simulator/commands.ts what the platform does`;
            assert.ok(name in (data?.response ?? {}), remedy);
          }
          const list = command.list?.name;
          if (list === "record") assert.ok(Array.isArray(data?.record));
          else if (list !== undefined) assert.ok(Array.isArray(data?.response[list]));
          if (command.api === "HangupCall") assert.ok(!("userData" in (data?.response ?? {})));
          else assert.equal(data?.response["userData"], "userData" in request ? "order-42" : null);
        });
      }

      it("accepts its name in any case, an upper-case digest, and a numeric timestamp in seconds", async () => {
        await prepare(command);
        const block = authentication({ timestamp: Math.floor(Date.now() / 1000), seq: Number(nextSeq()) });
        for (const api of [command.api.toLowerCase(), command.api.toUpperCase()]) {
          // Each with its own seq; the command is repeated each time and need not succeed.
          const fresh = api === command.api.toLowerCase() ? block : authentication();
          const { data, result } = await ask(context.simulator, api, {
            authentication: { ...fresh, digest: String(fresh["digest"]).toUpperCase() },
            request: { ...requestOf(command, "required"), seq: 1 },
          });
          assert.equal(result.error, 0);
          assert.equal(data?.seq, fresh["seq"]);
          assert.equal(data?.response["seq"], 1);
        }
      });

      it("needs a seq", async () => {
        const { data } = await ask(context.simulator, command.api, { request: requestOf(command, "all") });
        assert.equal(errorOf(data?.response), 0xf1000001);
      });

      for (const field of command.fields) {
        if (field.required) {
          for (const nothing of [undefined, null, ""]) {
            it(`refuses ${field.name} of ${nothing === "" ? '""' : nothing}`, async () => {
              const response = await send(context.simulator, command.api, {
                ...requestOf(command, "all"),
                [field.name]: nothing,
              });
              assert.equal(errorOf(response), 0xf1000001);
            });
          }
        }
        for (const [value, error] of wrongOf(field)) {
          it(`refuses ${field.name} of ${JSON.stringify(value).slice(0, 40)}`, async () => {
            const request = { ...requestOf(command, "all"), [field.name]: value };
            assert.equal(errorOf(await send(context.simulator, command.api, request)), error);
          });
        }
        if (field.name === "agent" && field.rule.kind === "digits") {
          it("refuses the unknown agent 9999", async () => {
            const request = { ...requestOf(command, "all"), agent: "9999" };
            assert.equal(errorOf(await send(context.simulator, command.api, request)), 0xf1000013);
          });
        }
        if (field.rule.kind === "digits" && !field.example.startsWith("0")) {
          it(`accepts ${field.name} as a number`, async () => {
            await prepare(command);
            const request = { ...requestOf(command, "all"), [field.name]: Number(field.example) };
            assert.equal(errorOf(await send(context.simulator, command.api, request)), 0);
          });
        }
      }
    });
  }

  it("VoiceVerify truncates userData to 100 characters", async () => {
    const fields = { callee: "13800138000", verifyCode: "0427", userData: "验".repeat(101) };
    assert.equal((await send(context.simulator, "VoiceVerify", fields))["userData"], "验".repeat(100));
  });

  it("CallTaskControl accepts Start, as in the vendor's table", async () => {
    await send(context.simulator, "CallTaskCreate", { agent: "1000", callees: ["13800138000"], mode: 2 });
    assert.equal(errorOf(await send(context.simulator, "CallTaskControl", { taskID: 1001, action: "Start" })), 0);
  });
});
