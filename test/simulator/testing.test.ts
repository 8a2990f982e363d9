// The entry for users' tests: the signing helper, verified independently of our code, and the types of the built package.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildCode } from "../../build/dist";
import { digestOf } from "../../simulator/signing";
import * as source from "../../simulator/testing";
import { root } from "../../tools/hosts";
import { md5, password, post, startReceiver } from "./client";

/** A test of a user, as strict as TypeScript allows. */
const consumer = `
import { type Books, type Entry, type Outcome, type Simulator, type State, signPush, startSimulator } from "./testing";

export async function test(): Promise<Outcome> {
  const simulator: Simulator = await startSimulator({ password: "p", dialect: "field", numbers: { shares: { busy: 1 } } });
  const state: State = simulator.state;
  const last: Entry | undefined = state.cdrs.at(-1);
  const books: Books = simulator.books({ number: last?.facts.callee ?? "" });
  const seconds: number = (last?.duration ?? 0) + books.answered;
  const digest: string = signPush({ customer: "C", password: "p", notify: { seconds } }).authentication.digest;
  const status: "running" | "paused" | "finished" | undefined = state.tasks[0]?.status;
  await simulator.close();
  return simulator.instruct({ digest, status });
}
// @ts-expect-error: there is no such option
export const unknownOption = startSimulator({ password: "p", pasword: "p" });
// @ts-expect-error: there is no such dialect
export const unknownDialect = startSimulator({ password: "p", dialect: "vendor" });
// @ts-expect-error: the state cannot be changed from outside
export const changed = async () => (await startSimulator({ password: "p" })).state.tasks[0].status = "paused";
`;

describe("the module for users' tests", () => {
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

  it("signs pushes with the current time and unique seqs, ready to be posted", async () => {
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

  it("accepts a timestamp in seconds, and texts instead of numbers", () => {
    const { authentication, param } = source.signPush({
      ...{ customer: "C2", password: "", notify: {} },
      ...{ timestamp: "1471918933", seq: "007", param: { lang: "en_US" } },
    });
    assert.deepEqual([authentication.timestamp, authentication.seq], ["1471918933", "007"]);
    assert.equal(authentication.digest, md5("C2@1471918933@007@"));
    assert.deepEqual(param, { lang: "en_US" });
  });

  it("is built with the simulator in a separate file, and with types that compile in a strict project", async function () {
    this.timeout(60_000);
    // Inside the repository, so that the compiler finds @types/node.
    mkdirSync(join(root, ".cache"), { recursive: true });
    const folder = mkdtempSync(join(root, ".cache/types-"));
    try {
      await buildCode(folder);
      writeFileSync(join(folder, "consumer.ts"), consumer);
      const compiler = join(root, "node_modules/typescript/bin/tsc");
      const strict = ["--ignoreConfig", "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--module", "node20"];
      const { status, stdout } = spawnSync(
        process.execPath,
        [compiler, ...strict, "--target", "es2022", "--types", "node", "consumer.ts"],
        { cwd: folder, encoding: "utf8" },
      );
      assert.deepEqual([stdout, status], ["", 0]);
      const built: typeof source = require(join(folder, "testing.js"));
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
