// The entry for users' tests: the signing helper, verified independently of our code, and the types that are maintained by hand.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCode } from "../../build/dist";
import { digestOf } from "../../simulator/signing";
import * as source from "../../simulator/testing";
import type * as kept from "../../testing";
import { md5, password, post, startReceiver } from "./client";

/** Whether two types are identical. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Takes<F extends (...args: never) => unknown> = Parameters<F>;
type Gives<F extends (...args: never) => unknown> = Awaited<ReturnType<F>>;
const typesAreKept: {
  names: Same<keyof typeof kept, keyof typeof source>;
  options: Same<Takes<typeof kept.startSimulator>, Takes<typeof source.startSimulator>>;
  simulator: Same<Gives<typeof kept.startSimulator>, Gives<typeof source.startSimulator>>;
  toSign: Same<Takes<typeof kept.signPush>, Takes<typeof source.signPush>>;
  signed: Same<Gives<typeof kept.signPush>, Gives<typeof source.signPush>>;
} = { names: true, options: true, simulator: true, toSign: true, signed: true };

describe("what users' tests load", () => {
  it("has the types that it says it has", () => assert.ok(Object.values(typesAreKept).every(Boolean)));

  it("signs the vendor's vector", () => {
    assert.equal(digestOf("C2", "1471918933001", "5271", password), "ae62e11cab746436b64a26f4ed8e41a3");
    const { authentication } = source.signPush({
      customer: "C2",
      password,
      notify: {},
      timestamp: 1471918933001,
      seq: 5271,
    });
    assert.deepEqual(authentication, {
      customer: "C2",
      digest: "ae62e11cab746436b64a26f4ed8e41a3",
      seq: "5271",
      timestamp: "1471918933001",
    });
  });

  it("signs pushes of now, each with a seq of its own, that can be posted as they are", async () => {
    const receiver = await startReceiver();
    const notify = { type: "callstart", userData: "坐席@1" };
    for (let i = 0; i < 2; i++) {
      const { status } = await post(receiver.url, source.signPush({ customer: "客户@C2", password, notify }));
      assert.equal(status, 200);
    }
    await receiver.close();
    for (const { authentication, ...push } of receiver.pushes) {
      const { customer, timestamp, seq, digest } = authentication;
      assert.equal(digest, md5(`${customer}@${timestamp}@${seq}@${password}`));
      assert.ok(Math.abs(Number(timestamp) - Date.now()) < 60_000);
      assert.deepEqual([customer, push.notify, push.param], ["客户@C2", notify, { debug: "", lang: "" }]);
    }
    assert.equal(new Set(receiver.pushes.map(({ authentication }) => authentication["seq"])).size, 2);
  });

  it("takes a timestamp in seconds, and texts", () => {
    const { authentication, param } = source.signPush({
      ...{ customer: "C2", password: "", notify: {} },
      ...{ timestamp: "1471918933", seq: "007", param: { lang: "en_US" } },
    });
    assert.deepEqual([authentication.timestamp, authentication.seq], ["1471918933", "007"]);
    assert.equal(authentication.digest, md5("C2@1471918933@007@"));
    assert.deepEqual(param, { lang: "en_US" });
  });

  it("is built, with the simulator left in a file of its own", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sccc-"));
    try {
      await buildCode(folder);
      const built: typeof kept = require(join(folder, "testing.js"));
      assert.deepEqual(Object.keys(built).toSorted(), Object.keys(source).toSorted());
      const simulator: { readonly startSimulator: unknown } = require(join(folder, "simulator.js"));
      assert.equal(built.startSimulator, simulator.startSimulator);
      const running = await built.startSimulator({ password });
      assert.deepEqual(await running.instruct({ do: "reset" }), { ok: true });
      await running.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
