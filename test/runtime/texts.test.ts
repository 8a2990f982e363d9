// Error texts: every kind of failure in both languages, complete and specific.
import assert from "node:assert/strict";
import { generated, languages, type Texts, written } from "../../build/locales";
import { errorCodes } from "../../nodes/catalogue";
import type { ProtocolReason } from "../../nodes/protocol/failure";
import type { Failure } from "../../nodes/runtime/shared/failure";
import { errorOf, describe as inWords, resultOf, ScccError, type Translate } from "../../nodes/runtime/shared/texts";

/** Interpolates as Node-RED's RED._ does; throws for a key without a text. */
const translator = (texts: Texts): Translate => {
  const find = (key: string) =>
    key.split(".").reduce<unknown>((tree, part) => (tree as Texts | undefined)?.[part], texts);
  return (key, params) => {
    const text = find(key);
    assert.equal(typeof text, "string", `no text for ${key}`);
    if (params === undefined) return String(text);
    return String(text).replace(/__(\w+?)__/g, (_, name: string) => {
      assert.ok(name in params, `${key} wants ${name}`);
      return params[name] ?? "";
    });
  };
};

const field = (key: string, params: Record<string, string | number> = {}, index?: number): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: "callee",
  rule: { key, params },
  got: '"12a"',
  ...(index === undefined ? {} : { index }),
});

const reasons: readonly ProtocolReason[] = [
  "empty",
  "notJson",
  "notObject",
  "noResult",
  "badError",
  "tooDeep",
  "tooLarge",
  "noAnswerForCommand",
  "badList",
  "notHttp",
  "encoding",
];

const failures: readonly Failure[] = [
  ...errorCodes.map(
    ({ name, value }): Failure => ({ kind: "platform", code: name, value, text: "详情", scope: "command" }),
  ),
  { kind: "platform", code: "E_9", value: 9, text: "", scope: "request" },
  field("required", { example: "1" }),
  field("needs", { other: "endTime" }),
  field("digits", { min: 1, max: 8 }, 2),
  field("phone", { max: 32 }),
  field("item.phone", { max: 32, index: 4 }, 2),
  field("item.digits", { min: 1, max: 8, index: 4 }),
  field("integer", { min: 1, max: 5 }),
  field("integerFrom", { min: 1, max: "" }),
  field("decimal", { min: 1, below: 5 }),
  field("choice", { choices: "2, 5" }),
  field("text"),
  field("textLength", { max: 30 }),
  field("time"),
  field("listLength", { max: 1000 }),
  ...["oneNotList", "listNotOne", "unreadable", "api", "object", "json", "uniqueSeq", "callEvent", "waitOrList"].map(
    (key) => field(key),
  ),
  { kind: "timeout", code: "SCCC_TIMEOUT", afterMs: 15_000 },
  {
    kind: "network",
    code: "SCCC_NETWORK",
    systemCode: "ECONNREFUSED",
    detail: "refused",
    neverLeft: true,
    lasting: false,
  },
  {
    kind: "network",
    code: "SCCC_NETWORK",
    systemCode: "ECONNRESET",
    detail: "reset",
    neverLeft: false,
    lasting: false,
  },
  { kind: "http", code: "SCCC_HTTP_502", status: 502, excerpt: "<html>" },
  { kind: "http", code: "SCCC_HTTP_302", status: 302, excerpt: "", location: "http://example.com/" },
  ...reasons.map((reason): Failure => ({ kind: "protocol", code: "SCCC_PROTOCOL", reason, excerpt: "<html>" })),
  { kind: "unsupported", code: "SCCC_UNSUPPORTED", version: "2.0.1", has: "2.0.6" },
  ...["missing", "url", "path", "customer", "version", "timezone", "number", "choice", "node", "account"].map(
    (reason): Failure => ({ kind: "config", code: "SCCC_CONFIG", reason, setting: "baseUrl", detail: "1, 2 … 10" }),
  ),
  { kind: "notAllowed", code: "SCCC_NOT_ALLOWED", field: "callee", number: "10086" },
  { kind: "busy", code: "SCCC_BUSY", waiting: 1000 },
  { kind: "closed", code: "SCCC_CLOSED" },
  { kind: "closed", code: "SCCC_CLOSED", waiting: true },
];

describe("failures in words", () => {
  for (const language of languages) {
    const translate = translator({ ...written(language), ...generated(language) });
    for (const failure of failures) {
      const rule = failure.kind === "field" ? failure.rule.key : "reason" in failure ? failure.reason : "";
      it(`${language.folder}: ${failure.code} ${rule} is a sentence that names the command`, () => {
        const text = inWords(translate, "CallNumber", failure);
        assert.match(text, /CallNumber/);
        assert.doesNotMatch(text, /__|undefined|errors?\.\w|\[object| {2}/);
        assert.equal(/[\u4e00-\u9fff]/.test(text.replace("详情", "")), language.text === "zh");
        if (failure.kind === "field") {
          for (const part of [failure.field, failure.got]) assert.ok(text.includes(part), `${text} names ${part}`);
          if (failure.index !== undefined) assert.ok(text.includes(String(failure.index + 1)), text);
        }
        if (failure.kind === "platform") assert.ok(text.includes(failure.code) && text.includes(failure.text), text);
      });
    }
  }

  it("keep a platform's text unchanged, also if it looks like a parameter", () => {
    const said = "__name__ __value__ $t(error.E_FAIL) __said__ <b>";
    const refused: Failure = { kind: "platform", code: "E_9", value: 9, text: said, scope: "command" };
    for (const language of languages) {
      const words = inWords(translator({ ...written(language), ...generated(language) }), "AgentLogin", refused);
      assert.ok(words.includes(said), words);
      assert.match(words, /E_9/);
    }
  });

  it("have a cause that is readable in the debug sidebar, and unchanged for flows", () => {
    const { cause } = new ScccError("m", "c", { kind: "platform", text: "x".repeat(1000) });
    assert.deepEqual(cause, { kind: "platform", text: "x".repeat(1000) });
    assert.match(`${String(cause)}`, /^\{"kind":"platform","text":"x{9,200}…?/);
    assert.ok(String(cause).length < 300);
  });

  it("say that the agent may have to log in, where the platform calls a command illegal, and nowhere else", () => {
    const refusedWith = (code: string): Failure => ({ kind: "platform", code, value: 1, text: "", scope: "command" });
    for (const language of languages) {
      const login = language.text === "en" ? /Log the agent in/ : /请先登录坐席/;
      const translate = translator({ ...written(language), ...generated(language) });
      assert.match(inWords(translate, "CallNumber", refusedWith("E_G_INVALID_OPT")), login);
      assert.doesNotMatch(inWords(translate, "CallNumber", refusedWith("E_G_STAFF_NO_EXIST")), login);
    }
  });

  it("show values with the top bit set in hexadecimal", () => {
    const refused: Failure = {
      kind: "platform",
      code: "E_G_STAFF_NO_EXIST",
      value: 0xf1000013,
      text: "",
      scope: "command",
    };
    const [english] = languages;
    assert.match(
      inWords(translator({ ...written(english), ...generated(english) }), "AgentLogin", refused),
      /0xF1000013/,
    );
  });

  it("become errors with code and cause, and results with the platform's own words first", () => {
    const key: Translate = (name) => name;
    const network = failures.find((failure) => failure.kind === "network") as Failure;
    const error = errorOf(key, "AgentLogin", network);
    assert.deepEqual(
      [error.code, error.cause.code, error.message],
      ["SCCC_NETWORK", "ECONNREFUSED", "errors.unreachable"],
    );
    assert.deepEqual(resultOf(key, "x", network), { error: null, name: "SCCC_NETWORK", msg: "errors.unreachable" });
    const refused: Failure = { kind: "platform", code: "E_FAIL", value: -1, text: "说明", scope: "command" };
    assert.deepEqual(resultOf(key, "x", refused), { error: -1, name: "E_FAIL", msg: "说明" });
  });
});
