// Two real Node-REDs on one user folder. One reads its feeds, even across its redeploys. The other takes over when the
// first has ended.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Simulator, startSimulator } from "../../simulator";
import { newestNodeRed } from "../../tools/hosts";
import { type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account } from "../../tools/platform";
import { feedFlow, pagesIn } from "./flow";

for (const version of newestNodeRed) {
  describe(`two Node-REDs ${version} on one user folder`, function () {
    this.timeout(120_000);
    let platform: Simulator;
    const running: NodeRed[] = [];
    before(async () => {
      platform = await startSimulator({ ...account });
    });
    after(async () => {
      for (const nodeRed of running) await nodeRed.kill();
      await platform?.close();
    });

    it("give each page of a feed once", async () => {
      await platform.instruct({ do: "seed", records: 1200, every: 0 });
      const userDir = temporaryFolder();
      const file = join(userDir, "pages.txt");
      const config = { source: "records", advance: "confirmed", feed: "one", start: "beginning", interval: "3600" };
      const flows = feedFlow({ url: platform.url, ...account, file, config });
      const settings = { functionExternalModules: true };
      const first = await startNodeRed({ version, userDir, settings, flows });
      running.push(first);
      const sidebar = await first.sidebar();
      await first.fetch("/go");
      await sidebar.next("over");
      await sidebar.close();
      const second = await startNodeRed({ version, userDir, settings });
      running.push(second);
      const held = await second.log(({ level, id }) => level === "error" && id === "feed");
      assert.match(held.text, /user folder/);
      // After each deploy, its feed must be a new node.
      for (let times = 0; times < 3; times += 1) await first.deploy([...flows]);
      assert.ok(!second.logs.some(({ level, text }) => level === "error" && !/user folder/.test(text)));
      await first.stop();
      await platform.instruct({ do: "seed", records: 300, every: 0 });
      const over = await second.sidebar();
      await second.fetch("/go");
      await over.next("over");
      await over.close();
      const keys = pagesIn(file).flatMap((page) => page.keys);
      assert.equal(new Set(keys).size, keys.length, "no page came twice");
      assert.deepEqual([...new Set(keys)].sort(), platform.state.records.map(({ key }) => String(key)).sort());
    });
  });
}
