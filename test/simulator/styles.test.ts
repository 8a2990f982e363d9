// The styles of pushes: what is sent in each, verified independently of our code, and the reported outcome.
import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type Outcome, type Simulator, startSimulator } from "../../simulator";
import { type Json, md5, password } from "./client";

const [user, secret] = ["pusher", "push-secret"];

interface Received {
  readonly contentType: string | undefined;
  readonly text: string;
}

/** A minimal receiver that checks digests and the clock. */
const verdictOf = ({ text }: Received): number => {
  let body: { authentication: Json; notify: Json };
  try {
    body = JSON.parse(text);
  } catch {
    return 400;
  }
  const { customer, timestamp, seq, digest } = body.authentication;
  const ms = Number(timestamp) < 1e11 ? Number(timestamp) * 1000 : Number(timestamp);
  const isSigned = String(digest).toLowerCase() === md5(`${user}@${timestamp}@${seq}@${secret}`);
  return customer === user && isSigned && Math.abs(ms - Date.now()) < 300_000 ? 200 : 401;
};

describe("a push that an instruction sends", () => {
  const received: Received[] = [];
  let simulator: Simulator;
  let server: http.Server;

  const tell = (as: string, more: object = { event: "callin" }) => simulator.instruct({ do: "push", as, ...more });
  const texts = () => received.map(({ text }) => text);
  const bodies = () => texts().map((text) => JSON.parse(text) as { authentication: Json; notify: Json; param: Json });
  const shown = ({ ok, status, answer, taken, attempt }: Outcome & Json) => ({ ok, status, answer, taken, attempt });
  const accepted = { ok: true, status: 200, answer: { result: { error: 0 } }, taken: 1, attempt: 1 };
  const refused = { ok: true, status: 401, answer: { result: { error: 1 } }, taken: 0, attempt: 1 };

  beforeEach(async () => {
    received.length = 0;
    server = http.createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const push = { contentType: request.headers["content-type"], text: Buffer.concat(chunks).toString("utf8") };
      received.push(push);
      const status = verdictOf(push);
      const error = { 200: 0, 401: 1 }[status] ?? 8;
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ result: { error } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const pushUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    simulator = await startSimulator({ password, speed: 1000, pushUrl, pushUser: user, pushPassword: secret });
  });
  afterEach(async () => {
    await simulator.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it("is valid without a style", async () => {
    assert.deepEqual(shown(await simulator.instruct({ do: "push", event: "callin" })), accepted);
    assert.deepEqual(shown(await tell("valid")), accepted);
    assert.deepEqual(shown(await tell("Valid")), accepted);
  });

  it("with style upper has its digest in upper-case hex", async () => {
    assert.deepEqual(shown(await tell("upper")), accepted);
    const [body] = bodies();
    assert.match(String(body?.authentication["digest"]), /^[0-9A-F]{32}$/);
    assert.match(String(body?.authentication["digest"]), /[A-F]/);
  });

  it("with style seconds has its timestamp in seconds", async () => {
    assert.deepEqual(shown(await tell("seconds")), accepted);
    assert.match(String(bodies()[0]?.authentication["timestamp"]), /^\d{10}$/);
  });

  it("with style repeat is the last push, byte for byte", async () => {
    await tell("valid", { notify: { type: "mine", n: 1 } });
    const outcome = await tell("repeat", {});
    assert.deepEqual(shown(outcome), accepted);
    assert.deepEqual(outcome["notify"], { type: "mine", n: 1 });
    assert.equal(texts()[0], texts()[1]);
  });

  it("with style repeat is the last valid push, of an event if one is named", async () => {
    await tell("valid", { event: "billing" });
    await tell("upper", { event: "callin" });
    for (const style of ["forged", "old", "stranger", "reused"]) await tell(style);
    await tell("junk", {});
    const before = texts();
    await tell("repeat", {});
    await tell("repeat", { event: "Billing" });
    assert.deepEqual(texts().slice(before.length), [before[1], before[0]]);
    const none = await tell("repeat", { event: "callout" });
    assert.deepEqual(none, { ok: false, error: "as: there is no earlier push" });
  });

  it("with style repeat may be a push of a call", async () => {
    await simulator.instruct({ do: "agent", agent: "1000", workStatus: "AWAY" });
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await tell("repeat", { event: "agentstatus" });
    assert.equal(texts()[0], texts()[1]);
  });

  it("with style repeat ignores pushes before a reset and pushes that were never sent", async () => {
    await tell("valid");
    await simulator.instruct({ do: "reset" });
    for (const kind of ["dropPush", "wrongDigest"]) {
      await simulator.instruct({ do: "fault", kind });
      assert.equal((await tell("valid")).ok, false);
    }
    assert.equal((await tell("repeat", {})).ok, false);
  });

  it("with style reused has the last push's authentication and another content", async () => {
    await tell("valid", { event: "callin" });
    assert.equal((await tell("reused", { event: "callend" })).ok, true);
    const [first, second] = bodies();
    assert.deepEqual(second?.authentication, first?.authentication);
    assert.equal(second?.notify["type"], "callend");
  });

  it("with style forged has a wrong digest", async () => {
    assert.deepEqual(shown(await tell("forged")), refused);
    const authentication = bodies()[0]?.authentication ?? {};
    assert.deepEqual(Object.keys(authentication), ["customer", "digest", "seq", "timestamp"]);
    assert.match(String(authentication["digest"]), /^[0-9a-f]{32}$/);
    assert.equal(authentication["customer"], user);
  });

  for (const [more, age] of [
    [{}, 3600],
    [{ seconds: 301 }, 301],
    [{ seconds: -600 }, -600],
  ] as const) {
    it(`with style old is ${age} seconds old, with a correct digest`, async () => {
      assert.deepEqual(shown(await tell("old", { event: "callin", ...more })), refused);
      const { customer, timestamp, seq, digest } = bodies()[0]?.authentication ?? {};
      assert.equal(digest, md5(`${customer}@${timestamp}@${seq}@${secret}`));
      assert.ok(Math.abs(Date.now() - Number(timestamp) - age * 1000) < 5000);
    });
  }

  it("with style old may be within the tolerance", async () => {
    assert.deepEqual(shown(await tell("old", { event: "callin", seconds: 200 })), accepted);
  });

  it("with style stranger has the correct digest of another customer", async () => {
    assert.deepEqual(shown(await tell("stranger")), refused);
    await tell("stranger", { event: "callin", customer: "C3" });
    const blocks = bodies().map(({ authentication }) => authentication);
    assert.deepEqual(
      blocks.map(({ customer }) => customer),
      ["stranger", "C3"],
    );
    for (const { customer, timestamp, seq, digest } of blocks) {
      assert.equal(digest, md5(`${customer}@${timestamp}@${seq}@${secret}`));
    }
  });

  it("with style junk is any text", async () => {
    const outcome = await tell("junk", {});
    assert.deepEqual([outcome.ok, outcome["status"], outcome["taken"]], [true, 400, 0]);
    await tell("junk", { body: '{"authentication":', contentType: "text/plain; charset=GBK" });
    await tell("junk", { body: "", contentType: "" });
    assert.deepEqual(received, [
      { contentType: "application/json", text: "This is not JSON." },
      { contentType: "text/plain; charset=GBK", text: '{"authentication":' },
      { contentType: undefined, text: "" },
    ]);
  });

  it("can be sent several times: valid ones differ, repeats are equal", async () => {
    const outcome = await tell("valid", { event: "callin", times: 50 });
    assert.deepEqual([outcome.ok, outcome["times"], outcome["taken"]], [true, 50, 50]);
    assert.equal(new Set(bodies().map(({ authentication }) => authentication["seq"])).size, 50);
    assert.equal(new Set(bodies().map(({ notify }) => notify["seq"])).size, 50);
    await tell("repeat", { times: 5 });
    assert.equal(new Set(texts().slice(50)).size, 1);
    const forged = await tell("forged", { event: "callin", times: 3 });
    assert.deepEqual([forged.ok, forged["times"], forged["taken"], received.length], [true, 3, 0, 58]);
  });

  it("does not use up a fault if its style is already wrong", async () => {
    await simulator.instruct({ do: "fault", kind: "dropPush" });
    await tell("forged");
    assert.equal(received.length, 1);
    assert.deepEqual((await tell("valid"))["attempt"], 0);
  });

  it("has failed in any style if there is no answer", async () => {
    await tell("valid");
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    for (const style of ["valid", "forged", "reused"]) {
      const outcome = await tell(style);
      assert.match(outcome.ok ? "" : outcome.error, /ECONN/);
      assert.deepEqual([outcome["taken"], outcome["attempt"]], [0, style === "valid" ? 3 : 1]);
    }
    server.listen(0);
  });

  it("shows no password in its outcome", async () => {
    for (const style of ["valid", "repeat", "forged"]) {
      const text = JSON.stringify(await tell(style, style === "repeat" ? {} : { event: "callin" })) + texts().join();
      assert.ok(!text.includes(secret) && !text.includes(password));
    }
  });
});
