// Rules for every request: paths and versions, authentication, one command or several, logs and languages.
import assert from "node:assert/strict";
import { commands, versions } from "../../nodes/catalogue";
import { startSimulator } from "../../simulator";
import {
  type Answer,
  ask,
  authentication,
  errorOf,
  md5,
  nextSeq,
  password,
  post,
  resultOf,
  withSimulator,
} from "./client";

describe("the simulator's envelope", () => {
  const context = withSimulator({ pushUrl: "" });
  const request = { seq: 1, agent: "1000" };
  const errorFor = async (path: string, method = "POST"): Promise<unknown> => {
    const body = method === "POST" ? JSON.stringify({ authentication: authentication(), request }) : null;
    const response = await fetch(context.simulator.url + path, { method, body });
    assert.equal(response.status, 200);
    return ((await response.json()) as Answer).result.error;
  };

  for (const { api, versions: known } of commands) {
    for (const x of versions) {
      it(`${known.includes(x) ? "accepts" : "refuses"} ${api} in V2.0.${x}`, async () => {
        assert.equal(
          (await ask(context.simulator, api, { request }, `V2.0.${x}`)).result.error,
          known.includes(x) ? 0 : 11,
        );
      });
    }
  }

  for (const version of ["V2.0.5", "V2.0.7", "V2.1.6", "V3.0.6", "2.0.6", "V2.0.06", "latest"]) {
    it(`refuses the version ${version}`, async () => {
      assert.equal(await errorFor(`/openapi/${version}/AgentLogin`), 10);
    });
  }

  for (const path of [
    "/openapi",
    "/openapi/",
    "/openapi/V2.0.6",
    "/openapi/V2.0.6/",
    "/openapi/V2.0.6/NoSuch",
    "/other",
    "/openapi/V2.0.6/AgentLogin/more",
  ]) {
    it(`refuses the path ${path}`, async () => assert.equal(await errorFor(path), 11));
  }

  it("accepts POST only, and ignores a query", async () => {
    assert.equal(await errorFor("/openapi/V2.0.6/AgentLogin", "GET"), 11);
    assert.equal(await errorFor("/openapi/V2.0.6/AgentLogin?x=1"), 0);
  });

  for (const body of ["", "{", "null", "[]", '"text"', "\ufeff{}"]) {
    it(`refuses the body ${JSON.stringify(body)}`, async () => {
      const response = await post(`${context.simulator.url}/openapi/V2.0.6/AgentLogin`, body);
      const answer = (await response.json()) as Answer;
      assert.deepEqual([response.status, answer.result.error, answer.data], [200, 8, null]);
    });
  }

  const shapes = {
    "no request": {},
    "both request and requests": { request, requests: [request] },
    "no requests": { requests: [] },
    "requests that are none": { requests: [request, null] },
    "a request that is none": { request: [] },
  };
  for (const [name, shape] of Object.entries(shapes)) {
    it(`refuses ${name}`, async () => {
      assert.equal((await ask(context.simulator, "AgentLogin", shape)).result.error, 8);
    });
  }

  it("refuses a body that is too long, and keeps running", async () => {
    const response = await post(
      `${context.simulator.url}/openapi/V2.0.6/AgentLogin`,
      " ".repeat(9 * 1024 * 1024),
    ).catch(() => undefined);
    if (response !== undefined) assert.equal(response.status, 413);
    assert.equal(await errorFor("/openapi/V2.0.6/AgentLogin"), 0);
  });

  // Created when the test runs: in a long run, files are loaded minutes before.
  const strangers: Readonly<Record<string, () => { authentication: unknown }>> = {
    "no block": () => ({ authentication: undefined }),
    "a block that is none": () => ({ authentication: "C2" }),
    "another customer": () => ({ authentication: authentication({ customer: "C3" }) }),
    "a wrong digest": () => ({ authentication: authentication({ digest: md5("C2") }) }),
    "no digest": () => ({ authentication: authentication({ digest: null }) }),
    "a timestamp that is no number": () => ({ authentication: authentication({ timestamp: "now" }) }),
    "a seq that is no number": () => ({ authentication: authentication({ seq: "a" }) }),
    "no seq": () => ({ authentication: authentication({ seq: null }) }),
    "a timestamp of ten minutes ago": () => ({ authentication: authentication({ timestamp: Date.now() - 600_000 }) }),
    "a timestamp of in ten minutes, in seconds": () => ({
      authentication: authentication({ timestamp: Math.floor(Date.now() / 1000) + 600 }),
    }),
  };
  for (const [name, block] of Object.entries(strangers)) {
    it(`refuses an authentication with ${name}`, async () => {
      const { result, data } = await ask(context.simulator, "AgentLogin", { ...block(), request });
      assert.deepEqual([result.error, data], [1, null]);
      assert.equal(context.simulator.state.summary.agents, 0);
    });
  }

  it("accepts a seq once, as text or as a number; a refused request does not use it up", async () => {
    const seq = nextSeq();
    const errors = [];
    for (const block of [{ seq, digest: md5("") }, { seq }, { seq }, { seq: Number(seq) }]) {
      const answer = await ask(context.simulator, "AgentLogin", { authentication: authentication(block), request });
      errors.push(answer.result.error);
    }
    assert.deepEqual(errors, [1, 0, 1, 1]);
  });

  it("accepts the vendor's example if timestamps of any age are tolerated", async () => {
    const simulator = await startSimulator({ password, tolerance: 0 });
    const block = { customer: "C2", timestamp: 1471918933001, seq: 5271, digest: "ae62e11cab746436b64a26f4ed8e41a3" };
    const { result, data } = await ask(simulator, "getAgentInfo", { authentication: block, request: { seq: "7" } });
    await simulator.close();
    assert.deepEqual([result.error, data?.seq, data?.response["seq"]], [0, 5271, "7"]);
  });

  it("carries out several commands, each with its own result, in order", async () => {
    const requests = ["1000", "9999", "1001"].map((agent, index) => ({ seq: String(index), agent, userData: agent }));
    const { data, result } = await ask(context.simulator, "AgentLogin", { requests });
    assert.equal(result.error, 0);
    assert.equal(data?.response, undefined);
    assert.deepEqual(data?.responses.map(errorOf), [0, 0xf1000013, 0]);
    assert.deepEqual(
      data?.responses.map(({ seq, userData }) => [seq, userData]),
      requests.map(({ seq, userData }) => [seq, userData]),
    );
  });

  it("answers a batch of one as a batch", async () => {
    const { data } = await ask(context.simulator, "AgentLogin", { requests: [request] });
    assert.equal(data?.responses.length, 1);
  });

  it("returns logs if debug is on in any notation, and never the password in them", async () => {
    for (const debug of [true, "true"]) {
      const { logs } = await ask(context.simulator, "AgentLogin", { param: { debug }, request });
      assert.match(logs ?? "", /AgentLogin seq 1: E_SUCC/);
    }
    const { logs } = await ask(context.simulator, "AgentLogin", {
      authentication: authentication({ digest: md5("") }),
      param: { debug: true },
      request,
    });
    assert.equal(logs, "wrong digest");
    for (const param of [undefined, {}, { debug: false }, { debug: "false" }]) {
      assert.equal((await ask(context.simulator, "AgentLogin", { param, request })).logs, null);
    }
  });

  it("answers in Chinese unless English is requested", async () => {
    const ask9999 = (param: unknown) =>
      ask(context.simulator, "AgentLogin", { param, request: { ...request, agent: "9999" } });
    const texts = async (param: unknown) => {
      const { result, data } = await ask9999(param);
      return [result.msg, resultOf(data?.response)["msg"]];
    };
    assert.deepEqual(await texts({ lang: "en_US" }), ["success", "no such staff number"]);
    assert.deepEqual(await texts({ lang: "zh_CN" }), ["成功", "指定工号不存在"]);
    assert.deepEqual(await texts(undefined), ["成功", "指定工号不存在"]);
  });

  it("keeps the received requests", async () => {
    await ask(context.simulator, "AgentLogin", { request });
    const [received] = context.simulator.requests;
    assert.equal(received?.method, "POST");
    assert.equal(received?.url, "/openapi/V2.0.6/AgentLogin");
    assert.equal(received?.headers["accept"], "application/json");
    assert.ok(received?.rawHeaders.includes("application/json"));
    assert.deepEqual(JSON.parse(received?.body ?? "").request, request);
    assert.ok(Math.abs((received?.at ?? 0) - Date.now()) < 10_000);
  });
});
