// A platform with an unknown host name, and clocks that differ: the results of commands, and recovery.
import assert from "node:assert/strict";
import dns from "node:dns";
import type { Simulator } from "../../simulator";
import { callOf, clientOf, startPlatform } from "../../tools/platform";

const minutes = 60_000;
const never = () => ({ signal: new AbortController().signal });

describe("names and clocks", () => {
  let platform: Simulator;
  beforeEach(async () => {
    platform = await startPlatform();
    await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
  });
  afterEach(() => platform.close());

  for (const api of ["getAgentStatus", "CallNumber"]) {
    it(`an unknown host name gives SCCC_NETWORK, and service resumes when it is known: ${api}`, async () => {
      const { lookup } = dns;
      const client = clientOf(`http://nowhere.invalid:${platform.port}`);
      try {
        const { outcomes, tries } = await client.send(callOf(client, api), never());
        const [outcome] = outcomes;
        assert.ok(outcome?.ok === false && outcome.failure.kind === "network");
        assert.match(outcome.failure.systemCode, /^(ENOTFOUND|EAI_AGAIN)$/);
        // Nothing was sent, so that even a call may be retried.
        assert.deepEqual([outcome.failure.neverLeft, tries, platform.requests.length], [true, 3, 0]);
        const resolving = (_name: string, options: dns.LookupOptions, done: (...found: unknown[]) => void) =>
          lookup("127.0.0.1", options, done);
        Object.assign(dns, { lookup: resolving });
        const again = await client.send(callOf(client, api), never());
        assert.deepEqual([again.outcomes[0]?.ok, again.tries, platform.requests.length], [true, 1, 1]);
      } finally {
        Object.assign(dns, { lookup });
        client.close();
      }
    });
  }

  it("a clock that is ten minutes off gives E_S_AUTH_FAIL, and nothing is sent again", async () => {
    const client = clientOf(platform.url, { now: () => Date.now() - 10 * minutes });
    const { outcomes, tries } = await client.send(callOf(client, "CallNumber"), never());
    client.close();
    const [outcome] = outcomes;
    assert.ok(outcome?.ok === false);
    assert.deepEqual([outcome.failure.code, tries, platform.state.calls.length], ["E_S_AUTH_FAIL", 1, 0]);
    const right = clientOf(platform.url);
    assert.equal((await right.send(callOf(right, "CallNumber"), never())).outcomes[0]?.ok, true);
    right.close();
  });
});
