// Unusable proxies, credentials with a $, and unset variables: each is either refused by name or used unchanged.
import assert from "node:assert/strict";
import { narrowReceiving } from "../../nodes/runtime/receive/config";
import { narrowAccount } from "../../nodes/runtime/shared/config";
import type { Simulator } from "../../simulator";
import { initHelper, load, logged, unload } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";

const variables = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);

describe("an account", () => {
  const environment = { ...process.env };
  let platform: Simulator;
  before(initHelper);
  beforeEach(async () => {
    for (const name of variables) delete process.env[name];
    platform = await startPlatform();
  });
  afterEach(async () => {
    await unload();
    await platform.close();
    process.env = { ...environment };
  });

  const type = "sccc-get-agent-status";
  const send = async (
    accountConfig: Record<string, unknown>,
    others: readonly Record<string, unknown>[] = [],
    credentials: Record<string, unknown> = {},
  ) => {
    const flow = await load(platform, { type }, accountConfig, others, credentials);
    return flow.send({ payload: { agent: "1000" } });
  };

  const badProxies = [
    "socks5://127.0.0.1:1080",
    "socks://127.0.0.1:1080",
    "socks4a://127.0.0.1",
    "ftp://127.0.0.1:21",
    "file:///tmp/proxy",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:port",
    "http://127.0.0.1:0",
    "http://",
    "http://:8080",
    "http://[::1",
    "http://user:%zz@127.0.0.1:3128",
    "http://a b:3128",
    "://127.0.0.1:3128",
  ];
  for (const proxy of badProxies) {
    for (const name of ["all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"]) {
      it(`refuses ${name}=${proxy} by the variable's name, before anything is sent`, async () => {
        process.env[name] = proxy;
        const { error } = await send({});
        assert.equal(error.code, "SCCC_CONFIG");
        assert.deepEqual(
          [error.cause.setting, error.cause.reason, error.cause.variable],
          ["proxy", "proxyVariable", name],
        );
        assert.match(JSON.stringify(logged()), /proxyVariable/);
        assert.equal(platform.requests.length, 0);
      });
    }

    it(`refuses an http proxy node of ${proxy}`, async () => {
      const node = { id: "p", type: "http proxy", name: "", url: proxy, noproxy: [] };
      const { error } = await send({ proxy: "p" }, [node]);
      assert.equal(error.code, "SCCC_CONFIG");
      assert.deepEqual([error.cause.setting, error.cause.reason], ["proxy", "proxyUrl"]);
      assert.equal(platform.requests.length, 0);
    });
  }

  it("ignores an invalid proxy of the environment that its platform does not use", async () => {
    process.env.all_proxy = "socks5://127.0.0.1:1080";
    process.env.no_proxy = "127.0.0.1";
    await send({});
    assert.equal(platform.requests.length, 1);
    Object.assign(process.env, { no_proxy: "", https_proxy: "socks5://127.0.0.1:1080", all_proxy: "" });
    await unload();
    await send({});
    assert.equal(platform.requests.length, 2);
  });

  const passwords = [
    "ab${cd}ef12",
    "${ab}${cd}",
    "$",
    "$$",
    "${",
    "}${",
    "${}",
    "$(HOME",
    "a$HOME",
    "${HOME}x",
    "x${HOME}",
    " ${HOME}",
    "$& $1 $$",
  ];
  for (const password of passwords) {
    it(`signs with a password as it is: ${password}`, async () => {
      await platform.close();
      platform = await startPlatform({ password });
      process.env.cd = "expanded";
      const { error } = await send({}, [], { a: { password } });
      assert.notEqual(error?.code, "E_S_AUTH_FAIL");
      assert.equal(platform.requests.length, 1);
    });

    it(`signs with a variable's value as it is: ${password}`, async () => {
      await platform.close();
      platform = await startPlatform({ password });
      Object.assign(process.env, { SCCC_TEST_PASSWORD: password, cd: "expanded", ab: "expanded" });
      const { error } = await send({}, [], { a: { password: "${SCCC_TEST_PASSWORD}" } });
      assert.notEqual(error?.code, "E_S_AUTH_FAIL");
      assert.equal(platform.requests.length, 1);
    });
  }

  for (const [setting, config, credentials, variable] of [
    ["password", {}, { a: { password: "${SCCC_TEST_UNSET}" } }, "SCCC_TEST_UNSET"],
    ["password", {}, { a: { password: "${not a name}" } }, "not a name"],
    ["baseUrl", { baseUrl: "${SCCC_TEST_UNSET}" }, {}, "SCCC_TEST_UNSET"],
    ["baseUrl", { baseUrl: "http://${SCCC_TEST_UNSET}:8080" }, {}, "SCCC_TEST_UNSET"],
    ["customer", { customer: "${SCCC_TEST_UNSET}" }, {}, "SCCC_TEST_UNSET"],
    ["timeout", { timeout: "${SCCC_TEST_UNSET}" }, {}, "SCCC_TEST_UNSET"],
    ["retries", { retries: "${SCCC_TEST_UNSET}" }, {}, "SCCC_TEST_UNSET"],
  ] as const) {
    it(`names the variable that is not set: ${setting} of ${JSON.stringify({ ...config, ...credentials })}`, async () => {
      const { error } = await send(config, [], credentials);
      assert.equal(error.code, "SCCC_CONFIG");
      assert.deepEqual([error.cause.setting, error.cause.variable], [setting, variable]);
      assert.equal(platform.requests.length, 0);
    });
  }

  for (const config of [
    { dialOnly: "${UNSET}" },
    { dialOnly: " ${UNSET} " },
    { dialOnly: " , ；" },
    { dialOnly: ["138*"] },
    { dialOnly: true },
    { pushAllow: "${UNSET}" },
    { pushAllow: "," },
    { pushAllow: ["203.0.113.10"] },
    { pushHost: "${UNSET}" },
    { pushPath: "${UNSET}" },
  ]) {
    it(`refuses a restriction that becomes empty: ${JSON.stringify(config)}`, () => {
      const expand = (text: string) => text.replace("${UNSET}", "");
      const all = { baseUrl: "http://127.0.0.1", customer: "C2", pushPort: "1881", ...config };
      const credentials = { password: "secret" };
      const context = { customer: "C2", baseUrl: "", timezone: "Asia/Shanghai", region: "CN", areaCode: "" };
      const nodeOf = () => undefined;
      const account = narrowAccount(all, credentials, expand, nodeOf);
      const receiving = narrowReceiving(all, credentials, expand, nodeOf, context);
      const narrowed = "dialOnly" in config ? account : receiving;
      assert.ok(!narrowed.ok, "the account works without its restriction");
      assert.equal(narrowed.problem.setting, Object.keys(config)[0]);
    });
  }

  it("takes no port that is not set for Node-RED's own server", () => {
    const expand = (text: string) => text.replace("${UNSET}", "");
    const context = { customer: "C2", baseUrl: "", timezone: "Asia/Shanghai", region: "CN", areaCode: "" };
    const read = (pushPort: unknown) =>
      narrowReceiving({ customer: "C2", pushPort }, { password: "secret" }, expand, () => undefined, context);
    for (const pushPort of ["${UNSET}", " ${UNSET} "]) {
      assert.deepEqual(read(pushPort), {
        ok: false,
        problem: { setting: "pushPort", reason: "variable", variable: "UNSET" },
      });
    }
    for (const pushPort of ["", " ", undefined, null]) assert.ok(read(pushPort).ok);
  });

  it("accepts missing optional settings, also if their variable is not set", () => {
    const expand = (text: string) => text.replace("${UNSET}", "");
    const config = { baseUrl: "http://127.0.0.1", customer: "C2", areaCode: "${UNSET}", name: "${UNSET}" };
    const narrowed = narrowAccount(config, { password: "secret" }, expand, () => undefined);
    assert.ok(narrowed.ok, JSON.stringify(narrowed));
    assert.deepEqual([narrowed.value.areaCode, narrowed.value.label], ["", "C2"]);
  });
});
