// The digest, compared with the vendor's example and with crypto-js.
import assert from "node:assert/strict";
import cryptoJsMd5 from "crypto-js/md5";
import fc from "fast-check";
import { digestOf, md5 } from "../../nodes/protocol/digest";

describe("digest", () => {
  it("equals the vendor's digest for the vendor's example", () => {
    const signed = {
      customer: "C2",
      timestamp: "1471918933001",
      seq: "5271",
      password: "E416D0F85DC0CB67C85E070A32D9F0123AFF4762",
    };
    assert.equal(digestOf(signed), "ae62e11cab746436b64a26f4ed8e41a3");
  });

  it("equals the digest of crypto-js for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (customer, password) => {
        const expected = cryptoJsMd5(`${customer}@1@2@${password}`).toString();
        assert.equal(digestOf({ customer, timestamp: "1", seq: "2", password }), expected);
      }),
    );
  });

  it("is computed by crypto-js if OpenSSL refuses MD5", () => {
    const refusing = (): string => {
      throw new Error("error:0308010C:digital envelope routines::unsupported");
    };
    assert.equal(md5("坐席@1000", refusing), md5("坐席@1000"));
  });
});
