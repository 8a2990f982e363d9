// The record of an account's pushes: limits, floods, agents and calls.
import assert from "node:assert/strict";
import fc from "fast-check";
import { agentStatusOf, beyondCut, copyOf, PushTraffic } from "../../nodes/receive/traffic";
import type { JsonObject } from "../../nodes/util/json";

const nodes = [{ id: "n" }];

/** Records pushes with a manual clock. */
function recorded() {
  const clock = { now: 1_700_000_000_000 };
  const traffic = new PushTraffic(() => clock.now);
  const pass = (topic: string, payload: JsonObject, code: "taken" | "unwanted" | "repeat" = "taken") => {
    const kept = { topic, payload };
    traffic.passed(code, kept, code === "taken" ? JSON.stringify(kept) : "", nodes, 200);
  };
  return { clock, traffic, pass, all: () => traffic.since("", 0) };
}

describe("the traffic of an account", () => {
  it("keeps the newest 500 pushes, and gives each once", () => {
    const { traffic, pass, all } = recorded();
    for (let number = 1; number <= 600; number += 1) pass("callin", { agent: "1", number: String(number) });
    const told = all();
    assert.equal(told.entries.length, 500);
    assert.deepEqual([told.oldest, told.entries[0]?.phone, told.entries.at(-1)?.phone], [101, "101", "600"]);
    assert.deepEqual(traffic.since(told.run, 600).entries, []);
    pass("callin", { agent: "1", number: "601" });
    assert.deepEqual(
      traffic.since(told.run, 600).entries.map(({ serial }) => serial),
      [601],
    );
    // Another thread has started.
    assert.equal(traffic.since("another", 600).entries.length, 500);
  });

  it("keeps pushes that can be delivered again, and no data of the dropped ones", () => {
    const { traffic, pass, all } = recorded();
    pass("callin", { agent: "1", number: "1" });
    pass("callin", { agent: "1", number: "2" }, "unwanted");
    pass("callin", { agent: "1", number: "3" }, "repeat");
    const { run, entries } = all();
    assert.deepEqual(
      entries.map(({ code, replayable }) => [code, replayable]),
      [
        ["taken", true],
        ["unwanted", true],
        ["repeat", false],
      ],
    );
    for (const { serial, phone } of entries) {
      assert.equal(JSON.parse(traffic.textOf(run, serial)?.text ?? "").payload.number, phone);
    }
    assert.equal(traffic.textOf(run, 4), undefined);
    assert.equal(traffic.textOf("another", 1), undefined);
    for (let number = 0; number < 500; number += 1) pass("callin", {});
    assert.equal(traffic.textOf(run, 1), undefined);
  });

  it("limits the bytes of its pushes: large ones displace others before they fill the memory", () => {
    const { pass, all } = recorded();
    for (let number = 0; number < 500; number += 1) pass("callin", { number: "1", text: "电".repeat(30_000) });
    const kept = all().entries.length;
    assert.ok(kept > 1 && kept * 60_000 <= 1_200_000, String(kept));
  });

  it("keeps the beginning of a huge push, and does not hand it over again", () => {
    const { traffic, pass, all } = recorded();
    pass("callin", { number: "1", text: "x".repeat(200_000) });
    const { run, entries } = all();
    assert.deepEqual([entries[0]?.replayable, traffic.textOf(run, 1)?.text.length], [false, 65_536]);
  });

  it("records ten refused pushes a second, a hundred in all, and they displace no others", () => {
    const { clock, traffic, pass, all } = recorded();
    for (let number = 0; number < 500; number += 1) pass("callin", { number: "1" });
    for (let second = 0; second < 60; second += 1) {
      for (let number = 0; number < 1000; number += 1) traffic.refused("digest", { notify: { type: "callin" } });
      clock.now += 1000;
    }
    const { entries, oldest, oldestRefused } = all();
    const refused = entries.filter((entry) => entry.refused);
    assert.deepEqual([refused.length, entries.length, oldest], [100, 600, 1]);
    assert.deepEqual([oldestRefused, entries.at(-1)?.serial], [refused[0]?.serial, 500 + 600]);
  });

  it("names the event of a refused push even if it has no type, like a screen pop, and none if there is no push", () => {
    const { traffic, all } = recorded();
    for (const notify of [{ number: "1", agent: "2" }, { type: "Billing" }, { type: "New" }, {}, { x: 1 }]) {
      traffic.refused("digest", { notify });
    }
    traffic.refused("body");
    assert.deepEqual(
      all().entries.map(({ event }) => event),
      ["screenpop", "billing", "new", "", "", ""],
    );
  });

  it("shows only the claimed customer and time of a refused push's authentication", () => {
    const { traffic, all } = recorded();
    traffic.refused("digest", { notify: { type: "x" }, customer: "C".repeat(500), timestamp: 17, ip: "192.0.2.1" });
    const { text = "" } = traffic.textOf(all().run, 1) ?? {};
    assert.deepEqual(JSON.parse(text), {
      claimed: { customer: "C".repeat(64), timestamp: "17" },
      ip: "192.0.2.1",
      notify: { type: "x" },
    });
  });

  it("keeps the beginning of a huge refused push only", () => {
    const { traffic, all } = recorded();
    traffic.refused("digest", { notify: { type: "x".repeat(200_000) } });
    assert.equal(traffic.textOf(all().run, 1)?.text.length, 16 * 1024 + beyondCut);
  });

  it("accepts any JSON", () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (topic, value, known) => {
        const { traffic, pass, all } = recorded();
        const fields = known ? { agent: value["a"], number: value["b"], direction: value["c"], ...value } : value;
        for (const event of [topic, "agentstatus", "callin", "callstart", "callend"]) pass(event, fields);
        traffic.refused("body", { notify: fields });
        const told = all();
        for (const { event, agent = "", phone = "" } of told.entries) {
          assert.ok(event.length <= 64 && agent.length <= 64 && phone.length <= 64);
        }
        JSON.parse(JSON.stringify(told));
      }),
    );
  });

  it("follows no call by an event whose name every object has", () => {
    const { pass, all } = recorded();
    for (const event of Object.getOwnPropertyNames(Object.prototype)) pass(event, { agent: "1", number: "2" });
    assert.deepEqual(all().calls, []);
  });

  it("follows agents by their last push", () => {
    const { clock, pass, all } = recorded();
    pass("agentstatus", { agent: "1", workStatus: "ONLINE", serverStatus: "IDLE" });
    pass("agentstatus", { agent: "2", workStatus: "BUSY", serverStatus: "IDLE" });
    clock.now += 5;
    pass("agentstatus", { agent: "1", workStatus: "ONLINE", serverStatus: "RINGING" });
    assert.deepEqual(all().agents, [
      { staffNo: "2", status: "BUSY", since: clock.now - 5, at: clock.now - 5 },
      { staffNo: "1", status: "RINGING", since: clock.now, at: clock.now },
    ]);
    clock.now += 5;
    pass("agentstatus", { agent: "1", workStatus: "ONLINE", serverStatus: "RINGING" });
    assert.deepEqual(all().agents[1], { staffNo: "1", status: "RINGING", since: clock.now - 5, at: clock.now });
    for (let agent = 0; agent < 3000; agent += 1) pass("agentstatus", { agent: String(agent), workStatus: "AWAY" });
    assert.equal(all().agents.length, 1000);
  });

  it("follows each agent's call until it ends, the agent is free, or its end was lost", () => {
    const { clock, pass, all } = recorded();
    const calls = () => all().calls.map(({ agent, phone, state }) => `${agent} ${phone} ${state}`);
    pass("callin", { agent: "1", number: "5", direction: "inbound", eventId: "e1" });
    pass("callout", { agent: "2", number: "6", direction: "outbound" });
    pass("screenpop", { number: "5", direction: "inbound" });
    assert.deepEqual(calls(), ["1 5 ringing", "2 6 dialing"]);
    clock.now += 1000;
    pass("callstart", { agent: "1", number: "5", direction: "inbound" });
    pass("screenpop", { agent: "1", number: "5", direction: "inbound" });
    assert.deepEqual(calls(), ["2 6 dialing", "1 5 answered"]);
    assert.deepEqual(
      all()
        .calls.map(({ id, since }) => [id, since])
        .at(-1),
      ["e1", clock.now - 1000],
    );
    pass("callend", { agent: "1", number: "5" });
    pass("agentstatus", { agent: "2", workStatus: "ONLINE", serverStatus: "IDLE" });
    assert.deepEqual(calls(), []);
    pass("callin", { agent: "1", number: "5", direction: "inbound" }, "repeat");
    assert.deepEqual(calls(), [], "a repeat begins no call");
    pass("callin", { agent: "3", number: "7", direction: "inbound" });
    clock.now += 3_700_000;
    assert.deepEqual(calls(), []);
    for (let agent = 0; agent < 3000; agent += 1) pass("callin", { agent: String(agent), number: "1" });
    assert.equal(all().calls.length, 500);
  });

  it("copies the beginning of a text", () => {
    assert.deepEqual([copyOf("abc", 2), copyOf("电话", 1), copyOf("ab", 2)], ["ab", "电", "ab"]);
  });

  it("has one word for an agent's two states", () => {
    assert.equal(agentStatusOf({ workStatus: "OFFLINE", serverStatus: "IDLE" }), "OFFLINE");
    assert.equal(agentStatusOf({ workStatus: "ONLINE" }), "ONLINE");
    assert.equal(agentStatusOf({ serverStatus: "CALL_IN" }), "CALL_IN");
    assert.equal(agentStatusOf({ workStatus: {}, serverStatus: null }), "");
  });
});
