// Passwords and digests are removed from texts; ordinary values that happen to equal a password of digits are kept.
import assert from "node:assert/strict";
import fc from "fast-check";
import { commandOf } from "../../nodes/catalogue";
import { readAnswer } from "../../nodes/protocol/answer";
import { secretsOf } from "../../nodes/protocol/secrets";
import { parseJson } from "../../nodes/util/json";

const digest = "0123456789abcdef0123456789abcdef";
const command = commandOf("getAgentStatus");
const records = commandOf("getRecordsList") ?? assert.fail();
const success = { result: { error: 0, msg: "" } };

/** Parses an answer as the client does. `json` overrides its serialization. */
const read = (password: string, response: object, rest: object = {}, json?: string) => {
  const body = { ...success, ...rest, data: { response: { ...success, ...response } } };
  return readAnswer(json ?? JSON.stringify(body), { command, seqs: ["1"], secrets: secretsOf(digest, password) });
};

const responseOf = (answer: ReturnType<typeof readAnswer>) => {
  assert.ok(answer.ok && answer.commands[0] !== undefined);
  return answer.commands[0].response;
};

describe("an ordinary value", () => {
  const password = "13800138000";
  const values: readonly unknown[] = [
    password,
    13_800_138_000,
    `0${password}`,
    `${password},13900139000`,
    `20260301/${password}_1000.wav`,
    { number: password },
    [password, Number(password)],
    `1${password}9`,
  ];
  for (const value of values) {
    it(`that equals or contains a password of digits is unchanged: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(responseOf(read(password, { agent: value })).agent, value);
      const list = readAnswer(
        JSON.stringify({
          ...success,
          data: { response: { ...success, [records.list?.name ?? ""]: [{ key: "1", filename: value }] } },
        }),
        { command: records, seqs: ["1"], secrets: secretsOf(digest, password) },
      );
      assert.ok(list.ok && list.commands[0]?.ok);
      assert.deepEqual(list.commands[0].list, [{ key: "1", filename: value }]);
    });
  }

  it("that is an unquoted number keeps the answer valid, also as an error and as a seq", () => {
    const json = `{"result":{"error":0},"data":{"response":{"result":{"error":0},"seq":12345678,"n":12345678}}}`;
    assert.equal(responseOf(read("12345678", {}, {}, json)).n, 12_345_678);
    const refused = readAnswer(`{"result":{"error":"16777217"}}`, {
      command,
      seqs: ["1"],
      secrets: secretsOf(digest, "16777217"),
    });
    assert.equal(!refused.ok && refused.failure.kind, "platform");
  });

  it("is never changed by a password of digits, except in texts for people", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{8,20}$/),
        fc.dictionary(fc.stringMatching(/^[a-f]{1,3}$/), fc.jsonValue()),
        (own, fields) => {
          const response = { ...fields, a: own, b: [own], c: { d: own } };
          const { result: _, ...given } = responseOf(read(own, response)) as Record<string, unknown>;
          assert.deepEqual(given, parseJson(JSON.stringify(response)));
        },
      ),
    );
  });
});

describe("a secret that the platform echoes", () => {
  const passwords = [
    "12345678",
    "000000",
    "secret-of-C2",
    'a"quote',
    "back\\slash",
    "sla/sh",
    "p@ss wörd",
    "密码密码",
    "$& $1 .*",
    "+8613800138000",
  ];
  for (const password of passwords) {
    it(`is removed from texts: ${password}`, () => {
      const said = `the password ${password} with ${digest.toUpperCase()}!`;
      const answer = read(
        password,
        { result: { error: 0, msg: said } },
        { logs: [said, { inner: said }], result: { error: 0, msg: said } },
      );
      const text = JSON.stringify(answer);
      assert.ok(!text.includes(JSON.stringify(password).slice(1, -1)), text);
      assert.doesNotMatch(text, /[0-9a-f]{32}/i);
      assert.match(text, /the password \*\*\* with \*\*\*!/);
    });

    it(`is removed from error pages, refusals and excerpts: ${password}`, () => {
      const escaped = JSON.stringify(password).slice(1, -1);
      const texts = [
        `<html>${password} ${digest}</html>`,
        `{"result":{"msg":${JSON.stringify(password)}}}`,
        `{"result":{"error":"what ${escaped} ${digest}"}}`,
        `{"result":{"error":7,"msg":${JSON.stringify(`${password} ${digest}`)}}}`,
        `["${escaped}"]`,
        `${"x".repeat(190)} ${password} ${digest}`,
      ];
      for (const text of texts) {
        const got = JSON.stringify(readAnswer(text, { command, seqs: ["1"], secrets: secretsOf(digest, password) }));
        assert.ok(!got.includes(escaped), `${text} → ${got}`);
        assert.doesNotMatch(got, /[0-9a-f]{24}/i);
      }
    });
  }

  it("is removed from every field if it is not a number", () => {
    const response = responseOf(read("secret-of-C2", { said: "is secret-of-C2", "secret-of-C2": [`x${digest}`] }));
    assert.doesNotMatch(JSON.stringify(response), /secret-of-C2|[0-9a-f]{32}/);
  });

  it("is removed from fields for secrets, also as a number", () => {
    const response = responseOf(
      read("12345678", { authentication: { password: "12345678", pwd: 12_345_678, digest } }),
    );
    assert.doesNotMatch(JSON.stringify(response), /12345678|[0-9a-f]{32}/);
  });

  it("is removed in every notation of JSON", () => {
    const letters = [...digest].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join("");
    const json = `{"result":{"error":0},"data":{"response":{"said":"${letters} sla\\/sh-sla\\/sh"}}}`;
    assert.equal(responseOf(read("sla/sh-sla/sh", {}, {}, json)).said, "*** ***");
  });
});
