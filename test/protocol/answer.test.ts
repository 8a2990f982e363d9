// Parsing of answers: every shape in the vendor's samples or seen in the field, and everything that is not an answer of the API.
import assert from "node:assert/strict";
import fc from "fast-check";
import { commandOf, commands, errorCodes } from "../../nodes/catalogue";
import { errorName, errorValue, readAnswer, readLongAnswer } from "../../nodes/protocol/answer";

const status = commandOf("getAgentStatus");
const read = (body: unknown, command = status, seqs: readonly string[] = ["7"]) =>
  readAnswer(typeof body === "string" ? body : JSON.stringify(body), { command, seqs });

/** The first command's outcome: "ok", or the failure's code and reason. */
function outcome(body: unknown, command = status): string {
  const answer = read(body, command);
  const [first] = answer.ok ? answer.commands : [];
  const failure = answer.ok ? (first?.ok === false ? first.failure : undefined) : answer.failure;
  if (failure === undefined) return "ok";
  return failure.kind === "protocol" ? `${failure.code} ${failure.reason}` : failure.code;
}

const ok = { error: 0, msg: "" };
const answered = (response: unknown, outer: unknown = ok) => ({
  data: { seq: "1", response },
  logs: "",
  result: outer,
});

/** The notations in which a value occurs on the wire. */
const forms = (value: number): readonly unknown[] => [
  value,
  String(value),
  ...(value > 0 ? [`0x${value.toString(16)}`, `0X${value.toString(16).toUpperCase()}`] : []),
  ...(value >= 2 ** 31 ? [value - 2 ** 32, String(value - 2 ** 32), value.toString(16).toUpperCase()] : []),
  ...(value === -1 ? [0xffffffff, "0xFFFFFFFF"] : []),
];

describe("error codes", () => {
  for (const { name, value } of errorCodes) {
    it(`${name} is recognised in every notation, as the request's and as the command's error`, () => {
      for (const form of forms(value)) {
        assert.equal(errorValue(form), value, String(form));
        const expected = value === 0 ? "ok" : name;
        assert.equal(outcome(answered({ seq: "7", result: { error: form } })), expected);
        assert.equal(outcome({ data: null, result: { error: form, msg: "x" } }), expected);
        // The request's error takes precedence over the command's.
        if (value !== 0) assert.equal(outcome(answered({ result: { error: 5 } }, { error: form })), name);
      }
    });
  }

  it("unknown ones become E_ and their value", () => {
    assert.equal(outcome({ result: { error: 9 } }), "E_9");
    assert.equal(outcome({ result: { error: "0xF10000FF" } }), "E_4043309311");
    assert.equal(outcome({ result: { error: -251657985 } }), "E_4043309311");
    assert.equal(errorName(9), "E_9");
  });

  it("values that are not whole numbers of 32 bits are protocol errors", () => {
    for (const wrong of [1.5, Number.NaN, 2 ** 32, -(2 ** 31) - 1, "1.5", "ten", "0x", true, {}, [], "1 2"]) {
      assert.equal(errorValue(wrong), undefined, String(wrong));
    }
    for (const absent of [undefined, null, "", " "]) assert.equal(errorValue(absent), "absent");
  });
});

describe("reading responses", () => {
  it("an inner result that is empty, missing or without an error counts as success", () => {
    for (const result of ["", undefined, null, {}, { error: "" }, { error: "0" }, { error: "0x0" }]) {
      assert.equal(outcome(answered({ seq: "7", workStatus: "ONLINE", result })), "ok");
    }
  });

  it("a successful request without data counts as the command's success", () => {
    for (const body of [{ result: ok }, { data: null, result: ok }, { data: {}, result: ok }])
      assert.equal(outcome(body), "ok");
  });

  it("the response is passed on unchanged", () => {
    const response = { seq: "7", userData: "坐席\u0041", result: { error: 0 }, workStatus: "BUSY", extra: { a: [1] } };
    const answer = read(answered(response));
    assert.ok(answer.ok && answer.commands[0]?.ok);
    assert.deepEqual(answer.commands[0].response, response);
    assert.deepEqual(
      read(
        `\uFEFF${JSON.stringify(answered(response)).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`,
      ),
      answer,
    );
  });

  it("long integers keep all digits", () => {
    const answer = read(
      '{"data":{"response":{"taskID":12345678901234567890,"note":"1234567890123456789 \\"1234567890123456789","small":1234567890123456}},"result":{"error":0}}',
    );
    assert.ok(answer.ok);
    assert.deepEqual(answer.commands[0]?.response, {
      taskID: "12345678901234567890",
      note: '1234567890123456789 "1234567890123456789',
      small: 1234567890123456,
    });
  });

  it("a list is found next to the response or in it; a missing one is empty", () => {
    const record = [{ key: "1" }];
    const lists = (api: string, body: unknown) => {
      const answer = readAnswer(JSON.stringify(body), { command: commandOf(api), seqs: ["7"] });
      return answer.ok && answer.commands[0]?.ok ? answer.commands[0].list : answer;
    };
    assert.deepEqual(lists("getRecordsList", { data: { response: { seq: "7" }, record }, result: ok }), record);
    assert.deepEqual(lists("getRecordsList", answered({ seq: "7", record })), record);
    assert.deepEqual(lists("getRecordsList", answered({ seq: "7" })), []);
    assert.deepEqual(lists("getCdrList", answered({ seq: "7", total: "0", cdr: null })), []);
    assert.deepEqual(lists("getAgentInfo", answered({ data: [{ id: "1" }] })), [{ id: "1" }]);
    for (const none of [{}, { a: {} }, { 0: {}, a: {} }, { "01": {} }, { "-1": {} }, "0", 1]) {
      assert.equal(outcome(answered({ cdr: none }), commandOf("getCdrList")), "SCCC_PROTOCOL badList");
    }
  });

  for (const { api, list } of commands) {
    if (list === undefined) continue;
    it(`${api}: an object with numeric keys is read as a list, in the order of the keys`, () => {
      const items = Array.from({ length: 12 }, (_, index) => ({ key: String(index), id: String(index) }));
      for (const first of [0, 1, 7]) {
        const written = items.map((item, index) => [index + first, item] as const).reverse();
        for (const place of ["response", "data"]) {
          const body = {
            data: {
              response: { seq: "7", ...(place === "response" ? { [list.name]: Object.fromEntries(written) } : {}) },
              ...(place === "data" ? { [list.name]: Object.fromEntries(written) } : {}),
            },
            result: ok,
          };
          const answer = readAnswer(JSON.stringify(body), { command: commandOf(api), seqs: ["7"] });
          assert.ok(answer.ok && answer.commands[0]?.ok, `${first} ${place}`);
          assert.deepEqual(answer.commands[0].list, items);
        }
      }
    });
  }

  it("responses may be an object with numeric keys", () => {
    const responses = { 1: { seq: 8, n: 2 }, 0: { seq: 7, n: 1 }, 4: { seq: 9, n: 3 } };
    const answer = read({ data: { responses }, result: ok }, status, ["7", "8", "9"]);
    assert.ok(answer.ok);
    assert.deepEqual(
      answer.commands.map((command) => command.response.n),
      [1, 2, 3],
    );
    const one = read({ data: { responses: { 0: { seq: 7, n: 1 } } }, result: ok });
    assert.ok(one.ok);
    assert.equal(one.commands[0]?.response.n, 1);
  });

  it("an unknown command also gets the fields next to its response", () => {
    const body = { data: { seq: "1", more: [1], response: { seq: "7", a: 1 } }, result: ok };
    const answer = readAnswer(JSON.stringify(body), { command: undefined, seqs: ["7"] });
    assert.ok(answer.ok);
    assert.deepEqual(answer.commands[0]?.response, { seq: "7", a: 1, more: [1] });
  });

  it("a batch is matched by command seq in any order, and by position without seqs", () => {
    const agents = (body: unknown) => {
      const answer = read(body, status, ["7", "8", "9"]);
      assert.ok(answer.ok);
      return answer.commands.map((command) => (command.ok ? command.response.n : command.failure.code));
    };
    const batch = (responses: unknown) => ({ data: { responses }, result: ok });
    assert.deepEqual(
      agents(
        batch([
          { seq: 9, n: 3 },
          { seq: "7", n: 1 },
          { seq: " 8", n: 2 },
        ]),
      ),
      [1, 2, 3],
    );
    assert.deepEqual(agents(batch([{ n: 1 }, { n: 2 }, { n: 3 }])), [1, 2, 3]);
    assert.deepEqual(
      agents(
        batch([
          { seq: "9", n: 3 },
          { seq: "7", result: { error: 5 } },
        ]),
      ),
      ["E_C_INVALID_PARAM", "SCCC_PROTOCOL", 3],
    );
    assert.deepEqual(agents(batch("junk")), ["SCCC_PROTOCOL", "SCCC_PROTOCOL", "SCCC_PROTOCOL"]);
    for (const data of [
      { responses: [{ seq: "7", n: 1 }] },
      { response: { seq: "7", n: 1 } },
      { response: { n: 1 } },
    ]) {
      const one = read({ data, result: ok });
      assert.ok(one.ok && one.commands[0]?.ok);
      assert.equal(one.commands[0].response.n, 1);
    }
  });

  const junk: readonly [string, string][] = [
    ["", "empty"],
    [" \n", "empty"],
    ["<html>502</html>", "notJson"],
    ['{"result":{"error":0}', "notJson"],
    ['{"result":{"error":0}} trailing', "notJson"],
    ["null", "notObject"],
    ["[]", "notObject"],
    ['"text"', "notObject"],
    ["1", "notObject"],
    ["{}", "noResult"],
    ['{"result":0}', "noResult"],
    ['{"result":{}}', "badError"],
    ['{"result":{"error":""}}', "badError"],
    ['{"result":{"error":"success"}}', "badError"],
    ['{"result":{"error":0},"data":{"response":{"result":{"error":"?"}}}}', "badError"],
    [`{"result":{"error":0},"data":${'{"a":'.repeat(70)}1${"}".repeat(70)}}`, "tooDeep"],
    [`{"result":{"error":0},"data":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, "tooDeep"],
  ];
  for (const [body, reason] of junk) {
    it(`${JSON.stringify(body.slice(0, 40))} is not an answer: ${reason}`, () => {
      assert.equal(outcome(body), `SCCC_PROTOCOL ${reason}`);
    });
  }

  it("any JSON gives each command an outcome, without an exception or a change of a prototype", () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 6 }),
        fc.array(fc.nat().map(String), { minLength: 1, maxLength: 4 }),
        (body, seqs) => {
          const answer = readAnswer(`{"result":{"error":0},"data":${body},"__proto__":{"polluted":1}}`, {
            command: status,
            seqs,
          });
          if (answer.ok) assert.equal(answer.commands.length, seqs.length);
          assert.equal("polluted" in {}, false);
        },
      ),
    );
  });

  it("reading in slices gives the same result as reading at once, up to the deepest answer (properties)", async () => {
    const list = commandOf("getCdrList");
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const item = fc.oneof(fc.json({ maxDepth: 3 }), fc.integer({ min: 0, max: 66 }).map(nested));
    const body = fc
      .tuple(fc.constantFrom(0, 1, 199, 200, 201, 450), fc.array(item, { minLength: 1, maxLength: 5 }))
      .map(([count, items]) => {
        const cdr = [...Array.from({ length: count }, () => '{"key":"1"}'), ...items].join();
        return `{"result":{"error":0},"data":{"response":{"total":"1","cdr":[${cdr}]}}}`;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, fc.constantFrom(...junk.map(([text]) => text))), async (text) => {
        assert.deepEqual(
          await readLongAnswer(text, { command: list, seqs: ["1"] }),
          readAnswer(text, { command: list, seqs: ["1"] }),
        );
      }),
      { numRuns: 300 },
    );
  });
});
