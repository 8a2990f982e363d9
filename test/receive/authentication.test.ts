// Authentication of pushes: digests and strictly typed fields.
import assert from "node:assert/strict";
import cryptoJsMd5 from "crypto-js/md5";
import fc from "fast-check";
import { isSignedBy, momentOf, readAuthentication } from "../../nodes/receive/authentication";

const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";
const sign = (customer: string, timestamp: string | number, seq: string | number, secret = password) =>
  cryptoJsMd5(`${customer}@${timestamp}@${seq}@${secret}`).toString();
const block = (changes: Record<string, unknown> = {}) => {
  const fields = { customer: "C2", timestamp: "1471918933001", seq: "5271", ...changes };
  return { ...fields, digest: sign(String(fields.customer), String(fields.timestamp), String(fields.seq)), ...changes };
};

/** Whether a block is accepted. */
const enters = (value: unknown, passwords: readonly string[] = [password]) => {
  const read = readAuthentication(value);
  return read !== undefined && isSignedBy(read, { customer: "C2", passwords });
};

describe("authentication of pushes", () => {
  it("accepts the vendor's example: the digest in upper or lower case, strings or numbers, a time in seconds", () => {
    assert.equal(block().digest, "ae62e11cab746436b64a26f4ed8e41a3");
    assert.ok(enters(block()));
    assert.ok(enters({ ...block(), digest: block().digest.toUpperCase() }));
    assert.ok(enters(block({ timestamp: 1471918933001, seq: 5271 })));
    assert.ok(enters(block({ timestamp: "1471918933" })));
    assert.deepEqual([momentOf("1471918933"), momentOf("1471918933001")], [1471918933000, 1471918933001]);
  });

  it("accepts a customer of digits as a number, and a time with a fraction, as some platforms send them", () => {
    const named = { ...block({ customer: 8001 }) };
    const read = readAuthentication(named);
    assert.equal(read?.customer, "8001");
    assert.ok(read !== undefined && isSignedBy(read, { customer: "8001", passwords: [password] }));
    assert.equal(readAuthentication(block({ customer: 2 ** 53 })), undefined);
    for (const timestamp of ["1471918933.001", 1471918933.25]) assert.ok(enters(block({ timestamp })));
    // The fraction is signed too.
    assert.ok(!enters({ ...block({ timestamp: "1471918933.001" }), timestamp: "1471918933" }));
  });

  it("accepts each of the account's passwords, and never an empty one", () => {
    assert.ok(enters(block(), ["new", password]));
    assert.ok(!enters(block(), ["new", "other"]));
    assert.ok(!enters({ ...block(), digest: sign("C2", "1471918933001", "5271", "") }, [""]));
    assert.ok(!enters(block(), []));
  });

  const wrong: readonly unknown[] = [
    undefined,
    null,
    "text",
    [],
    [block()],
    {},
    block({ customer: "C3" }),
    block({ customer: "C2@1" }),
    block({ customer: "" }),
    block({ customer: ["C2"] }),
    ...[
      "1e12",
      " 1471918933001",
      "0x123",
      "-1",
      "",
      "1.",
      ".5",
      "1.5.2",
      "1.1234567890",
      "1".repeat(21),
      -1,
      Number.NaN,
      2 ** 53,
      null,
      {},
    ].map((timestamp) => block({ timestamp })),
    ...["", "1\n", "9".repeat(10_000), "a", null, [], {}].map((seq) => block({ seq })),
    ...[
      block().digest.slice(1),
      `${block().digest}0`,
      "z".repeat(32),
      "ａ".repeat(32),
      [block().digest],
      {},
      null,
      1,
    ].map((digest) => ({
      ...block(),
      digest,
    })),
  ];
  for (const value of wrong) {
    it(`refuses ${(JSON.stringify(value) ?? "undefined").slice(0, 90)}`, () => assert.ok(!enters(value)));
  }

  it("refuses blocks of other fields whose digest covers the same text", () => {
    // customer "C2@1" at time 2 signs the same text as customer "C2" at time "1@2".
    const digest = cryptoJsMd5(`C2@1@2@3@${password}`).toString();
    assert.ok(!enters({ customer: "C2", timestamp: "1@2", seq: "3", digest }));
    assert.ok(!enters({ customer: "C2", timestamp: "1", seq: "2@3", digest }));
    assert.ok(!enters({ customer: "C2@1", timestamp: "2", seq: "3", digest }));
  });

  it("accepts exactly the right digests and never throws (properties)", () => {
    const digits = fc.nat().map(String);
    fc.assert(
      fc.property(digits, digits, fc.string({ minLength: 1 }), fc.string(), (timestamp, seq, secret, other) => {
        const signed = { customer: "C2", timestamp, seq, digest: sign("C2", timestamp, seq, secret) };
        assert.ok(enters(signed, [secret]));
        assert.equal(enters(signed, [other]), other === secret);
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        assert.equal(enters(value), false);
      }),
      { numRuns: 1000 },
    );
    const anything = fc.oneof(fc.anything(), fc.constant("5271"), fc.constant("1471918933001"), fc.constant("C2"));
    fc.assert(
      fc.property(fc.record({ customer: anything, timestamp: anything, seq: anything }), (fields) => {
        const read = readAuthentication({ ...fields, digest: block().digest });
        if (read !== undefined && isSignedBy(read, { customer: "C2", passwords: [password] })) {
          assert.deepEqual([read.customer, read.timestamp, read.seq], ["C2", "1471918933001", "5271"]);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
