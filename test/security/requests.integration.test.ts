// Requests cannot be redirected elsewhere: not by a platform, a recording's name, or the account's form.
import assert from "node:assert/strict";
import { commands } from "../../nodes/catalogue";
import { type NodeRed, startNodeRed } from "../../tools/node-red";
import { initHelper, load, unload } from "../../tools/nodes";
import { account, examplePayload } from "../../tools/platform";
import { type Listening, listen } from "./server";

const redirects = [301, 302, 303, 307, 308];

describe("a platform that redirects", () => {
  let victim: Listening;
  let platform: Listening;
  let status = 302;
  before(initHelper);
  beforeEach(async () => {
    victim = await listen((_, response) => response.end("{}"));
    platform = await listen((_, response) => response.writeHead(status, { Location: `${victim.url}/` }).end());
  });
  afterEach(async () => {
    await unload();
    platform.close();
    victim.close();
  });

  it("is not followed by any command", async () => {
    for (const command of commands) {
      const flow = await load(platform, { type: command.node, repeatGuard: "0" });
      const payload = examplePayload(command);
      for (status of redirects) {
        const { error } = await flow.send({ payload });
        assert.equal(error?.code, `SCCC_HTTP_${status}`, command.api);
      }
      await unload();
    }
    assert.ok(platform.requests.length >= commands.length * redirects.length);
    assert.equal(victim.requests.length, 0);
    await load(platform, { type: "sccc-get-recording" });
  });

  it("is not followed for a recording", async () => {
    const flow = await load(platform, { type: "sccc-get-recording" });
    for (status of redirects) {
      const { error } = await flow.send({ payload: { filename: "/x.wav" } });
      assert.equal(error?.code, `SCCC_HTTP_${status}`);
    }
    assert.equal(victim.requests.length, 0);
  });

  it("gets the request for a recording itself, or no request is sent", async () => {
    const flow = await load(platform, { type: "sccc-get-recording" });
    const host = `127.0.0.1:${victim.port}`;
    const names = [
      ...[`http://${host}/x.wav`, `HTTP://${host}/x.wav`, `//${host}/x.wav`, `/\\${host}/x.wav`, `\\\\${host}\\x.wav`],
      ...[`@${host}/x.wav`, `:${victim.port}/x.wav`, `x@${host}/x.wav`, `/%2F/${host}/x.wav`, `/\t/${host}/x.wav`],
      ...[`http:${host}/x.wav`, `/x.wav\r\nHost: ${host}`, `/?http://${host}/`, `/#@${host}/`, ` //${host}/x.wav`],
    ];
    for (const filename of names) await flow.send({ payload: { filename } });
    assert.equal(victim.requests.length, 0);
    assert.ok(platform.requests.every(({ headers }) => headers.host === `127.0.0.1:${platform.port}`));
  });
});

describe("a user of the account's form", function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  let victim: Listening;
  before(async () => {
    nodeRed = await startNodeRed({
      version: 4,
      flows: [
        {
          id: "account",
          type: "sccc-account",
          baseUrl: "http://127.0.0.1:9",
          customer: account.customer,
          credentials: { password: account.password },
        },
      ],
    });
  });
  beforeEach(async () => {
    victim = await listen(() => undefined);
  });
  afterEach(() => victim.close());
  after(() => nodeRed?.stop());

  const probe = async (baseUrl: string, more: object = {}): Promise<{ outcome: string; params?: object }> =>
    (await nodeRed.admin("POST", "/sccc/connection", {
      id: "account",
      config: { baseUrl, customer: account.customer, ...more },
      credentials: { password: "__PWRD__" },
    })) as { outcome: string };

  it("can only send requests to http and https addresses without user, path or query", async () => {
    const host = `127.0.0.1:${victim.port}`;
    const addresses = [
      ...["file:///etc/passwd", `ftp://${host}`, `ws://${host}`, `gopher://${host}/_x`, "javascript:alert(1)"],
      ...[`http://user:pass@${host}`, `http://user@${host}`, `http://${host}/admin`, `http://${host}/?x=1`],
      ...[`http://${host}/#x`, `//${host}`, host, "http://", `unix:/${host}`, `data:,http://${host}`],
    ];
    for (const address of addresses) {
      const { outcome } = await probe(address);
      assert.equal(outcome, "setting", address);
    }
    for (const version of ["2.0.6/../../admin", "x", "2.0.6?x=", "2.0.6 HTTP/1.1\r\nX: y"]) {
      assert.equal((await probe(victim.url, { apiVersion: version })).outcome, "setting", version);
    }
    assert.equal(victim.requests.length, 0);
  });

  it("gets a result within the account's timeout from a server that is silent or never ends", async () => {
    assert.equal((await probe(victim.url, { timeout: "0.3" })).outcome, "timeout");
    const endless = await listen((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, "x")));
        response.once("drain", more);
      };
      more();
    });
    assert.equal((await probe(endless.url, { timeout: "10" })).outcome, "notSccc");
    endless.close();
  });

  it("is not redirected, and sees only an excerpt of the answer", async () => {
    const led = await listen((_, response) => response.writeHead(302, { Location: victim.url }).end());
    assert.equal((await probe(led.url)).outcome, "redirect");
    assert.equal(victim.requests.length, 0);
    led.close();
    const talkative = await listen((_, response) => response.end("secret ".repeat(10_000)));
    const { outcome, params } = await probe(talkative.url);
    assert.equal(outcome, "notSccc");
    assert.ok(JSON.stringify(params).length < 400);
    talkative.close();
  });

  it("sends no password anywhere, only a digest", async () => {
    let body = "";
    const thief = await listen((request, response) => {
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => response.end());
    });
    await probe(thief.url);
    assert.match(body, /"digest":"[\da-f]{32}"/);
    assert.ok(!body.includes(account.password));
    assert.ok(!JSON.stringify(thief.requests.map(({ headers, url }) => [headers, url])).includes(account.password));
    thief.close();
  });
});
