// dialOnly: no field that could be dialled may contain a number that the account does not allow.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Command, commandOf, commands } from "../../nodes/catalogue";
import type { Client } from "../../nodes/protocol/client";
import { dialPatterns, forbiddenNumber } from "../../nodes/protocol/dial-only";
import { clientOf, exampleOf } from "../../tools/platform";

const call = commandOf("CallNumber");
const forbidden = (patterns: string, request: Record<string, unknown>, command: Command | undefined = call) => {
  const failure = forbiddenNumber(dialPatterns(patterns), command, request);
  return failure?.kind === "notAllowed" ? failure.number : undefined;
};
/** A field of an unknown command. */
const unknown = (patterns: string, request: Record<string, unknown>) => {
  const failure = forbiddenNumber(dialPatterns(patterns), undefined, request);
  return failure?.kind === "notAllowed" ? failure.number : undefined;
};

const mine = "13800138000";
const stranger = "13900139000";

describe("dialOnly", () => {
  it("reads a pattern of very many stars quickly", () => {
    assert.equal(forbidden(`1${"*".repeat(60)}x`, { callee: "1".repeat(32) }), "1".repeat(32));
  });

  it("allows any number if it is empty, otherwise only the listed ones", () => {
    assert.equal(forbidden(" ", { callee: "1" }), undefined);
    assert.equal(forbidden("10086, 138*", { callee: "13800138000" }), undefined);
    assert.equal(forbidden("10086, 138*", { callee: "10086" }), undefined);
    assert.equal(forbidden("10086, 138*", { callee: "100861" }), "100861");
    assert.equal(forbidden("10086, 138*", { callee: "110086" }), "110086");
    assert.equal(forbidden("10086, 138*", { callee: "013800138000" }), "013800138000");
    assert.equal(forbidden("1008?", { callee: "10086" }), undefined);
    assert.equal(forbidden("+86138*", { callee: "+8613900000000" }), "+8613900000000");
    assert.equal(forbidden("1.086", { callee: "10086" }), "10086");
    for (const anything of ["*", "**"]) assert.equal(forbidden(anything, { callee: stranger }), undefined);
    assert.equal(forbidden("138*0000", { callee: "13800120000" }), undefined);
    assert.equal(forbidden("138*0000", { callee: mine }), mine);
    assert.equal(forbidden("*8000", { callee: mine }), undefined);
    assert.equal(forbidden("*8000", { callee: stranger }), stranger);
    assert.equal(forbidden("1*9*9000", { callee: stranger }), undefined);
    // A code that begins with a star is matched by a star, and by nothing else.
    assert.equal(forbidden("*97", { callee: "*97" }), undefined);
    assert.equal(forbidden("97", { callee: "*97" }), "*97");
  });

  it("does not check fields that only filter, nor the caller of a call", () => {
    assert.equal(forbidden("1*", { callee: "20" }, commandOf("getCdrList")), undefined);
    assert.equal(
      forbidden("138*", { callees: [mine], callers: ["02112345678"] }, commandOf("CallTaskCreate")),
      undefined,
    );
    assert.equal(forbidden("138*", { callee: mine, userData: stranger, agent: "13900139" }), undefined);
  });

  const dials = commands.flatMap((command) =>
    command.fields.filter((field) => field.dials).map((field) => ({ command, field })),
  );

  it("checks the fields of several commands that dial", () => assert.ok(dials.length >= 4));

  for (const { command, field } of dials) {
    const title = `${command.api}'s ${field.name}`;
    const values = (number: string): readonly unknown[] =>
      field.rule.kind === "list" ? [[number], [mine, number], number, `${mine},${number}`] : [number, Number(number)];

    it(`checks ${title} in the node of the command`, () => {
      const client = clientOf("http://127.0.0.1:9", { dialOnly: dialPatterns(`${mine}, 02112345678`) });
      const given = Object.fromEntries(command.fields.map((one) => [one.name, exampleOf(one)]));
      for (const value of values(stranger)) {
        const prepared = client.prepare(command, { ...given, [field.name]: value });
        assert.ok(!prepared.ok && prepared.failure.code === "SCCC_NOT_ALLOWED", JSON.stringify(prepared));
      }
      for (const value of values(mine)) assert.ok(client.prepare(command, { ...given, [field.name]: value }).ok);
      client.close();
    });

    it(`checks ${title} under any name: the catalogue says that the field is dialled`, () => {
      for (const name of ["ring", "x", "caller", "userData", "agent", "a1"]) {
        const renamed: Command = { ...command, fields: [{ ...field, name }] };
        for (const value of values(stranger)) assert.ok(forbidden(mine, { [name]: value }, renamed), name);
        for (const number of ["110", "*97"]) assert.equal(forbidden(mine, { [name]: number }, renamed), number);
        assert.equal(forbidden(mine, { [name]: mine }, renamed), undefined);
      }
    });

    for (const api of [command.api, command.api.toUpperCase(), "VoiceNotifaction", "NobodyKnows"]) {
      it(`checks ${title} in an sccc-command for ${api}, in any case of letters and at any depth`, () => {
        const client = clientOf("http://127.0.0.1:9", { dialOnly: dialPatterns(mine) });
        const { name } = field;
        for (const key of [name, name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1)]) {
          for (const value of [
            stranger,
            Number(stranger),
            [stranger],
            [mine, [stranger]],
            { 0: stranger },
            { a: { b: [stranger] } },
            `${mine},${stranger}`,
            `${mine};${stranger}`,
            `${mine} ${stranger}`,
            `${mine}/${stranger}`,
            `${mine}|${stranger}`,
            { [stranger]: 1 },
            "139-0013-9000",
            "１３９００１３９０００",
            { toJSON: () => stranger },
          ]) {
            for (const request of [
              { [key]: value },
              { param: { [key]: value } },
              { agent: { [key]: value } },
              { list: [{ [key]: value }] },
            ]) {
              const prepared = client.prepareRaw(api, commandOf(api), request);
              assert.ok(!prepared.ok && prepared.failure.code === "SCCC_NOT_ALLOWED", JSON.stringify(request));
            }
          }
          assert.ok(client.prepareRaw(api, commandOf(api), { [key]: [mine] }).ok);
        }
        client.close();
      });
    }
  }

  it("checks further fields of a command of the catalogue that might dial", () => {
    for (const [name, value] of [
      ["callees", [stranger]],
      ["CALLEE", stranger],
      ["phone", "110"],
      ["target", { number: "110" }],
      ["x", stranger],
    ] as const) {
      assert.ok(forbidden(mine, { callee: mine, [name]: value }), name);
      assert.ok(forbidden(mine, { agent: "1000", [name]: value }, commandOf("AgentLogin")), name);
    }
  });

  for (const name of [
    "phone",
    "phoneNumber",
    "mobile",
    "mobiles",
    "tel",
    "telNo",
    "number",
    "numbers",
    "num",
    "called",
    "calledNumber",
    "calleeNumber",
    "dialNumber",
    "dialTo",
    "destination",
    "destNumber",
    "target",
    "to",
    "callTo",
    "msisdn",
    "contact",
    "cellphone",
    "被叫号码",
    "手机",
  ]) {
    it(`checks ${name} in an unknown command, also for short numbers`, () => {
      for (const value of ["110", 110, ["120"], { 0: "119" }, stranger]) assert.ok(unknown(mine, { [name]: value }));
      assert.equal(unknown(mine, { [name]: mine }), undefined);
      assert.equal(unknown(mine, { [name]: "nobody" }), undefined);
    });
  }

  it("checks anything that looks like a number in an unknown field", () => {
    for (const value of [
      stranger,
      Number(stranger),
      `+86 ${stranger}`,
      "021-62348888",
      [stranger],
      { a: stranger },
      { [stranger]: true },
    ]) {
      assert.ok(unknown(mine, { whatever: value }), JSON.stringify(value));
    }
    assert.equal(
      unknown(mine, { whatever: "12", mode: 5, text: "order 12345678 is ready", flag: true, none: null }),
      undefined,
    );
  });

  it("does not check the other fields of commands seen in the field", () => {
    const fields = {
      voiceFileID: "12345678",
      cyclePlayTimes: 3,
      taskName: "20260301",
      multiplier: 1.5,
      agentGroup: "10000000",
      CIDGroup: "02112345678",
      maxConcurrence: 100,
      concurrenceMode: 1,
      weekday1: [1, 2],
      startTime1: "09:00",
      endTime1: 20260301090000,
      caller: "02112345678",
      seq: 1234567890,
    };
    assert.equal(unknown(mine, { ...fields, callees: [mine] }), undefined);
  });

  it("checks a deep or cyclic request without overflowing the stack, and sends what it has checked", () => {
    let deep: unknown = stranger;
    for (let depth = 0; depth < 100_000; depth += 1) deep = { a: deep };
    assert.equal(unknown(mine, { deep }), stranger);
    const cyclic: Record<string, unknown> = { callee: mine };
    cyclic.self = cyclic;
    assert.equal(unknown(mine, cyclic), undefined);
    let reads = 0;
    const changing = {
      get callee() {
        reads += 1;
        return reads === 1 ? mine : stranger;
      },
    };
    const client: Client = clientOf("http://127.0.0.1:9", { dialOnly: dialPatterns(mine) });
    const prepared = client.prepareRaw("VoiceNotifaction", undefined, { changing });
    if (prepared.ok) assert.ok(!JSON.stringify(prepared.call.fields).includes(stranger));
    client.close();
  });

  it("finds a number that is not listed anywhere in a request (properties)", () => {
    const place = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 6 },
        fc.constant(stranger),
        fc.array(tie("node"), { minLength: 1, maxLength: 3 }),
        fc.dictionary(fc.constantFrom("0", "a", "callee", "list", "param"), tie("node"), { minKeys: 1, maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(fc.constantFrom("callees", "callee", "x", "param"), place, (name, value) => {
        assert.ok(unknown(mine, { [name]: value }));
      }),
    );
  });
});
