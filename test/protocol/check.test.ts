// Checks of fields against the catalogue: what is accepted, what is refused and why, and what is sent.
import assert from "node:assert/strict";
import fc from "fast-check";
import { commandOf, commands, type Field, propertyOf, seqOf } from "../../nodes/catalogue";
import { checkFields } from "../../nodes/protocol/check";

const zone = "Asia/Shanghai";
const fieldsOf = (api: string): readonly Field[] => commandOf(api)!.fields;
const check = (api: string, given: Record<string, unknown>) => checkFields(fieldsOf(api), given, zone);

function wire(api: string, given: Record<string, unknown>) {
  const checked = check(api, given);
  assert.ok(checked.ok, JSON.stringify(checked));
  return checked.fields;
}

function refusal(api: string, given: Record<string, unknown>) {
  const checked = check(api, given);
  assert.ok(!checked.ok && checked.failure.kind === "field", JSON.stringify(checked));
  return `${checked.failure.field} ${checked.failure.rule.key}`;
}

/** Examples of the catalogue as a user would give them. */
const examples = (fields: readonly Field[]) =>
  Object.fromEntries(
    fields.map((field) => [field.name, field.rule.kind === "list" ? JSON.parse(field.example) : field.example]),
  );

describe("checking fields", () => {
  for (const command of commands) {
    it(`${command.api}: accepts its examples, and names a required field that is missing`, () => {
      const given = examples(command.fields);
      assert.ok(checkFields(command.fields, given, zone).ok);
      for (const field of command.fields.filter(({ required }) => required)) {
        for (const unset of [undefined, null, "", []]) {
          const checked = checkFields(command.fields, { ...given, [field.name]: unset }, zone);
          assert.ok(!checked.ok && checked.failure.kind === "field");
          assert.deepEqual([checked.failure.field, checked.failure.rule.key], [propertyOf(field), "required"]);
        }
      }
    });
  }

  it("keeps leading zeros, accepts safe integers as digits, and omits empty fields", () => {
    assert.deepEqual(
      wire("VoiceVerify", { callee: "008613800138000", verifyCode: "0042", playTimes: "", userData: null }),
      {
        callee: "008613800138000",
        verifyCode: "0042",
      },
    );
    assert.deepEqual(wire("AgentLogin", { agent: 1000, userData: 7 }), { agent: "1000", userData: "7" });
    assert.deepEqual(wire("CallTaskControl", { taskID: "0099", action: "Stop" }), { taskID: "0099", action: "stop" });
    assert.equal(refusal("AgentLogin", { agent: 2 ** 53 }), "agent digits");
    assert.equal(refusal("AgentLogin", { agent: 1.5 }), "agent digits");
  });

  it("counts userData in characters, truncates that of VoiceVerify, and sends an empty one for HangupCall", () => {
    const emoji = "☎️".repeat(15);
    assert.equal(wire("AgentLogin", { agent: "1", userData: emoji }).userData, emoji);
    assert.equal(refusal("AgentLogin", { agent: "1", userData: `${emoji}x` }), "userData textLength");
    const cut = wire("VoiceVerify", { callee: "1", verifyCode: "123", userData: "号".repeat(101) });
    assert.equal(cut.userData, "号".repeat(100));
    assert.deepEqual(wire("HangupCall", { agent: "1" }), { agent: "1", userData: "" });
    assert.equal(refusal("AgentLogin", { agent: "1", userData: { id: 1 } }), "userData text");
  });

  it("accepts any characters of a phone number, and checks lists entry by entry", () => {
    for (const callee of ["+8613800138000", "*97", "10086#", "1".repeat(32)])
      wire("CallNumber", { agent: "1", callee });
    for (const callee of ["138 0013 8000", "138-0013", "12+3", "abc", "1".repeat(33), true, ["1"], {}]) {
      assert.equal(refusal("CallNumber", { agent: "1", callee }), "callee phone");
    }
    const task = { agent: "1", mode: 2 };
    assert.deepEqual(wire("CallTaskCreate", { ...task, callees: "1，2\n3;4" }).callees, ["1", "2", "3", "4"]);
    assert.deepEqual(wire("CallTaskCreate", { ...task, callees: [10086, "010"] }).callees, ["10086", "010"]);
    const spaced = { ...task, callees: "13800138000 13900139000" };
    assert.deepEqual(wire("CallTaskCreate", spaced).callees, ["13800138000", "13900139000"]);
    // Otherwise three wrong numbers would be dialled.
    assert.equal(refusal("CallTaskCreate", { ...task, callees: "138 0013 8000" }), "callees item.phone");
    const checked = check("CallTaskCreate", { ...task, callees: ["1", "x"] });
    assert.ok(!checked.ok && checked.failure.kind === "field");
    assert.deepEqual(checked.failure.rule, { key: "item.phone", params: { max: 32, index: 1 } });
    const many = (count: number) => Array.from({ length: count }, (_, index) => String(index));
    wire("CallTaskCreate", { ...task, callees: many(1000), callers: many(100) });
    assert.equal(refusal("CallTaskCreate", { ...task, callees: many(1001) }), "callees listLength");
    assert.equal(refusal("CallTaskCreate", { ...task, callees: ["1"], callers: many(101) }), "callers listLength");
  });

  it("checks mode, multiplier and callers of CallTaskCreate", () => {
    const task = { agent: "1", callees: ["1"] };
    assert.deepEqual(wire("CallTaskCreate", { ...task, mode: "5", multiplier: "1.5", callers: ["junk"] }), {
      agent: "1",
      callees: ["1"],
      mode: 5,
      multiplier: 1.5,
    });
    for (const mode of [2, "5", 3, "17"]) assert.equal(wire("CallTaskCreate", { ...task, mode }).mode, Number(mode));
    for (const mode of ["two", 2.5, "5x", true, {}]) {
      assert.equal(refusal("CallTaskCreate", { ...task, mode }), "mode choice");
    }
    assert.equal("multiplier" in wire("CallTaskCreate", { ...task, mode: 2, multiplier: 1 }), false);
    for (const multiplier of [0.99, 5, "x", Number.NaN, true]) {
      assert.equal(refusal("CallTaskCreate", { ...task, mode: 2, multiplier }), "multiplier decimal");
    }
  });

  it("sends all eight filters of getCdrList, and refuses a start or an end time alone", () => {
    assert.deepEqual(wire("getCdrList", {}), {
      agent: [],
      serviceType: "",
      startTime: "",
      endTime: "",
      caller: "",
      callee: "",
      timeLengthMin: "",
      timeLengthMax: "",
      userData: "",
    });
    const times = wire("getCdrList", {
      agent: "1000,0001",
      startTime: new Date("2018-09-10T06:39:20Z"),
      endTime: "2018-09-10T14:36:47",
      timeLengthMin: 0,
    });
    assert.deepEqual(
      [times.agent, times.startTime, times.endTime, times.timeLengthMin],
      [["1000", "0001"], "2018-09-10 14:39:20", "2018-09-10 14:36:47", "0"],
    );
    assert.equal(refusal("getCdrList", { startTime: "2018-09-10" }), "startTime needs");
    assert.equal(refusal("getCdrList", { endTime: "2018-09-10" }), "endTime needs");
    for (const startTime of ["2018-13-10", "2018-02-30 00:00:00", "today", "10/09/2018", {}]) {
      assert.equal(refusal("getCdrList", { startTime, endTime: "2018-09-10" }), "startTime time");
    }
  });

  it("sends a seq as a number if that is exact, otherwise as a string of digits", () => {
    const seq = (wireType: "number" | "string", value: unknown) => checkFields([seqOf(wireType)], { seq: value }, zone);
    assert.deepEqual(seq("number", "42"), { ok: true, fields: { seq: 42 } });
    assert.deepEqual(seq("number", "007"), { ok: true, fields: { seq: "007" } });
    assert.deepEqual(seq("number", "90071992547409931"), { ok: true, fields: { seq: "90071992547409931" } });
    assert.deepEqual(seq("string", 42), { ok: true, fields: { seq: "42" } });
    assert.equal(seq("number", "order-42").ok, false);
  });

  it("gives a result or names a field for any value, without an exception", () => {
    const value = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...commands),
        fc.dictionary(fc.constantFrom(...commands.flatMap(({ fields }) => fields.map(({ name }) => name))), value),
        (command, given) => {
          const checked = checkFields(command.fields, given, zone);
          if (!checked.ok) {
            assert.equal(checked.failure.kind, "field");
            assert.ok(checked.failure.kind === "field" && checked.failure.field !== "");
          } else JSON.stringify(checked.fields);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
