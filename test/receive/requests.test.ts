// Pure functions for requests: the sender, the path, the query; and which connection is closed.
import assert from "node:assert/strict";
import fc from "fast-check";
import { AllowList, forwardedSender, senderOf } from "../../nodes/receive/addresses";
import { Admission, sourceOf } from "../../nodes/receive/admission";
import { BodyCollector, ByteBudget, maxBodyBytes } from "../../nodes/receive/body";
import { filledFields } from "../../nodes/receive/replay-cache";
import { readQuery, readTarget } from "../../nodes/receive/target";

describe("X-Forwarded-For", () => {
  for (const [header, sender] of [
    ["", ""],
    ["203.0.113.9", "203.0.113.9"],
    ["203.0.113.9:51234", "203.0.113.9"],
    ["[2001:db8::7]:443", "2001:db8::7"],
    ["[2001:db8::7]", "2001:db8::7"],
    ["2001:db8::7", "2001:db8::7"],
    ['"[2001:db8::7]:443"', "2001:db8::7"],
    ["1.1.1.1, 203.0.113.9:80", "203.0.113.9"],
    ["203.0.113.9, unknown", "unknown"],
    ["[203.0.113.9]:80", "[203.0.113.9]:80"],
    ["203.0.113.9:x", "203.0.113.9:x"],
    ["999.0.0.1:80", "999.0.0.1:80"],
    ["10.0.0.1', <b>, ::1", "::1"],
    [",,,", ""],
  ] as const) {
    it(`${JSON.stringify(header)} names ${JSON.stringify(sender)}`, () =>
      assert.equal(forwardedSender(header), sender));
  }

  it("is used only behind a proxy, and never throws", () => {
    assert.equal(senderOf("10.0.0.1", "203.0.113.9", false), "10.0.0.1");
    assert.equal(senderOf("10.0.0.1", "203.0.113.9:1", true), "203.0.113.9");
    assert.equal(senderOf("10.0.0.1", "", true), "10.0.0.1");
    // A server that listens on every address has IPv4 peers in their IPv6 form.
    assert.equal(senderOf("::ffff:10.0.0.1", "", true), "10.0.0.1");
    assert.equal(senderOf("::ffff:10.0.0.1", "203.0.113.9", false), "10.0.0.1");
    const list = new AllowList(["203.0.113.0/24"]);
    fc.assert(fc.property(fc.string(), (header) => assert.ok(!list.has(senderOf("", `${header},1`, true)))));
  });
});

describe("a request's target", () => {
  for (const [url, path, query] of [
    ["/sccc/notify", "/sccc/notify", {}],
    ["/sccc/notify?", "/sccc/notify", {}],
    ["/sccc/notify?a=1?b=2", "/sccc/notify", { a: "1?b=2" }],
    ["/a?x=1&x=2&y=%20&x=3", "/a", { x: ["1", "2", "3"], y: " " }],
    ["/%E6%8E%A8%E9%80%81", "/推送", {}],
    ["/推送", "/推送", {}],
    ["/a%2Fb", "/a%2Fb", {}],
    ["/a%2fb", "/a%2Fb", {}],
    ["/a%252Fb", "/a%2Fb", {}],
    ["http://host:8443/a?b=c", "/a", { b: "c" }],
    ["HTTPS://host/a", "/a", {}],
    ["http://host", "/", {}],
    ["http://host?x=1", "/", { x: "1" }],
    ["//a", "//a", {}],
    ["*", "*", {}],
    ["/a?%ff%&b=%", "/a", { "\ufffd%": "", b: "%" }],
  ] as const) {
    it(url, () => {
      const target = readTarget(url);
      assert.deepEqual({ path: target?.path, query: readQuery(target?.query ?? "") }, { path, query });
    });
  }
  it("that cannot be decoded is undefined", () => assert.equal(readTarget("/%ff%"), undefined));

  it("never throws, and has no prototype in its query (properties)", () => {
    fc.assert(fc.property(fc.string(), (url) => void readQuery(readTarget(url)?.query ?? "")));
    assert.deepEqual(Object.keys(readQuery("__proto__=1&__proto__=2")), ["__proto__"]);
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });
});

describe("connections", () => {
  const admission = () => new Admission<string>({ total: 4, perAddress: 2 });

  it("of one address are limited: the oldest without a valid push is closed", () => {
    const all = admission();
    assert.deepEqual(all.admit("1", "s1", "9.9.9.9", false), { admitted: true });
    all.mark("1", { proven: true });
    all.admit("2", "s2", "9.9.9.9", false);
    assert.deepEqual(all.admit("3", "s3", "9.9.9.9", false), { admitted: true, victim: "s2" });
    all.mark("3", { proven: true });
    assert.deepEqual(all.admit("4", "s4", "9.9.9.9", false), { admitted: false });
    all.leave("1", "s1");
    assert.deepEqual(all.admit("5", "s5", "9.9.9.9", false), { admitted: true });
  });

  it("are limited in total: idle ones and those without a valid push are closed first, and a listed address is accepted", () => {
    const all = admission();
    for (const name of ["1", "2", "3", "4"]) all.admit(name, `s${name}`, `9.9.9.${name}`, false);
    all.mark("1", { busy: true });
    all.mark("2", { proven: true });
    assert.equal(all.admit("5", "s5", "9.9.9.5", false).victim, "s3");
    assert.equal(all.admit("6", "s6", "1.1.1.1", true).victim, "s4");
    assert.equal(all.admit("7", "s7", "1.1.1.1", true).victim, "s5");
    assert.equal(all.admit("8", "s8", "1.1.1.1", true).victim, "s1", "busy, and unknown");
    assert.equal(all.admit("9", "s9", "9.9.9.9", false).admitted, false, "nobody goes for an unknown address");
    assert.equal(all.admit("10", "s10", "1.1.1.1", true).victim, "s6");
    assert.equal(all.size, 4);
  });

  it("that have ended are not confused with a later one of the same key", () => {
    const all = admission();
    all.admit("1", "old", "1.1.1.1", false);
    all.admit("1", "new", "1.1.1.1", false);
    all.leave("1", "old");
    assert.equal(all.size, 1);
  });

  it("of IPv6 senders are counted by their /64", () => {
    assert.equal(sourceOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2");
    assert.equal(sourceOf("2001:0DB8:1:2::9"), "2001:db8:1:2");
    assert.equal(sourceOf("2001:db8::1"), "2001:db8:0:0");
    assert.equal(sourceOf("::1"), "0:0:0:0");
    assert.equal(sourceOf("::ffff:10.0.0.1"), "10.0.0.1");
    assert.equal(sourceOf("fe80::1%eth0"), "fe80:0:0:0");
  });
});

describe("a body", () => {
  it("is complete for any chunks, within its limits (properties)", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 50 }), (chunks) => {
        const budget = new ByteBudget(1e9);
        const body = new BodyCollector(budget);
        for (const chunk of chunks) assert.equal(body.add(Buffer.from(chunk)), undefined);
        const all = Buffer.concat(chunks);
        assert.ok(body.bytes.equals(all));
        assert.ok(budget.used <= Math.max(1024, 2 * all.length));
        body.release();
        assert.equal(budget.used, 0);
      }),
    );
  });

  it("is refused if it is too large, or if all together are too large", () => {
    const budget = new ByteBudget(2 * maxBodyBytes);
    const body = new BodyCollector(budget);
    assert.equal(body.add(Buffer.alloc(maxBodyBytes)), undefined);
    assert.equal(body.add(Buffer.alloc(1)), "tooLarge");
    const others = [new BodyCollector(budget), new BodyCollector(budget)];
    assert.deepEqual(
      others.map((one) => one.add(Buffer.alloc(maxBodyBytes))),
      [undefined, "busy"],
    );
  });

  it("has the fields that have a value", () => {
    assert.deepEqual(
      [...filledFields({ a: "", b: null, c: undefined, d: 0, e: "x", "f,g": false })],
      ["d", "e", "f_g"],
    );
    assert.equal(filledFields("x").size, 0);
  });
});
