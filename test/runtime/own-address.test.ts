// The address of Node-RED's own server, which is the default receiver for a simulator in a flow.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { NodeAPI } from "node-red";
import { ownAddress } from "../../nodes/runtime/shared/own-address";

describe("the address of Node-RED's own server", () => {
  const addressOf = (server: unknown, settings: object) =>
    ownAddress({ server, settings } as unknown as NodeAPI, "/sccc/notify");

  it("exists while the server listens and serves flows", async () => {
    const server = http.createServer();
    assert.equal(addressOf(server, {}), undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    for (const [settings, expected] of [
      [{}, `http://127.0.0.1:${port}/sccc/notify`],
      [{ httpNodeRoot: "/" }, `http://127.0.0.1:${port}/sccc/notify`],
      [{ httpNodeRoot: "/flows/", https: {} }, `https://127.0.0.1:${port}/flows/sccc/notify`],
      [{ httpNodeRoot: false }, undefined],
    ] as const) {
      assert.equal(addressOf(server, settings), expected);
    }
    server.close();
    assert.equal(addressOf(undefined, {}), undefined);
  });

  for (const [host, shown] of [
    ["::", "[::1]"],
    ["0.0.0.0", "127.0.0.1"],
    ["::1", "[::1]"],
    ["192.0.2.1", "192.0.2.1"],
  ]) {
    it(`of a server that listens at ${host} is ${shown}`, () => {
      const server = { address: () => ({ address: host, port: 1880 }) };
      assert.equal(addressOf(server, {}), `http://${shown}:1880/sccc/notify`);
    });
  }
});
