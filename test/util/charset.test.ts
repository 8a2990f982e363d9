// Answers are decoded by their declared charset.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { callOf, clientOf } from "../../tools/platform";

const chinese = "座席不存在";
const bytesOf = {
  gbk: Buffer.from("d7f9cfafb2bbb4e6d4da", "hex"),
  big5: Buffer.from("a7a4aec9a4a3a673a662", "hex"),
  utf8: Buffer.from(chinese),
  latin1: Buffer.from("café", "latin1"),
};

const cases: readonly (readonly [contentType: string, bytes: Buffer, text: string])[] = [
  ["application/json; charset=GBK", bytesOf.gbk, chinese],
  ["application/json;charset=gb2312", bytesOf.gbk, chinese],
  ['application/json; charset="GB18030"', bytesOf.gbk, chinese],
  ["text/html; Charset = gbk ; x=y", bytesOf.gbk, chinese],
  ["text/plain; charset=cp936", bytesOf.gbk, chinese],
  ["application/json; charset=Big5", bytesOf.big5, new TextDecoder("big5").decode(bytesOf.big5)],
  ["application/json; charset=latin1", bytesOf.latin1, "café"],
  ["application/json; charset=ISO-8859-1", bytesOf.latin1, "café"],
  ["application/json; charset=windows-1252", bytesOf.latin1, "café"],
  ["application/json; charset=UTF-8", bytesOf.utf8, chinese],
  ["application/json; charset=utf8", bytesOf.utf8, chinese],
  ["application/json; charset=", bytesOf.utf8, chinese],
  ["application/json; charset=klingon", bytesOf.utf8, chinese],
  ["application/json", bytesOf.utf8, chinese],
  ["", bytesOf.utf8, chinese],
];

describe("the charset of an answer", () => {
  const wrapped = (bytes: Buffer) => {
    const [before, after] = ['{"result":{"error":7,"msg":"', '"}}'].map((text) => Buffer.from(text));
    assert.ok(before !== undefined && after !== undefined);
    return Buffer.concat([before, bytes, after]);
  };
  async function said(contentType: string, body: Buffer, status = 200): Promise<string> {
    const server = createServer((request, response) => {
      const headers = contentType === "" ? {} : { "Content-Type": contentType };
      request.resume().on("end", () => response.writeHead(status, headers).end(body));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { retries: 0 });
    const { outcomes } = await client.send(callOf(client, "CallNumber"), { signal: new AbortController().signal });
    client.close();
    server.close();
    const [outcome] = outcomes;
    assert.ok(outcome !== undefined && !outcome.ok);
    const { failure } = outcome;
    if (failure.kind === "platform") return failure.text;
    return failure.kind === "http" || failure.kind === "protocol" ? failure.excerpt : failure.kind;
  }

  for (const [contentType, bytes, text] of cases) {
    it(`is used for answers and error pages: ${contentType || "none"}`, async () => {
      assert.equal(await said(contentType, wrapped(bytes)), text);
      assert.equal(await said(contentType, Buffer.concat([Buffer.from("<p>"), bytes]), 500), `<p>${text}`);
      assert.equal(await said(contentType, Buffer.concat([Buffer.from("<p>"), bytes])), `<p>${text}`);
    });
  }

  it("is ignored if there is a byte order mark", async () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), wrapped(bytesOf.utf8)]);
    assert.equal(await said("application/json; charset=GBK", marked), chinese);
    const utf16 = Buffer.from(`\ufeff{"result":{"error":7,"msg":"${chinese}"}}`, "utf16le");
    assert.equal(await said("application/json", utf16), chinese);
  });
});
