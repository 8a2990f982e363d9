// Messages and answers that are nested deeply, contain themselves or have throwing getters: each message ends once, with a code, and
// Node-RED keeps running.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { commands } from "../../nodes/catalogue";
import { deepestMessage, survey } from "../../nodes/runtime/shared/input";
import type { Simulator } from "../../simulator";
import { amount } from "../../tools/amount";
import { temporaryFolder } from "../../tools/node-red";
import { type Flow, initHelper, load, stateOf, unload } from "../../tools/nodes";
import { examplePayload, startPlatform } from "../../tools/platform";

// biome-ignore lint/suspicious/noExplicitAny: messages and events are what assertions look into.
type Loose = any;

const { hooks }: Loose = require("node-red");
const helper: Loose = require("node-red-node-test-helper");

const shapes: Readonly<Record<string, (inner: unknown) => unknown>> = {
  objects: (inner) => ({ a: inner }),
  arrays: (inner) => [inner],
  "objects after other fields": (inner) => ({ first: 1, list: [1, 2], a: inner }),
  maps: (inner) => new Map([["a", inner]]),
};

function nested(depth: number, shape: string, leaf: unknown = "x"): unknown {
  let value = leaf;
  for (let level = 0; level < depth; level += 1) value = shapes[shape]?.(value);
  return value;
}

const payloadOf = (type: string): Record<string, unknown> =>
  examplePayload(commands.find(({ node }) => node === type) ?? { fields: [] });

describe("strange messages", function () {
  this.timeout(60_000);
  let platform: Simulator;
  let server: Server | undefined;
  /** How each message ended, as reported to Node-RED. */
  let ends: (string | undefined)[] = [];
  let ended: (error: Loose) => void = () => undefined;

  /** Sends a message to a node that may output nothing; resolves with its error, after the time in which a second end would have come. */
  async function sendTo(flow: Flow, msg: Record<string, unknown>): Promise<Loose> {
    ends = [];
    const error = await new Promise<Loose>((resolve) => {
      ended = resolve;
      flow.node.receive(msg);
    });
    await new Promise(setImmediate);
    return error;
  }

  before(() => {
    initHelper();
    hooks.add("onComplete.strange", ({ node, error }: Loose) => {
      if (node.id !== "n") return;
      ends.push(error === undefined ? undefined : String(error.code));
      ended(error);
    });
  });
  after(() => hooks.remove("*.strange"));
  beforeEach(async () => {
    ends = [];
    platform = await startPlatform();
    helper.settings({ userDir: temporaryFolder() });
  });
  afterEach(async () => {
    await unload();
    await platform.close();
    helper.settings({});
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
  });

  /** Loads a node with two wires, a Catch and a Complete: each needs a copy of the message. */
  const loaded = (type: string, config: Record<string, unknown> = {}): Promise<Flow> => {
    const place = { z: "tab", x: 0, y: 0, type: "helper" };
    const second = [{ id: "second", ...place }];
    const wires = [["out", "second"], []];
    return load(
      platform,
      {
        type,
        wires,
        api: "NobodyKnows",
        apiType: "str",
        feed: "strange",
        interval: 0,
        password: "x",
        port: 0,
        ...config,
      },
      {},
      second,
    );
  };

  const types = [
    ...commands.map(({ node }) => node),
    "sccc-command",
    "sccc-get-recording",
    "sccc-confirm",
    "sccc-call-tracker",
    "sccc-feed",
  ];

  /** A changing third of them, by type, because the types share most of their code. The long tier takes all. */
  const byTurns = <T>(all: readonly T[], type: string): readonly T[] => {
    const shares = amount(3, 1);
    return all.filter((_, index) => index % shares === types.indexOf(type) % shares);
  };

  for (const type of types) {
    it(`of 20,000 levels end once with a code, in ${type}`, async () => {
      const flow = await loaded(type);
      for (const shape of byTurns(Object.keys(shapes), type)) {
        for (const depth of [deepestMessage + 1, 20_000]) {
          const deep = nested(depth, shape);
          const payload = payloadOf(type);
          const field = Object.keys(payload)[0] ?? "filename";
          for (const [place, msg] of [
            ["msg.payload", { payload: deep }],
            [`msg.payload.${field}`, { payload: { ...payload, [field]: deep } }],
            ["msg.topic", { payload, topic: deep }],
            ["msg.sccc.token", { payload, sccc: { token: deep } }],
            ["msg.sccc.push", { payload, sccc: { push: deep, token: stateOf().tokens.free("test") } }],
            ["msg.error", { payload, error: deep }],
          ] as const) {
            ends = [];
            const { error, msg: caught } = await flow.send(msg);
            assert.equal(error?.code, "SCCC_INVALID_FIELD", `${shape} ${depth} ${place}`);
            assert.equal(error.cause.rule.key, "tooDeep");
            assert.ok(error.cause.field.startsWith(place), error.cause.field);
            assert.deepEqual(ends, ["SCCC_INVALID_FIELD"]);
            // Catch receives the message without the parts that cannot be copied.
            const name = place.split(".")[1] ?? "";
            assert.match(String(caught[name === "error" ? "_error" : name]), /notCopied/);
            if (name !== "payload") assert.deepEqual(caught.payload, payload);
          }
        }
      }
      assert.equal(platform.requests.length, 0);
      // The next message is processed normally.
      await sendTo(flow, { payload: payloadOf(type) });
      assert.equal(ends.length, 1);
    });
  }

  it("of 20,000 levels end once with a code, in sccc-simulator and in nodes that have no account", async () => {
    for (const type of ["sccc-simulator", ...types.filter((one) => one !== "sccc-confirm")]) {
      const flow = await loaded(type, { account: "", customer: "" });
      for (const shape of Object.keys(shapes)) {
        const { error } = await flow.send({ payload: nested(20_000, shape) });
        assert.equal(error?.code, "SCCC_INVALID_FIELD", type);
      }
      await unload();
    }
  });

  it("of 400 levels are accepted, and passed on to two nodes", async () => {
    const flow = await loaded("sccc-get-agent-info");
    for (const shape of Object.keys(shapes)) {
      const { msg, error } = await flow.send({ payload: {}, other: nested(400, shape) });
      assert.equal(error, undefined, shape);
      assert.deepEqual(survey(msg), {});
    }
  });

  it("that contain themselves, or values that Node-RED does not copy, are accepted", async () => {
    const flow = await loaded("sccc-get-agent-info");
    const cyclic: Record<string, unknown> = { list: [] };
    cyclic.self = cyclic;
    (cyclic.list as unknown[]).push(cyclic, cyclic);
    for (const msg of [
      { cyclic },
      { req: nested(20_000, "objects") },
      { buffer: Buffer.alloc(1e6) },
      { map: new Map([[cyclic, new Set([cyclic])]]) },
    ]) {
      const { error } = await flow.send({ payload: {}, ...msg });
      assert.equal(error, undefined, Object.keys(msg)[0]);
    }
  });

  it("are checked as deep as Node-RED copies, also if a shorter path leads to the same object", () => {
    const chain = Array.from({ length: 2000 }, (): { next?: unknown } => ({}));
    for (const [index, link] of chain.entries()) link.next = chain[index + 1];
    assert.equal(survey({ payload: chain }).deep, "msg.payload.0.next");
    assert.equal(survey({ payload: nested(deepestMessage - 1, "arrays") }).deep, undefined);
    const endless = new Proxy(
      {},
      {
        ownKeys: () => ["a"],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: () => ({ ...{ a: endless2() } }),
      },
    );
    function endless2(): unknown {
      return new Proxy(
        {},
        {
          ownKeys: () => ["a"],
          getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
          get: endless2,
        },
      );
    }
    assert.equal(survey({ payload: endless }).deep, "msg.payload.a.a");
  });

  describe("whose fields hold strange values", () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    const revoked = () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    };
    const values: readonly (readonly [string, () => unknown])[] = [
      ["an object that contains itself", () => cyclic],
      ["an array that contains itself", () => [cyclic, [cyclic]]],
      ["a bigint", () => 10n ** 40n],
      ["bigints", () => [1n, { n: 1n }]],
      ["a symbol", () => Symbol("x")],
      ["symbols", () => [Symbol("x"), { s: Symbol("y") }]],
      ["a function", () => () => "13800138000"],
      ["functions", () => [() => 1]],
      ["a revoked proxy", revoked],
      ["revoked proxies", () => [revoked()]],
      [
        "a proxy that throws",
        () =>
          new Proxy(
            {},
            {
              get: () => {
                throw new TypeError("raw");
              },
              ownKeys: () => {
                throw new TypeError("raw");
              },
            },
          ),
      ],
      [
        "a getter that throws",
        () => ({
          get number(): string {
            throw new TypeError("raw");
          },
        }),
      ],
      [
        "a toString that throws",
        () => ({
          toString: () => {
            throw new TypeError("raw");
          },
        }),
      ],
      [
        "a toJSON that throws",
        () => ({
          toJSON: () => {
            throw new TypeError("raw");
          },
        }),
      ],
      ["no prototype", () => Object.create(null)],
      ["a map", () => new Map([["13800138000", 1]])],
      ["a set", () => new Set(["13800138000"])],
      ["an invalid date", () => new Date(Number.NaN)],
      ["a buffer", () => Buffer.from("13800138000")],
      ["a typed array", () => new Float64Array(3)],
      [
        "an instance",
        () =>
          new (class Customer {
            readonly number = "13800138000";
          })(),
      ],
      ["a boxed text", () => Object("13800138000")],
      ["holes", () => new Array(5)],
      ["NaN", () => Number.NaN],
      ["infinity", () => [Number.POSITIVE_INFINITY, -0]],
      ["an error", () => new TypeError("raw")],
      ["a regular expression", () => /x/],
      ["half a character", () => "\ud800"],
      ["a long text", () => "1".repeat(100_000)],
      ["levels", () => nested(300, "arrays")],
    ];

    for (const type of types.filter((one) => one !== "sccc-feed")) {
      it(`end with a code or work, never in a raw error: ${type}`, async () => {
        const flow = await loaded(type);
        const payload = payloadOf(type);
        const fields = [...Object.keys(payload), "event", "recordFile"];
        for (const [index, [title, value]] of byTurns([...values.entries()], type)) {
          // Each value in one field, which changes, or in every field.
          const from = amount(Math.floor(index / 3) % fields.length, 0);
          const some = fields.slice(from, amount(from + 1, fields.length));
          const messages: readonly Record<string, unknown>[] = [
            ...some.map((field) => ({ payload: { ...payload, [field]: value() }, topic: "billing" })),
            { payload: value() },
            { payload, topic: value() },
            { payload, sccc: value() },
            { payload, sccc: { token: value(), push: value(), command: value(), call: value() } },
            { payload, error: value() },
            { payload, hasOwnProperty: value() },
          ];
          for (const msg of messages) {
            const error = await sendTo(flow, msg);
            assert.equal(ends.length, 1, title);
            if (error !== undefined) assert.match(String(error.code), /^(?:SCCC_|E_)/, `${title}: ${error.message}`);
          }
        }
      });
    }

    it("are reported by their field if they are numbers to dial", async () => {
      const flow = await loaded("sccc-call-task-add-numbers");
      for (const callees of [cyclic, [cyclic], 10n, [10n], [{ big: 1n }], Symbol("x"), [Symbol("x")], revoked()]) {
        const { error } = await flow.send({ payload: { taskID: "1", agent: "1000", callees } });
        assert.deepEqual([error.code, error.cause.field], ["SCCC_INVALID_FIELD", "callees"]);
      }
      assert.equal(platform.requests.length, 0);
    });
  });

  it("are refused if an expression makes a request that is too deep, without overflowing the stack", async () => {
    for (const depth of [100, 400, 3000]) {
      const request = `($f := function($n){$n = 0 ? {} : {"a": $f($n - 1)}}; $f(${depth}))`;
      const flow = await loaded("sccc-command", { request, requestType: "jsonata" });
      const { error } = await flow.send({ payload: {} });
      assert.deepEqual([error.code, error.cause.field], ["SCCC_INVALID_FIELD", "request"]);
      await unload();
    }
    assert.equal(platform.requests.length, 0);
  });

  describe("and deep answers of the platform", () => {
    const texts: Readonly<Record<string, (depth: number) => string>> = {
      objects: (depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
      arrays: (depth) => `${"[".repeat(depth)}1${"]".repeat(depth)}`,
    };
    const places: Readonly<Record<string, (deep: string) => string>> = {
      "the whole answer": (deep) => deep,
      "the result": (deep) => `{"result":${deep}}`,
      "the error": (deep) => `{"result":{"error":${deep}}}`,
      "the message": (deep) => `{"result":{"error":"0xF1000013","msg":${deep}}}`,
      data: (deep) => `{"result":{"error":0},"data":${deep}}`,
      "the response": (deep) => `{"result":{"error":0},"data":{"response":${deep}}}`,
      "a field of the response": (deep) =>
        `{"result":{"error":0},"data":{"response":{"userData":${deep},"taskID":${deep}}}}`,
      "the response's result": (deep) =>
        `{"result":{"error":0},"data":{"response":{"result":{"error":0,"msg":${deep}}}}}`,
      "a list": (deep) =>
        `{"result":{"error":0},"data":{"response":{"record":[${deep}],"cdr":[${deep}],"agent":[${deep}]}}}`,
      "the logs": (deep) => `{"result":{"error":0},"logs":${deep}}`,
    };

    async function answering(answer: () => string): Promise<string> {
      const started = createServer((request, response) => {
        request.resume().on("end", () => response.end(answer()));
      });
      server = started;
      await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
      return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
    }

    for (const [shape, textOf] of Object.entries(texts)) {
      for (const [place, answerOf] of Object.entries(places)) {
        it(`of 20,000 levels of ${shape} in ${place} end with a code`, async () => {
          let body = "";
          const url = await answering(() => body);
          for (const type of ["sccc-get-cdr-list", "sccc-command"]) {
            const flow = await load(
              { url },
              { type, api: "NobodyKnows", apiType: "str", wires: [["out"], []] },
              { debug: true },
            );
            for (const depth of [70, 20_000, 100_000]) {
              body = answerOf(textOf(depth));
              ends = [];
              const { error } = await flow.send({ payload: payloadOf(type) });
              assert.match(String(error?.code), /^(?:SCCC_PROTOCOL|E_)/, `${type} ${depth}`);
              assert.equal(ends.length, 1);
            }
            await unload();
          }
        });
      }
    }
  });

  it("and deep requests do not end the simulator", async () => {
    for (const depth of [100, 20_000, 100_000]) {
      const deep = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
      for (const body of [
        deep,
        `{"authentication":${deep}}`,
        `{"authentication":{},"request":${deep}}`,
        `{"authentication":{},"request":{"agent":${deep}}}`,
      ]) {
        const response = await fetch(`${platform.url}/openapi/V2.0.6/AgentLogin`, { method: "POST", body });
        assert.ok((await response.text()).length > 0);
      }
    }
  });
});
