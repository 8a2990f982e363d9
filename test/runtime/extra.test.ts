// `extra`: further fields of a request. In every command node, in lists, and in long lists of numbers.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Command, commandOf, commands } from "../../nodes/catalogue";
import { fillUp } from "../../nodes/protocol/extra";
import type { Simulator } from "../../simulator";
import { initHelper, load, unload } from "../../tools/nodes";
import { exampleOf, startPlatform } from "../../tools/platform";

const payloadOf = ({ fields }: Command): Record<string, unknown> =>
  Object.fromEntries(fields.map((field) => [field.property ?? field.name, exampleOf(field)]));

const more = { lineMode: "0", noUseBlApi: 0, deep: { list: [1, { more: "中文" }] } };

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

describe("extra", () => {
  let platform: Simulator;
  before(initHelper);
  beforeEach(async () => {
    platform = await startPlatform({ agents: "1000-1009", dialect: "field" });
  });
  afterEach(async () => {
    await unload();
    await platform.close();
  });
  const sent = () => platform.requests.map(({ body }) => JSON.parse(body));
  const own = (extra: unknown, extraType = "json") => ({
    extra: typeof extra === "string" ? extra : JSON.stringify(extra),
    extraType,
  });

  for (const command of commands) {
    const { node } = command;
    const config = { type: node, ...own(more) };

    describe(node, () => {
      it("sends them beside its own fields, and outputs them if the answer is not a list", async () => {
        const flow = await load(platform, config);
        const { msg } = await flow.send({ payload: payloadOf(command) });
        const [{ request, authentication }] = sent();
        for (const [name, value] of Object.entries(more)) assert.deepEqual(request[name], value, name);
        for (const { name } of command.fields.filter((field) => field.required)) assert.ok(name in request, name);
        assert.deepEqual(
          Object.keys(more).filter((name) => name in authentication),
          [],
        );
        if (msg.error === undefined && command.list === undefined) assert.equal(msg.payload.lineMode, "0");
      });

      it("prefers its own fields, in any case of letters", async () => {
        const named = command.fields.filter((field) => field.onlyIf === undefined && field.omitAt === undefined);
        const others = Object.fromEntries(
          named.flatMap(({ name }) => [name, name.toUpperCase()].map((spelling) => [spelling, "13900139000"])),
        );
        const plain = await load(platform, { type: node, seq: "71", seqType: "str" });
        await plain.send({ payload: payloadOf(command) });
        await unload();
        const flow = await load(platform, {
          type: node,
          seq: "71",
          seqType: "str",
          ...own({ ...others, seq: 99, SEQ: 98 }),
        });
        await flow.send({ payload: payloadOf(command) });
        const [without, withThem] = sent();
        assert.deepEqual(withThem.request, without.request);
      });

      it("refuses a value that is not a JSON object, is too deep, or belongs to the envelope, and sends nothing", async () => {
        const wrong: readonly (readonly [string, string, string])[] = [
          ["[1]", "json", "jsonObject"],
          ["1", "json", "jsonObject"],
          ['"{"', "json", "jsonObject"],
          ["payload.text", "msg", "jsonObject"],
          ["payload.loop", "msg", "json"],
          ["payload.big", "msg", "json"],
          [JSON.stringify(nested(65)), "json", "json"],
          ...["authentication", "Authentication", "param", "request", "requests", "__proto__"].map(
            (name) => [`{"${name}":{"customer":"C9"}}`, "json", "reserved"] as const,
          ),
        ];
        const loop: Record<string, unknown> = {};
        loop.loop = loop;
        for (const [extra, extraType, rule] of wrong) {
          const flow = await load(platform, { type: node, extra, extraType });
          const { error } = await flow.send({ payload: { ...payloadOf(command), text: "x", loop, big: { n: 1n } } });
          assert.deepEqual(
            [error?.code, error?.cause.field, error?.cause.rule.key],
            ["SCCC_INVALID_FIELD", "extra", rule],
            extra,
          );
          await unload();
        }
        assert.equal(platform.requests.length, 0);
      });

      it("accepts them up to the deepest nesting, from a message, and as text", async () => {
        for (const given of [nested(64), JSON.stringify(nested(64))]) {
          const flow = await load(platform, { type: node, ...own("given", "msg") });
          await flow.send({ payload: payloadOf(command), given });
          assert.deepEqual(sent().at(-1).request.a, nested(63));
          await unload();
        }
      });

      it("checks every number in a field that dials against dialOnly", async () => {
        for (const name of ["callees", "phoneNumber", "Mobile", "to"]) {
          const extra = own({ [name]: ["13900139000"] });
          // The command has its own field with this name.
          if (command.fields.some((field) => field.name === name)) continue;
          const flow = await load(platform, { type: node, ...extra }, { dialOnly: "13800138000, 02161234567" });
          const { error } = await flow.send({ payload: { ...payloadOf(command), callees: ["13800138000"] } });
          assert.equal(error?.code, "SCCC_NOT_ALLOWED", name);
          await unload();
        }
        assert.equal(platform.requests.length, 0);
      });

      it("sends them with every command of a list", async () => {
        const flow = await load(platform, { ...config, input: "list" });
        await flow.send({ payload: [payloadOf(command), payloadOf(command)] });
        const requests = command.batch ? sent()[0].requests : sent().map(({ request }) => request);
        assert.equal(requests.length, 2);
        for (const request of requests) assert.deepEqual(request.deep, more.deep);
      });
    });
  }

  it("provides fields that the node does not set, with the same checks", async () => {
    const callNumber = { type: "sccc-call-number", repeatGuard: "0" };
    const filled = await load(platform, {
      ...callNumber,
      ...own({ AGENT: "1000", callee: "13800138000", seq: "7", userData: "u" }),
    });
    await filled.send({ payload: {} });
    assert.deepEqual(sent()[0].request, { seq: 7, agent: "1000", callee: "13800138000", userData: "u" });
    await unload();
    const wrong = await load(platform, { ...callNumber, ...own({ userData: "x".repeat(31), seq: {} }) });
    const { error } = await wrong.send({ payload: { agent: "1000", callee: "13800138000" } });
    assert.deepEqual([error.code, error.cause.field], ["SCCC_INVALID_FIELD", "seq"]);
    assert.equal(platform.requests.length, 1);
    await unload();
    const where = async (extra: object, payload: object) => {
      const flow = await load(platform, { ...callNumber, ...own("more", "msg") });
      const { error } = await flow.send({ payload, more: extra });
      await unload();
      return error.cause.origin.where;
    };
    assert.equal(await where({ callee: "no" }, { agent: "1000" }), "msg.more");
    assert.equal(await where({ callee: "10086" }, { agent: "no" }), "msg.payload.agent");
    assert.equal(await where({}, { agent: "1000" }), "msg.payload.callee");
  });

  it("is sent with every request of a long list of numbers, and may contain the list itself", async () => {
    const callees = Array.from({ length: 1500 }, (_, index) => `138${String(index).padStart(8, "0")}`);
    for (const extra of [more, { ...more, callees }]) {
      const before = platform.requests.length;
      const flow = await load(platform, { type: "sccc-call-task-create", ...own(extra) });
      await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
      const payload = { agent: "1000", taskName: "t", mode: 5, ...("callees" in extra ? {} : { callees }) };
      const { msg, error } = await flow.send({ payload });
      assert.equal(error, undefined, JSON.stringify(error));
      assert.equal(msg.payload.callees.length, 1500);
      const requests = sent()
        .slice(before)
        .map(({ request }) => request);
      assert.deepEqual(
        requests.map(({ callees: part }) => part.length),
        [1000, 500],
      );
      for (const request of requests) assert.equal(request.lineMode, "0");
      await unload();
    }
  });

  it("never changes a field that was given, and doing it twice changes nothing", () => {
    const command = commandOf("CallNumber");
    assert.ok(command !== undefined);
    const names = fc.constantFrom("agent", "AGENT", "callee", "userData", "seq", "caller", "lineMode", "constructor");
    const fields = fc.dictionary(names, fc.oneof(fc.string({ minLength: 1 }), fc.nat(), fc.constant("")));
    fc.assert(
      fc.property(fields, fields, (given, extra) => {
        const once = fillUp(command, { ...given, extra });
        assert.ok(once.ok);
        for (const [name, value] of Object.entries(given)) if (value !== "") assert.equal(once.given[name], value);
        assert.deepEqual(fillUp(command, once.given), once);
      }),
    );
  });
});
