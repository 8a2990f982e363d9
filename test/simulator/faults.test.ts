// Faults on request: the effect of each kind on a client, whether the command was carried out, and which request is affected.
import assert from "node:assert/strict";
import http from "node:http";
import { errorCodes } from "../../nodes/catalogue";
import { ask, authentication, command, errorOf, type Json, nextSeq, resultOf, withSimulator } from "./client";

/** What a client receives: the part of the answer, and how it ended. */
interface Met {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  end: "complete" | "aborted" | "no answer" | "left";
}

describe("the simulator's faults", () => {
  const context = withSimulator({ pushUrl: "", speed: 0.1 });
  const fault = async (kind: string, more: Json = {}) => {
    assert.deepEqual(await context.simulator.instruct({ do: "fault", kind, ...more }), { ok: true });
  };
  const request = { agent: "1000" };
  const login = () => command(context.simulator, "AgentLogin", request);
  const isLoggedIn = () => context.simulator.state.summary.agents === 1;

  /** Logs in (or gets a path), and disconnects once `enough` bytes have come, or none for `patience` ms. */
  const meet = (options: { path?: string; enough?: number; patience?: number } = {}): Promise<Met> =>
    new Promise((resolve) => {
      const { path, enough = Number.POSITIVE_INFINITY, patience } = options;
      const url = context.simulator.url + (path ?? "/openapi/V2.0.6/AgentLogin");
      const client = http.request(url, { method: path === undefined ? "POST" : "GET" });
      const met: Met = { status: 0, headers: {}, body: "", end: "no answer" };
      const leave = () => {
        met.end = "left";
        client.destroy();
      };
      if (patience !== undefined) client.setTimeout(patience, leave);
      client.on("error", () => {});
      client.on("close", () => resolve(met));
      client.on("response", (response) => {
        met.status = response.statusCode ?? 0;
        met.headers = response.headers;
        met.end = "aborted";
        response.on("error", () => {});
        response.setEncoding("latin1");
        response.on("data", (chunk: string) => {
          met.body += chunk;
          if (met.body.length >= enough) leave();
        });
        response.on("end", () => {
          met.end = "complete";
        });
      });
      client.end(
        path === undefined
          ? JSON.stringify({ authentication: authentication(), request: { seq: nextSeq(), ...request } })
          : undefined,
      );
    });

  describe("of the answer", () => {
    for (const { name, value } of errorCodes.filter((code) => code.value !== 0)) {
      it(`${name} in every notation: neither the command nor the request is carried out`, async () => {
        const forms = {
          number: value,
          decimal: String(value),
          hex: `0x${(value < 0 ? value + 2 ** 32 : value).toString(16).toUpperCase()}`,
          signed: value > 0x7fffffff ? value - 2 ** 32 : value,
        };
        for (const [form, wire] of Object.entries(forms)) {
          await fault("error", { error: name, form });
          const { data, result } = await ask(context.simulator, "AgentLogin", { request: { seq: 1, ...request } });
          assert.deepEqual([errorOf(data?.response), result.error], [wire, 0]);
          await fault("error", { error: value, form, where: "request" });
          const refused = await ask(context.simulator, "AgentLogin", { request: { seq: 1, ...request } });
          assert.deepEqual([refused.data, refused.result.error], [null, wire]);
          assert.ok(refused.result.msg.length > 0);
        }
        assert.equal(isLoggedIn(), false);
        assert.equal(errorOf(await login()), 0);
      });
    }

    it("an error's value may have any notation, and may be unknown", async () => {
      const values = { "0xF1000013": 0xf1000013, "4043309075": 0xf1000013, "12345": 12_345, "0xF1FFFFFF": 0xf1ffffff };
      for (const [error, value] of Object.entries(values)) {
        await fault("error", { error });
        assert.equal(errorOf(await login()), value);
      }
      await fault("error", { error: -251_658_221 });
      assert.equal(errorOf(await login()), 0xf1000013);
    });

    it("can affect some commands of a batch only: the others are carried out", async () => {
      await fault("tooFrequent", { only: [1] });
      const requests = ["1000", "1001", "1002"].map((agent, seq) => ({ seq, agent }));
      const { data, result } = await ask(context.simulator, "AgentLogin", { requests });
      assert.equal(result.error, 0);
      assert.deepEqual(data?.responses.map(errorOf), [0, 0xf1000021, 0]);
      assert.deepEqual(
        context.simulator.state.agents.slice(0, 3).map(({ workStatus }) => workStatus),
        ["ONLINE", "OFFLINE", "ONLINE"],
      );
    });

    it("tooFrequent refuses a command without carrying it out", async () => {
      await fault("tooFrequent");
      assert.equal(resultOf(await login())["msg"], "API 请求太频繁");
      assert.equal(isLoggedIn(), false);
    });

    it("can change the order of a batch's answers", async () => {
      await fault("shuffle");
      const requests = ["1000", "1001", "1002"].map((agent, seq) => ({ seq, agent }));
      const { data } = await ask(context.simulator, "AgentLogin", { requests });
      assert.deepEqual(
        data?.responses.map(({ seq }) => seq),
        [2, 1, 0],
      );
    });

    it('can have an inner result of "", of anything else, or none', async () => {
      for (const value of ["", null, { error: "" }]) {
        await fault("inner", { value });
        assert.deepEqual((await login())["result"], value);
      }
      await fault("inner");
      assert.ok(!("result" in (await login())));
      assert.ok(isLoggedIn());
    });
  });

  describe("of the delivery", () => {
    /** Each kind: its instruction, the client's behaviour, and the expected result. */
    const kinds: readonly {
      kind: string;
      more?: Json;
      by?: Parameters<typeof meet>[0];
      meets: (met: Met) => void;
    }[] = [
      { kind: "drop", meets: ({ end }) => assert.equal(end, "no answer") },
      { kind: "hang", by: { patience: 50 }, meets: ({ end, status }) => assert.deepEqual([end, status], ["left", 0]) },
      {
        kind: "truncated",
        meets: ({ end, headers, body }) => {
          assert.equal(end, "aborted");
          assert.ok(Number(headers["content-length"]) > body.length && body.length > 0);
        },
      },
      {
        kind: "endless",
        by: { enough: 1_000_000 },
        meets: ({ end, headers }) => assert.deepEqual([end, headers["content-length"]], ["left", undefined]),
      },
      {
        kind: "large",
        more: { bytes: 1_000_000 },
        meets: ({ end, body }) => {
          assert.deepEqual([end, body.length], ["complete", 1_000_000]);
          assert.equal((JSON.parse(body) as { result: Json }).result["error"], 0);
        },
      },
      {
        kind: "status",
        more: { status: 502 },
        meets: ({ status, headers }) =>
          assert.deepEqual([status, headers["content-type"]], [502, "text/html; charset=utf-8"]),
      },
      {
        kind: "status",
        more: { status: 503, body: "busy", contentType: "text/plain" },
        meets: ({ status, headers, body }) =>
          assert.deepEqual([status, headers["content-type"], body], [503, "text/plain", "busy"]),
      },
      {
        kind: "html",
        meets: ({ status, headers, body }) => {
          assert.deepEqual([status, headers["content-type"]], [200, "text/html; charset=utf-8"]);
          assert.match(body, /^<!DOCTYPE html>/);
        },
      },
      { kind: "empty", meets: ({ status, body, end }) => assert.deepEqual([status, body, end], [200, "", "complete"]) },
      ...["null", "[]", '{"data":null}', ""].map((body) => ({
        kind: "body",
        more: { body },
        meets: (met: Met) => assert.deepEqual([met.status, met.body], [200, body]),
      })),
      {
        kind: "redirect",
        more: { location: "http://127.0.0.1:1/" },
        meets: ({ status, headers }) => assert.deepEqual([status, headers.location], [302, "http://127.0.0.1:1/"]),
      },
    ];
    for (const { kind, more = {}, by, meets } of kinds) {
      it(`${kind} ${JSON.stringify(more)}: before the command is carried out, or after`, async () => {
        await fault(kind, more);
        meets(await meet(by));
        assert.equal(isLoggedIn(), false);
        await fault(kind, { ...more, after: true });
        meets(await meet(by));
        assert.equal(isLoggedIn(), true);
      });

      it(`${kind} ${JSON.stringify(more)}: instead of a recording`, async () => {
        await context.simulator.instruct({ do: "seed", records: 1 });
        const path = context.simulator.state.records[0]?.filename ?? "";
        await fault(kind, { ...more, api: "recording" });
        assert.equal(errorOf(await login()), 0);
        meets(await meet({ ...by, path }));
        assert.equal((await meet({ path })).headers["content-type"], "audio/wav");
      });
    }

    it("slow: the answer is late, but the command is carried out at once", async () => {
      await fault("slow", { ms: 100 });
      const from = performance.now();
      const answer = meet();
      const { body } = await answer;
      assert.ok(performance.now() - from >= 95);
      assert.equal((JSON.parse(body) as { result: Json }).result["error"], 0);
      assert.ok(isLoggedIn());
    });

    it("slow: the command is carried out although the client has disconnected", async () => {
      await fault("slow", { ms: 60_000 });
      assert.equal((await meet({ patience: 50 })).end, "left");
      assert.ok(isLoggedIn());
    });
  });

  describe("and the requests that they affect", () => {
    it("by default only the next request", async () => {
      await fault("tooFrequent");
      assert.deepEqual([errorOf(await login()), errorOf(await login())], [0xf1000021, 0]);
    });

    it("a given number of requests, or all until it is cleared", async () => {
      await fault("tooFrequent", { times: 2 });
      const errors = [];
      for (let i = 0; i < 3; i++) errors.push(errorOf(await login()));
      assert.deepEqual(errors, [0xf1000021, 0xf1000021, 0]);
      await fault("tooFrequent", { times: "always" });
      for (let i = 0; i < 5; i++) assert.equal(errorOf(await login()), 0xf1000021);
      await fault("none");
      assert.equal(errorOf(await login()), 0);
    });

    it("one command, by its name in any case", async () => {
      await fault("tooFrequent", { api: "agentlogout" });
      assert.equal(errorOf(await login()), 0);
      assert.equal(errorOf(await command(context.simulator, "AgentLogout", request)), 0xf1000021);
    });

    it("several faults apply one after another, in the order of the instructions", async () => {
      for (const error of [1001, 1002, 1003]) await fault("error", { error });
      assert.deepEqual([errorOf(await login()), errorOf(await login()), errorOf(await login())], [1001, 1002, 1003]);
    });
  });
});
