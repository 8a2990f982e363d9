// No secret is output: every command with every result, with debug logging, in everything that can be read afterwards.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { commands } from "../../nodes/catalogue";
import type { Simulator } from "../../simulator";
import { initHelper, load, logged, unload } from "../../tools/nodes";
import { account, examplePayload, startPlatform } from "../../tools/platform";

const outcomes: readonly (Record<string, unknown> | undefined)[] = [
  undefined,
  { kind: "error", error: 1, where: "request" },
  { kind: "error", error: "E_G_EXEC_FAIL" },
  { kind: "status", status: 500 },
  { kind: "html" },
  { kind: "drop" },
  { kind: "redirect", location: "http://127.0.0.1:1/" },
];

describe("secrets", () => {
  let platform: Simulator;
  before(async () => {
    initHelper();
    platform = await startPlatform();
  });
  after(async () => {
    await unload();
    await platform.close();
  });

  it("are not in any message, status, error, log or node", async () => {
    const seen: unknown[] = [];
    for (const command of commands) {
      const flow = await load(platform, { type: command.node, repeatGuard: 0 }, { debug: true });
      const payload = examplePayload(command);
      for (const outcome of outcomes) {
        if (outcome !== undefined) await platform.instruct({ do: "fault", ...outcome });
        const { msg, error } = await flow.send({ payload });
        seen.push(msg, error, error?.stack, error?.cause);
      }
      // The nodes' own properties; an account's credentials are stored by Node-RED.
      const { credentials: _, ...accountNode } = flow.account;
      seen.push(flow.statuses, inspect(flow.node, { depth: 1 }), inspect(accountNode, { depth: 1 }), logged());
      await unload();
    }
    const text = JSON.stringify(seen);
    assert.ok(text.length > 50_000, "there was something to look through");
    assert.ok(!text.includes(account.password), "the password");
    const digests = platform.requests.map(({ body }) => JSON.parse(body).authentication.digest as string);
    assert.ok(digests.length >= commands.length * outcomes.length);
    for (const digest of digests) assert.ok(!text.toLowerCase().includes(digest), `the digest ${digest}`);
  });
});
